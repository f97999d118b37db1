// Residuals of elements that bring columns of their own under one variance, all in the packed panels: shared columns by kernels, own columns lane by lane.
import { F64_PANEL, ROW_PANEL, roundUp } from "../kernels/kernel-set.js";
import { createFactors } from "../stats/design/column-factors.js";
import { designOfFactors, type ElementDesign, factoriseShared } from "../stats/glm/element-design.js";
import { CONSTANT_COLUMN } from "../stats/glm/element-test.js";
import type { ModelJob } from "./job.js";
import type { ModelLoader } from "./model-block.js";
import { panelOffset, type ResidualPreparer } from "./residual-preparer.js";
import type { RunnerContext } from "./runner-context.js";
import { shuffledShared } from "./shuffled-design.js";

export function columnPreparer(
  context: RunnerContext,
  { regions, size, model }: ModelJob,
  loader: ModelLoader,
): ResidualPreparer {
  const { job, kernels: k, at, f64 } = context;
  const { worker: w } = job;
  const { sharedRank: r0, nElementColumns: c } = size;
  const n = job.size.nSubjects;
  const rank = r0 + c;

  /** Takes Q0 out of panels; returns Q0'y, f64 [r0][width]. */
  const projectShared = (panels: number, width: number): Float64Array => {
    k.f64Gemm(roundUp(r0, ROW_PANEL), n, width, at(regions.gathered), panels, at(regions.product), width);
    const along = Float64Array.from(f64(at(regions.product), r0 * width));
    k.f64ProjectOut(n, width, r0, at(regions.basis), panels);
    return along;
  };

  return (block, group) => {
    const count = group.members.length;
    const width = roundUp(count, F64_PANEL);
    loader.pack(block, group);
    const shared = factoriseShared(model, group.keep);
    f64(at(regions.basis), r0 * n).set(shared.q);
    const rows = f64(at(regions.gathered), roundUp(r0, ROW_PANEL) * n).fill(0);
    for (let j = 0; j < r0; j++) {
      for (let i = 0, to = panelOffset(j, n); i < n; i++, to += ROW_PANEL) rows[to] = shared.q[j * n + i]!;
    }
    k.f64SumSquares(n, width, at(w.packed), at(w.rawSums));
    const y = { along: projectShared(at(w.packed), width), panels: f64(at(w.packed), width * n) };
    const own = Array.from({ length: c }, (_, j) => {
      const lengths = f64(at(w.sums), width);
      k.f64SumSquares(n, width, loader.ownPanel(j), at(w.sums));
      const before = Float64Array.from(lengths, Math.sqrt);
      return { before, along: projectShared(loader.ownPanel(j), width), panels: f64(loader.ownPanel(j), width * n) };
    });
    const fitted = new Float64Array(rank * width);
    fitted.set(y.along);
    const factors = { ...createFactors(0, rank), count: rank };
    const designs = Array.from({ length: count }, (_, e): ElementDesign | undefined => {
      const { r } = factors;
      r.fill(0);
      for (let i = 0; i < r0; i++) {
        for (let j = i; j < r0; j++) r[i * rank + j] = shared.r[i * r0 + j]!;
        for (let j = 0; j < c; j++) r[i * rank + r0 + j] = own[j]!.along[i * width + e]!;
      }
      orthonormaliseLane(own, e, { n, r0, rank, r });
      const design = designOfFactors(model, group.keep, factors);
      if (design.verdict !== "testable") {
        for (const { panels } of [y, ...own]) clearLane(panels, e, n);
        return undefined;
      }
      for (let pass = 0; pass < 2; pass++) {
        for (let j = 0; j < c; j++) fitted[(r0 + j) * width + e]! += removeLane(own[j]!.panels, y.panels, e, n);
      }
      return design;
    });
    if (designs.every((design) => design === undefined)) return undefined;
    clearConstant(f64(at(w.rawSums), width), y.panels, count, n);
    const residuals = size.contrastRanks.length > 1 ? Float64Array.from(y.panels) : undefined;
    return {
      designs,
      product: shuffledShared(model, shared, group.keep, job.hasSigns),
      fill(h) {
        if (residuals !== undefined) y.panels.set(residuals);
        for (const [e, design] of designs.entries()) {
          if (design !== undefined) addTested(design, h, e);
        }
        k.f64SumSquares(n, width, at(w.packed), at(w.sums));
      },
    };

    /** e += Q' A_h'A_h Q y. */
    function addTested({ hypotheses }: ElementDesign, h: number, e: number): void {
      const { tested, rank: s } = hypotheses[h]!;
      const weights = new Float64Array(rank);
      let squares = 0;
      for (let q = 0; q < s; q++) {
        let part = 0;
        for (let j = 0; j < rank; j++) part += tested[q * rank + j]! * fitted[j * width + e]!;
        squares += part * part;
        for (let j = 0; j < rank; j++) weights[j]! += tested[q * rank + j]! * part;
      }
      if (!(squares > CONSTANT_COLUMN * f64(at(w.rawSums), width)[e]!)) return;
      const first = panelOffset(e, n);
      for (let j = 0; j < r0; j++) {
        const weight = weights[j]!;
        for (let i = 0, to = first; i < n; i++, to += F64_PANEL) y.panels[to]! += weight * shared.q[j * n + i]!;
      }
      for (let j = 0; j < c; j++) {
        const weight = weights[r0 + j]!;
        const { panels } = own[j]!;
        for (let i = 0, to = first; i < n; i++, to += F64_PANEL) y.panels[to]! += weight * panels[to]!;
      }
    }
  };
}

interface OwnColumn {
  /** Length before the shared columns were taken out, f64 [width]. */
  readonly before: Float64Array;
  readonly panels: Float64Array;
}

/** The own columns of element e, orthonormal to each other, in place; their part of R. */
function orthonormaliseLane(
  own: readonly OwnColumn[],
  e: number,
  { n, r0, rank, r }: { n: number; r0: number; rank: number; r: Float64Array },
): void {
  for (const [j, { panels, before }] of own.entries()) {
    for (let pass = 0; pass < 2; pass++) {
      for (let l = 0; l < j; l++) r[(r0 + l) * rank + r0 + j]! += removeLane(own[l]!.panels, panels, e, n);
    }
    const first = panelOffset(e, n);
    let squares = 0;
    for (let i = 0, at = first; i < n; i++, at += F64_PANEL) squares += panels[at]! * panels[at]!;
    const left = Math.sqrt(squares);
    r[(r0 + j) * rank + r0 + j] = left;
    const factor = left > 1e-14 * before[e]! ? 1 / left : 0;
    for (let i = 0, at = first; i < n; i++, at += F64_PANEL) panels[at]! *= factor;
  }
}

/** Takes the direction in lane e of `direction` out of lane e of `panels`; returns the component. */
function removeLane(direction: Float64Array, panels: Float64Array, e: number, n: number): number {
  const first = panelOffset(e, n);
  let along = 0;
  for (let i = 0, at = first; i < n; i++, at += F64_PANEL) along += direction[at]! * panels[at]!;
  for (let i = 0, at = first; i < n; i++, at += F64_PANEL) panels[at]! -= along * direction[at]!;
  return along;
}

function clearLane(panels: Float64Array, e: number, n: number): void {
  for (let i = 0, at = panelOffset(e, n); i < n; i++, at += F64_PANEL) panels[at] = 0;
}

/** A residual that is rounding of the data's size becomes exactly zero. */
function clearConstant(rawSums: Float64Array, panels: Float64Array, count: number, n: number): void {
  for (let e = 0; e < count; e++) {
    let squares = 0;
    for (let i = 0, at = panelOffset(e, n); i < n; i++, at += F64_PANEL) squares += panels[at]! * panels[at]!;
    if (!(squares > CONSTANT_COLUMN * rawSums[e]!)) clearLane(panels, e, n);
  }
}
