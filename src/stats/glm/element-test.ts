// One element, one shuffle at a time, for any model: the plainest statement of every number the engine computes, and what its fast paths are tested
// against. Freedman & Lane 1983 with Ridgway's partition (mathematics M4): e_h = (I - Qz Qz') y = residual of the full model + Q A_h' A_h Q y.
import { type Allocate, newArray, removeDirection } from "../design/column-factors.js";
import type { ElementDesign, TestedDirections } from "./element-design.js";
import { createGroupedScratch, groupedStatistic } from "./grouped-variance.js";
import type { GlmModel } from "./model.js";
import type { ObservedStatistic } from "./observed.js";
import { pooledStatistic, type Statistic } from "./pooled-variance.js";
import { fToZ, tToZ } from "./z-transform.js";

/** What is left of an element's sum of squares below this share of it is rounding: the element was nothing but nuisance. */
export const CONSTANT_COLUMN = 1e-24;

/** An element without the design. */
export interface Residual {
  /** f64 [n], zero at missing observations. */
  readonly residual: Float64Array;
  /** w = Q y, f64 [r]. */
  readonly fitted: Float64Array;
  readonly sse: number;
  /** |y|^2. */
  readonly sumSquares: number;
}

/** y f64 [n]: finite; zero at missing observations. */
export function fitElement(
  { rank: r, basis }: ElementDesign,
  y: ArrayLike<number>,
  allocate: Allocate = newArray,
): Residual {
  const n = y.length;
  const residual = allocate(n);
  residual.set(y);
  const fitted = new Float64Array(r);
  const sumSquares = squared(residual);
  for (let pass = 0; pass < 2; pass++) {
    for (let j = 0; j < r; j++) fitted[j]! += removeDirection(basis.subarray(j * n, j * n + n), residual);
  }
  const sse = squared(residual);
  if (sse > CONSTANT_COLUMN * sumSquares) return { residual, fitted, sse, sumSquares };
  return { residual: residual.fill(0), fitted, sse: 0, sumSquares };
}

function squared(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}

/** A_h w, f64 [s], exactly 0 where it is rounding of a constant element. */
export function testedPart({ fitted, sse, sumSquares }: Residual, { tested, rank: s }: TestedDirections): Float64Array {
  const r = fitted.length;
  const part = new Float64Array(s);
  for (let i = 0; i < s; i++) for (let j = 0; j < r; j++) part[i]! += tested[i * r + j]! * fitted[j]!;
  return sse + squared(part) > CONSTANT_COLUMN * sumSquares ? part : part.fill(0);
}

/** e_h f64 [n]: what hypothesis h shuffles. */
export function nullResidual(
  design: ElementDesign,
  hypothesis: TestedDirections,
  fit: Residual,
  allocate: Allocate = newArray,
): Float64Array {
  const { basis, rank: r } = design;
  const n = fit.residual.length;
  const part = testedPart(fit, hypothesis);
  const e = allocate(n);
  e.set(fit.residual);
  for (let j = 0; j < r; j++) {
    let weight = 0;
    for (let i = 0; i < part.length; i++) weight += hypothesis.tested[i * r + j]! * part[i]!;
    if (weight !== 0) for (let i = 0; i < n; i++) e[i]! += weight * basis[j * n + i]!;
  }
  return e;
}

/**
 * t, F, v or G of e_h under one shuffle of the observations that are left (mask-shuffle.ts); without labels and signs: as they are. NaN where it cannot be
 * computed.
 */
export function shuffledStatistic(
  model: GlmModel,
  design: ElementDesign,
  hypothesis: TestedDirections,
  e: Float64Array,
  labels?: Int32Array,
  signs?: Int8Array,
): Statistic {
  const { rank: r, basis } = design;
  const n = e.length;
  const nGroups = model.groups?.count ?? 1;
  const p = new Float64Array(nGroups * r);
  const squares = new Float64Array(nGroups);
  for (let i = 0; i < n; i++) {
    const g = model.groups === undefined ? 0 : model.groups.of[i]!;
    const value = (signs?.[i] ?? 1) * e[labels?.[i] ?? i]!;
    squares[g]! += value * value;
    for (let j = 0; j < r; j++) p[g * r + j]! += basis[j * n + i]! * value;
  }
  if (design.groups === undefined) return pooledStatistic(design, hypothesis, p, squares[0]!);
  return groupedStatistic(design, hypothesis, p, squares, createGroupedScratch(r, nGroups));
}

/** Z; 0 where there is no statistic. */
export function zOf({ statistic, dof }: Statistic, { kind, rank }: TestedDirections): number {
  return kind === "t" ? tToZ(statistic, dof) : fToZ(statistic, rank, dof);
}

export interface ElementEffects {
  /** f64 [k]. */
  readonly beta: Float64Array;
  /** sqrt of the variance: one, or one a group (NaN for a group without observations). */
  readonly deviations: Float64Array;
}

export function elementEffects(model: GlmModel, design: ElementDesign, fit: Residual): ElementEffects {
  const { toBeta, rank: r, dof, groups } = design;
  const beta = new Float64Array(toBeta.length / r);
  for (let l = 0; l < beta.length; l++) {
    for (let j = 0; j < r; j++) beta[l]! += toBeta[l * r + j]! * fit.fitted[j]!;
  }
  if (model.groups === undefined || groups === undefined) {
    return { beta, deviations: Float64Array.of(finite(Math.sqrt(fit.sse / dof))) };
  }
  const deviations = new Float64Array(model.groups.count);
  for (let i = 0; i < fit.residual.length; i++) deviations[model.groups.of[i]!]! += fit.residual[i]! ** 2;
  for (let g = 0; g < deviations.length; g++) deviations[g] = Math.sqrt(deviations[g]! / groups.rnn[g]!);
  return { beta, deviations };
}

/** The unshuffled data. `deviation`: of the first variance group. */
export function observeTest(
  model: GlmModel,
  design: ElementDesign,
  hypothesis: TestedDirections,
  fit: Residual,
  deviation: number,
  allocate: Allocate = newArray,
): ObservedStatistic {
  let effect = 0;
  if (hypothesis.kind === "t")
    for (const [j, weight] of hypothesis.toEffect.entries()) effect += weight * fit.fitted[j]!;
  const effects = { effect, standardisedEffect: finite(effect / deviation) };
  if (design.verdict !== "testable") return { statistic: 0, z: 0, ...effects, isTested: false };
  const found = unshuffledStatistic(model, design, hypothesis, fit, allocate);
  const hasValue = Number.isFinite(found.statistic);
  const z = hasValue ? zOf(found, hypothesis) : 0;
  return { statistic: finite(found.statistic), z, ...effects, isTested: hasValue && found.dof > 0 };
}

function unshuffledStatistic(
  model: GlmModel,
  design: ElementDesign,
  hypothesis: TestedDirections,
  fit: Residual,
  allocate: Allocate,
): Statistic {
  const { rank: s, kind } = hypothesis;
  if (model.groups === undefined) {
    const part = testedPart(fit, hypothesis);
    const uu = squared(part);
    const { dof } = design;
    if (!(fit.sse > 1e-14 * (fit.sse + uu))) return { statistic: Number.NaN, dof };
    return { statistic: kind === "t" ? part[0]! * Math.sqrt(dof / fit.sse) : (uu * (dof / s)) / fit.sse, dof };
  }
  return shuffledStatistic(model, design, hypothesis, nullResidual(design, hypothesis, fit, allocate));
}

const finite = (value: number): number => (Number.isFinite(value) ? value : 0);
