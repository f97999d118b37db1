// Bins without Z: enhancement needs floor(Z / dh) only, and Z grows with |t| (or sqrt F), so the bin is the number of thresholds passed.
// One table per (kind, rank, dof, dh); the hot loop is one division, one load and one comparison (bin-table.ts).
// Invariant: for every double x >= 0 the result is floor(Z(x) / dh) of z-transform.ts in float64, and so the null shuffles and the
// exact Z images never disagree about a bin (as far as the computed Z is monotone; its noise is a few ulp of x around a threshold).
import { type BinScale, binOfZ, heightOf } from "./bin-scale.js";
import { type BinTable, createBinTable } from "./bin-table.js";
import { fToZ, tToZ, zToF, zToT } from "./z-transform.js";

const LARGEST_BIN = 65_534;
const THRESHOLDS_A_STEP = 512;

export interface ZThresholdOptions {
  /** Of the residuals; real, > 0. */
  readonly dof: number;
  /** Of the contrast; a whole number >= 1. Must be 1 for kind "t". */
  readonly rank: number;
  /** "t": x is t, positive side. "F": x is sqrt(F). */
  readonly kind: "t" | "F";
  /** Height of a bin in Z, > 0. */
  readonly dh: number;
  /** Heights that are not those of floor(Z / dh). */
  readonly scale?: BinScale | undefined;
  /** Last bin, 1..65534. Default: Z = 60, or what a contrast that explains 99 % of the variance gives if that is more. */
  readonly maxBin?: number;
}

export interface ZThresholds extends BinTable {
  /** f64 [maxBin + 2], ascending: [h] is the smallest x >= 0 with floor(Z(x)/dh) >= h, Infinity if none; [0] = -Infinity, last = Infinity. */
  readonly thresholds: Float64Array;
  /** The bin of every x beyond the table. A result equal to it may be cut off: the caller must check. */
  readonly maxBin: number;
}

/** Pure. About 5 us a threshold (t), 10 us (F). */
export function createZThresholds(options: ZThresholdOptions): ZThresholds {
  const steps = zThresholdSteps(options);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The same in steps of a few milliseconds: fine heights are 65,000. */
export function* zThresholdSteps(options: ZThresholdOptions): Generator<void, ZThresholds, void> {
  const { dof, rank, kind, dh, scale = { kind: "steps", dh } } = options;
  const maxBin = options.maxBin ?? defaultMaxBin(dof, dh);
  const zOf = kind === "t" ? (x: number) => tToZ(x, dof) : (x: number) => fToZ(x * x, rank, dof);
  const xOf = kind === "t" ? (z: number) => zToT(z, dof) : (z: number) => Math.sqrt(zToF(z, rank, dof));
  const thresholds = new Float64Array(maxBin + 2).fill(Infinity);
  thresholds[0] = -Infinity;
  for (let h = 1; h <= maxBin; h++) {
    const x = firstAtLeast((candidate) => binOfZ(scale, zOf(candidate)) >= h, xOf(heightOf(scale, h)));
    if (x === Infinity) break;
    thresholds[h] = x;
    if (h % THRESHOLDS_A_STEP === 0) yield;
  }
  return { thresholds, maxBin, ...createBinTable(thresholds) };
}

/** Z of R^2 = 0.99 is about sqrt(dof ln 100); 60 at least. */
function defaultMaxBin(dof: number, dh: number): number {
  const largestZ = Math.max(60, Math.sqrt(dof * Math.log(100)));
  return Math.max(1, Math.min(LARGEST_BIN, Math.ceil(largestZ / dh)));
}

const BITS = new BigInt64Array(1);
const DOUBLE = new Float64Array(BITS.buffer);

/** Bits of a positive double: neighbours differ by 1. */
function bitsOf(x: number): bigint {
  DOUBLE[0] = x;
  return BITS[0]!;
}

function doubleOf(bits: bigint): number {
  BITS[0] = bits;
  return DOUBLE[0]!;
}

const LARGEST_BITS = bitsOf(Number.MAX_VALUE);

/** The first double at which `holds` turns true, near `guess` > 0: `holds` fails at the double below it. Infinity if it never does. */
function firstAtLeast(holds: (x: number) => boolean, guess: number): number {
  if (!Number.isFinite(guess)) return Infinity;
  const start = bitsOf(guess);
  let reach = 2n;
  let low = start - reach;
  while (low > 0n && holds(doubleOf(low))) {
    reach *= 4n;
    low = start - reach;
  }
  if (low < 0n) low = 0n;
  reach = 2n;
  let high = start + reach;
  while (high <= LARGEST_BITS && !holds(doubleOf(high))) {
    reach *= 4n;
    high = start + reach;
  }
  if (high > LARGEST_BITS) return Infinity;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (holds(doubleOf(middle))) high = middle;
    else low = middle;
  }
  return doubleOf(high);
}
