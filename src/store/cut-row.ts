// The pieces of a row, one a block.
import { countBlocks } from "./block-width.js";
import { type BlockedShape, bytesPerValue } from "./element-type.js";

/** A row in pieces, one a block: for buffers that are used again and again, whose views are made once. */
export interface CutRow {
  /** [nElements] */
  readonly bytes: Uint8Array;
  /** Undefined: they are so many, or so small, that they are better made when they are needed, or not at all. */
  readonly pieces: readonly Uint8Array[] | undefined;
  /** What is quicker than to look at the bytes from here: finite.ts. */
  readonly allFinite?: (() => boolean) | undefined;
}

/** Bytes. Pieces of less are not worth a call: 64 B pieces are summed at 0.15 GB/s, 1 KiB at 1.2, larger ones at 2 to 4. */
export const LEAST_PIECE = 1024;
/** Of one row. A view takes 100 B. */
const MOST_PIECES = 2 ** 14;

export function cutRow({ blockWidth, nElements, elementType }: BlockedShape, bytes: Uint8Array): CutRow {
  const pieceBytes = blockWidth * bytesPerValue(elementType);
  const isKept = pieceBytes >= LEAST_PIECE && countBlocks(nElements, blockWidth) <= MOST_PIECES;
  return { bytes, pieces: isKept ? [...piecesOf(bytes, pieceBytes)] : undefined };
}

export function* piecesOf(bytes: Uint8Array, pieceBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
