// Fills the shared regions: what does not change during a run, and what changes once a batch.
import { type KernelSet, roundUp } from "../kernels/kernel-set.js";
import { placeOfLane } from "../run/shuffle-range.js";
import type { Matrix } from "../stats/design/matrix.js";
import { correctionsInto, type DesignPartition, nuisanceMoments } from "../stats/design/partition.js";
import type { Turns } from "../turns.js";
import { heightSumsInto } from "./enhance/graph-heights.js";
import { fillRowPanels } from "./glm/panels.js";
import type { EngineInputs, GraphEnhancement, RunShuffles } from "./inputs.js";
import { heightPowersOf } from "./plan/heights.js";
import { multipliesSingle } from "./plan/inputs.js";
import { type EngineJob, gatheredTileBytes } from "./plan/job.js";
import { holdsLabels, positionBytes } from "./plan/size.js";
import type { PreparedSearch } from "./search/prepare-search.js";

export interface SharedContents {
  readonly buffer: ArrayBufferLike;
  readonly job: EngineJob;
  readonly kernels: KernelSet;
  readonly inputs: EngineInputs;
  readonly blocks: Uint32Array;
  readonly windows: Uint32Array;
  readonly search: PreparedSearch | undefined;
}

/** The design in all its forms, which columns make a block, and what the enhancer needs. */
export function fillConstants(contents: SharedContents): void {
  const { buffer, job, kernels, inputs, blocks, windows } = contents;
  const { shared, size } = job;
  const { partition, columns, eligible, enhancement } = inputs;
  const n = size.nSubjects;
  const f64 = (pointer: number, values: ArrayLike<number>) =>
    new Float64Array(buffer, pointer, values.length).set(values);
  const fillPanels = (pointer: number, rows: Float64Array) => {
    const rowPanel = kernels.panels.rows;
    const count = rows.length / n;
    const panels = new Float64Array(buffer, pointer, roundUp(count, rowPanel) * n);
    fillRowPanels(panels, rows, { count, n, rowPanel });
  };
  f64(shared.basis, partition.basis.values);
  f64(shared.sharedNuisance, partition.sharedNuisance.values);
  fillPanels(shared.pinv, partition.pinv.values);
  new Uint32Array(buffer, shared.columns, columns.length).set(columns);
  new Uint32Array(buffer, shared.blocks, blocks.length).set(blocks);
  new Uint32Array(buffer, shared.windows, windows.length).set(windows);
  if (contents.search !== undefined) fillSearch(contents.search, job, buffer);
  if (eligible !== undefined) new Uint8Array(buffer, shared.eligible!, size.nElements).set(eligible);
  if (enhancement.kind === "cfe" && job.sink.kind === "bins") {
    new Float32Array(buffer, shared.heightPowers, job.sink.nBinsWide).set(
      heightPowersOf(enhancement, job.sink.nBinsWide),
    );
  }
  if (enhancement.kind === "graph") fillGraph({ buffer, job }, enhancement);
  if (job.model !== undefined) return;
  const moments = nuisanceMoments(partition).flatMap(({ values }) => Array.from(values));
  fillPanels(shared.moments, Float64Array.from(moments));
  fillPanels(shared.basisPanels, partition.basis.values);
  for (const [h, part] of partition.hypotheses.entries()) f64(shared.hypotheses[h]!.contrastBasis, part.tested.values);
}

function fillSearch({ tables, lists }: PreparedSearch, { shared }: EngineJob, buffer: ArrayBufferLike): void {
  const { order, windows, seeds, levelTable, boundTables } = shared.search!;
  new Uint32Array(buffer, order, lists.order.length).set(lists.order);
  new Uint32Array(buffer, windows, lists.windows.length).set(lists.windows);
  new Uint32Array(buffer, seeds, lists.seeds.length).set(lists.seeds);
  new Uint8Array(buffer, levelTable, tables.levels.length).set(tables.levels);
  const { growth, ownHeights, heights, unit } = tables;
  const all = [...growth, ...ownHeights, ...heights, unit];
  new Float32Array(buffer, boundTables, all.length).set(all);
}

function fillGraph({ buffer, job }: Pick<SharedContents, "buffer" | "job">, enhancement: GraphEnhancement): void {
  const { shared, size, sink } = job;
  const m = size.nElements;
  const { cells, ends, extentPowers, heightSums } = shared.graph!;
  const { neighbours } = enhancement;
  if ("nNodes" in neighbours) neighbours.endsInto(new Uint32Array(buffer, ends!, m));
  else neighbours.cellsInto(new Uint32Array(buffer, cells!, m));
  const powers = new Float64Array(buffer, extentPowers, m + 1);
  for (let extent = 0; extent <= m; extent++) powers[extent] = extent ** enhancement.extentPower;
  if (sink.kind === "bins") heightSumsInto(new Float64Array(buffer, heightSums, sink.nBinsWide + 1), enhancement);
}

export interface BatchContents {
  readonly buffer: ArrayBufferLike;
  readonly job: EngineJob;
  readonly kernels: KernelSet;
  readonly partition: DesignPartition;
  readonly shuffles: RunShuffles;
  readonly turns: Turns;
}

/** Gathers the basis of lanes first..first+count of the run and the corrections of hypotheses that need them. */
export async function fillBatch(contents: BatchContents, first: number, count: number): Promise<void> {
  const { labelShuffles } = contents.job.layout;
  const moments = nuisanceMoments(contents.partition);
  for (let done = 0; done < count; done += labelShuffles) {
    const part = { first: done, count: Math.min(labelShuffles, count - done) };
    await fillLabels(contents, first, part);
    // other models gather for each group of elements, out of these labels
    if (contents.job.model !== undefined) continue;
    gather(contents, part);
    await fillCorrections(contents, moments, part);
  }
}

interface Part {
  readonly first: number;
  readonly count: number;
}

/** Labels and signs of lanes `part` of the batch that starts at lane `first` of the run. */
async function fillLabels(contents: BatchContents, first: number, part: Part): Promise<void> {
  const { buffer, job, turns } = contents;
  const { plan, range } = contents.shuffles;
  const { shared, size } = job;
  const n = size.nSubjects;
  const count = part.count * n;
  const labels = holdsLabels(size) ? new Int32Array(buffer, shared.labels, count) : undefined;
  const signs = job.hasSigns || holdsLabels(size) ? new Int8Array(buffer, shared.signs, count) : undefined;
  const positions = positionsOf(job, buffer, count);
  const label = new Int32Array(n);
  const sign = new Int8Array(n);
  for (let lane = 0; lane < part.count; lane++) {
    if (turns.isDue()) await turns.take();
    const place = placeOfLane(range, first + part.first + lane);
    if (place < 0) {
      for (let i = 0; i < n; i++) label[i] = i;
      sign.fill(1);
    } else {
      plan.labelsInto(range.first + place, label);
      plan.signsInto(range.first + place, sign);
    }
    labels?.set(label, lane * n);
    signs?.set(sign, lane * n);
    if (positions === undefined) continue;
    for (let i = 0; i < n; i++) positions[lane * n + label[i]!] = i;
  }
}

function positionsOf({ size, shared }: EngineJob, buffer: ArrayBufferLike, count: number) {
  if (size.model === undefined) return undefined;
  if (positionBytes(size) === 2) return new Uint16Array(buffer, shared.positions, count);
  return new Int32Array(buffer, shared.positions, count);
}

function gather({ buffer, job, kernels }: BatchContents, part: Part): void {
  const { shared, size, layout } = job;
  const { nSubjects: n, rank } = size;
  const { tileShuffles } = layout;
  const isSingle = multipliesSingle(job);
  const inRows = kernels.rowProduct !== undefined;
  const gatherPanels = isSingle ? kernels.f32GatherBasis : kernels.f64GatherBasis;
  const gatherBasis = inRows ? (isSingle ? kernels.f32GatherRows : kernels.f64GatherRows) : gatherPanels;
  const tileBytes = gatheredTileBytes(job, kernels.panels);
  for (let lane = 0; lane < part.count; lane += tileShuffles) {
    const nShuffles = Math.min(tileShuffles, part.count - lane);
    const target = shared.gathered + ((part.first + lane) / tileShuffles) * tileBytes;
    // the last tile may be filled in part, the product takes all of its rows
    if (inRows && nShuffles < tileShuffles) new Uint8Array(buffer, target, tileBytes).fill(0);
    gatherBasis(n, rank, nShuffles, shared.labels + lane * n * 4, shared.signs + lane * n, shared.basis, target);
  }
}

/** G_b N_h = Q P_b (Q' N_h): f64 [batch][r][k_h] for each hypothesis with its own nuisance directions. */
async function fillCorrections(
  { buffer, job, partition, turns }: BatchContents,
  moments: readonly Matrix[],
  part: Part,
): Promise<void> {
  const { nSubjects: n, rank } = job.size;
  const labels = new Int32Array(buffer, job.shared.labels, part.count * n);
  const signs = new Int8Array(buffer, job.shared.signs, part.count * n);
  for (const [h, moment] of moments.entries()) {
    const values = rank * moment.nRows;
    if (values === 0) continue;
    const start = job.shared.hypotheses[h]!.corrections + part.first * values * 8;
    const out = new Float64Array(buffer, start, part.count * values);
    for (let b = 0; b < part.count; b++) {
      if (turns.isDue()) await turns.take();
      const [label, sign] = [labels.subarray(b * n, b * n + n), signs.subarray(b * n, b * n + n)];
      correctionsInto(out.subarray(b * values, (b + 1) * values), partition.basis, moment, label, sign);
    }
  }
}

/** Lanes of the last, partly used group must not keep bins of an earlier batch: in another width they would be out of range. */
export function clearLastGroup(
  { buffer, job, kernels }: Pick<BatchContents, "buffer" | "job" | "kernels">,
  lanes: number,
  binBytes: 1 | 2,
): void {
  const group = kernels.panels.lanes;
  if (lanes % group === 0) return;
  const bytes = job.size.nElements * group * binBytes;
  for (const { bins } of job.shared.hypotheses) {
    new Uint8Array(buffer, bins + Math.floor(lanes / group) * bytes, bytes).fill(0);
  }
}
