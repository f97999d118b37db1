// The rows that variance groups are computed with (mathematics M9). Q_g, the part of Q on group g, has r rows but often a smaller rank: a regressor that is constant within
// the group has the same direction there as the intercept. With B_g orthonormal rows that span those of Q_g:
//
//   Q_g = M_g B_g     z_g = B_g (P e)_g     d = sum_g M_g z_g     f_g = M_g'd     sse_g = |P e|_g^2 - 2 f_g'z_g + |f_g|^2
//
// Permutations leave the constant direction c where it is (design/constant-direction.ts). Where c'P e = 0, c = sum_l gamma_l B_l gives one z from the
// others. Two groups and a design of their indicators: one row instead of four.

import { type Allocate, addColumn, createFactors, newArray } from "../design/column-factors.js";
import { besidesConstant } from "../design/constant-direction.js";
import type { ElementDesign, SharedFactors } from "./element-design.js";
import type { GlmModel, VarianceGroups } from "./model.js";
import { testedOfShared } from "./shuffled-design.js";

/** The part of each row on each group, rows f64 [r][n] -> f64 [G][r][n]. */
export function splitByGroup(
  rows: Float64Array,
  { count, of }: VarianceGroups,
  allocate: Allocate = newArray,
): Float64Array {
  const n = of.length;
  const r = rows.length / n;
  const parts = allocate(count * r * n);
  for (let j = 0; j < r; j++) {
    for (let i = 0; i < n; i++) parts[(of[i]! * r + j) * n + i] = rows[j * n + i]!;
  }
  return parts;
}

/** What is left of a row of Q_g, part of a unit vector, below this is rounding. */
const ROUNDING = 1e-12;

export interface GroupRows {
  /** rho. */
  readonly rank: number;
  /** i32 [G + 1]: first of the rho rows of each group. */
  readonly starts: Int32Array;
  /** M f64 [r][rho]. */
  readonly directions: Float64Array;
  /** The row that is not computed; -1: none. */
  readonly dropped: number;
  /** f64 [rho]: z of the dropped row = sum of recovery_l z_l. */
  readonly recovery: Float64Array;
  /** B without the dropped row, f64 [rho or rho - 1][n]. */
  readonly rows: Float64Array;
}

/** `keep` u8 [n]: the observations of the design. */
export function groupRows(
  { rank: r, basis, hypotheses }: Pick<ElementDesign, "rank" | "basis" | "hypotheses">,
  groups: VarianceGroups,
  keep: Uint8Array,
  hasSigns: boolean,
  allocate: Allocate = newArray,
): GroupRows {
  const tested = hypotheses.flatMap(({ tested, rank: s }) =>
    Array.from({ length: s }, (_, q) => tested.subarray(q * r, q * r + r)),
  );
  return rowsOfBasis(basis, groups, keep, hasSigns ? undefined : tested, allocate);
}

/** Of the columns that elements share, whose own columns come after them. */
export function sharedGroupRows(
  model: GlmModel,
  shared: SharedFactors,
  keep: Uint8Array,
  hasSigns: boolean,
  allocate: Allocate = newArray,
): GroupRows {
  return rowsOfBasis(shared.q, model.groups!, keep, hasSigns ? undefined : testedOfShared(model, shared), allocate);
}

/** `tested`: unit vectors f64 [r] that hypotheses test; undefined: the constant moves. */
function rowsOfBasis(
  basis: Float64Array,
  { count, of }: VarianceGroups,
  keep: Uint8Array,
  tested: readonly Float64Array[] | undefined,
  allocate: Allocate,
): GroupRows {
  const n = keep.length;
  const r = basis.length / n;
  const starts = new Int32Array(count + 1);
  const found: { readonly row: Float64Array; readonly direction: Float64Array }[] = [];
  const part = allocate(n);
  for (let g = 0; g < count; g++) {
    const factors = createFactors(n, r, allocate);
    const kept: number[] = [];
    for (let j = 0; j < r; j++) {
      for (let i = 0; i < n; i++) part[i] = of[i] === g ? basis[j * n + i]! : 0;
      addColumn(factors, part);
      if (factors.r[j * r + j]! > ROUNDING) kept.push(j);
      else factors.q.fill(0, j * n, j * n + n);
    }
    for (const l of kept) {
      const direction = factors.r.slice(l * r, l * r + r);
      found.push({ row: factors.q.subarray(l * n, l * n + n), direction });
    }
    starts[g + 1] = found.length;
  }
  const rank = found.length;
  const directions = new Float64Array(r * rank);
  for (const [l, { direction }] of found.entries())
    for (let j = 0; j < r; j++) directions[j * rank + l] = direction[j]!;
  const isStill = tested !== undefined && besidesConstant(basis, keep, tested) !== undefined;
  // gamma f64 [rho]: every e_h is orthogonal to the constant
  const shares = isStill
    ? Float64Array.from(found, ({ row }) => row.reduce((sum, value) => sum + value, 0))
    : undefined;
  const dropped = shares === undefined ? -1 : largestOf(shares);
  const rows = allocate((dropped < 0 ? rank : rank - 1) * n);
  let to = 0;
  for (const [l, { row }] of found.entries()) {
    if (l === dropped) continue;
    rows.set(row, to);
    to += n;
  }
  const recovery = new Float64Array(rank);
  if (shares !== undefined)
    for (let l = 0; l < rank; l++) recovery[l] = l === dropped ? 0 : -shares[l]! / shares[dropped]!;
  return { rank, starts, directions, dropped, recovery, rows };
}

function largestOf(values: Float64Array): number {
  let at = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i]!) > Math.abs(values[at]!)) at = i;
  return at;
}
