// What is read of a matrix into the form that is given: subjects as rows, floats, missing integers as NaN.
import { exactValue } from "./exact-values.js";
import type { NumberArray } from "./open.js";
import type { FileRectangle } from "./plan-rectangles.js";

/** Copies, and turns where the file has elements as rows. How many were `missing`, and are NaN. Throws InputError for integers that no float64 equals. */
export function arrange(
  found: NumberArray,
  given: Float32Array | Float64Array,
  { nRows, nColumns }: FileRectangle,
  transposed: boolean,
  missing: number | bigint | undefined,
  place: { readonly path: string; readonly objectPath: string },
): number {
  const isBig = found instanceof BigInt64Array || found instanceof BigUint64Array;
  if (missing === undefined && !transposed && !isBig) {
    given.set(found);
    return 0;
  }
  let nMissing = 0;
  const valueAt = (i: number): number => {
    if (found[i] !== missing || missing === undefined) return exactValue(found, i, place);
    nMissing += 1;
    return Number.NaN;
  };
  if (!transposed) for (let i = 0; i < found.length; i++) given[i] = valueAt(i);
  else {
    for (let row = 0; row < nRows; row++)
      for (let column = 0; column < nColumns; column++) given[column * nRows + row] = valueAt(row * nColumns + column);
  }
  return nMissing;
}
