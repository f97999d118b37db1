// The part of a design that shuffles of the errors can change: what the products of the null are computed with. stats/design/constant-direction.ts.
import { type Allocate, invertUpper, newArray } from "../design/column-factors.js";
import { besidesConstant, besidesConstantOfSums } from "../design/constant-direction.js";
import { matrixOf, multiply, transpose } from "../design/matrix.js";
import type { DesignPartition } from "../design/partition.js";
import type { ElementDesign, SharedFactors } from "./element-design.js";
import type { GlmModel } from "./model.js";
import { workingContrasts } from "./working-contrasts.js";

/** One design for all elements, so reduced for permutations; the same partition where nothing can be left out. Reducing twice is reducing once. */
export function shuffledPartition(partition: DesignPartition, hasSigns: boolean): DesignPartition {
  const { nSubjects, basis, hypotheses } = partition;
  if (hasSigns || hypotheses.length === 0) return partition;
  const tested = hypotheses.flatMap((part) => columnsOf(transpose(part.tested).values, part.tested.nRows));
  const rows = besidesConstant(basis.values, new Uint8Array(nSubjects).fill(1), tested);
  if (rows === undefined) return partition;
  const u = matrixOf(partition.rank - 1, partition.rank, (i, j) => rows[i * partition.rank + j]!);
  const reduced = hypotheses.map((part) => ({
    ...part,
    tested: multiply(u, part.tested),
    residualNuisance: multiply(u, part.residualNuisance),
  }));
  return { ...partition, rank: u.nRows, basis: multiply(u, basis), hypotheses: reduced };
}

/** What the products of a group of elements with one design are computed with. */
export interface ShuffledDesign {
  readonly rank: number;
  /** f64 [rank][n]. */
  readonly basis: Float64Array;
  /** A_h f64 [s][rank] of each hypothesis. */
  readonly tested: readonly Float64Array[];
}

/** `keep` u8 [n]: the observations of the design. */
export function shuffledDesign(
  design: ElementDesign,
  keep: Uint8Array,
  hasSigns: boolean,
  allocate: Allocate = newArray,
): ShuffledDesign {
  const { rank: r, basis } = design;
  const rows = hasSigns ? undefined : besidesConstant(basis, keep, testedOf(design));
  const { rank, tested } = besides(design, rows);
  return { rank, basis: rows === undefined ? basis : combineRows(rows, basis, r, allocate), tested };
}

/** What the products of an element are computed with, without the basis. */
export interface ShuffledDirections extends Pick<ShuffledDesign, "rank" | "tested"> {
  /** f64 [rank][r], of the design's basis; undefined: it is the basis. */
  readonly rows: Float64Array | undefined;
}

/** `sums` f64 [r]: of the rows of the design's basis. */
export function shuffledDirections(design: ElementDesign, sums: Float64Array, hasSigns: boolean): ShuffledDirections {
  const rows = hasSigns ? undefined : besidesConstantOfSums(sums, design.nObservations, testedOf(design));
  return { ...besides(design, rows), rows };
}

const testedOf = ({ rank: r, hypotheses }: ElementDesign) => hypotheses.flatMap(({ tested }) => columnsOf(tested, r));

function besides(
  { rank: r, hypotheses }: ElementDesign,
  rows: Float64Array | undefined,
): Pick<ShuffledDesign, "rank" | "tested"> {
  if (rows === undefined) return { rank: r, tested: hypotheses.map(({ tested }) => tested) };
  const u = matrixOf(r - 1, r, (i, j) => rows[i * r + j]!);
  const tested = hypotheses.map(({ tested: directions }) => {
    const s = directions.length / r;
    const rowsOf = matrixOf(s, r, (i, j) => directions[i * r + j]!);
    return multiply(rowsOf, transpose(u)).values;
  });
  return { rank: r - 1, tested };
}

/** Rows of a product, f64 [count][n]; in coordinates of the columns' own basis f64 [count][k], undefined: they are it. */
export interface ShuffledRows {
  readonly count: number;
  readonly rows: Float64Array;
  readonly directions?: Float64Array | undefined;
}

/** Of the columns that elements share, whose own columns come after them: what the products are computed with. */
export function shuffledShared(
  model: GlmModel,
  shared: SharedFactors,
  keep: Uint8Array,
  hasSigns: boolean,
): ShuffledRows {
  const { q, count: k } = shared;
  // c = M0 a, and what a hypothesis tests of it is C a: the same under every column that an element may add
  const tested = hasSigns ? [] : testedOfShared(model, shared);
  const directions = hasSigns ? undefined : besidesConstant(q, keep, tested);
  if (directions === undefined) return { count: k, rows: q };
  return { count: k - 1, rows: combineRows(directions, q, k), directions };
}

/** C pinv(M0) in Q's coordinates, f64 [k] a row of a contrast, of unit length. */
export function testedOfShared(model: GlmModel, shared: SharedFactors): Float64Array[] {
  return effectsOfShared(model, shared).map(unitVector);
}

function effectsOfShared(model: GlmModel, { exact, r, count: k }: SharedFactors): Float64Array[] {
  if (exact !== undefined) return exact.hypotheses.flatMap(({ toEffect }) => columnsOf(toEffect, k));
  const inverse = invertUpper(r, k);
  const width = k + model.nElementColumns;
  return workingContrasts(model).flatMap(({ weights, rank: s }) =>
    Array.from({ length: s }, (_, i) =>
      Float64Array.from({ length: k }, (__, j) => {
        let sum = 0;
        for (let l = 0; l <= j; l++) sum += weights[i * width + l]! * inverse[l * k + j]!;
        return sum;
      }),
    ),
  );
}

/**
 * A_h of many elements side by side, f64 [s][count + c][width], in coordinates of the rows of the product and then of c columns of an element's own.
 * `tested`: A_h f64 [s][k + c] of each, in coordinates of the shared columns' own basis; undefined: zeros.
 */
export function testedSideBySide(
  tested: readonly (Float64Array | undefined)[],
  { count, directions }: Pick<ShuffledRows, "count" | "directions">,
  { s, c, width }: { readonly s: number; readonly c: number; readonly width: number },
): Float64Array {
  const out = new Float64Array(s * (count + c) * width);
  for (const [e, given] of tested.entries()) {
    if (given === undefined) continue;
    const k = given.length / s - c;
    for (let q = 0; q < s; q++) {
      const from = given.subarray(q * (k + c), (q + 1) * (k + c));
      let to = q * (count + c) * width + e;
      for (let l = 0; l < count; l++, to += width) {
        if (directions === undefined) out[to] = from[l]!;
        else for (let j = 0; j < k; j++) out[to]! += directions[l * k + j]! * from[j]!;
      }
      for (let j = 0; j < c; j++, to += width) out[to] = from[k + j]!;
    }
  }
  return out;
}

/** U Q: weights f64 [.][r], rows f64 [r][n]. Once for every pattern of missing observations. */
function combineRows(
  weights: Float64Array,
  rows: Float64Array,
  r: number,
  allocate: Allocate = newArray,
): Float64Array {
  const n = rows.length / r;
  const count = weights.length / r;
  const out = allocate(count * n);
  for (let j = 0; j < count; j++) {
    for (let l = 0; l < r; l++) {
      const weight = weights[j * r + l]!;
      for (let i = 0; i < n; i++) out[j * n + i]! += weight * rows[l * n + i]!;
    }
  }
  return out;
}

/** Of unit length; zero stays zero. */
function unitVector(values: Float64Array): Float64Array {
  const length = Math.hypot(...values);
  return length > 0 ? values.map((value) => value / length) : values;
}

/** Vectors of `length` that lie one after the other. */
function columnsOf(values: Float64Array, length: number): Float64Array[] {
  return Array.from({ length: values.length / length }, (_, i) => values.subarray(i * length, (i + 1) * length));
}
