// A thread's memory for scores that are computed from float32 products first (plan/screening.ts).
import { roundUp } from "../../kernels/kernel-set.js";
import { regionsOf } from "../../kernels/memory-regions.js";
import type { MemoryShape, PlanInputs } from "./inputs.js";

const blocks = regionsOf("blocks");

/** Statistics that are computed exactly at once. */
export const EXACT_ENTRIES = 64;
/** Rows of a block's entries that are gathered at once: a product is a chain of additions, and four of them fill the time. */
const EXACT_ROWS = 4;

/** `width`: columns of a panel. */
export function screenTable({ size, panels }: PlanInputs, { laneShuffles, tileShuffles }: MemoryShape, width: number) {
  const { nSubjects: n, hypotheses, model } = size;
  const columns = [width, "columns"] as const;
  const nMoments = hypotheses.reduce((sum, h) => sum + h.nCorrections, 0);
  const rank = model === undefined ? size.rank : model.sharedRank;
  const exactRows = model === undefined ? 0 : roundUp(laneShuffles * rank, panels.rows);
  const screened = [model === undefined ? laneShuffles : tileShuffles, "shuffles"] as const;
  const several = EXACT_ENTRIES + 4;
  return {
    /** What makes columns units, and what their sums of squares, moments and shifts are then. */
    units: blocks.f64(columns),
    totals: blocks.f64(hypotheses.length, columns),
    unitMoments: blocks.f64(nMoments, columns),
    shifts: blocks.f64(model === undefined ? 0 : hypotheses.length, rank, columns),
    /** Of the elements of a block (stats/glm/screening.ts). */
    lowest: blocks.f64(hypotheses.length, columns),
    highest: blocks.f64(hypotheses.length, columns),
    /** Of a group of elements. */
    counters: blocks.u32(model === undefined ? 0 : hypotheses.length, columns),
    /** Of a tile of groups that are computed exactly after all. */
    exactRows: blocks.f64(exactRows, n),
    exactProduct: blocks.f64(exactRows, columns),
    /** Largest of each shuffle that is screened at once. */
    largest: blocks.f64(screened),
    /** What has to be computed exactly. */
    open: blocks.u32(screened, columns),
    /** Of EXACT_ENTRIES of those, or of one: kernels write and read up to four behind the last. */
    product: blocks.f64([model === undefined ? rank : rank + rank * rank, "rows"], several),
    sums: blocks.f64(several),
    moments: blocks.f64(Math.max(nMoments, 1), several),
    scores: blocks.f64(several),
    /** Scratch of f64ProductsOf, or of f64MaskedProducts. */
    rows: model === undefined ? blocks.f64(EXACT_ROWS, n) : blocks.f64(n + 16, 3 + rank),
  };
}
