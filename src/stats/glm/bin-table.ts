// Thresholds as kernels search them. They compare squares, t^2 or F, with the least double whose root passes, and so draw no root: the root is rounded
// correctly and never falls where its square grows, so the bin is the same to the last bit. A square's upper bits are its cell: finer where squares are small.
//
//   c = min(max(bits(x) >> (32 + shift), firstCell), firstCell + nCells) - firstCell;  b = cells[c];  b += x >= squares[b + 1]

/** Entries. 8192 x 2 B = 16 KiB: with the thresholds it stays in the level-1 cache's neighbourhood. */
export const MAX_CELLS = 8192;

export interface BinTable {
  /** f64, as long as the thresholds: [h] is the least square whose root is >= threshold h, Infinity if none; [0] = -Infinity, last = Infinity. */
  readonly squares: Float64Array;
  /** u16 [nCells + 1 <= MAX_CELLS]: the bin at the start of each cell. One threshold at most lies in each but the last, which has no end. */
  readonly cells: Uint16Array;
  readonly nCells: number;
  /** The upper 32 - shift bits of the squares in cell 0, which begins below the first threshold. */
  readonly firstCell: number;
  /** 0..20: bits of the upper word that are not looked at. */
  readonly shift: number;
}

/** `thresholds`: of roots, ascending; [0] = -Infinity, last = Infinity. */
export function createBinTable(thresholds: Float64Array): BinTable {
  const squares = thresholds.map(leastSquare);
  const finite = squares.filter((square) => Number.isFinite(square));
  let best = gridOf(finite, 20);
  for (let shift = 19; shift >= 0; shift--) {
    const grid = gridOf(finite, shift);
    if (endOf(grid) > endOf(best)) best = grid;
  }
  const { firstCell, nCells, shift } = best;
  const cells = new Uint16Array(nCells + 1);
  let bin = 0;
  for (let c = 0; c <= nCells; c++) {
    const start = doubleOf((firstCell + c) * 2 ** shift);
    while (start >= squares[bin + 1]!) bin++;
    cells[c] = bin;
  }
  return { squares, cells, ...best };
}

/** Thresholds passed by the root of x; 0 where x is not above 0, or not finite. The reference for the kernels. */
export function binOfSquare({ squares, cells, nCells, firstCell, shift }: BinTable, x: number): number {
  if (!(x > 0 && x < Infinity)) return 0;
  const cell = Math.min(Math.max(upperWord(x) >> shift, firstCell), firstCell + nCells) - firstCell;
  let bin = cells[cell]!;
  while (x >= squares[bin + 1]!) bin++;
  return bin;
}

const DOUBLE = new Float64Array(1);
const WORDS = new Uint32Array(DOUBLE.buffer);
const BITS = new BigInt64Array(DOUBLE.buffer);

/** Sign, exponent and 20 bits of the fraction. */
function upperWord(x: number): number {
  DOUBLE[0] = x;
  return WORDS[1]!;
}

function doubleOf(upper: number): number {
  WORDS[0] = 0;
  WORDS[1] = upper;
  return DOUBLE[0]!;
}

function neighbour(x: number, by: 1n | -1n): number {
  DOUBLE[0] = x;
  BITS[0]! += by;
  return DOUBLE[0]!;
}

function leastSquare(threshold: number): number {
  if (!Number.isFinite(threshold) || threshold <= 0) return threshold;
  let square = threshold * threshold;
  while (square > 0 && Math.sqrt(square) >= threshold) square = neighbour(square, -1n);
  while (Math.sqrt(square) < threshold) square = neighbour(square, 1n);
  return square;
}

type Grid = Pick<BinTable, "firstCell" | "nCells" | "shift">;

/** As far as one threshold lies in a cell. `squares`: without the sentinels. */
function gridOf(squares: Float64Array, shift: number): Grid {
  const cellOf = (square: number) => upperWord(square) >> shift;
  if (squares.length === 0) return { firstCell: 0, nCells: 0, shift };
  const firstCell = Math.max(0, cellOf(squares[0]!) - 1);
  const shared = squares.findIndex((square, h) => h > 0 && cellOf(square) === cellOf(squares[h - 1]!));
  // a cell must begin at a number
  const end = Math.min(
    cellOf(squares[shared < 0 ? squares.length - 1 : shared]!) + (shared < 0 ? 1 : 0),
    cellOf(Number.MAX_VALUE),
  );
  return { firstCell, nCells: Math.max(0, Math.min(end - firstCell, MAX_CELLS - 1)), shift };
}

const endOf = ({ firstCell, nCells, shift }: Grid): number => (firstCell + nCells) * 2 ** shift;
