// Smooths groups of subjects: their values come in lane by lane, or block by block, all connections are read once for the whole group, and each lane is taken out again.
import { InternalError } from "../../errors.js";
import { compileSimdModule, createKernelSet } from "../../kernels/choose-kernels.js";
import { POWERS_OF_TWO } from "../../kernels/exp-constants.js";
import type { KernelVariant } from "../../kernels/kernel-set.js";
import { CONTROL } from "../plan/job.js";
import { openPool, type Pool } from "../threads/pool.js";
import type { FilterOrder, FilterReport, FilterSetup, SmoothJob } from "./job.js";
import { type FilterPlan, PIECE_FIXELS } from "./plan.js";
import { createFilterRunner } from "./runner.js";

export interface FilterInputs {
  readonly matrix: string;
  readonly nFixels: number;
  readonly nThreads: number;
  readonly kernels: KernelVariant;
  readonly scale: number;
  readonly decay: number;
  readonly least: number;
  readonly plan: FilterPlan;
  /** Fills f32 [nFixels][4]: x, y, z of each fixel's voxel in the scanner's space, mm, and 0. */
  readonly fillPlaces: (places: Float32Array) => void;
  /** u8 [nFixels]; undefined: all. */
  readonly inside: Uint8Array | undefined;
  /** u8 [nFixels]: 1 where a fixel without any weight keeps its value; the others are NaN then. */
  readonly keeps: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

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

const PAGE_BYTES = 2 ** 16;

/** Throws InputError where a thread finds connections that cannot be used. */
export async function openFilter(inputs: FilterInputs): Promise<FixelFilter> {
  const { nFixels, plan, keeps, signal, nThreads } = inputs;
  const { regions, nLanes, linearBytes } = plan;
  const pages = Math.ceil(linearBytes / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const { buffer } = memory;
  const values = new Float32Array(buffer, regions.values, nFixels * nLanes);
  const filtered = new Float32Array(buffer, regions.filtered, nFixels * nLanes);
  const complete = new Uint8Array(buffer, regions.complete, nFixels);
  new Float64Array(buffer, regions.powers, POWERS_OF_TWO.length).set(POWERS_OF_TWO);
  inputs.fillPlaces(new Float32Array(buffer, regions.places, 4 * nFixels));
  if (inputs.inside !== undefined) new Uint8Array(buffer, regions.inside!, nFixels).set(inputs.inside);
  const pool = await openThreads(inputs, memory, signal, nThreads);
  const nPieces = Math.ceil(nFixels / PIECE_FIXELS);
  let nSubjects = 0;

  const set = (lane: number, fixel: number, given: number) => {
    const value = Math.fround(given);
    const at = fixel * nLanes + lane;
    if (keeps[fixel] === 1) filtered[at] = value;
    if (value - value === 0) values[at] = value;
    else {
      values[at] = Number.NaN;
      complete[fixel] = 0;
    }
  };
  return {
    begin(count) {
      if (count < 1 || count > nLanes) throw new InternalError(`${count} subjects in ${nLanes} lanes.`);
      nSubjects = count;
      complete.fill(1);
      filtered.fill(Number.NaN);
      // lanes of a larger group before
      if (count < nLanes) values.fill(0);
    },
    setLane(lane, first, given) {
      for (let i = 0; i < given.length; i++) set(lane, first + i, given[i]!);
    },
    setLanes(first, count, given) {
      for (let i = 0; i < count; i++)
        for (let lane = 0; lane < nSubjects; lane++) set(lane, first + i, given[lane * count + i]!);
    },
    async run(onShare) {
      const reports = await pool.run({ phase: "filter" }, nPieces, (nClaimed) => onShare?.(nClaimed / nPieces));
      return reports.reduce((sum, { nConnections, nWeights }) => ({
        nConnections: sum.nConnections + nConnections,
        nWeights: sum.nWeights + nWeights,
      }));
    },
    copyLaneInto(target, lane) {
      let nFilledIn = 0;
      let nNotFinite = 0;
      for (let fixel = 0, at = lane; fixel < nFixels; fixel++, at += nLanes) {
        const value = filtered[at]!;
        target[fixel] = value;
        if (value - value !== 0) nNotFinite++;
        else if (complete[fixel] === 0 && Number.isNaN(values[at]!)) nFilledIn++;
      }
      return { nFilledIn, nNotFinite };
    },
    close: () => pool.close(),
  };
}

async function openThreads(
  inputs: FilterInputs,
  memory: WebAssembly.Memory,
  signal: AbortSignal | undefined,
  nThreads: number,
): Promise<Pool<FilterOrder, FilterReport>> {
  const { matrix, nFixels, kernels, plan } = inputs;
  const job: SmoothJob = {
    ...{ matrix, nFixels, kernels, plan },
    ...{ scale: inputs.scale, decay: inputs.decay, least: inputs.least },
  };
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
