// Elements that bring columns of their own, and variance groups: each hypothesis shuffles its own residuals e_h. Rows of the product: those that span Q_g
// for every group g (one group: all) of the columns that elements share; the inner products with an element's own columns lane by lane; and per group
// |P_b e_h|^2: with the first of these, or a product of indicators with e_h o e_h. mathematics M8, M9.

import { splitByGroup } from "../../stats/glm/group-rows.js";
import { isMirrored } from "../../stats/inference/families.js";
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import type { DesignCache } from "./design-cache.js";
import { createGroupShuffle, rowsOfGroups } from "./group-shuffle.js";
import type { ElementGroup, ModelLoader } from "./model-block.js";
import { createEpilogue } from "./model-epilogue.js";
import { createModelTiles } from "./model-tiles.js";
import { createOwnMoments } from "./own-moments.js";
import { createPanels } from "./panels.js";
import { createResidualPreparer } from "./residual-panels.js";
import type { GroupTester } from "./shared-design-tester.js";

/** Statistics of the other direction of a t-test. */
function negate(statistics: Float64Array): void {
  for (let i = 0; i < statistics.length; i++) statistics[i] = -statistics[i]!;
}

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
  const isSplit = nGroups > 1 && c > 0;
  const groupRows = isSplit ? rowsOfGroups(modelJob) : undefined;
  const moments = isSplit ? createOwnMoments(context, modelJob, loader) : undefined;
  const groupShuffle = isSplit ? createGroupShuffle(context, modelJob) : undefined;
  const indicators = isSplit ? undefined : model.groups && splitByGroup(new Float64Array(n).fill(1), model.groups);

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

  /** Own column j, of group g (one variance: all rows): panels of float64, and of float32 behind each other. */
  const ownOf = (g: number, j: number, width: number) => moments?.groupPanel(g, j, width) ?? loader.ownPanel(j);
  const singleOwn = (g: number, j: number, width: number) => {
    const first = moments?.groupPanel(0, 0, width) ?? loader.ownPanel(0);
    return regions.own32 + (ownOf(g, j, width) - first) / 2;
  };
  const roundOwn = (width: number) => {
    for (let g = 0; g < (groupRows?.length ?? 1); g++) {
      for (let j = 0; j < c; j++) {
        const nRows = groupRows === undefined ? n : groupRows[g]!.length;
        k.f32FromF64Panels(nRows, width, ownOf(g, j, width), 0, singleOwn(g, j, width));
      }
    }
  };
  const panelOf = isSingle ? singleOwn : ownOf;
  const packed = isSingle ? w.packed32 : w.packed;

  const multiplyOwn = (group: ElementGroup, first: number, count: number, width: number) => {
    const { labels, signs } = tiles.maskedShuffle(group, first, count);
    const rowBytes = width * tiles.valueBytes;
    if (groupShuffle === undefined) {
      const multiply = isSingle ? k.f32LaneProduct : k.f64LaneProduct;
      for (let j = 0; j < c; j++) {
        const product = regions.ownProduct + j * rowBytes;
        multiply(n, n, count, width, labels, signs, panelOf(0, j, width), packed, product, c, width);
      }
      return;
    }
    const multiply = isSingle ? k.f32LaneProduct : k.f64LaneProduct;
    const multiplyAndSquare = isSingle ? k.f32LaneSquares : k.f64LaneSquares;
    for (const [g, part] of groupShuffle(labels, signs, count).entries()) {
      const shuffles = [part.rows.length, n, count, width, part.labels, part.signs] as const;
      const productOf = (j: number) => regions.ownProduct + (g * c + j) * rowBytes;
      const squares = regions.squareProduct + g * rowBytes;
      multiplyAndSquare(...shuffles, panelOf(g, 0, width), packed, productOf(0), nGroups * c, squares, nGroups, width);
      for (let j = 1; j < c; j++) multiply(...shuffles, panelOf(g, j, width), packed, productOf(j), nGroups * c, width);
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
        if (isMirrored(model.hypotheses, h)) continue;
        panels.fill(h);
        measureResiduals(width);
        if (isSingle && c > 0) k.f32FromF64Panels(n, width, w.packed, 0, w.packed32);
        epilogue.prepare(panels, h, width);
        for (let first = 0; first < batch.lanes; first += laneShuffles) {
          const count = Math.min(laneShuffles, batch.lanes - first);
          const shared = tiles.multiply(product.count, first, batch.lanes, width);
          if (c > 0) multiplyOwn(group, first, count, width);
          const squares =
            indicators === undefined ? regions.squareProduct : tiles.multiplySquares(first, batch.lanes, width);
          epilogue.finish(panels, h, { count, width, product: shared, squares });
          sink.statistics({ ...tile, h, first, count }, batch);
          if (isMirrored(model.hypotheses, h + 1)) {
            negate(f64(regions.statistics, count * width));
            sink.statistics({ ...tile, h: h + 1, first, count }, batch);
          }
          yield;
        }
      }
    };
  };
}
