// The observed pass compares the checksums of what it reads, once: a block of the store is checked with the first piece of work that touches it, whatever
// the width of pieces and whoever claims them.
import type { ColumnSource, ColumnSourceSpec } from "./column-source.js";
import { bytesPerValue } from "./element-type.js";
import { takesAllRows } from "./row-runs.js";

/** Bytes that are read for checksums alone, in the first pass: blocks of the store of which a part is read. `blocks`: as createBlockCheck takes them. */
export function bytesToCheck(blocks: Uint32Array, spec: ColumnSourceSpec): number {
  const { blockWidth, blockCrc32, nElements, nRowsInFile, elementType } = spec;
  if (spec.layout !== "blocked" || blockCrc32 === undefined) return 0;
  const isWhole = takesAllRows(spec);
  let nRead = 0;
  let checked = 0;
  for (let i = 0; i < blocks.length; i += 4) {
    const [first, end] = [blocks[i]!, blocks[i]! + blocks[i + 1]!];
    for (let b = Math.max(checked, Math.floor(first / blockWidth)); b * blockWidth < end; b++) {
      const isHeld = isWhole && first <= b * blockWidth && end >= Math.min((b + 1) * blockWidth, nElements);
      if (!isHeld) nRead++;
      checked = b + 1;
    }
  }
  return nRead * nRowsInFile * blockWidth * bytesPerValue(elementType);
}

/** `iBlock`: of the engine's. `held`: what was just read of the range of columns. Throws InputError. */
export type BlockCheck = (
  source: ColumnSource,
  iBlock: number,
  range: { readonly firstColumn: number; readonly nColumns: number },
  held: Uint8Array,
) => void;

/** `blocks`: u32 [nBlocks][4], first column and number of columns first (plan/work-lists.ts). */
export function createBlockCheck(blocks: Uint32Array): BlockCheck {
  return (source, iBlock, { firstColumn, nColumns }, held) => {
    const { blockWidth, blockCrc32 } = source.spec;
    if (blockCrc32 === undefined) return;
    const blockOf = (column: number) => Math.floor(column / blockWidth);
    const before = (iBlock - 1) * 4;
    const checked = iBlock === 0 ? 0 : blockOf(blocks[before]! + blocks[before + 1]! - 1) + 1;
    const first = Math.max(checked, blockOf(firstColumn));
    source.checkBlocks(first, blockOf(firstColumn + nColumns - 1) + 1, held, firstColumn);
  };
}
