// Z of many scores with the same degrees of freedom, rounded to float32: cubics through exact ones say it, unless the two sides of their error round apart; only
// then the exact Z is computed. So what is given is always the exact Z of z-transform.ts, rounded, at a hundredth of its price.
import { zOfStatistic } from "./scores.js";

export interface ZCurve {
  /** Whether it holds CURVE_BYTES: one that does not computes every Z. */
  readonly isKept: boolean;
  /** Of a score (t, or sqrt(F)); 0 where its Z is not above 0, or it is no number. */
  zOf(score: number): number;
}

/** Of the error, relative to Z and at least that of a Z of 1. Measured: 4e-12 (t), 2e-11 (F of rank 30), 6e-11 (rank 100). */
const BOUND = 1e-10;
/** Cells an octave 2^7, from 2^-12 to 2^12: outside of that the exact one is taken. */
const CELL_BITS = 7;
const LEAST = 2 ** -12;
const OCTAVES = 24;
const N_CELLS = OCTAVES << CELL_BITS;
/** Bytes of a curve. */
export const CURVE_BYTES = N_CELLS * 4 * 8;
/** Chebyshev's points of four. */
const POINTS = [0, 1, 2, 3].map((i) => Math.cos(((2 * i + 1) * Math.PI) / 8));

const DOUBLE = new Float64Array(1);
const WORDS = new Uint32Array(DOUBLE.buffer);
const cellOf = (x: number): number => {
  DOUBLE[0] = x;
  return WORDS[1]! >>> (20 - CELL_BITS);
};
const FIRST_CELL = cellOf(LEAST);
const MASK = 2 ** CELL_BITS - 1;
/** Cells to 1, of a number in each octave. */
const CELLS = Float64Array.from({ length: OCTAVES }, (_, octave) => 2 ** (CELL_BITS - octave) / LEAST);

/** The same of one score. */
export function roundedZ(kind: "t" | "F", rank: number, score: number, dof: number): number {
  return score > 0 ? Math.fround(Math.max(0, zOfStatistic(kind, rank, score, dof))) : 0;
}

/** Cells are made when they are needed. `kind`, `rank`, `dof`: as of zOfStatistic. */
export function createZCurve(kind: "t" | "F", rank: number, dof: number, isKept = true): ZCurve {
  const exact = (x: number) => roundedZ(kind, rank, x, dof);
  if (!isKept) return { isKept, zOf: exact };
  const cubics = new Float64Array(N_CELLS * 4).fill(Number.NaN);

  const make = (cell: number) => {
    const perUnit = CELLS[cell >> CELL_BITS]!;
    const start = 2 ** CELL_BITS + (cell & MASK);
    const values = POINTS.map((u) => zOfStatistic(kind, rank, (start + (1 + u) / 2) / perUnit, dof));
    // coefficients of Chebyshev's polynomials, then of powers of u
    const [c0, c1, c2, c3] = [0, 1, 2, 3].map(
      (j) =>
        ((j === 0 ? 1 : 2) / 4) * values.reduce((sum, z, i) => sum + z * Math.cos((j * (2 * i + 1) * Math.PI) / 8), 0),
    ) as [number, number, number, number];
    cubics.set([c0 - c2, c1 - 3 * c3, 2 * c2, 4 * c3], cell * 4);
  };

  return {
    isKept,
    zOf(x) {
      if (!(x > 0)) return 0;
      const cell = cellOf(x) - FIRST_CELL;
      if (cell < 0 || cell >= N_CELLS) return exact(x);
      const at = cell * 4;
      if (Number.isNaN(cubics[at]!)) make(cell);
      const u = 2 * (x * CELLS[cell >> CELL_BITS]! - (cell & MASK) - 2 ** CELL_BITS) - 1;
      const z = cubics[at]! + u * (cubics[at + 1]! + u * (cubics[at + 2]! + u * cubics[at + 3]!));
      const bound = BOUND * Math.max(1, z);
      if (z + bound < 0) return 0;
      const low = Math.fround(z - bound);
      return low > 0 && low === Math.fround(z + bound) ? low : exact(x);
    },
  };
}
