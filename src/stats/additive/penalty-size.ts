// What of a penalty counts as one.
import { symmetricEigen } from "../smooth/symmetric-eigen.js";

/** Penalised directions, relative to the stiffest. */
export const STIFF = 1e-10;

/** ln |S|+. */
export function logPositive(penalty: Float64Array, count: number): number {
  const { values } = symmetricEigen(penalty, count);
  return values.reduce((sum, value) => sum + (value > STIFF * values[0]! ? Math.log(value) : 0), 0);
}
