// Two-sided p-values of t, one for every column of every element: what the exact tail is beyond its leading factor,
//
//   p = L(t) R(t),   L = q^(-dof / 2),   q = 1 + t^2 / dof,
//
// is smooth, and its next singularities are t = +-i sqrt(dof): a dozen terms of its power series around the middle of a cell give it to the last digits, at a tenth of
// the price. R follows from p' = -2 f, f = C L q^(-1/2) the density of t:
//
//   q R' = t R - 2 C q^(1/2)
//
// of which each term of the series has the next one (and the root's the root's), so that a cell takes one exact value. The first elements of a process pay for the cells
// in code that is not compiled yet. A value depends on t and dof alone, not on what was asked before.
import { betaFraction, logFUpper } from "./f-tails.js";
import { stirlingError } from "./stirling-error.js";

/** Cells are this wide, up to MOST_CELLS of them. */
const WIDTH = 1 / 4;
const MOST_CELLS = 64;
/** At 10 degrees of freedom half a cell is 0.04 of the way to the singularities: the first that is left out is below 1e-16. */
const N_TERMS = 12;
/** With fewer the singularities are too near. */
const LEAST_DOF = 10;
/** Tables that are kept: 6 kB each. */
const MOST_TABLES = 4096;

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
  const start = at * N_TERMS;
  if (Number.isNaN(lastTable[start]!)) fill(lastTable, start, middleOf(at), dof);
  const h = size - middleOf(at);
  let sum = lastTable[start + N_TERMS - 1]!;
  for (let k = N_TERMS - 2; k >= 0; k--) sum = sum * h + lastTable[start + k]!;
  return Math.min(1, leading(size, dof) * sum);
}

const middleOf = (cell: number): number => (cell + 0.5) * WIDTH;

function exactTwoSidedT(size: number, dof: number): number {
  if (Number.isNaN(size)) return Number.NaN;
  return Number.isFinite(size) ? Math.exp(logFUpper(size * size, 1, dof)) : 0;
}

const leading = (t: number, dof: number): number => Math.exp((-dof / 2) * Math.log1p((t * t) / dof));

/** f64 [cells][N_TERMS]: coefficients of the series, made when they are asked for; behind them C, the density at 0. */
function tableOf(dof: number): Float64Array {
  const known = tables.get(dof);
  if (known !== undefined) return known;
  if (tables.size >= MOST_TABLES) tables.clear();
  const made = new Float64Array(MOST_CELLS * N_TERMS + 1).fill(Number.NaN);
  made[MOST_CELLS * N_TERMS] = densityAtZero(dof);
  tables.set(dof, made);
  return made;
}

function densityAtZero(dof: number): number {
  const a = dof / 2;
  return Math.exp(a * Math.log1p(1 / dof) - 0.5 + stirlingError(a + 0.5) - stirlingError(a)) / Math.sqrt(2 * Math.PI);
}

function fill(table: Float64Array, start: number, t: number, dof: number): void {
  const c = table[MOST_CELLS * N_TERMS]!;
  // q of t + h is q0 + q1 h + q2 h^2
  const q0 = 1 + (t * t) / dof;
  const q1 = (2 * t) / dof;
  const q2 = 1 / dof;
  // p / L, beyond 3 without the exponentials that both have: their errors would count as often as p falls within a cell
  let r = t * t < 3 ? exactTwoSidedT(t, dof) / leading(t, dof) : ((c * t) / Math.sqrt(q0)) * betaFraction(t * t, dof);
  let root = 2 * c * Math.sqrt(q0);
  let [rBefore, rootBefore] = [0, 0];
  for (let k = 0; k < N_TERMS; k++) {
    table[start + k] = r;
    const next = ((t - k * q1) * r + (1 - (k - 1) * q2) * rBefore - root) / ((k + 1) * q0);
    const rootNext = ((0.5 - k) * q1 * root + (2 - k) * q2 * rootBefore) / ((k + 1) * q0);
    [rBefore, rootBefore, r, root] = [r, root, next, rootNext];
  }
}
