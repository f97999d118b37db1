// Reference smoothing of fixel data over connections, float32 as MRtrix3 3.0.x has it. Contract: ../CONTRACTS.md.
import { EXP } from "../exp-constants.js";

export interface WeightInputs {
  readonly nRows: number;
  readonly firstRow: number;
  readonly nFixels: number;
  readonly rowStarts: Uint32Array;
  readonly connected: Uint32Array;
  readonly connectivity: Float32Array;
  readonly places: Float32Array;
  readonly inside: Uint8Array | undefined;
  readonly scale: number;
  readonly decay: number;
  readonly least: number;
  readonly powers: Float64Array;
}

export interface WeightOutputs {
  readonly starts: Uint32Array;
  /** Pairs (u32 element, f32 weight): two views of the same words. */
  readonly elements: Uint32Array;
  readonly weights: Float32Array;
}

const { fround } = Math;

/** -1, or the first connection that cannot be used. */
export function smoothingWeights(inputs: WeightInputs, { starts, elements, weights }: WeightOutputs): number {
  const { rowStarts, connected, connectivity, places, inside, firstRow } = inputs;
  const [scale, decay, least] = [fround(inputs.scale), fround(inputs.decay), fround(inputs.least)];
  let n = 0;
  starts[0] = 0;
  for (let i = 0; i < inputs.nRows; i++) {
    const row = firstRow + i;
    const isInside = inside === undefined || inside[row] !== 0;
    for (let p = rowStarts[i]!; p < rowStarts[i + 1]!; p++) {
      const j = connected[p]!;
      const c = connectivity[p]!;
      if (j >= inputs.nFixels || !(c >= 0 && c < Number.POSITIVE_INFINITY)) return p;
      const most = fround(c * scale);
      if (!isInside || !(most >= least)) continue;
      if (inside !== undefined && inside[j] === 0) continue;
      const weight = fround(most * expOfNegative(fround(decay * squaredDistance(places, row, j)), inputs.powers));
      if (!(weight >= least)) continue;
      elements[2 * n] = j;
      weights[2 * n + 1] = weight;
      n++;
    }
    starts[i + 1] = n;
  }
  return -1;
}

function squaredDistance(places: Float32Array, i: number, j: number): number {
  const square = (axis: number) => {
    const d = fround(places[4 * j + axis]! - places[4 * i + axis]!);
    return fround(d * d);
  };
  return fround(square(0) + fround(square(1) + square(2)));
}

/** `x`: a float32, not above 0. */
export function expOfNegative(x: number, powers: ArrayLike<number>): number {
  if (x < EXP.least) return 0;
  const z = x * EXP.perUnit;
  // to the nearest whole number, halves to even
  const whole = z + 2 ** 52 * 1.5 - 2 ** 52 * 1.5;
  if (Number.isNaN(whole)) return Number.NaN;
  const r = z - whole;
  const [first, second, third] = EXP.coefficients;
  const power = powers[whole & 31]! * 2 ** (whole >> 5);
  return fround(((third * r + second) * (r * r) + (first * r + 1)) * power);
}

export interface SmoothInputs extends WeightOutputs {
  readonly nRows: number;
  readonly firstRow: number;
  readonly nLanes: number;
  /** [nFixels][nLanes], NaN where a lane has no value. */
  readonly values: Float32Array;
}

/** Lanes without any weight keep what is in `smoothed`. */
export function smoothRows(inputs: SmoothInputs, smoothed: Float32Array): void {
  const { nLanes, starts, elements, weights, values, firstRow } = inputs;
  for (let i = 0; i < inputs.nRows; i++) {
    for (let lane = 0; lane < nLanes; lane++) {
      let sum = 0;
      let total = 0;
      for (let p = starts[i]!; p < starts[i + 1]!; p++) {
        const value = values[elements[2 * p]! * nLanes + lane]!;
        if (Number.isNaN(value)) continue;
        const weight = weights[2 * p + 1]!;
        sum = fround(sum + fround(weight * value));
        total += weight;
      }
      if (total !== 0) smoothed[(firstRow + i) * nLanes + lane] = fround(sum / fround(total));
    }
  }
}
