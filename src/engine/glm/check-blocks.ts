// The observed pass compares the checksums of what it reads, once: a block of the store is checked with the first piece of work that touches it, whatever
// the width of pieces and whoever claims them.
import type { ColumnSource } from "../../store/column-source.js";

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
