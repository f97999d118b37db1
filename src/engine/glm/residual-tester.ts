// Elements that bring columns of their own, and variance groups: each hypothesis shuffles its own residuals e_h. Rows of the product: Q_g P_b e_h for
// every group g (one group: all) of the columns that elements share, or fewer rows that span them; the inner products with an element's own columns lane by
// lane; and per group |P_b e_h|^2, a product of indicators with e_h o e_h. mathematics M8, M9.
import { splitByGroup } from "../../stats/glm/group-rows.js";
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import type { DesignCache } from "./design-cache.js";
import { createGroupShuffle, rowsOfGroups } from "./group-shuffle.js";
import type { ElementGroup, ModelLoader } from "./model-block.js";
import { createEpilogue } from "./model-epilogue.js";
import { createModelTiles } from "./model-tiles.js";
import { createPanels } from "./panels.js";
import { createResidualPreparer } from "./residual-panels.js";
import type { GroupTester } from "./shared-design-tester.js";

export function createResidualTester(
  context: Context,
  modelJob: ModelJob,
  loader: ModelLoader,
  cache: DesignCache,
): GroupTester {
  const { job, worker: w, kernels: k, f64 } = context;
  const { laneShuffles } = job.layout;
  const { regions, size, model } = modelJob;
  const { nGroups, nElementColumns: c } = size;
  const n = job.size.nSubjects;
  const isSingle = job.precision === "single";
  const { columns } = createPanels(context);
  const tiles = createModelTiles(context, modelJob);
  const prepare = createResidualPreparer(context, modelJob, loader, cache);
  const epilogue = createEpilogue(context, modelJob);
  const groupRows = nGroups > 1 ? rowsOfGroups(modelJob) : undefined;
  const groupShuffle = nGroups > 1 && c > 0 ? createGroupShuffle(context, modelJob) : undefined;
  const indicators = model.groups && splitByGroup(new Float64Array(n).fill(1), model.groups);

  /** |e_h|^2 of each member. Single precision: residuals are brought to about unit length first, by powers of 2, so that no product under- or overflows. */
  const measureResiduals = (width: number) => {
    k.f64SumSquares(n, width, w.packed, w.sums);
    if (!isSingle) return;
    const sums = f64(w.sums, width);
    f64(w.factors, width).set(
      sums.map((sum) => (sum > 0 && sum < Infinity ? 2 ** -Math.round(Math.log2(sum) / 2) : 1)),
    );
    k.f64ScaleColumns(n, width, w.factors, w.packed);
    k.f64SumSquares(n, width, w.packed, w.sums);
  };

  const singleOwn = (row: number) => regions.own32 + (loader.ownPanel(row) - loader.ownPanel(0)) / 2;
  const roundOwn = (width: number) => {
    for (let row = 0; row < nGroups * c; row++) {
      const nRows = groupRows === undefined ? n : groupRows[Math.floor(row / c)]!.length;
      k.f32FromF64Panels(nRows, width, loader.ownPanel(row), singleOwn(row));
    }
  };

  const multiplyOwn = (group: ElementGroup, first: number, count: number, width: number) => {
    const { labels, signs } = tiles.maskedShuffle(group, first, count);
    const step = nGroups * c;
    const multiply = (row: number, nRows: number, labelsOf: number, signsOf: number) => {
      const product = regions.ownProduct + row * width * tiles.valueBytes;
      const shuffles = [nRows, n, count, width, labelsOf, signsOf] as const;
      if (isSingle) k.f32LaneProduct(...shuffles, singleOwn(row), w.packed32, product, step, width);
      else k.f64LaneProduct(...shuffles, loader.ownPanel(row), w.packed, product, step, width);
    };
    if (groupShuffle === undefined) for (let row = 0; row < step; row++) multiply(row, n, labels, signs);
    else {
      for (const [g, part] of groupShuffle(labels, signs, count).entries()) {
        for (let j = 0; j < c; j++) multiply(g * c + j, part.rows.length, part.labels, part.signs);
      }
    }
  };

  return function* (block, group) {
    const panels = yield* prepare(block, group);
    if (panels === undefined) return undefined;
    const { members } = group;
    const { designs, product } = panels;
    const width = columns(members.length);
    if (isSingle) roundOwn(width);
    tiles.place(group, product.rows, "entries");
    if (indicators !== undefined) tiles.place(group, indicators, "indicators");
    const dof = nGroups === 1 ? designs.find((design) => design !== undefined)!.dof : undefined;
    const { isSquared } = epilogue;
    const tile = { firstElement: block.place.firstElement, members, stride: width, isSquared, dof };
    return function* (batch, sink) {
      for (const h of size.contrastRanks.keys()) {
        panels.fill(h);
        measureResiduals(width);
        if (isSingle && c > 0) k.f32FromF64Panels(n, width, w.packed, w.packed32);
        epilogue.prepare(panels, h, width);
        for (let first = 0; first < batch.lanes; first += laneShuffles) {
          const count = Math.min(laneShuffles, batch.lanes - first);
          const shared = tiles.multiply(product.count, first, batch.lanes, width);
          if (c > 0) multiplyOwn(group, first, count, width);
          const squares = nGroups > 1 ? tiles.multiplySquares(first, batch.lanes, width) : 0;
          epilogue.finish(panels, h, { count, width, product: shared, squares });
          sink.statistics({ ...tile, h, first, count }, batch);
          yield;
        }
      }
    };
  };
}
