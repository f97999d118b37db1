// Smooths groups of subjects: their values come in lane by lane, or block by block, all connections are read once for the whole group, and each lane is taken out again.

import { InternalError } from "../../errors.js";
import { compileSimdModule, createKernelSet } from "../../kernels/choose-kernels.js";
import { createSharedMemory } from "../../shared-memory.js";
import { formatCount } from "../../units.js";
import { CONTROL } from "../plan/job.js";
import { openPool, type Pool } from "../threads/pool.js";
import type { FilterInputs } from "./inputs.js";
import type { FilterOrder, FilterReport, FilterSetup } from "./job.js";
import { createEnhanceLanes, createSmoothLanes } from "./lanes.js";
import { PIECE_FIXELS } from "./plan.js";
import { createFilterRunner } from "./runner.js";

export interface LaneCounts {
  /** Not finite before, finite now. */
  readonly nFilledIn: number;
  /** Not finite now. */
  readonly nNotFinite: number;
}

export interface FixelFilter {
  /** Before the first value of a group of `count` subjects. */
  begin(count: number): void;
  /** Values of fixels first.. of one lane; rounded to float32. */
  setLane(lane: number, first: number, values: ArrayLike<number>): void;
  /** Values [count][nFixels] of fixels first.. of the lanes from 0 on. */
  setLanes(first: number, nFixels: number, values: ArrayLike<number>): void;
  run(onShare?: (share: number) => void): Promise<FilterReport>;
  /** f32 [nFixels]. */
  copyLaneInto(target: Float32Array, lane: number): LaneCounts;
  /** When it resolves every thread has ended. */
  close(): Promise<void>;
}

/** Throws InputError where a thread finds connections that cannot be used. */
export async function openFilter(inputs: FilterInputs): Promise<FixelFilter> {
  const { nFixels, plan, does } = inputs;
  const memory = createSharedMemory(plan.linearBytes);
  if (inputs.inside !== undefined) new Uint8Array(memory.buffer, plan.regions.inside!, nFixels).set(inputs.inside);
  const lanes =
    does.kind === "smooth"
      ? createSmoothLanes(memory.buffer, inputs, does)
      : createEnhanceLanes(memory.buffer, inputs, does);
  const pool = await openThreads(inputs, memory);
  const nPieces = Math.ceil(nFixels / PIECE_FIXELS);
  let nSubjects = 0;
  return {
    begin(count) {
      if (count < 1 || count > plan.nLanes)
        throw new InternalError(`${formatCount(count, "subjects")} in ${plan.nLanes} lanes.`);
      nSubjects = count;
      lanes.begin(count);
    },
    setLane(lane, first, given) {
      for (let i = 0; i < given.length; i++) lanes.set(lane, first + i, given[i]!);
    },
    setLanes(first, count, given) {
      for (let i = 0; i < count; i++)
        for (let lane = 0; lane < nSubjects; lane++) lanes.set(lane, first + i, given[lane * count + i]!);
    },
    async run(onShare) {
      const reports = await pool.run(lanes.order(), nPieces, (nClaimed) => onShare?.(nClaimed / nPieces));
      return reports.reduce((sum, { nConnections, nWeights }) => ({
        nConnections: sum.nConnections + nConnections,
        nWeights: sum.nWeights + nWeights,
      }));
    },
    copyLaneInto(target, lane) {
      let nFilledIn = 0;
      let nNotFinite = 0;
      for (let fixel = 0; fixel < nFixels; fixel++) {
        const value = lanes.get(lane, fixel);
        target[fixel] = value;
        if (value - value !== 0) nNotFinite++;
        else if (lanes.wasMissing(lane, fixel)) nFilledIn++;
      }
      return { nFilledIn, nNotFinite };
    },
    close: () => pool.close(),
  };
}

async function openThreads(inputs: FilterInputs, memory: WebAssembly.Memory): Promise<Pool<FilterOrder, FilterReport>> {
  const { matrix, nFixels, kernels, plan, nThreads, signal, does } = inputs;
  const shared = { matrix, nFixels, kernels, plan };
  let job: FilterSetup["job"];
  if (does.kind === "smooth") {
    const { kind, scale, decay, least } = does;
    job = { ...shared, kind, scale, decay, least };
  } else {
    const { kind, extentPower, exponent, normalised } = does;
    job = { ...shared, kind, extentPower, exponent, normalised };
  }
  const setup: FilterSetup = { job, memory, module: kernels === "reference" ? undefined : compileSimdModule() };
  return await openPool<FilterSetup, FilterOrder, FilterReport>(
    {
      control: new Int32Array(memory.buffer, plan.regions.control, CONTROL.words),
      setup,
      createRunner: () => createFilterRunner(setup, 0, createKernelSet(kernels, memory, setup.module)),
      onFallback: () => {},
      entry: workerUrl(),
      signal,
    },
    nThreads,
  );
}

/** Built: beside this file; run from source (tests; `npm run build` first): in dist/. */
function workerUrl(): URL {
  const here = import.meta.url;
  return here.endsWith(".ts")
    ? new URL("../../../dist/src/engine/filter/worker.js", here)
    : new URL("./worker.js", here);
}
