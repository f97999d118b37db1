// What of a penalty counts as one.
import { symmetricEigen } from "../smooth/symmetric-eigen.js";
import type { SmoothBlock } from "./additive-design.js";

/** Penalised directions, relative to the stiffest. */
export const STIFF = 1e-10;

/** ln |S|+ of all of them together. */
export const logPenaltyOf = (smooths: readonly SmoothBlock[]): number =>
  smooths.reduce((sum, { penalty, count }) => sum + (penalty === undefined ? 0 : logPositive(penalty, count)), 0);

function logPositive(penalty: Float64Array, count: number): number {
  const { values } = symmetricEigen(penalty, count);
  return values.reduce((sum, value) => sum + (value > STIFF * values[0]! ? Math.log(value) : 0), 0);
}
