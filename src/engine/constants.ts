// Fills the shared regions: what does not change during a run, and what changes once a batch.
import { type KernelSet, LANES, ROW_PANEL } from "../kernels/kernel-set.js";
import { type Matrix, multiply, transpose } from "../stats/design/matrix.js";
import type { DesignPartition } from "../stats/design/partition.js";
import type { ZThresholds } from "../stats/glm/z-thresholds.js";
import type { ShufflePlan } from "../stats/shuffle/shuffle-plan.js";
import { type EngineJob, type GlmJob, gatheredTileBytes } from "./job.js";

export interface DesignInputs {
  readonly buffer: ArrayBufferLike;
  readonly job: GlmJob;
  readonly partition: DesignPartition;
  readonly columns: Uint32Array;
  readonly blocks: Uint32Array;
}

export interface FillInputs extends DesignInputs {
  readonly job: EngineJob;
  readonly thresholds: readonly ZThresholds[];
  readonly windows: Uint32Array;
  readonly eligible: Uint8Array | undefined;
  readonly dh: number;
  readonly heightPower: number;
}

/** N_h' Q of every hypothesis, one below the other: f64 [sum of k_h][n]. */
function momentRows(partition: DesignPartition): Matrix[] {
  return partition.hypotheses.map((h) => multiply(transpose(h.residualNuisance), partition.basis));
}

/** The design in all its forms, and which columns make a block. */
export function fillDesign({ buffer, job, partition, columns, blocks }: DesignInputs): void {
  const { shared, size } = job;
  const n = size.nSubjects;
  const f64 = (pointer: number, values: ArrayLike<number>) =>
    new Float64Array(buffer, pointer, values.length).set(values);
  f64(shared.basis, partition.basis.values);
  f64(shared.sharedNuisance, partition.sharedNuisance.values);
  fillPanels(buffer, shared.pinv, [partition.pinv], n);
  new Uint32Array(buffer, shared.columns, columns.length).set(columns);
  new Uint32Array(buffer, shared.blocks, blocks.length).set(blocks);
  if (job.model !== undefined) return;
  fillPanels(buffer, shared.moments, momentRows(partition), n);
  for (const [h, part] of partition.hypotheses.entries()) f64(shared.hypotheses[h]!.contrastBasis, part.tested.values);
}

export function fillConstants(inputs: FillInputs): void {
  const { buffer, job, windows } = inputs;
  const { shared, size, enhancement } = job;
  fillDesign(inputs);
  new Uint32Array(buffer, shared.windows, windows.length).set(windows);
  if (inputs.eligible !== undefined) new Uint8Array(buffer, shared.eligible, size.nElements).set(inputs.eligible);
  const heights = new Float32Array(buffer, shared.heightPowers, enhancement.nBinsWide);
  for (let h = 0; h < heights.length; h++) heights[h] = (h * inputs.dh) ** inputs.heightPower;
  for (const [h, { thresholds, cells }] of inputs.thresholds.entries()) {
    const regions = shared.hypotheses[h]!;
    new Float64Array(buffer, regions.thresholds, thresholds.length).set(thresholds);
    new Uint16Array(buffer, regions.cells, size.hypotheses[h]!.nCells).set(cells);
  }
}

/** Rows as gathered panels [R/4][n][4], padded with zero rows. */
function fillPanels(buffer: ArrayBufferLike, pointer: number, matrices: readonly Matrix[], n: number): void {
  const nRows = matrices.reduce((sum, matrix) => sum + matrix.nRows, 0);
  const panels = new Float64Array(buffer, pointer, Math.ceil(nRows / ROW_PANEL) * ROW_PANEL * n);
  panels.fill(0);
  let row = 0;
  for (const matrix of matrices) {
    for (let j = 0; j < matrix.nRows; j++, row++) {
      const base = (row - (row % ROW_PANEL)) * n + (row % ROW_PANEL);
      for (let i = 0; i < n; i++) panels[base + i * ROW_PANEL] = matrix.values[j * n + i]!;
    }
  }
}

/** A batch of shuffles by lane. Lane 0 of a run is always the unshuffled data. */
export interface LaneList {
  /** Lanes of the run. */
  readonly count: number;
  readonly plan: ShufflePlan;
  /** Lane i is shuffle i - offset of the plan; lanes below the offset are the identity. 0 or 1. */
  readonly offset: 0 | 1;
}

export interface BatchInputs {
  readonly buffer: ArrayBufferLike;
  readonly job: GlmJob;
  readonly kernels: KernelSet;
  readonly partition: DesignPartition;
}

/** Gathers the basis of lanes first..first+count and the corrections of hypotheses that need them. */
export function fillBatch(inputs: BatchInputs, lanes: LaneList, first: number, count: number): void {
  const { labelShuffles } = inputs.job;
  for (let done = 0; done < count; done += labelShuffles) {
    fillLanes(inputs, lanes, first, { first: done, count: Math.min(labelShuffles, count - done) });
  }
}

/** Lanes `part` of the batch that starts at lane `first` of the run. */
function fillLanes(
  inputs: BatchInputs,
  lanes: LaneList,
  first: number,
  part: { readonly first: number; readonly count: number },
): void {
  const { buffer, job, kernels } = inputs;
  const { shared, size, tileShuffles } = job;
  const n = size.nSubjects;
  const labels = new Int32Array(buffer, shared.labels, part.count * n);
  const signs = new Int8Array(buffer, shared.signs, part.count * n);
  const hasPositions = job.model?.variable === true;
  const positions = new Int32Array(buffer, shared.positions, hasPositions ? part.count * n : 0);
  for (let lane = 0; lane < part.count; lane++) {
    const label = labels.subarray(lane * n, lane * n + n);
    const sign = signs.subarray(lane * n, lane * n + n);
    const index = first + part.first + lane - lanes.offset;
    if (index < 0) {
      for (let i = 0; i < n; i++) label[i] = i;
      sign.fill(1);
    } else {
      lanes.plan.labelsInto(index, label);
      lanes.plan.signsInto(index, sign);
    }
    if (hasPositions) for (let i = 0; i < n; i++) positions[lane * n + label[i]!] = i;
  }
  // other models gather for each group of elements, out of these labels
  if (job.model !== undefined) return;
  const gather = job.precision === "single" ? kernels.f32GatherBasis : kernels.f64GatherBasis;
  const tileBytes = gatheredTileBytes(job);
  for (let lane = 0; lane < part.count; lane += tileShuffles) {
    const nShuffles = Math.min(tileShuffles, part.count - lane);
    const target = shared.gathered + ((part.first + lane) / tileShuffles) * tileBytes;
    gather(n, size.rank, nShuffles, shared.labels + lane * n * 4, shared.signs + lane * n, shared.basis, target);
  }
  fillCorrections(inputs, labels, signs, part);
}

/** G_b N_h = Q P_b (Q' N_h): f64 [batch][r][k_h] for each hypothesis with its own nuisance directions. */
function fillCorrections(
  { buffer, job, partition }: BatchInputs,
  labels: Int32Array,
  signs: Int8Array,
  part: { readonly first: number; readonly count: number },
): void {
  const { nSubjects: n, rank } = job.size;
  const q = partition.basis.values;
  for (const [h, moments] of momentRows(partition).entries()) {
    const k = moments.nRows;
    if (k === 0) continue;
    const start = job.shared.hypotheses[h]!.corrections + part.first * rank * k * 8;
    const out = new Float64Array(buffer, start, part.count * rank * k);
    out.fill(0);
    for (let b = 0; b < part.count; b++) {
      for (let j = 0; j < rank; j++) {
        for (let l = 0; l < k; l++) {
          let sum = 0;
          for (let i = 0; i < n; i++) {
            sum += q[j * n + i]! * signs[b * n + i]! * moments.values[l * n + labels[b * n + i]!]!;
          }
          out[(b * rank + j) * k + l] = sum;
        }
      }
    }
  }
}

/** Lanes of the last, partly used group must not keep bins of an earlier batch: in another width they would be out of range. */
export function clearLastGroup(buffer: ArrayBufferLike, job: EngineJob, lanes: number, binBytes: 1 | 2): void {
  if (lanes % LANES === 0) return;
  const bytes = job.size.nElements * LANES * binBytes;
  const group = Math.floor(lanes / LANES);
  for (const { bins } of job.shared.hypotheses) new Uint8Array(buffer, bins + group * bytes, bytes).fill(0);
}
