// What element-test.ts states of one element, of many that share a design and one variance, side by side: the same operations in the same order, so the same bits.
import type { ElementDesign, TestedDirections } from "./element-design.js";
import { CONSTANT_COLUMN, zOf } from "./element-test.js";
import { type ObservedColumns, standardDeviation } from "./observed.js";
import { SSE_ROUNDING } from "./pooled-variance.js";

/** `count` elements without the design. */
export interface ResidualColumns {
  readonly count: number;
  /** Columns of `fitted`. */
  readonly stride: number;
  /** w = Q y, f64 [r][stride]. */
  readonly fitted: Float64Array;
  /** |residual|^2, f64 [count]; exactly 0 where it is rounding of a constant element. */
  readonly sse: Float64Array;
  /** |y|^2, f64 [count]. */
  readonly sumSquares: Float64Array;
}

/** weights f64 [r] on w of each element: `out` f64 [count]. */
function combine(weights: Float64Array, { count, stride, fitted }: ResidualColumns, out: Float64Array): void {
  out.fill(0);
  for (let j = 0; j < weights.length; j++) {
    const weight = weights[j]!;
    for (let c = 0, from = j * stride; c < count; c++, from++) out[c]! += weight * fitted[from]!;
  }
}

/** Coefficient l of each element. */
export function coefficientColumns(
  { toBeta, rank: r }: ElementDesign,
  l: number,
  fit: ResidualColumns,
  out: Float64Array,
) {
  combine(toBeta.subarray(l * r, (l + 1) * r), fit, out);
}

/** sqrt of the variance of each element. */
export function deviationColumns(design: ElementDesign, { count, sse }: ResidualColumns, out: Float64Array): void {
  for (let c = 0; c < count; c++) out[c] = standardDeviation(sse[c]!, design);
}

/**
 * The unshuffled data under one hypothesis. `isTested` u8 [count]: becomes 0 where the statistic is 0 because there is none.
 * `deviations`: deviationColumns.
 */
export function observeTestColumns(
  design: ElementDesign,
  hypothesis: TestedDirections,
  fit: ResidualColumns,
  deviations: Float64Array,
  { statistic, z, effect, standardisedEffect }: ObservedColumns,
  isTested: Uint8Array,
): void {
  const { count, sse, sumSquares } = fit;
  const { rank: s, kind, toEffect, tested } = hypothesis;
  const { rank: r, dof } = design;
  if (kind === "t") combine(toEffect, fit, effect);
  else effect.fill(0);
  for (let c = 0; c < count; c++) standardisedEffect[c] = finite(effect[c]! / deviations[c]!);
  if (design.verdict !== "testable") {
    statistic.fill(0);
    z.fill(0);
    isTested.fill(0);
    return;
  }
  // |A w|^2, and A w itself of a t-test, in what Z goes into afterwards
  const part = z;
  const squares = new Float64Array(count);
  for (let i = 0; i < s; i++) {
    combine(tested.subarray(i * r, (i + 1) * r), fit, part);
    for (let c = 0; c < count; c++) squares[c]! += part[c]! * part[c]!;
  }
  for (let c = 0; c < count; c++) {
    // a constant element is rounding: nothing is tested of it
    const isConstant = !(sse[c]! + squares[c]! > CONSTANT_COLUMN * sumSquares[c]!);
    const u = isConstant ? 0 : part[c]!;
    const uu = isConstant ? 0 : squares[c]!;
    let found = Number.NaN;
    if (sse[c]! > SSE_ROUNDING * (sse[c]! + uu)) {
      found = kind === "t" ? u * Math.sqrt(dof / sse[c]!) : (uu * (dof / s)) / sse[c]!;
    }
    const hasValue = Number.isFinite(found);
    statistic[c] = hasValue ? found : 0;
    z[c] = hasValue ? zOf({ statistic: found, dof }, hypothesis) : 0;
    if (!hasValue || !(dof > 0)) isTested[c] = 0;
  }
}

const finite = (value: number): number => (Number.isFinite(value) ? value : 0);
