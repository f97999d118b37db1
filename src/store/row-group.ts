// Whole subjects that go into the data file together, put where they belong as they come: [nBlocks][count][W], so that what a block has of them is one piece.
//
//   row 4        |aaaaaa|bbbbbb|cccc|            group  aaaaaa   bbbbbb   cccc00     one contiguous piece of count x W a block
//   row 5        |AAAAAA|BBBBBB|CCCC|   ->              AAAAAA   BBBBBB   CCCC00
import { crc32 } from "node:zlib";
import { InternalError } from "../errors.js";
import type { BlockSums } from "./block-sums.js";
import { countBlocks } from "./block-width.js";
import { type CutRow, LEAST_PIECE, piecesOf } from "./cut-row.js";
import { type BlockedShape, bytesPerValue } from "./element-type.js";

export interface RowGroup {
  /** Makes it empty, for subjects firstSubject..firstSubject + count. */
  begin(firstSubject: number, count: number): void;
  /**
   * Copies the values of one of them, [nElements] little-endian, beginning at a multiple of their size, to their places; returns their CRC-32. They may lie in the
   * group already where it has one subject: see `only`.
   */
  place(subject: number, row: CutRow): number;
  /** Where the values of the only subject of a group of one lie: the row itself. */
  only(): Uint8Array<ArrayBuffer>;
  readonly firstSubject: number;
  readonly count: number;
  /** [nBlocks][count][W] of the subjects placed. */
  readonly blocks: Uint8Array;
  /** Of each subject's values. Throws InternalError when one was not placed. */
  valuesCrc32(): number[];
}

/** Bytes of a group of `count` subjects. */
export function rowGroupBytes({ nElements, blockWidth, elementType }: BlockedShape, count: number): number {
  return countBlocks(nElements, blockWidth) * count * blockWidth * bytesPerValue(elementType);
}

/** `buffer`: of rowGroupBytes at least, beginning at a multiple of 8. `sums`: what takes the values of the rows and of the blocks, if anything does. */
export function createRowGroup(
  shape: BlockedShape,
  buffer: Uint8Array<ArrayBuffer>,
  sums: BlockSums | undefined,
): RowGroup {
  const pieceBytes = shape.blockWidth * bytesPerValue(shape.elementType);
  const rowBytes = shape.nElements * bytesPerValue(shape.elementType);
  const nBlocks = countBlocks(shape.nElements, shape.blockWidth);
  let firstSubject = 0;
  let count = 0;
  let crcs: (number | undefined)[] = [];

  return {
    begin(first, n) {
      if (rowGroupBytes(shape, n) > buffer.byteLength || first < 0 || first + n > shape.nSubjects)
        throw new InternalError(`${buffer.byteLength} B do not hold subjects ${first} to ${first + n}.`);
      [firstSubject, count] = [first, n];
      crcs = new Array(n).fill(undefined);
      // what lies behind the last element of each
      for (let i = 0; i < n; i++) {
        const end = ((nBlocks - 1) * n + i + 1) * pieceBytes;
        buffer.fill(0, end - (nBlocks * pieceBytes - rowBytes), end);
      }
    },
    place(subject, row) {
      const at = subject - firstSubject;
      if (at < 0 || at >= count || row.bytes.byteLength !== rowBytes)
        throw new InternalError(
          `${row.bytes.byteLength} B are not subject ${subject} of ${firstSubject} and ${count} more.`,
        );
      const crc = sums === undefined ? crc32(row.bytes) : sums.addRow(subject, row);
      crcs[at] = crc;
      if (count === 1 && row.bytes.byteOffset === buffer.byteOffset && row.bytes.buffer === buffer.buffer) return crc;
      const strideBytes = count * pieceBytes;
      let to = at * pieceBytes;
      if (pieceBytes < LEAST_PIECE) copyWords(row.bytes, buffer, { pieceBytes, to, strideBytes });
      else {
        for (const piece of row.pieces ?? piecesOf(row.bytes, pieceBytes)) {
          buffer.set(piece, to);
          to += strideBytes;
        }
      }
      return crc;
    },
    only: () => buffer.subarray(0, rowBytes),
    get firstSubject() {
      return firstSubject;
    },
    get count() {
      return count;
    },
    get blocks() {
      return buffer.subarray(0, rowGroupBytes(shape, count));
    },
    valuesCrc32() {
      const absent = crcs.indexOf(undefined);
      if (absent >= 0) throw new InternalError(`Subject ${firstSubject + absent} was not placed.`);
      return crcs as number[];
    },
  };
}

/** Word by word: faster than a call a piece where pieces are small. */
function copyWords(
  row: Uint8Array,
  target: Uint8Array,
  { pieceBytes, to, strideBytes }: { readonly pieceBytes: number; readonly to: number; readonly strideBytes: number },
): void {
  const from = new Uint32Array(row.buffer, row.byteOffset, row.byteLength / 4);
  const into = new Uint32Array(target.buffer, target.byteOffset, target.byteLength / 4);
  const [pieceWords, strideWords] = [pieceBytes / 4, strideBytes / 4];
  for (let word = 0, start = to / 4; word < from.length; start += strideWords) {
    const end = Math.min(word + pieceWords, from.length);
    for (let at = start; word < end; word++, at++) into[at] = from[word]!;
  }
}
