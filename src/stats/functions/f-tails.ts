// Both tails of the F distribution, in logarithms, so that neither a tail below 1e-308 nor one near 1 loses digits.
// The upper tail is the regularised incomplete beta I_x(a, b) with a = dof/2, b = rank/2, x = dof / (dof + rank F); the lower
// one is I_y(b, a), y = 1 - x. A rank is a whole number, so b is a multiple of 1/2, and every sum below has positive terms only.
// References: DiDonato & Morris 1992 (TOMS 708) for the prefix (their eq. for brcomp) and the continued fraction (bfrac);
// Abramowitz & Stegun 26.5.4 (power series) and 26.5.16 (recurrence in b).
import { stirlingError } from "./stirling-error.js";

const LN_2PI = Math.log(2 * Math.PI);
/** Relative size of the first neglected term: a quarter of the spacing of doubles at 1. */
const NEGLIGIBLE = 2 ** -54;
/** Beyond this rank * F its reciprocal and products are near the end of the doubles: only the leading term is left anyway. */
const HUGE = 1e280;
/** A larger dof is the chi-square (normal) limit to the last digit. */
export const LARGEST_DOF = 1e15;

/**
 * ln of P(F' >= F) for F' distributed as F(rank, dof). `F` >= 1, or any F >= 0 if rank is 1; `rank` a whole number >= 1; `dof` real > 0
 * (Infinity: the chi-square limit). The absolute error of the logarithm is below 1e-14 + 1e-15 |result|.
 */
export function logFUpper(F: number, rank: number, dof: number): number {
  const d = Math.min(dof, LARGEST_DOF);
  const w = rank * F;
  if (w > HUGE) return logFarUpper(Math.log(rank) + Math.log(F), rank, d);
  // Below, the complement of the series is shorter and P <= 0.92 loses one digit at most.
  if (rank === 1 && w < 3) return Math.log1p(-Math.exp(logFLower(F, 1, d)));
  const a = d / 2;
  const y = w / (d + w);
  // I_x(a, b) = sum of T_j over j = b - 1, b - 2, .. down to 0 (even rank) or 1/2 (odd rank, then + I_x(a, 1/2)),
  // T_j = x^a y^j Gamma(a + j) / (Gamma(a) Gamma(j + 1)). In units of its first term.
  if (rank === 1) return logBetaPrefix(w, 1, d) + Math.log(betaFraction(w, d));
  let j = rank / 2 - 1;
  const first = logBetaPrefix(w, rank, d) - Math.log(y * (a + j));
  let term = 1;
  let sum = 1;
  for (; j >= 1; j--) {
    term *= j / (y * (a + j - 1));
    sum += term;
  }
  if (rank % 2 === 1) sum += (term / 2) * betaFraction(w, d);
  return first + Math.log(sum);
}

/**
 * ln of P(F' <= F), F' ~ F(rank, dof). Meant for 0 <= F <= 1 (F <= 3 if rank is 1), where the series is short; right, only slower, for others.
 * -Infinity at F = 0. Errors as `logFUpper`.
 */
export function logFLower(F: number, rank: number, dof: number): number {
  if (F === 0) return -Infinity;
  const d = Math.min(dof, LARGEST_DOF);
  const w = rank * F;
  const a = d / 2;
  const b = rank / 2;
  const y = w / (d + w);
  let term = 1;
  let sum = 1;
  // 2F1(a + b, 1; b + 1; y). Its ratios tend to y monotonically, so the rest is below term / (1 - max(ratio, y)).
  for (let k = 0; ; k++) {
    const ratio = ((a + b + k) / (b + 1 + k)) * y;
    term *= ratio;
    sum += term;
    if (!(term >= NEGLIGIBLE * sum * (1 - Math.max(ratio, y)))) break; // also ends on NaN
  }
  return logBetaPrefix(w, rank, d) + Math.log(sum / b);
}

/**
 * ln of F f(F), f the density of F(rank, dof), = x^a y^b / B(a, b): the derivative of the lower tail by ln F. `w` = rank * F > 0.
 * Written around the mean of the beta distribution, where it is a sum of terms of one sign.
 */
export function logBetaPrefix(w: number, rank: number, dof: number): number {
  const d = Math.min(dof, LARGEST_DOF);
  const a = d / 2;
  const b = rank / 2;
  const fromMean = (rank - w) / (d + w);
  const excessX = deviance(fromMean, (d + rank) / (d + w));
  const excessY = deviance((-d / rank) * fromMean, (w * (d + rank)) / (rank * (d + w)));
  return logNormaliser(a, b) - a * excessX - b * excessY;
}

/** ln of the beta density's peak factor: (ab / (2 pi (a + b)))^(1/2) times the three Stirling errors. */
function logNormaliser(a: number, b: number): number {
  // the same few of all elements
  const slot = 3 * ((2 * b) & (N_SLOTS - 1));
  if (normalisers[slot] === a && normalisers[slot + 1] === b) return normalisers[slot + 2]!;
  const errors = stirlingError(a + b) - stirlingError(a) - stirlingError(b);
  const normaliser = (Math.log(b) - Math.log1p(b / a) - LN_2PI) / 2 + errors;
  normalisers[slot] = a;
  normalisers[slot + 1] = b;
  normalisers[slot + 2] = normaliser;
  return normaliser;
}

const N_SLOTS = 16;
/** By rank: a, b and their normaliser; 0 is no a. */
const normalisers = new Float64Array(3 * N_SLOTS);

/** u - ln(1 + u) >= 0 without cancellation; `onePlus` = 1 + u, given separately since u may be near -1. */
function deviance(u: number, onePlus: number): number {
  if (u < -0.4 || u > 0.7) return u - Math.log(onePlus);
  // ln(1 + u) = 2 artanh(s), s = u / (2 + u); |s| <= 1/4
  const s = u / (2 + u);
  const square = s * s;
  let power = 1;
  let sum = 1 / 3;
  for (let k = 5; ; k += 2) {
    power *= square;
    const next = sum + power / k;
    if (next === sum) break;
    sum = next;
  }
  return s * u - 2 * s * square * sum;
}

/** I_x(a, 1/2) / (x^a y^(1/2) / B), a = dof / 2, by TOMS 708's bfrac, for w = dof y / x >= 3: at most about 60 steps. */
export function betaFraction(w: number, dof: number): number {
  const a = dof / 2;
  const b = 0.5;
  const x = dof / (dof + w);
  const y = w / (dof + w);
  const c = 1 + (a * (w - 1)) / (dof + w); // 1 + a - (a + b) x
  const c0 = b / a;
  const c1 = 1 + 1 / a;
  let p = 1;
  let s = a + 1;
  let [before, beforeDivisor, now, nowDivisor] = [0, 1, 1, c / c1];
  let value = c1 / c;
  for (let n = 1; n < 10_000; n++) {
    const t = n / a;
    const e = a / s;
    const alpha = p * (p + c0) * e * e * (n * (b - n) * x * x);
    const inner = (1 + t) / (c1 + t + t);
    const beta = n + (n * (b - n) * x) / s + inner * (c + n * (y + 1));
    p = 1 + t;
    s += 2;
    const next = alpha * before + beta * now;
    const nextDivisor = alpha * beforeDivisor + beta * nowDivisor;
    const previous = value;
    value = next / nextDivisor;
    if (Math.abs(value - previous) <= NEGLIGIBLE * value) break;
    before = now / nextDivisor;
    beforeDivisor = nowDivisor / nextDivisor;
    now = value;
    nowDivisor = 1;
  }
  return value;
}

/** Leading term of the upper tail where rank * F overflows or nearly so: x^a / (a B(a, b)), x = dof / w. `logW` = ln(rank F). */
export function logFarUpper(logW: number, rank: number, dof: number): number {
  const a = dof / 2;
  const b = rank / 2;
  // 1/B(a, b) = normaliser * ((a + b)/a)^a * ((a + b)/b)^b
  const logInverseBeta = logNormaliser(a, b) + a * Math.log1p(b / a) + b * Math.log1p(a / b);
  return a * (Math.log(dof) - logW) - Math.log(a) + logInverseBeta;
}
