// Problems for the engine itself, without the use cases above it: data, element-wise columns and connectivity on disk, everything else as plain data.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openConnectivity, readConnectivityManifest } from "../../src/connectivity/open-connectivity.js";
import { prepareConnectivity } from "../../src/connectivity/prepare-connectivity.js";
import { prepareSketch } from "../../src/connectivity/prepare-sketch.js";
import type { EngineInputs } from "../../src/engine/inputs.js";
import { type Engine, openEngine, planEngine, type RunOutcome } from "../../src/engine/run.js";
import type { RunEvents } from "../../src/engine/shuffle-loop.js";
import { BudgetError } from "../../src/errors.js";
import type { NullState } from "../../src/run/null-state.js";
import type { Hypothesis } from "../../src/stats/design/hypothesis.js";
import { matrixOf } from "../../src/stats/design/matrix.js";
import { partitionDesign } from "../../src/stats/design/partition.js";
import { planShuffles } from "../../src/stats/shuffle/generated-shuffles.js";
import type { ColumnSourceSpec } from "../../src/store/column-source.js";
import { createRandom } from "./seeded-random.js";
import { writeMatrix } from "./small-analysis.js";

export interface EngineProblemOptions {
  readonly nSubjects: number;
  readonly nElements: number;
  readonly nShuffles: number;
  readonly enhancement: "none" | "cfe";
  /** Default: t alone. */
  readonly tests?: readonly ("t" | "F")[];
  /** Default: nothing is missing, and all elements share a design. */
  readonly isMissing?: (subject: number, element: number) => boolean;
  /** Element-wise columns; default 0. */
  readonly nColumns?: number;
  /** Variance groups; default 1. */
  readonly nGroups?: number;
  readonly errors?: "ee" | "ise";
  /** Default 0.1. */
  readonly dh?: number;
  /** Elements of a block; default 64. */
  readonly blockWidth?: number;
  /** [element][connected, value]. Default: itself and both neighbours. */
  readonly connections?: (element: number) => readonly (readonly [number, number])[];
  /** Data of a subject; default: those with an effect in the first tenth of the elements. */
  readonly value?: (subject: number, element: number, normal: number) => number;
}

const MiB = 2 ** 20;

/** An intercept, a group and a covariate; the group is tested, and with F group and covariate together. The group shifts the first tenth of the elements. */
export async function makeEngineProblem(directory: string, options: EngineProblemOptions): Promise<EngineInputs> {
  const { nSubjects: n, nElements: m, nColumns = 0, nGroups = 1, errors = "ee", isMissing, dh = 0.1 } = options;
  mkdirSync(directory, { recursive: true });
  const random = createRandom(n * 7919 + m);
  const columnSourceOf = (name: string, draw: (subject: number, element: number) => number): ColumnSourceSpec => {
    const path = join(directory, name);
    writeFileSync(
      path,
      Float32Array.from({ length: n * m }, (_, i) => draw(Math.floor(i / m), i % m)),
    );
    const place = { path, byteOffset: 0, layout: "row-major", io: "auto", ours: true } as const;
    return { ...place, nRowsInFile: n, nElements: m, elementType: "f32", blockWidth: options.blockWidth ?? 64 };
  };
  const source = columnSourceOf("data.f32", (i, e) => {
    const effect = e < m / 10 ? 1.5 * (i % 2) : 0;
    if (isMissing?.(i, e)) return Number.NaN;
    return options.value === undefined ? 5 + effect + random.normal() : options.value(i, e, random.normal());
  });
  const columnSources = Array.from({ length: nColumns }, (_, c) => columnSourceOf(`column${c}.f32`, random.normal));
  const design = matrixOf(n, 3, (i, j) => (j === 0 ? 1 : j === 1 ? i % 2 : random.normal()));
  const k = 3 + nColumns;
  const hypotheses = (options.tests ?? ["t"]).map((kind, h): Hypothesis => {
    const rank = kind === "t" ? 1 : 2;
    return { name: `${kind}${h + 1}`, kind, rank, contrast: matrixOf(rank, k, (i, j) => Number(j === 1 + i)) };
  });
  const shuffles = planShuffles({ nSubjects: n, nShuffles: options.nShuffles, errors, seed: 1 });
  const groups =
    nGroups === 1 ? undefined : { count: nGroups, of: Int32Array.from({ length: n }, (_, i) => i % nGroups) };
  const variable = isMissing !== undefined || nColumns > 0;
  return {
    planHash: "plan",
    partition: partitionDesign(design, nColumns === 0 ? hypotheses : []),
    model: { design, hypotheses, groups, nElementColumns: nColumns, variable },
    columnSources,
    source,
    columns: Uint32Array.from({ length: m }, (_, e) => e),
    enhancement: options.enhancement === "none" ? { kind: "none" } : await prepareCfe(directory, m, dh, options),
    precision: "double",
    kernels: "simd",
    nThreads: 0,
    memoryBytes: 256 * MiB,
    shuffles: { plan: shuffles, range: { first: 0, end: shuffles.count, leadingIdentity: false } },
    onFallback: () => {},
  };
}

/** Neighbours in a row are connected. */
async function prepareCfe(
  directory: string,
  m: number,
  dh: number,
  { connections }: Pick<EngineProblemOptions, "connections">,
): Promise<EngineInputs["enhancement"]> {
  const matrix = join(directory, "matrix");
  const neighbours = (e: number) =>
    [e - 1, e, e + 1].filter((to) => to >= 0 && to < m).map((to) => [to, to === e ? 1 : 0.5] as const);
  writeMatrix(matrix, m, connections ?? neighbours);
  const sizes = { nFixels: m, nElements: m, elementOfFixel: undefined };
  const { path } = await prepareConnectivity({
    directory: matrix,
    ...sizes,
    exponent: 0.5,
    cache: join(directory, "cache"),
  });
  return { kind: "cfe", connectivity: { path, io: "auto" }, dh, extentPower: 2, heightPower: 3, legacy: false };
}

/** The same with maxima searched for by bounds, of all shuffles from number `uncorrectedShuffles`; never given up unless `guard` says so. */
export async function withSearch(inputs: EngineInputs, uncorrectedShuffles: number, guard = 2): Promise<EngineInputs> {
  const { enhancement } = inputs;
  if (enhancement.kind !== "cfe") throw new Error("There is nothing to bound.");
  const { path } = enhancement.connectivity;
  const manifest = readConnectivityManifest(path)!;
  const sketch = await prepareSketch({ path, manifest, elementOfFixel: undefined, template: undefined });
  if (!("header" in sketch)) throw new Error(sketch.reason);
  const { nGroups } = sketch.header;
  return { ...inputs, uncorrectedShuffles, enhancement: { ...enhancement, sketch: { nGroups, guard } } };
}

export async function openProblem(inputs: EngineInputs): Promise<Engine> {
  if (inputs.enhancement.kind !== "cfe") return openEngine(inputs);
  const connectivity = openConnectivity(inputs.enhancement.connectivity.path, { io: "read" });
  return openEngine(inputs, connectivity).finally(() => connectivity.close());
}

/** Shuffles that are several batches in the least memory: bins are never of more than 256 shuffles, scores of as many as the memory holds. */
export const SEVERAL_BATCHES = { cfe: 600, none: 6000 } as const;

/** Problems whose shuffles are several batches there, of designs that vary. Scores of models hold 2 bytes a subject and shuffle, and memory is asked for in MiB. */
export function modelsInBatches(enhancement: "cfe" | "none", isMissing: (subject: number, element: number) => boolean) {
  const many = enhancement === "none" ? { nElements: 120, nShuffles: 24_000 } : {};
  return [
    { ...{ name: `${enhancement}, missing values`, enhancement, isMissing }, ...many },
    { ...{ name: `${enhancement}, variance groups`, enhancement, nGroups: 2, nSubjects: 48 }, ...many, nElements: 24 },
  ];
}

/** Observes and runs; the arrays of the state are copies. `from`: as Engine.run. */
export async function runEngine(
  inputs: EngineInputs,
  events: RunEvents = {},
  from?: NullState,
): Promise<
  RunOutcome & { readonly plan: Engine["plan"]; readonly observed: readonly (Float32Array | Float64Array)[] }
> {
  const engine = await openProblem(inputs);
  try {
    const { image, index } = await engine.observe();
    const observed = Array.from({ length: index.count }, (_, i) => image(i).slice());
    const { state, empirical, cost } = await engine.run(events, from);
    const copies = { state: copyState(state), empirical: empirical.map((of) => of.slice()) };
    return { plan: engine.plan, observed, cost, ...copies };
  } finally {
    await engine.close();
  }
}

export function copyState(state: NullState): NullState {
  const hypotheses = state.hypotheses.map(({ maxima, elements, counters, defaults }) => ({
    ...{ maxima: maxima.slice(), elements: elements.slice() },
    ...{ counters: counters.slice(), defaults: defaults.slice() },
  }));
  return { ...state, hypotheses };
}

/** The same in the smallest memory that works: small batches, narrow blocks. */
export async function inLeastMemory(inputs: EngineInputs): Promise<EngineInputs> {
  try {
    if (inputs.enhancement.kind !== "cfe") planEngine({ ...inputs, memoryBytes: 1 });
    else await openProblem({ ...inputs, memoryBytes: 1 });
  } catch (error) {
    if (error instanceof BudgetError) return { ...inputs, memoryBytes: error.neededBytes };
    throw error;
  }
  throw new Error("A run fitted into one byte.");
}
