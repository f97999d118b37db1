// Reference of the voxels that a streamline runs through, and the chord in each, float32 as MRtrix3 3.0.x has it. Contract: ../CONTRACTS.md.
import { leastOf, mostOf, nearestVoxel } from "./nearest-voxel.js";

export interface TraceInputs {
  /** f32 [nPoints][3], two or more. */
  readonly points: Float32Array;
  readonly nPoints: number;
  readonly ratio: number;
  /** f32 [ratio - 1][4]. */
  readonly weights: Float32Array;
  /** f32 [3][4]. */
  readonly toVoxel: Float32Array;
  readonly size: readonly [number, number, number];
  /** float32, square millimetres. */
  readonly nearness: number;
  readonly most: number;
}

export interface TraceOutputs {
  readonly voxels: Uint32Array;
  readonly chords: Float32Array;
}

type Three = readonly [number, number, number];
type Matrix = [number, number, number, number, number, number, number, number, number, number, number, number];

const f = Math.fround;
const HALF_TENSION = f(f(0.5) * f(0.1));
const SLOPE = f(f(0.5) - HALF_TENSION);
const W1_CUBE = f(f(1.5) + HALF_TENSION);
const W1_SQUARE = f(f(2.5) + HALF_TENSION);
const W2_SQUARE = f(f(2) + f(f(2) * HALF_TENSION));

/** The cubic through a streamline's points, tension 0.1 (family of Hermite splines with half a tension each side): weights of the four points around a segment. */
export function splineWeights(mu: number): readonly [number, number, number, number] {
  const p1 = f(mu);
  const p2 = f(p1 * p1);
  const p3 = f(p1 * p2);
  return [
    f(SLOPE * f(f(f(2 * p2) - p3) - p1)),
    f(f(1 + f(W1_CUBE * p3)) - f(W1_SQUARE * p2)),
    f(f(f(W2_SQUARE * p2) + f(SLOPE * p1)) - f(W1_CUBE * p3)),
    f(SLOPE * f(p3 - p2)),
  ];
}

/** Chords that lie in the image; -1: the line runs through more voxels than `most`. */
export function traceVoxels(inputs: TraceInputs, { voxels, chords }: TraceOutputs): number {
  const { nearness, most, size } = inputs;
  const line = upsample(inputs);
  const nLine = line.length / 3;
  const point = (i: number): Three => [line[3 * i]!, line[3 * i + 1]!, line[3 * i + 2]!];
  const placeOf = placement(inputs.toVoxel as unknown as Matrix);
  const voxelOf = (p: Three): Three => placeOf(p).map(nearestVoxel) as unknown as Three;
  const ownVoxels = Array.from({ length: nLine }, (_, i) => voxelOf(point(i)));
  const last = nLine - 1;
  let nOut = 0;
  let at = 0;
  let mu = 0;
  let exit = point(0);
  let next = ownVoxels[0]!;
  for (let nVoxels = 0; nVoxels < most; nVoxels++) {
    const entry = exit;
    const own = next;
    let inside = entry;
    for (; at <= last && isSame(ownVoxels[at]!, own); at++) {
      inside = point(at);
      mu = 0;
    }
    const isLast = at > last;
    if (isLast) exit = point(last);
    else {
      const before = at === 1 ? extended(point(0), point(1)) : point(at - 2);
      const behind = at === last ? extended(point(last), point(last - 1)) : point(at + 1);
      const four = [before, point(at - 1), point(at), behind] as const;
      const sides = own.map((voxel) => [leastOf(voxel), mostOf(voxel)] as const);
      const isBetween = (place: Three) => sides.every(([least, end], c) => place[c]! >= least && place[c]! <= end);
      let [low, high] = [mu, 1];
      exit = point(at);
      while (squaredDistance(inside, exit) > nearness) {
        mu = 0.5 * (low + high);
        // far from the origin float32 has no points so near each other
        if (mu === low || mu === high) break;
        const there = mix(splineWeights(mu), four);
        if (isBetween(placeOf(there))) [low, inside] = [mu, there];
        else [high, exit] = [mu, there];
      }
      next = voxelOf(exit);
    }
    if (own.every((voxel, c) => voxel >= 0 && voxel < size[c]!)) {
      voxels[nOut] = own[0] + size[0] * (own[1] + size[1] * own[2]);
      for (let c = 0; c < 3; c++) chords[3 * nOut + c] = exit[c]! - entry[c]!;
      nOut++;
    }
    if (isLast) return nOut;
  }
  return -1;
}

function upsample({ points, nPoints, ratio, weights }: TraceInputs): Float32Array {
  const line = new Float32Array(3 * ((nPoints - 1) * ratio + 1));
  for (let i = 0; i < nPoints; i++) {
    for (let c = 0; c < 3; c++) {
      const b = 3 * i + c;
      const out = 3 * i * ratio + c;
      const p1 = points[b]!;
      line[out] = p1;
      if (i === nPoints - 1) continue;
      const p2 = points[b + 3]!;
      const p0 = i === 0 ? f(p1 + f(p1 - p2)) : points[b - 3]!;
      const p3 = i === nPoints - 2 ? f(p2 + f(p2 - p1)) : points[b + 6]!;
      for (let k = 1; k < ratio; k++) {
        const w = weights.subarray(4 * (k - 1), 4 * k);
        line[out + 3 * k] = sumOf(f(w[0]! * p0), f(w[1]! * p1), f(w[2]! * p2), f(w[3]! * p3));
      }
    }
  }
  return line;
}

const sumOf = (a: number, b: number, c: number, d: number) => f(f(f(a + b) + c) + d);

const mix = ([w0, w1, w2, w3]: readonly number[], [a, b, c, d]: readonly [Three, Three, Three, Three]): Three =>
  [0, 1, 2].map((axis) =>
    sumOf(f(w0! * a[axis]!), f(w1! * b[axis]!), f(w2! * c[axis]!), f(w3! * d[axis]!)),
  ) as unknown as Three;

/** Beyond an end the line through the two nearest points goes on. */
const extended = (near: Three, far: Three): Three => near.map((v, c) => f(f(v * 2) - far[c]!)) as unknown as Three;

const isSame = (a: Three, b: Three) => a[0] === b[0] && a[1] === b[1] && a[2] === b[2];

function squaredDistance(a: Three, b: Three): number {
  const [x, y, z] = a.map((v, c) => f(v - b[c]!)) as unknown as Three;
  return f(f(f(x * x) + f(y * y)) + f(z * z));
}

const placement =
  ([m00, m01, m02, m03, m10, m11, m12, m13, m20, m21, m22, m23]: Matrix) =>
  ([x, y, z]: Three): Three => [
    sumOf(f(m00 * x), f(m01 * y), f(m02 * z), m03),
    sumOf(f(m10 * x), f(m11 * y), f(m12 * z), m13),
    sumOf(f(m20 * x), f(m21 * y), f(m22 * z), m23),
  ];
