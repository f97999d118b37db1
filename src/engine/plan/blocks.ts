// Shapes of the work of the linear model, whatever is made of its statistics: the tile of shuffles, the block of elements, the window that is mapped.
import { type PanelSizes, roundUp } from "../../kernels/kernel-set.js";
import type { Precision } from "./inputs.js";
import type { ModelSize, ProblemSize } from "./size.js";

/** Bytes of gathered basis a tile may take: half of a common second-level cache. */
const TILE_BYTES = 512 * 1024;

/** Shuffles whose gathered rows (`rows` a shuffle) stay in the second-level cache; a divisor of the lanes, so that a tile never crosses a group of them. */
export function tileOf(n: number, rows: number, single: boolean, panels: PanelSizes): number {
  let shuffles = panels.lanes;
  // a library packs for itself what it wants to have in which cache
  if (panels.tile !== undefined) {
    while (shuffles * Math.max(rows, 1) < panels.tile.rows) shuffles *= 2;
    return shuffles;
  }
  while (shuffles > 1 && shuffles * rows * n * (single ? 4 : 8) > TILE_BYTES) shuffles /= 2;
  // Padding to whole panels must not be most of the work.
  while (shuffles < panels.lanes && shuffles * rows < panels.rows) shuffles *= 2;
  return shuffles;
}

/** Rows of the product of a tile, `rows` a shuffle: whole panels, or as many as a library is given at least. */
export const tileRows = (shuffles: number, rows: number, { tile, rows: panel }: PanelSizes): number =>
  Math.max(roundUp(shuffles * rows, panel), tile?.rows ?? 0);

/** Columns that `width` are padded to for the product of a tile. */
export const tileColumns = (width: number, { tile }: PanelSizes): number => roundUp(width, tile?.columns ?? 1);

/** Bytes of a block's packed columns: larger blocks gain nothing, smaller ones leave the tile's panels unused. */
const BLOCK_BYTES = 4 * 2 ** 20;
/**
 * Where a library multiplies: it arranges the shuffled rows anew for every block, and wider ones share that. More elements would make those without missing
 * observations faster than those with, which have no more of a pattern.
 */
const LIBRARY_SPAN = 512;
const LIBRARY_BLOCK_BYTES = 8 * 2 ** 20;
/**
 * Where elements lack observations each pattern's rows are gathered for the elements of a block that share it, and its panels are padded: blocks hold as many
 * elements as they may, whose raw values take no more than this.
 */
const PATTERN_BLOCK_BYTES = 16 * 2 ** 20;
const PATTERN_SPAN = 4096;
/** Shuffles at a time of an element that shares its pattern with no other: a multiple of any lanes. */
export const OWN_PATTERN_SHUFFLES = 256;
/** Columns of a design at most where elements with patterns of their own have one row a shuffle: the constant may be left out. */
export const MOST_PAIR_COLUMNS = 2;
/**
 * Bytes of packed columns of a pattern where a library multiplies: the rows of a shuffle are gathered once for all of them. What wider ones gain is less than what
 * they take of the memory.
 */
const LIBRARY_GROUP_BYTES = 8 * 2 ** 20;
/** Pieces a thread claims of those at least: they cost alike, and their number is what it costs to have elements of a pattern apart. */
const PATTERN_CLAIMS = 4;
/** Pieces (blocks, windows) a thread claims in a phase at least, so that no thread waits long for the last one. */
export const CLAIMS_PER_WORKER = 8;

/** With columns of their own elements share no rows of a product but the design's; their panels are twice as large, and best in small blocks. */
const hasPatterns = (model: ModelSize | undefined): boolean => model?.variable === true && model.nElementColumns === 0;

/** Whether elements with patterns of their own are tested two at a time (glm/own-pattern-tester.ts). `isNative`: a library multiplies. */
export const hasPairs = (model: ModelSize | undefined, precision: Precision, isNative: boolean): boolean =>
  hasPatterns(model) &&
  model!.nGroups === 1 &&
  model!.sharedRank <= MOST_PAIR_COLUMNS &&
  !isNative &&
  precision === "double";

const isMultiplied = (model: ModelSize | undefined, { tile }: PanelSizes): boolean =>
  model === undefined && tile !== undefined;

/** Elements of the store that blocks are cut from: those of one of its blocks, or of several (PATTERN_SPAN, LIBRARY_SPAN). */
export function blockSpan(
  { model, nElements }: ProblemSize,
  {
    storeBlockWidth,
    nWorkers,
    panels,
  }: { readonly storeBlockWidth: number; readonly nWorkers: number; readonly panels: PanelSizes },
): number {
  const most = hasPatterns(model) ? PATTERN_SPAN : isMultiplied(model, panels) ? LIBRARY_SPAN : 0;
  if (storeBlockWidth % 8 !== 0) return storeBlockWidth;
  // one thread alone has nobody to wait for
  const claims = nWorkers === 1 ? 2 : nWorkers * (hasPatterns(model) ? PATTERN_CLAIMS : CLAIMS_PER_WORKER);
  const blocks = Math.min(Math.floor(nElements / storeBlockWidth / claims), Math.floor(most / storeBlockWidth));
  return storeBlockWidth * Math.max(1, blocks);
}

/** Elements of a block at most, whole panels. */
export function widestBlock(
  { model, nSubjects: n, valueBytes }: ProblemSize,
  span: number,
  panels: PanelSizes,
): number {
  const { f32 } = panels;
  const packedBytes = isMultiplied(model, panels) ? LIBRARY_BLOCK_BYTES : BLOCK_BYTES;
  const elements = hasPatterns(model) ? PATTERN_BLOCK_BYTES / (valueBytes * n) : packedBytes / (8 * n);
  return Math.min(roundUp(span, f32), Math.max(f32, Math.floor(elements / f32) * f32));
}

/** Elements of a block of `width` that are packed and multiplied together: all, or of a pattern as many as a block without patterns has, or a library takes. */
export function widestGroup({ model, nSubjects: n }: ProblemSize, width: number, { f32, tile }: PanelSizes): number {
  if (!hasPatterns(model)) return width;
  const bytes = tile === undefined ? BLOCK_BYTES : LIBRARY_GROUP_BYTES;
  return Math.min(width, Math.max(f32, Math.floor(bytes / (8 * n) / f32) * f32));
}

/**
 * Elements of a block of those that lack the same observations at most: beside them the raw values of `width` elements have room for a block of the store. Undefined
 * where that is less than such a block has.
 */
export function widestPatternBlock(
  { model }: ProblemSize,
  {
    width,
    groupWidth,
    storeBlockWidth,
  }: { readonly width: number; readonly groupWidth: number; readonly storeBlockWidth: number },
  { f32: panel }: PanelSizes,
): number | undefined {
  const widest = Math.floor(Math.min(groupWidth, width - storeBlockWidth) / panel) * panel;
  return hasPatterns(model) && widest >= storeBlockWidth ? widest : undefined;
}

/** Bytes of packed columns that the observed pass goes through again and again: they stay in the second-level cache. */
const OBSERVED_BYTES = 256 * 1024;

/** Elements that are observed side by side. */
export const observedColumns = (n: number, { f32 }: PanelSizes): number =>
  Math.max(f32, Math.floor(OBSERVED_BYTES / (8 * n) / f32) * f32);

/** A block of several of the store's has whole ones: then `span` parts into such blocks. A narrower one never crosses from one of the store to the next. */
export function wholeBlocks(width: number, span: number, storeBlockWidth: number): { width: number; span: number } {
  if (span === storeBlockWidth) return { width, span };
  if (width <= storeBlockWidth) return { width, span: storeBlockWidth };
  return { width: width - (width % storeBlockWidth), span };
}

/** Columns of a panel: those of a group, and in models those of Q beside them (glm/shared-design-tester.ts). */
export const panelColumns = (model: ModelSize | undefined, width: number, panels: PanelSizes): number =>
  model === undefined ? width : tileColumns(width + roundUp(model.sharedRank, panels.f32), panels);

/** Bytes that a thread keeps mapped at once of the store or of the connectivity. */
export function mappedWindowBytes(n: number, width: number, valueBytes: number, windowConnections: number): number {
  return roundUp(Math.max(n * width * valueBytes, windowConnections * 8), 65536) + 131072;
}
