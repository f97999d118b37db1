// Memory of the linear model, whatever is made of its statistics: handing out offsets, the tile of shuffles, and what a thread needs for a block.
import { LANES, ROW_PANEL, roundUp } from "../kernels/kernel-set.js";
import type { GlmSize, GlmWorkerRegions, Precision } from "./job.js";
import { layOutModel, type ModelSize, panelColumns, productRows } from "./model-regions.js";

/** Bytes of gathered basis a tile may take: half of a common second-level cache. */
const TILE_BYTES = 512 * 1024;

export type Regions = ReturnType<typeof createRegions>;

/** Hands out offsets one after the other. */
export function createRegions() {
  let end = 0;
  return {
    reserve(bytes: number, alignment = 64): number {
      const offset = roundUp(end, alignment);
      end = offset + bytes;
      return offset;
    },
    get end() {
      return roundUp(end, 64);
    },
  };
}

/** Rows of the product a shuffle. */
export const tileRank = (size: GlmSize): number => (size.model === undefined ? size.rank : productRows(size.model));

/** Shuffles whose gathered rows stay in the second-level cache; a divisor of 16, so that a tile never crosses a group of lanes. */
export function tileOf(n: number, rank: number, single: boolean): number {
  let shuffles = LANES;
  while (shuffles > 1 && shuffles * rank * n * (single ? 4 : 8) > TILE_BYTES) shuffles /= 2;
  // Padding to 4 rows must not be most of the work.
  while (shuffles < LANES && shuffles * rank < ROW_PANEL) shuffles *= 2;
  return shuffles;
}

/** Bytes of a block's packed columns: larger blocks gain nothing, smaller ones leave the tile's panels unused. */
const BLOCK_BYTES = 4 * 2 ** 20;
/** Where elements lack observations: each pattern's rows are gathered for the elements of a block that share it, and its panels are padded. */
const PATTERN_BLOCK_BYTES = 8 * 2 ** 20;
const PATTERN_SPAN = 4;
/** Pieces (blocks, windows) a thread claims in a phase at least, so that no thread waits long for the last one. */
export const CLAIMS_PER_WORKER = 8;

/** With columns of their own elements share no rows of a product but the design's; their panels are twice as large, and best in small blocks. */
const hasPatterns = (model: ModelSize | undefined): boolean => model?.variable === true && model.nElementColumns === 0;

/** Elements of the store that blocks are cut from: those of one of its blocks, or of several (PATTERN_SPAN). */
export function blockSpan(
  { model, nElements }: GlmSize,
  { storeBlockWidth, nWorkers }: { readonly storeBlockWidth: number; readonly nWorkers: number },
): number {
  if (!hasPatterns(model)) return storeBlockWidth;
  if (storeBlockWidth % 8 !== 0) return storeBlockWidth;
  const claims = Math.floor(nElements / storeBlockWidth / (nWorkers * CLAIMS_PER_WORKER));
  return storeBlockWidth * Math.max(1, Math.min(PATTERN_SPAN, claims));
}

/** Elements of a block at most, a multiple of 8. */
export function widestBlock({ model, nSubjects: n }: GlmSize, span: number): number {
  const bytes = hasPatterns(model) ? PATTERN_BLOCK_BYTES : BLOCK_BYTES;
  return Math.min(roundUp(span, 8), Math.max(8, Math.floor(bytes / (8 * n) / 8) * 8));
}

/** A block of several of the store's has whole ones: then `span` parts into such blocks. A narrower one never crosses from one of the store to the next. */
export function wholeBlocks(width: number, span: number, storeBlockWidth: number): { width: number; span: number } {
  if (span === storeBlockWidth) return { width, span };
  if (width <= storeBlockWidth) return { width, span: storeBlockWidth };
  return { width: width - (width % storeBlockWidth), span };
}

/** Bytes that a thread keeps mapped at once of the store or of the connectivity. */
export function mappedWindowBytes(n: number, width: number, valueBytes: number, windowConnections: number): number {
  return roundUp(Math.max(n * width * valueBytes, windowConnections * 8), 65536) + 131072;
}

/** What a thread needs for a block of the linear model and one tile of its product. */
export function reserveGlmWorker(
  regions: Regions,
  size: GlmSize,
  plan: { width: number; tileShuffles: number; precision: Precision },
): GlmWorkerRegions {
  const { nSubjects: n, hypotheses } = size;
  const { model } = size;
  const width = model === undefined ? plan.width : panelColumns(model, plan.width);
  const single = plan.precision === "single" && model === undefined;
  const nMoments = hypotheses.reduce((sum, h) => sum + h.nCorrections, 0);
  const productRows = roundUp(plan.tileShuffles * size.rank, ROW_PANEL);
  const reserve = (bytes: number) => regions.reserve(bytes);
  return {
    raw: regions.reserve(n * plan.width * size.valueBytes),
    columnIndices: regions.reserve(width * 4),
    nonFinite: regions.reserve(width),
    packed: regions.reserve(n * width * 8),
    packed32: single ? regions.reserve(n * width * 4) : 0,
    rawSums: regions.reserve(width * 8),
    sums: regions.reserve(width * 8),
    factors: regions.reserve(width * 8),
    moments: regions.reserve(Math.max(roundUp(nMoments, ROW_PANEL), 1) * width * 8),
    hypothesisSums: regions.reserve(width * 8),
    product: regions.reserve(Math.max(productRows, roundUp(size.nFactors, ROW_PANEL)) * width * 8),
    product32: single ? regions.reserve(productRows * width * 4) : 0,
    model: model === undefined ? undefined : layOutModel(reserve, model, { nSubjects: n, ...plan }),
  };
}
