// The nuisance of a hypothesis, as rows that can be projected out.
import { addColumn, createFactors } from "../design/column-factors.js";
import type { ElementDesign } from "./element-design.js";

/** Orthonormal rows that span the columns of the design that h does not test, f64 [r - s][n]. */
export function nuisanceRows({ rank: r, basis, hypotheses }: ElementDesign, h: number, n: number): Float64Array {
  const { tested, rank: s } = hypotheses[h]!;
  const factors = createFactors(r, s + r);
  for (let q = 0; q < s; q++) addColumn(factors, tested.subarray(q * r, q * r + r));
  const rows = new Float64Array((r - s) * n);
  let found = 0;
  for (let j = 0; j < r; j++) {
    addColumn(
      factors,
      Float64Array.from({ length: r }, (_, i) => (i === j ? 1 : 0)),
    );
    const left = factors.r[(s + j) * factors.capacity + s + j]!;
    // 1/r of the complement is left in some unit vector at least; a rest of rounding size is no direction
    if (!(left > 1e-6) || found === r - s) {
      factors.q.fill(0, (s + j) * r, (s + j + 1) * r);
      continue;
    }
    for (let l = 0; l < r; l++) {
      const weight = factors.q[(s + j) * r + l]!;
      for (let i = 0; i < n; i++) rows[found * n + i]! += weight * basis[l * n + i]!;
    }
    found++;
  }
  return rows;
}
