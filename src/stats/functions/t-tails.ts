// Two-sided p-values of t, one for every column of every element: what the exact tail is beyond its leading factor,
//
//   p = (1 + t^2 / dof)^(-dof / 2) R(t),
//
// is smooth, and its next singularities are t = +-i sqrt(dof): ten points a cell give it to the last digits, at a tenth of the price. A value depends on t and dof alone, not on
// what was asked before.
import { logFUpper } from "./f-tails.js";

/** Cells are this wide, up to MOST_CELLS of them; ten points of Chebyshev's in each. */
const WIDTH = 1 / 4;
const MOST_CELLS = 64;
const N_POINTS = 10;
/** With fewer the singularities are too near. */
const LEAST_DOF = 10;
/** Tables that are kept: 5 kB each. */
const MOST_TABLES = 4096;

const POINTS = Array.from({ length: N_POINTS }, (_, i) => Math.cos(((2 * i + 1) * Math.PI) / (2 * N_POINTS)));

const tables = new Map<number, Float64Array>();
let lastDof = Number.NaN;
let lastTable: Float64Array = new Float64Array(0);

/** P(|t'| >= |t|) for t' with `dof` > 0 degrees of freedom; NaN of NaN. Its relative error is below 1e-13 where p > 1e-50, and that of logFUpper beyond. */
export function twoSidedT(t: number, dof: number): number {
  const size = Math.abs(t);
  if (size === 0) return 1;
  const at = Math.floor(size / WIDTH);
  // of gam's degrees of freedom, which are no whole numbers, every element has others
  if (!(at < MOST_CELLS) || dof < LEAST_DOF || !Number.isInteger(dof)) return exactTwoSidedT(size, dof);
  if (dof !== lastDof) {
    lastTable = tableOf(dof);
    lastDof = dof;
  }
  const start = at * N_POINTS;
  if (Number.isNaN(lastTable[start]!)) fill(lastTable, start, at, dof);
  // Clenshaw
  const v = 2 * (size / WIDTH - at) - 1;
  let [b1, b2] = [0, 0];
  for (let k = N_POINTS - 1; k > 0; k--) {
    const b0 = 2 * v * b1 - b2 + lastTable[start + k]!;
    b2 = b1;
    b1 = b0;
  }
  return Math.min(1, leading(size, dof) * (v * b1 - b2 + lastTable[start]!));
}

function exactTwoSidedT(size: number, dof: number): number {
  if (Number.isNaN(size)) return Number.NaN;
  return Number.isFinite(size) ? Math.exp(logFUpper(size * size, 1, dof)) : 0;
}

const leading = (t: number, dof: number): number => Math.exp((-dof / 2) * Math.log1p((t * t) / dof));

/** f64 [cells][N_POINTS]: coefficients of Chebyshev's polynomials, made when they are asked for. */
function tableOf(dof: number): Float64Array {
  const known = tables.get(dof);
  if (known !== undefined) return known;
  if (tables.size >= MOST_TABLES) tables.clear();
  const made = new Float64Array(MOST_CELLS * N_POINTS).fill(Number.NaN);
  tables.set(dof, made);
  return made;
}

function fill(table: Float64Array, start: number, cell: number, dof: number): void {
  const values = POINTS.map((v) => {
    const t = (cell + (1 + v) / 2) * WIDTH;
    return exactTwoSidedT(t, dof) / leading(t, dof);
  });
  for (let k = 0; k < N_POINTS; k++) {
    const sum = values.reduce(
      (all, value, i) => all + value * Math.cos((k * (2 * i + 1) * Math.PI) / (2 * N_POINTS)),
      0,
    );
    table[start + k] = ((k === 0 ? 1 : 2) / N_POINTS) * sum;
  }
}
