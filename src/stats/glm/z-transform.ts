// t and F statistics as normal scores of the same tail probability, and back. float64, all in logarithms: no tail is too small.
// Letters: dof, degrees of freedom of the residuals, real > 0 (Welch-Satterthwaite gives fractions); rank, of the contrast.
//   t: x = dof / (t^2 + dof), Z = sign(t) sqrt2 erfcinv(I_x(dof/2, 1/2))
//   F: Q = I_x(dof/2, rank/2), x = dof / (dof + rank F), Z = sqrt2 erfcinv(2 Q); F < 1 through the lower tail.
// Peer: core/math/zstatistic.cpp.
// Deviation: MRtrix3 3.0.3 forms the probability itself, which underflows: its Z is `inf` from about Z = 38 on (seen with vectorstats:
// n = 200, t = 605), and its height integral then does not end well. We go on in logarithms; Z stays finite and monotone.
// Deviation: it also interpolates a table with step 0.001 for |t| < 10 (error about 1e-6); we compute each value.
import { LARGEST_DOF, logBetaPrefix, logFarUpper, logFLower, logFUpper } from "../functions/f-tails.js";
import { normalFromCentral, normalFromLogUpper } from "../functions/normal.js";

const HALF_LN_2PI = Math.log(2 * Math.PI) / 2;
/** Above this |t|, t^2 leaves the doubles. */
const HUGE_T = 1e140;
const LOG_HUGE = 2 * Math.log(HUGE_T);

/**
 * Z of a t statistic. Odd in t; 0 for t = 0 and, by policy, for a statistic or dof that is not usable (not finite, dof <= 0).
 * Relative error below 1e-13 (measured 3e-15 against mpmath for dof 1..19998, t 1e-8..1e9).
 */
export function tToZ(t: number, dof: number): number {
  if (t === 0 || !Number.isFinite(t) || !(dof > 0)) return 0;
  return Math.sign(t) * zOfSize(Math.abs(t), dof);
}

function zOfSize(t: number, dof: number): number {
  if (t > HUGE_T) return normalFromLogUpper(logFarUpper(2 * Math.log(t), 1, dof) - Math.LN2);
  const F = t * t;
  // Near zero the tail is 1/2 and says nothing about Z: use the probability between -t and t, then the straight line.
  if (F < 3) return F < 1e-17 ? t * slopeAtZero(dof) : normalFromCentral(Math.exp(logFLower(F, 1, dof)));
  return normalFromLogUpper(logFUpper(F, 1, dof) - Math.LN2);
}

/** dZ/dt at t = 0, the ratio of the densities; that of t is f(0) = f(1) (1 + 1/dof)^((dof + 1)/2), and f(1) = prefix(1). */
function slopeAtZero(dof: number): number {
  const d = Math.min(dof, LARGEST_DOF);
  return Math.exp(logBetaPrefix(1, 1, d) + ((d + 1) / 2) * Math.log1p(1 / d) + HALF_LN_2PI);
}

/**
 * Z of an F statistic (or G of variance groups), `rank` a whole number >= 1. Negative where F is below its median. 0 by policy where
 * the statistic is not usable (not finite, negative, or exactly 0, whose Z would be -Infinity; dof <= 0).
 */
export function fToZ(F: number, rank: number, dof: number): number {
  if (!(F > 0) || F === Infinity || !(dof > 0)) return 0;
  if (F >= 1) return normalFromLogUpper(logFUpper(F, rank, dof));
  return -normalFromLogUpper(logFLower(F, rank, dof));
}

/** The t with tToZ(t, dof) = z. Infinity (with z's sign) where t leaves the doubles: small dof. Relative error about 1e-15 of t and of z. */
export function zToT(z: number, dof: number): number {
  if (z === 0 || Number.isNaN(z)) return z;
  const size = Math.abs(z);
  // Wallace 1959: z ~ (8 dof + 1)/(8 dof + 3) sqrt(dof ln(1 + t^2/dof)), good to a percent or so
  const d = Math.min(dof, LARGEST_DOF);
  const scaled = (size * (8 * d + 3)) / (8 * d + 1);
  const guess = Math.sqrt(d * Math.expm1((scaled * scaled) / d));
  // ln t = ln F / 2, and the t tail is half the F tail: the factors cancel and the slope is the same
  return (
    Math.sign(z) *
    invert(
      size,
      (t) => zOfSize(t, dof),
      (t) => logSlope(2 * Math.log(t), 1, dof),
      guess,
    )
  );
}

/** The F >= 0 with fToZ(F, rank, dof) = z; Infinity where F leaves the doubles. */
export function zToF(z: number, rank: number, dof: number): number {
  return invert(
    z,
    (F) => fToZ(F, rank, dof),
    (F) => logSlope(Math.log(rank) + Math.log(F), rank, dof),
    1,
  );
}

/** ln of F f(F) by ln(rank F); far out, where that overflows, a times the tail. */
function logSlope(logW: number, rank: number, dof: number): number {
  return logW > LOG_HUGE ? logFarUpper(logW, rank, dof) + Math.log(dof / 2) : logBetaPrefix(Math.exp(logW), rank, dof);
}

/**
 * Newton in ln x on the increasing zOf(x) = z; dZ/d ln x = prefix / phi(Z). Convex or concave, Newton in this variable approaches from one
 * side after the first step, which is cut to a factor of e^3; a bracket guards the rest.
 */
function invert(z: number, zOf: (x: number) => number, logPrefix: (x: number) => number, guess: number): number {
  if (zOf(Number.MAX_VALUE) < z) return Infinity;
  let x = Math.min(Math.max(guess, 1e-300), 1e300);
  let low = 0;
  let high = Number.MAX_VALUE;
  for (let round = 0; round < 300; round++) {
    const found = zOf(x);
    if (found === z) return x;
    if (found < z) low = x;
    else high = x;
    const slope = logPrefix(x) + (found * found) / 2 + HALF_LN_2PI;
    const step = Math.min(3, Math.max(-3, (z - found) / Math.exp(slope)));
    const next = x + x * Math.expm1(step);
    const inside = next > low && next < high;
    const chosen = inside ? next : Math.sqrt(Math.max(low, 1e-308)) * Math.sqrt(high);
    if (Math.abs(chosen - x) <= 4e-16 * x) return chosen;
    x = chosen;
  }
  return x;
}
