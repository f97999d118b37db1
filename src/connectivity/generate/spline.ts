// The cubic through a streamline's points, tension 0.1 (family of Hermite splines with half a tension each side), in float32 as the peer computes it.
const f = Math.fround;

const HALF_TENSION = f(f(0.5) * f(0.1));
const SLOPE = f(f(0.5) - HALF_TENSION);
const W1_CUBE = f(f(1.5) + HALF_TENSION);
const W1_SQUARE = f(f(2.5) + HALF_TENSION);
const W2_SQUARE = f(f(2) + f(f(2) * HALF_TENSION));

/** Its coefficients, for who cannot wait for a call. */
export const SPLINE = { slope: SLOPE, w1Cube: W1_CUBE, w1Square: W1_SQUARE, w2Square: W2_SQUARE } as const;

/** Weights of the four points around the segment, at `mu` from 0 to 1, float32, into w[at..at+4]. */
export function splineWeightsInto(w: Float32Array, at: number, mu: number): void {
  const p2 = f(mu * mu);
  const p3 = f(mu * p2);
  w[at] = f(SLOPE * f(f(f(f(2) * p2) - p3) - mu));
  w[at + 1] = f(f(f(1) + f(W1_CUBE * p3)) - f(W1_SQUARE * p2));
  w[at + 2] = f(f(f(W2_SQUARE * p2) + f(SLOPE * mu)) - f(W1_CUBE * p3));
  w[at + 3] = f(SLOPE * f(p3 - p2));
}

/** Parts into which each segment is cut. `stepSize`: millimetres, undefined: unknown. Peer: missing means 1. */
export function upsamplingRatio(stepSize: number | undefined, leastVoxelSize: number): number {
  if (stepSize === undefined) return 1;
  return Math.max(1, Math.ceil(f(stepSize) / (leastVoxelSize * f(0.333))));
}
