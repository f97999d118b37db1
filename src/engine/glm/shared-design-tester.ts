// Groups of elements that share a design and one variance: one product serves all hypotheses. The full model's residual is shuffled; what each
// hypothesis adds to it lies in the design's own space, P e_h = P e + P Q' v_h with v_h = A_h'A_h Q y, and Q P Q' comes out of the same product,
// because the columns of Q' stand beside the data in the panel.

import { roundUp } from "../../kernels/kernel-set.js";
import type { ElementDesign } from "../../stats/glm/element-design.js";
import { SSE_ROUNDING } from "../../stats/glm/pooled-variance.js";
import { scoreOfNone } from "../../stats/glm/scores.js";
import { type ShuffledDesign, shuffledDesign } from "../../stats/glm/shuffled-design.js";
import { testedParts } from "../../stats/glm/tested-parts.js";
import { isMirrored } from "../../stats/inference/families.js";
import type { Context } from "../context.js";
import type { Batch, ModelJob } from "../plan/job.js";
import { productError } from "../plan/screening.js";
import type { Sink, Steps } from "../seams.js";
import type { DesignCache } from "./design-cache.js";
import type { ElementGroup, ModelBlock, ModelLoader } from "./model-block.js";
import { createModelTiles } from "./model-tiles.js";
import { createNearGroups } from "./near-groups.js";
import { createPanels } from "./panels.js";
import { createRowRemover } from "./remove-rows.js";

/** Prepares a group of elements, for every shuffle of a batch: the sink gets a tile a hypothesis and tile of shuffles. Undefined: no element can be tested. */
export type GroupTester = (
  block: ModelBlock,
  group: ElementGroup,
) => Steps<((batch: Batch, sink: Sink) => Steps) | undefined>;

export function createSharedTester(
  context: Context,
  modelJob: ModelJob,
  loader: ModelLoader,
  cache: DesignCache,
): GroupTester {
  const { job, worker: w, kernels: k, f64 } = context;
  const { regions, size, model } = modelJob;
  const { laneShuffles, tileShuffles } = job.layout;
  const n = job.size.nSubjects;
  const isSquared = job.sink.kind === "bins";
  const panels = createPanels(context);
  const tiles = createModelTiles(context, modelJob);
  const removeRows = createRowRemover(context);
  const nearGroups = job.screened ? createNearGroups(context, modelJob, tiles) : undefined;
  const shuffledOf = (group: ElementGroup): ShuffledDesign & { readonly error: number } =>
    cache.derivedOf(group, (design, allocate) => {
      const shuffled = shuffledDesign(design, group.keep, job.hasSigns, allocate);
      const rows = shuffled.basis.subarray(0, shuffled.rank * n);
      return { ...shuffled, error: job.screened ? productError(job, k.rowProduct !== undefined, rows) : 0 };
    });
  const shiftsOf = (h: number, width: number) => regions.shifts + h * size.sharedRank * width * 8;
  const totalsOf = (h: number, width: number) => regions.totals + h * width * 8;

  /**
   * Residuals of the full model into the panel, and the columns of Q' beside those of `count` members; v_h and |e_h|^2 of each hypothesis into their regions.
   * Returns the columns of the product.
   */
  const prepare = (design: ElementDesign, { rank: r, basis, tested }: ShuffledDesign, count: number): number => {
    const own = panels.columns(count);
    const width = panels.columns(count + r);
    panels.writeRows(regions.gathered, basis, r);
    k.product.f64(panels.rows(r), n, own, regions.gathered, w.packed, regions.product, own);
    const fitted = Float64Array.from(f64(regions.product, r * own));
    f64(regions.basis, design.rank * n).set(design.basis);
    removeRows(own, design.rank, regions.basis);
    const sumSquares = f64(w.rawSums, count);
    if (job.precision === "single") {
      // as the residuals, which have unit length now; what lies beside one that is zero stays as it was
      for (const [e, factor] of f64(w.factors, count).entries()) {
        if (factor === 0) continue;
        sumSquares[e]! *= factor * factor;
        for (let j = 0; j < r; j++) fitted[j * own + e]! *= factor;
      }
    }
    const fit = { r, fitted, sse: f64(w.sums, count), sumSquares };
    for (const [h, directions] of tested.entries()) {
      const { shifts, totals } = testedParts(new Array(count).fill(directions), fit, width);
      f64(shiftsOf(h, width), r * width).set(shifts);
      f64(totalsOf(h, width), width).set(totals);
    }
    for (let c = count; c < width; c++) {
      panels.writeColumn(w.packed, c, (i) => (c < count + r ? basis[(c - count) * n + i]! : 0));
    }
    return width;
  };

  return function* (block, group) {
    const design = cache.designOf(group);
    if (design.verdict !== "testable") return undefined;
    const { members } = group;
    const place = { firstElement: block.place.firstElement, members };
    const { dof, hypotheses } = design;
    const shuffled = shuffledOf(group);
    const { rank: r, tested, error } = shuffled;
    loader.pack(block, group);
    tiles.place(group, shuffled.basis, "entries");
    const width = prepare(design, shuffled, members.length);
    yield;
    if (nearGroups !== undefined) {
      const near = nearGroups.prepare({
        ...{ nMembers: members.length, width, rank: r, dof, error, tested },
        kinds: hypotheses.map(({ kind }) => kind),
        none: hypotheses.map(({ kind, rank }) => scoreOfNone(kind, rank, dof)),
        shiftsOf: (h) => shiftsOf(h, width),
        totalsOf: (h) => totalsOf(h, width),
      });
      return function* (batch, sink) {
        for (let first = 0, count = 0; first < batch.lanes; first += count) {
          // the unshuffled data are computed exactly, and groups of which too much has to be told: those in steps that share a product
          const step = first === 0 ? 1 : near.isExact.includes(true) ? laneShuffles : tileShuffles;
          count = Math.min(first + step, roundUp(first + 1, tileShuffles), batch.lanes) - first;
          if (near.isExact.includes(false)) nearGroups.multiply(tiles.multiply(r, first, batch.lanes, width));
          const tile = { ...place, first, count, dof, width, group: near, isLast: first + count >= batch.lanes };
          for (const h of hypotheses.keys()) sink.near!({ ...tile, h }, batch);
          yield;
        }
      };
    }
    return function* (batch, sink) {
      for (let first = 0; first < batch.lanes; first += laneShuffles) {
        const count = Math.min(laneShuffles, batch.lanes - first);
        const product = tiles.multiply(r, first, batch.lanes, width);
        for (const [h, { rank: s, kind }] of hypotheses.entries()) {
          if (isMirrored(model.hypotheses, h)) continue;
          f64(regions.tested, s * r).set(tested[h]!);
          const sizes = [count, members.length, r, 0, s] as const;
          const products = [product, regions.ownProduct, tiles.valueBytes, width] as const;
          const shifts = [members.length, shiftsOf(h, width)] as const;
          const directions = [regions.tested, 0, totalsOf(h, width), dof, kind === "t" ? 1 : 0, SSE_ROUNDING] as const;
          const out = [isSquared ? 1 : 0, regions.statistics] as const;
          k.f64PooledStatistics(...sizes, ...products, ...shifts, ...directions, ...out);
          const tile = { ...place, first, count, stride: width, isSquared, dof };
          sink.statistics({ ...tile, h }, batch);
          if (!isMirrored(model.hypotheses, h + 1)) continue;
          const statistics = f64(regions.statistics, count * width);
          for (let i = 0; i < statistics.length; i++) statistics[i] = -statistics[i]!;
          sink.statistics({ ...tile, h: h + 1 }, batch);
        }
        yield;
      }
    };
  };
}
