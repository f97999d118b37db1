// Groups of elements that share a design and one variance: one product serves all hypotheses. The full model's residual is shuffled; what each
// hypothesis adds to it lies in the design's own space, P e_h = P e + P Q' v_h with v_h = A_h'A_h Q y, and Q P Q' comes out of the same product,
// because the columns of Q' stand beside the data in the panel.
import type { ElementDesign } from "../../stats/glm/element-design.js";
import { CONSTANT_COLUMN } from "../../stats/glm/element-test.js";
import { type ShuffledDesign, shuffledDesign } from "../../stats/glm/shuffled-design.js";
import type { Context } from "../context.js";
import type { Batch, ModelJob } from "../plan/job.js";
import type { Sink, Steps } from "../seams.js";
import { createDesignCache } from "./design-cache.js";
import type { ElementGroup, ModelBlock, ModelLoader } from "./model-block.js";
import { createModelTiles } from "./model-tiles.js";
import { createPanels } from "./panels.js";

/** Every shuffle of the batch for the elements of one group; the sink gets a tile once a hypothesis and tile of shuffles. */
export type GroupTester = (block: ModelBlock, group: ElementGroup, batch: Batch, sink: Sink) => Steps;

export function createSharedTester(context: Context, modelJob: ModelJob, loader: ModelLoader): GroupTester {
  const { job, worker: w, kernels: k, f64 } = context;
  const { regions, size } = modelJob;
  const { tileShuffles } = job.layout;
  const n = job.size.nSubjects;
  const panels = createPanels(context);
  const tiles = createModelTiles(context, modelJob);
  const designOf = createDesignCache(context, modelJob);
  const reduced = new WeakMap<ElementDesign, ShuffledDesign>();
  const shuffledOf = (design: ElementDesign, { keep }: ElementGroup): ShuffledDesign => {
    const known = reduced.get(design) ?? shuffledDesign(design, keep, job.hasSigns);
    reduced.set(design, known);
    return known;
  };

  /** Puts the columns of Q' beside `count` members; returns the columns of the panel. */
  const placeBasis = ({ rank: r, basis }: ShuffledDesign, count: number): number => {
    const width = panels.columns(count + r);
    for (let c = count; c < width; c++) {
      panels.writeColumn(w.packed, c, (i) => (c < count + r ? basis[(c - count) * n + i]! : 0));
    }
    return width;
  };

  /** Q y of the members, f64 [r][width], in the product region. */
  const project = ({ rank: r, basis }: ShuffledDesign, width: number): Float64Array => {
    panels.writeRows(regions.gathered, basis, r);
    k.product.f64(panels.rows(r), n, width, regions.gathered, w.packed, regions.product, width);
    return f64(regions.product, r * width);
  };

  /** Residuals of the full model into the panel; v_h and |e_h|^2 of each hypothesis into their regions. */
  const prepare = (design: ElementDesign, shuffled: ShuffledDesign, count: number): number => {
    const { rank: r } = shuffled;
    const own = panels.columns(count);
    k.f64SumSquares(n, own, w.packed, w.rawSums);
    const width = panels.columns(count + r);
    f64(regions.basis, design.rank * n).set(design.basis);
    const fitted = Float64Array.from(project(shuffled, own));
    k.f64ProjectOut(n, own, design.rank, regions.basis, w.packed);
    k.f64SumSquares(n, own, w.packed, w.sums);
    const raw = f64(w.rawSums, own);
    const sums = f64(w.sums, own);
    const factors = f64(w.factors, own);
    for (let c = 0; c < own; c++) {
      factors[c] = sums[c]! > CONSTANT_COLUMN * raw[c]! ? 1 : 0;
      if (factors[c] === 0) sums[c] = 0;
    }
    k.f64ScaleColumns(n, own, w.factors, w.packed);
    for (const [h, tested] of shuffled.tested.entries()) {
      const s = size.contrastRanks[h]!;
      const shifts = f64(regions.shifts + h * size.sharedRank * width * 8, r * width).fill(0);
      const totals = f64(regions.totals + h * width * 8, width);
      for (let c = 0; c < count; c++) {
        let added = 0;
        for (let q = 0; q < s; q++) {
          let part = 0;
          for (let j = 0; j < r; j++) part += tested[q * r + j]! * fitted[j * own + c]!;
          added += part * part;
          for (let j = 0; j < r; j++) shifts[j * width + c]! += tested[q * r + j]! * part;
        }
        totals[c] = sums[c]! + added;
        if (totals[c]! > CONSTANT_COLUMN * raw[c]!) continue;
        totals[c] = 0;
        for (let j = 0; j < r; j++) shifts[j * width + c] = 0;
      }
    }
    return placeBasis(shuffled, count);
  };

  return function* (block, group, batch, sink) {
    const design = designOf(group);
    const { members } = group;
    const count = members.length;
    const { dof } = design;
    const testable = design.verdict === "testable";
    const shuffled = testable ? shuffledOf(design, group) : { rank: 0, basis: design.basis, tested: [] };
    const { rank: r } = shuffled;
    if (testable) loader.pack(block, group);
    if (testable) tiles.place(group, shuffled.basis, "entries");
    const width = testable ? prepare(design, shuffled, count) : panels.columns(count);
    if (!testable) f64(regions.statistics, tileShuffles * width).fill(Number.NaN);
    for (let first = 0; first < batch.lanes; first += tileShuffles) {
      const nShuffles = Math.min(tileShuffles, batch.lanes - first);
      if (testable) {
        tiles.gather(r, first, nShuffles);
        k.product.f64(panels.rows(nShuffles * r), n, width, regions.gathered, w.packed, regions.product, width);
      }
      for (const h of size.contrastRanks.keys()) {
        if (testable) {
          const { rank: s, kind } = design.hypotheses[h]!;
          f64(regions.tested, s * r).set(shuffled.tested[h]!);
          k.f64PooledStatistics(
            nShuffles,
            count,
            r,
            0,
            s,
            regions.product,
            regions.ownProduct,
            width,
            count,
            regions.shifts + h * size.sharedRank * width * 8,
            regions.tested,
            0,
            regions.totals + h * width * 8,
            dof,
            kind === "t" ? 1 : 0,
            regions.statistics,
          );
        }
        const tile = { h, firstElement: block.place.firstElement, members, first, count: nShuffles, stride: width };
        sink.statistics({ ...tile, dof }, batch);
      }
      yield;
    }
  };
}
