// The direction that no permutation moves. With c = the constant vector of unit length in the design's space and in the nuisance of every hypothesis,
// c' P e_h = c' e_h = 0 for every permutation P: its row of the product is zero for every shuffle, so it need not be computed. For an intercept and one
// regressor that is half of the work (mathematics M6); sign flips do move c.
//
//   g [r]          c in Q's coordinates, |g| = 1                  H = 1 - 2 v v' / v'v, v = g + sign(g_p) e_p: reflects g onto axis p (Householder)
//   U [r-1 x r]    the rows of H but p: orthonormal, U g = 0      Q' := U Q, A_h := U A_h, dof unchanged

/** Of |c|^2. What is left out is below this share of the residual. */
const OUTSIDE = 1e-12;
/** Of a unit vector that a hypothesis tests. */
const TESTED = 1e-10;

/**
 * U f64 [r-1][r], or undefined where c is not in the space of the basis, or some hypothesis tests it.
 * basis: f64 [r][n], orthonormal rows, zero at missing observations; keep: u8 [n]; tested: unit vectors f64 [r].
 */
export function besidesConstant(
  basis: Float64Array,
  keep: Uint8Array,
  tested: readonly Float64Array[],
): Float64Array | undefined {
  const n = keep.length;
  let nKept = 0;
  for (let i = 0; i < n; i++) nKept += keep[i]!;
  const sums = new Float64Array(basis.length / n);
  for (let j = 0; j < sums.length; j++) {
    let sum = 0;
    for (let i = j * n; i < j * n + n; i++) sum += basis[i]!;
    sums[j] = sum;
  }
  return besidesConstantOfSums(sums, nKept, tested);
}

/** The same of the sums of the basis's rows, f64 [r], and the number of observations left. */
export function besidesConstantOfSums(
  sums: Float64Array,
  nKept: number,
  tested: readonly Float64Array[],
): Float64Array | undefined {
  const r = sums.length;
  const g = sums.map((sum) => sum / Math.sqrt(nKept));
  const dot = (a: Float64Array) => a.reduce((sum, x, j) => sum + x * g[j]!, 0);
  const inside = dot(g);
  if (!(inside > 1 - OUTSIDE) || tested.some((direction) => Math.abs(dot(direction)) > TESTED)) return undefined;
  let p = 0;
  for (let j = 1; j < r; j++) if (Math.abs(g[j]!) > Math.abs(g[p]!)) p = j;
  const v = Float64Array.from(g);
  v[p]! += g[p]! < 0 ? -1 : 1;
  const length = v.reduce((sum, x) => sum + x * x, 0);
  const rows = new Float64Array((r - 1) * r);
  for (let j = 0, row = 0; j < r; j++) {
    if (j === p) continue;
    for (let l = 0; l < r; l++) rows[row * r + l] = (j === l ? 1 : 0) - (2 * v[j]! * v[l]!) / length;
    row++;
  }
  return rows;
}
