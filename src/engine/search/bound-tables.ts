// What bounds of enhanced statistics (mathematics M16) need of the heights and of a row: tables and factors, each rounded so that a bound stays one.
import type { BoundFactors } from "../plan/job.js";

/** Largest level. */
const LEVELS = 31;
/** Z where levels end, and below which heights are bounded by themselves (E = 2). Caps from 2 to 3 are alike. */
const CAP_Z = 2.5;
const LOWEST_Z = 0.3;
/** Bins of one byte. */
const BINS = 256;
/** Units outside are beyond what float32 squares. */
const UNITS = [1e-12, 1e12] as const;
/** What no factor is below, so that no product of it is lost. */
const LEAST = 1e-30;

export interface BoundTables extends BoundFactors {
  /** Bins from here on have one level. */
  readonly cap: number;
  /** u8 [256]: level of a bin. */
  readonly levels: Uint8Array;
  /** f32 [256], [256], [32]: as of boundRows (kernels/CONTRACTS.md). */
  readonly growth: Float32Array;
  readonly ownHeights: Float32Array;
  readonly heights: Float32Array;
}

/** `heightPowers` f32, (h dh)^H. Undefined: these have no bounds (E below 1), or none that float32 can hold. */
export function boundTables(
  heightPowers: ArrayLike<number>,
  { dh, extentPower }: { readonly dh: number; readonly extentPower: number },
): BoundTables | undefined {
  if (!(extentPower >= 1)) return undefined;
  const sums = new Float64Array(BINS);
  for (let b = 1; b < BINS; b++) sums[b] = sums[b - 1]! + (heightPowers[b] ?? heightPowers[heightPowers.length - 1]!);
  const cap = Math.min(BINS - 1, Math.max(2, Math.round(CAP_Z / dh)));
  // a bound of its own for the lowest heights needs a sum of squares
  const first = extentPower === 2 ? Math.min(cap - 1, Math.round(LOWEST_Z / dh)) : 0;
  const above = (b: number) => sums[b]! - sums[first]!;
  const unit = above(cap) ** (1 / extentPower) / LEVELS;
  if (!(unit > UNITS[0] && unit < UNITS[1]) || !(above(BINS - 1) / above(cap) < 1e30)) return undefined;
  const levels = Uint8Array.from(sums, (_, b) => {
    const x = above(Math.min(b, cap));
    return x <= 0 ? 0 : Math.min(LEVELS, Math.ceil(x ** (1 / extentPower) / unit - 1e-9));
  });
  // largest bin of each level, up to the cap; of one that no bin has, that of the level below
  const tops = new Int32Array(LEVELS + 1).fill(first);
  for (let b = first + 1; b <= cap; b++) tops[levels[b]!] = b;
  for (let j = 1; j <= LEVELS; j++) tops[j] = Math.max(tops[j]!, tops[j - 1]!);
  const heightsOf = (from: number, to: number) => roundedUp(sums[to]! - sums[from]!);
  return {
    ...{ cap, levels, lowest: sums[first]!, extentPower },
    unit: roundedUp(unit),
    growth: Float32Array.from(sums, (_, b) => (b <= cap ? 1 : roundedUp((above(b) / above(cap)) ** (2 / extentPower)))),
    ownHeights: Float32Array.from(sums, (_, b) => (levels[b] === 0 ? 0 : heightsOf(tops[levels[b]! - 1]!, b))),
    heights: Float32Array.from(tops, (top, j) => (j === 0 ? 0 : heightsOf(tops[j - 1]!, top))),
  };
}

/** Puts A, B and C of boundRows at `at`, of a row whose unit and extent stand in `scales` from `from` on: the bound is compared as its (2/E)th power. */
export type RowFactors = (
  out: Float32Array,
  at: number,
  row: { readonly norm: number; readonly nGroups: number },
  scales: Float64Array,
  from: number,
) => void;

export function createRowFactors({ unit, lowest, extentPower }: BoundFactors): RowFactors {
  const least = LEAST * Math.max(1, unit * unit * 2 ** 14);
  return (out, at, { norm, nGroups }, scales, from) => {
    const extent = scales[from + 1]!;
    if (extent === Number.POSITIVE_INFINITY) {
      out[at] = 0;
      out[at + 1] = 0;
      out[at + 2] = extent;
      return;
    }
    const width = 128 * unit * scales[from]!;
    const power = extentPower === 2 ? norm : norm ** (2 / extentPower);
    out[at] = roundedUp(Math.max(power * width * width, least));
    out[at + 1] = nGroups / 2;
    out[at + 2] = roundedUp(norm * extent * extent * lowest);
  };
}

/** What a computed statistic, and a computed bound, may be off by. */
export const boundMargin = (extentPower: number, maxRowConnections: number): number =>
  1 + (extentPower * maxRowConnections + 3 * BINS + 64) * 2 ** -24 + 2e-6;

/** What a bound has to reach: `maximum` f32, the largest statistic so far. */
export const needOf = (maximum: number, margin: number, extentPower: number): number =>
  extentPower === 2 ? maximum / margin : (maximum / margin) ** (2 / extentPower);

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The next float32 from `x` >= 0 up. */
function roundedUp(x: number): number {
  float[0] = x;
  if (float[0]! < x) bits[0]!++;
  return float[0]!;
}
