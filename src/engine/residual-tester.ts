// Elements that bring columns of their own, and variance groups: each hypothesis shuffles its own residuals e_h. Rows of the product: Q_g P_b e_h for
// every group g (one group: all) of the columns that elements share; the inner products with an element's own columns lane by lane; and per group
// |P_b e_h|^2, a product of indicators with e_h o e_h. engine.md sections 2 and 3.
import { F64_PANEL } from "../kernels/kernel-set.js";
import type { ColumnFactors } from "../stats/design/column-factors.js";
import { type ElementDesign, factoriseShared, resolveElementDesign } from "../stats/glm/element-design.js";
import { fitElement, nullResidual, type Residual } from "../stats/glm/element-test.js";
import type { ModelJob } from "./job.js";
import type { ElementGroup, ModelLoader } from "./model-block.js";
import { createEpilogue } from "./model-epilogue.js";
import { createModelTiles, tileRows } from "./model-tiles.js";
import { type RunnerContext, roundUp } from "./runner-context.js";
import { createDesignCache, type GroupTester } from "./shared-design-tester.js";

/** Column c of panels [W/4][n][4]: element i lies at [offset + i * 4]. */
const panelOffset = (c: number, n: number) => (c - (c % F64_PANEL)) * n + (c % F64_PANEL);

export function createResidualTester(context: RunnerContext, modelJob: ModelJob, loader: ModelLoader): GroupTester {
  const { job, kernels: k, at, f64 } = context;
  const { worker: w, tileShuffles } = job;
  const { regions, size, model } = modelJob;
  const { nGroups, sharedRank: r, nElementColumns: c } = size;
  const n = job.size.nSubjects;
  const tiles = createModelTiles(context, modelJob);
  const sharedDesignOf = createDesignCache(context, modelJob);
  const epilogue = createEpilogue(context, modelJob);
  const groupOf = model.groups?.of ?? new Int32Array(n);

  const readColumn = (pointer: number, column: number): Float64Array => {
    const panels = f64(pointer, roundUp(column + 1, F64_PANEL) * n);
    const values = new Float64Array(n);
    for (let i = 0, from = panelOffset(column, n); i < n; i++, from += F64_PANEL) values[i] = panels[from]!;
    return values;
  };

  const resolveDesigns = (group: ElementGroup): ElementDesign[] => {
    if (c === 0) {
      const design = sharedDesignOf(group);
      return group.members.map(() => design);
    }
    const shared: ColumnFactors = factoriseShared(model, group.keep);
    return group.members.map((_, i) => {
      const columns = Array.from({ length: c }, (__, j) => readColumn(loader.ownPanel(j), i));
      return resolveElementDesign(model, group.keep, shared, columns);
    });
  };

  /** Q_g of each variance group, and indicators, zero at missing observations. */
  const placeShared = (group: ElementGroup, basis: Float64Array) => {
    const rows = f64(at(regions.basis), nGroups * r * n).fill(0);
    for (let j = 0; j < r; j++) {
      for (let i = 0; i < n; i++) rows[(groupOf[i]! * r + j) * n + i] = basis[j * n + i]!;
    }
    if (nGroups === 1) return;
    const indicators = f64(at(regions.indicators), nGroups * n).fill(0);
    for (let i = 0; i < n; i++) indicators[groupOf[i]! * n + i] = group.keep[i]!;
  };

  /** Residualised own columns of each element, per variance group, over the columns as they were read. */
  const placeOwn = (designs: readonly ElementDesign[], width: number) => {
    for (let g = 0; g < nGroups; g++) {
      for (let j = 0; j < c; j++) {
        const panels = f64(loader.ownPanel(g * c + j), width * n).fill(0);
        for (const [e, design] of designs.entries()) {
          if (design.rank === 0) continue;
          for (let i = 0, to = panelOffset(e, n); i < n; i++, to += F64_PANEL) {
            panels[to] = groupOf[i] === g ? design.basis[(r + j) * n + i]! : 0;
          }
        }
      }
    }
  };

  const placeResiduals = (
    designs: readonly ElementDesign[],
    fits: readonly (Residual | undefined)[],
    h: number,
    width: number,
  ) => {
    const packed = f64(at(w.packed), width * n).fill(0);
    for (const [e, fit] of fits.entries()) {
      if (fit === undefined) continue;
      const residual = nullResidual(designs[e]!, designs[e]!.hypotheses[h]!, fit);
      for (let i = 0, to = panelOffset(e, n); i < n; i++, to += F64_PANEL) packed[to] = residual[i]!;
    }
    k.f64SumSquares(n, width, at(w.packed), at(w.sums));
    if (nGroups === 1) return;
    const squares = f64(at(regions.squares), width * n);
    for (let i = 0; i < squares.length; i++) squares[i] = packed[i]! * packed[i]!;
  };

  const multiply = (group: ElementGroup, width: number, first: number, count: number) => {
    const tile = tiles.gather(group, nGroups * r, first, count);
    k.f64Gemm(tileRows(count, nGroups * r), n, width, at(regions.gathered), at(w.packed), at(regions.product), width);
    for (let row = 0; row < nGroups * c; row++) {
      const product = at(regions.ownProduct) + row * width * 8;
      k.f64LaneProduct(
        n,
        count,
        width,
        tile.labels,
        tile.signs,
        loader.ownPanel(row),
        at(w.packed),
        product,
        nGroups * c,
        width,
      );
    }
    if (nGroups === 1) return;
    tiles.gatherIndicators(tile, count);
    const rows = tileRows(count, nGroups);
    k.f64Gemm(rows, n, width, at(regions.gatheredIndicators), at(regions.squares), at(regions.squareProduct), width);
  };

  return (block, group, lanes, sink) => {
    loader.pack(block, group);
    const designs = resolveDesigns(group);
    const fits = designs.map((design, e) =>
      design.verdict === "testable" ? fitElement(design, readColumn(at(w.packed), e)) : undefined,
    );
    const width = roundUp(group.members.length, F64_PANEL);
    const any = designs.find((_, e) => fits[e] !== undefined);
    if (any === undefined) f64(at(regions.statistics), tileShuffles * width).fill(Number.NaN);
    else {
      placeShared(group, any.basis);
      placeOwn(designs, width);
    }
    const dof = nGroups === 1 ? (any?.dof ?? 0) : undefined;
    for (const h of size.contrastRanks.keys()) {
      if (any !== undefined) {
        placeResiduals(designs, fits, h, width);
        epilogue.prepare(designs, h, width);
      }
      for (let first = 0; first < lanes; first += tileShuffles) {
        const count = Math.min(tileShuffles, lanes - first);
        if (any !== undefined) {
          multiply(group, width, first, count);
          epilogue.finish(designs, fits, h, count, width);
        }
        sink(group, { h, first, count, stride: width, dof });
      }
    }
  };
}
