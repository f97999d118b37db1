// What each hypothesis shuffles, e_h, for all elements of a group at once, in the packed panels: three ways to the same numbers (element-test.ts).
//   shared design    project the nuisance of h out of y
//   own columns      y - Q Q'y by kernels and lanes, plus what h tests of it
//   own columns and variance groups    element by element
import { F64_PANEL, ROW_PANEL } from "../kernels/kernel-set.js";
import { addColumn, createFactors } from "../stats/design/column-factors.js";
import {
  designOfFactors,
  type ElementDesign,
  factoriseShared,
  resolveElementDesign,
} from "../stats/glm/element-design.js";
import { CONSTANT_COLUMN, fitElement, nullResidual, type Residual } from "../stats/glm/element-test.js";
import { createDesignCache } from "./design-cache.js";
import type { ModelJob } from "./job.js";
import type { ElementGroup, ModelBlock, ModelLoader } from "./model-block.js";
import { type RunnerContext, roundUp } from "./runner-context.js";

export interface ResidualPanels {
  /** One a member; undefined where it cannot be tested. */
  readonly designs: readonly (ElementDesign | undefined)[];
  /** Q of the columns that elements share, f64 [r][n]. */
  readonly sharedBasis: Float64Array;
  /** e_h of all members into the packed panels (zero where one cannot be tested). Hypotheses come in order, from 0. */
  fill(h: number): void;
}

/** Undefined: no member can be tested. */
export type ResidualPreparer = (block: ModelBlock, group: ElementGroup) => ResidualPanels | undefined;

export function createResidualPreparer(
  context: RunnerContext,
  modelJob: ModelJob,
  loader: ModelLoader,
): ResidualPreparer {
  const { nElementColumns, nGroups } = modelJob.size;
  if (nElementColumns === 0) return sharedPreparer(context, modelJob, loader);
  return (nGroups === 1 ? columnPreparer : elementPreparer)(context, modelJob, loader);
}

/** Column c of panels [W/4][n][4]: observation i lies at [offset + i * 4]. */
export const panelOffset = (c: number, n: number): number => (c - (c % F64_PANEL)) * n + (c % F64_PANEL);

function sharedPreparer(context: RunnerContext, modelJob: ModelJob, loader: ModelLoader): ResidualPreparer {
  const { job, kernels: k, at, f64 } = context;
  const { worker: w } = job;
  const { regions } = modelJob;
  const n = job.size.nSubjects;
  const designOf = createDesignCache(context, modelJob);
  return (block, group) => {
    const design = designOf(group);
    if (design.verdict !== "testable") return undefined;
    const width = roundUp(group.members.length, F64_PANEL);
    return {
      designs: group.members.map(() => design),
      sharedBasis: design.basis,
      fill(h) {
        loader.pack(block, group);
        const nuisance = nuisanceRows(design, h, n);
        f64(at(regions.basis), nuisance.length).set(nuisance);
        k.f64SumSquares(n, width, at(w.packed), at(w.rawSums));
        k.f64ProjectOut(n, width, nuisance.length / n, at(regions.basis), at(w.packed));
        k.f64SumSquares(n, width, at(w.packed), at(w.sums));
        const raw = f64(at(w.rawSums), width);
        const sums = f64(at(w.sums), width);
        f64(at(w.factors), width).set(sums.map((sum, c) => (sum > CONSTANT_COLUMN * raw[c]! ? 1 : 0)));
        k.f64ScaleColumns(n, width, at(w.factors), at(w.packed));
      },
    };
  };
}

/** Orthonormal rows that span the columns of the design that h does not test, f64 [r - s][n]. */
function nuisanceRows({ rank: r, basis, hypotheses }: ElementDesign, h: number, n: number): Float64Array {
  const { tested, rank: s } = hypotheses[h]!;
  const factors = createFactors(r, s + r);
  for (let q = 0; q < s; q++) addColumn(factors, tested.subarray(q * r, q * r + r));
  const rows = new Float64Array((r - s) * n);
  let found = 0;
  for (let j = 0; j < r; j++) {
    addColumn(
      factors,
      Float64Array.from({ length: r }, (_, i) => (i === j ? 1 : 0)),
    );
    const left = factors.r[(s + j) * factors.capacity + s + j]!;
    // 1/r of the complement is left in some unit vector at least; a rest of rounding size is no direction
    if (!(left > 1e-6) || found === r - s) {
      factors.q.fill(0, (s + j) * r, (s + j + 1) * r);
      continue;
    }
    for (let l = 0; l < r; l++) {
      const weight = factors.q[(s + j) * r + l]!;
      for (let i = 0; i < n; i++) rows[found * n + i]! += weight * basis[l * n + i]!;
    }
    found++;
  }
  return rows;
}

function columnPreparer(
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
      sharedBasis: shared.q,
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

function elementPreparer(context: RunnerContext, { size, model }: ModelJob, loader: ModelLoader): ResidualPreparer {
  const { job, at, f64 } = context;
  const { worker: w } = job;
  const { nElementColumns: c, nGroups, sharedRank: r } = size;
  const n = job.size.nSubjects;
  const groupOf = model.groups!.of;
  const readColumn = (pointer: number, column: number): Float64Array => {
    const panels = f64(pointer, roundUp(column + 1, F64_PANEL) * n);
    const values = new Float64Array(n);
    for (let i = 0, from = panelOffset(column, n); i < n; i++, from += F64_PANEL) values[i] = panels[from]!;
    return values;
  };
  /** Residualised own columns of each element, per variance group, over the columns as they were read. */
  const placeOwn = (designs: readonly (ElementDesign | undefined)[], width: number) => {
    for (let row = 0; row < nGroups * c; row++) {
      const panels = f64(loader.ownPanel(row), width * n).fill(0);
      for (const [e, design] of designs.entries()) {
        if (design === undefined) continue;
        const values = design.basis.subarray((r + (row % c)) * n);
        const group = Math.floor(row / c);
        for (let i = 0, to = panelOffset(e, n); i < n; i++, to += F64_PANEL) {
          panels[to] = groupOf[i] === group ? values[i]! : 0;
        }
      }
    }
  };
  return (block, group) => {
    loader.pack(block, group);
    const shared = factoriseShared(model, group.keep);
    const designs = group.members.map((_, e): ElementDesign | undefined => {
      const columns = Array.from({ length: c }, (__, j) => readColumn(loader.ownPanel(j), e));
      const design = resolveElementDesign(model, group.keep, shared, columns);
      return design.verdict === "testable" ? design : undefined;
    });
    if (designs.every((design) => design === undefined)) return undefined;
    const fits = designs.map((design, e): Residual | undefined =>
      design === undefined ? undefined : fitElement(design, readColumn(at(w.packed), e)),
    );
    const width = roundUp(designs.length, F64_PANEL);
    placeOwn(designs, width);
    return {
      designs,
      sharedBasis: shared.q,
      fill(h) {
        const packed = f64(at(w.packed), width * n).fill(0);
        for (const [e, design] of designs.entries()) {
          if (design === undefined) continue;
          const residual = nullResidual(design, design.hypotheses[h]!, fits[e]!);
          for (let i = 0, to = panelOffset(e, n); i < n; i++, to += F64_PANEL) packed[to] = residual[i]!;
        }
      },
    };
  };
}
