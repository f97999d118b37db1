// An additive model of one element after another under one design: least squares with penalties, whose weights are chosen for every element.
import { DesignError } from "../../errors.js";
import { orthogonalFactors } from "../linear/orthogonal-factors.js";
import { type AdditiveDesign, type AdditiveOptions, type SmoothBlock, weightRows } from "./additive-design.js";
import { prepareOneSmooth } from "./one-smooth.js";
import { prepareSeveralSmooths } from "./several-smooths.js";

/** `columns`: f64 [nGiven] each, finite. Throws DesignError: columns that depend on each other. */
export function prepareAdditive(
  columns: readonly Float64Array[],
  nGiven: number,
  smooths: readonly SmoothBlock[],
  options: AdditiveOptions,
): AdditiveDesign {
  const rows = weightRows(columns, nGiven, options.weights);
  const { n } = rows;
  const p = columns.length;
  const factors = orthogonalFactors(rows.columns, n);
  if (factors.kept.length < p)
    throw new DesignError([
      `Cannot fit an additive model: expected columns that do not depend on each other, got ${p - factors.kept.length} of ${p} that the others explain, among ${n} subjects. Leave a term out, or write a smaller k.`,
    ]);
  const uppers = smooths.map(
    ({ first, count }) => orthogonalFactors(rows.columns.slice(first, first + count), n).upper,
  );
  const nPenalised = smooths.filter(({ penalty }) => penalty !== undefined).length;
  const prepare = nPenalised > 1 ? prepareSeveralSmooths : prepareOneSmooth;
  return prepare(rows, factors, uppers, smooths, options);
}
