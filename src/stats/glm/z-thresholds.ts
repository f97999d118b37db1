// Bins without Z: enhancement needs floor(Z / dh) only, and Z grows with |t| (or sqrt F), so the bin is the number of thresholds passed.
// One table per (kind, rank, dof, dh); the hot loop is one multiplication, one load and on average less than one comparison that holds:
//   b = cells[min(floor(x * cellsPerUnit), nCells - 1)];  while (x >= thresholds[b + 1]) b++;
// Invariant: for every double x >= 0 the result is floor(Z(x) / dh) of z-transform.ts in float64, and so the null shuffles and the
// exact Z images never disagree about a bin (as far as the computed Z is monotone; its noise is a few ulp of x around a threshold).
import { fToZ, tToZ, zToF, zToT } from "./z-transform.js";

/** Entries. 8192 x 2 B = 16 KiB: with the thresholds it stays in the level-1 cache's neighbourhood. */
export const MAX_CELLS = 8192;
/** The grid reaches at least to this x (or the last threshold), so that a walk past its end is rare. */
const GRID_REACH = 64;
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
  /** Last bin, 1..65534. Default: Z = 60, or what a contrast that explains 99 % of the variance gives if that is more. */
  readonly maxBin?: number;
}

export interface ZThresholds {
  /** f64 [maxBin + 2], ascending: [h] is the smallest x >= 0 with floor(Z(x)/dh) >= h, Infinity if none; [0] = -Infinity, last = Infinity. */
  readonly thresholds: Float64Array;
  /** u16 [1..8192]: start bin of cell c, c / cellsPerUnit <= x < (c + 1) / cellsPerUnit; never above the bin of any x in the cell. */
  readonly cells: Uint16Array;
  /** A power of two, so that x * cellsPerUnit is exact. */
  readonly cellsPerUnit: number;
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
  const { dof, rank, kind, dh } = options;
  const maxBin = options.maxBin ?? defaultMaxBin(dof, dh);
  const zOf = kind === "t" ? (x: number) => tToZ(x, dof) : (x: number) => fToZ(x * x, rank, dof);
  const xOf = kind === "t" ? (z: number) => zToT(z, dof) : (z: number) => Math.sqrt(zToF(z, rank, dof));
  const thresholds = new Float64Array(maxBin + 2).fill(Infinity);
  thresholds[0] = -Infinity;
  for (let h = 1; h <= maxBin; h++) {
    const x = firstAtLeast((candidate) => Math.floor(zOf(candidate) / dh) >= h, xOf(h * dh));
    if (x === Infinity) break;
    thresholds[h] = x;
    if (h % THRESHOLDS_A_STEP === 0) yield;
  }
  return { thresholds, maxBin, ...createCells(thresholds, maxBin) };
}

/** floor(Z / dh) of x = t or sqrt(F), by the table; 0 for x <= 0 and, as in z-transform.ts, for x not finite. The reference for the kernels. */
export function binOf(table: ZThresholds, x: number): number {
  if (!(x > 0) || x === Infinity) return 0;
  const { thresholds, cells, cellsPerUnit } = table;
  let bin = cells[Math.min(Math.floor(x * cellsPerUnit), cells.length - 1)]!;
  while (x >= thresholds[bin + 1]!) bin++;
  return bin;
}

/** Z of R^2 = 0.99 is about sqrt(dof ln 100); 60 at least. */
function defaultMaxBin(dof: number, dh: number): number {
  const largestZ = Math.max(60, Math.sqrt(dof * Math.log(100)));
  return Math.max(1, Math.min(LARGEST_BIN, Math.ceil(largestZ / dh)));
}

function createCells(thresholds: Float64Array, maxBin: number): { cells: Uint16Array; cellsPerUnit: number } {
  let nearest = Infinity;
  let last = 1;
  for (let h = 1; h <= maxBin && thresholds[h] !== Infinity; h++) {
    last = thresholds[h]!;
    if (h > 1) nearest = Math.min(nearest, last - thresholds[h - 1]!);
  }
  // Two cells between neighbouring thresholds: at most one threshold a cell, unless the grid would not reach far enough.
  const wanted = 2 ** Math.ceil(Math.log2(2 / nearest));
  const allowed = 2 ** Math.floor(Math.log2(MAX_CELLS / Math.min(last, GRID_REACH)));
  const cellsPerUnit = Math.max(2 ** -20, Math.min(wanted, allowed));
  const cells = new Uint16Array(Math.min(MAX_CELLS, Math.floor(last * cellsPerUnit) + 1));
  let bin = 0;
  for (let c = 0; c < cells.length; c++) {
    while (c / cellsPerUnit >= thresholds[bin + 1]!) bin++;
    cells[c] = bin;
  }
  return { cells, cellsPerUnit };
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
