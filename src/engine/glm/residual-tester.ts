// Elements that bring columns of their own, and variance groups: each hypothesis shuffles its own residuals e_h. Rows of the product: Q_g P_b e_h for
// every group g (one group: all) of the columns that elements share, or fewer rows that span them; the inner products with an element's own columns lane by lane; and per group
// |P_b e_h|^2, a product of indicators with e_h o e_h. engine.md sections 2 and 3.

import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import type { ElementGroup, ModelLoader } from "./model-block.js";
import { createEpilogue } from "./model-epilogue.js";
import { createModelTiles } from "./model-tiles.js";
import { createPanels } from "./panels.js";
import { createResidualPreparer } from "./residual-panels.js";
import type { ProductRows } from "./residual-preparer.js";
import type { GroupTester } from "./shared-design-tester.js";

export function createResidualTester(context: Context, modelJob: ModelJob, loader: ModelLoader): GroupTester {
  const { job, worker: w, kernels: k, f64 } = context;
  const { tileShuffles } = job.layout;
  const { regions, size, model } = modelJob;
  const { nGroups, nElementColumns: c } = size;
  const n = job.size.nSubjects;
  const panelsOf = createPanels(context);
  const tiles = createModelTiles(context, modelJob);
  const prepare = createResidualPreparer(context, modelJob, loader);
  const epilogue = createEpilogue(context, modelJob);
  const groupOf = model.groups?.of ?? new Int32Array(n);

  /** Rows of what elements share, and indicators of the variance groups. */
  const placeShared = (group: ElementGroup, { rows }: ProductRows) => {
    tiles.place(group, rows, "entries");
    if (nGroups === 1) return;
    const indicators = new Float64Array(nGroups * n);
    for (let i = 0; i < n; i++) indicators[groupOf[i]! * n + i] = 1;
    tiles.place(group, indicators, "indicators");
  };

  const placeSquares = (width: number) => {
    const packed = f64(w.packed, width * n);
    const squares = f64(regions.squares, width * n);
    for (let i = 0; i < squares.length; i++) squares[i] = packed[i]! * packed[i]!;
  };

  const multiply = (group: ElementGroup, nRows: number, width: number, first: number, count: number) => {
    tiles.gather(nRows, first, count);
    k.product.f64(panelsOf.rows(count * nRows), n, width, regions.gathered, w.packed, regions.product, width);
    if (c > 0) {
      const { labels, signs } = tiles.maskedShuffle(group, first, count);
      for (let row = 0; row < nGroups * c; row++) {
        const product = regions.ownProduct + row * width * 8;
        k.f64LaneProduct(n, count, width, labels, signs, loader.ownPanel(row), w.packed, product, nGroups * c, width);
      }
    }
    if (nGroups === 1) return;
    tiles.gatherIndicators(first, count);
    const rows = panelsOf.rows(count * nGroups);
    k.product.f64(rows, n, width, regions.gatheredIndicators, regions.squares, regions.squareProduct, width);
  };

  return function* (block, group, batch, sink) {
    const panels = prepare(block, group);
    const width = panelsOf.columns(group.members.length);
    const dof = panels?.designs.find((design) => design !== undefined)?.dof ?? 0;
    if (panels === undefined) f64(regions.statistics, tileShuffles * width).fill(Number.NaN);
    else placeShared(group, panels.product);
    for (const h of size.contrastRanks.keys()) {
      if (panels !== undefined) {
        panels.fill(h);
        k.f64SumSquares(n, width, w.packed, w.sums);
        if (nGroups > 1) placeSquares(width);
        epilogue.prepare(panels, h, width);
      }
      for (let first = 0; first < batch.lanes; first += tileShuffles) {
        const count = Math.min(tileShuffles, batch.lanes - first);
        if (panels !== undefined) {
          multiply(group, panels.product.count, width, first, count);
          epilogue.finish(panels, h, count, width);
        }
        const { members } = group;
        const tile = { h, firstElement: block.place.firstElement, members, first, count, stride: width };
        sink.statistics({ ...tile, dof: nGroups === 1 ? dof : undefined }, batch);
        yield;
      }
    }
  };
}
