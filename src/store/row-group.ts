// Whole subjects that go into the data file together, put where they belong as they come: [nBlocks][count][W], so that what a block has of them is one piece.
//
//   row 4        |aaaaaa|bbbbbb|cccc|            group  aaaaaa   bbbbbb   cccc00     one contiguous piece of count x W a block
//   row 5        |AAAAAA|BBBBBB|CCCC|   ->              AAAAAA   BBBBBB   CCCC00
import { crc32 } from "node:zlib";
import { InternalError } from "../errors.js";
import type { BlockSums, RowSum } from "./block-sums.js";
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
  /** The same for a row that comes in parts: whole pieces but for the last, which are copied while they are in the processor's cache. */
  receive(subject: number): RowSum;
  /** One of them was placed by another thread; `crc32`: of its values. */
  note(subject: number, crc32: number): void;
  /** Where the values of the only subject of a group of one lie: the row itself. */
  only(): Uint8Array;
  readonly firstSubject: number;
  readonly count: number;
  /** All that it may use. */
  readonly bytes: Uint8Array;
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
export function createRowGroup(shape: BlockedShape, buffer: Uint8Array, sums: BlockSums | undefined): RowGroup {
  const pieceBytes = shape.blockWidth * bytesPerValue(shape.elementType);
  const rowBytes = shape.nElements * bytesPerValue(shape.elementType);
  const nBlocks = countBlocks(shape.nElements, shape.blockWidth);
  let firstSubject = 0;
  let count = 0;
  let crcs: (number | undefined)[] = [];

  const placeOf = (subject: number): number => {
    const at = subject - firstSubject;
    if (at < 0 || at >= count)
      throw new InternalError(`Subject ${subject} is none of ${firstSubject} and ${count - 1} more.`);
    return at;
  };

  function receive(subject: number): RowSum {
    const at = placeOf(subject);
    const sum = sums === undefined ? createPlainSum() : sums.beginRow(subject);
    const strideBytes = count * pieceBytes;
    let to = at * pieceBytes;
    return {
      add(part) {
        sum.add(part);
        const isInPlace = count === 1 && part.bytes.buffer === buffer.buffer;
        if (isInPlace && part.bytes.byteOffset === buffer.byteOffset + to) to += part.bytes.byteLength;
        else if (pieceBytes < LEAST_PIECE) {
          copyWords(part.bytes, buffer, { pieceBytes, to, strideBytes });
          to += (part.bytes.byteLength / pieceBytes) * strideBytes;
        } else {
          for (const piece of part.pieces ?? piecesOf(part.bytes, pieceBytes)) {
            buffer.set(piece, to);
            to += strideBytes;
          }
        }
      },
      end() {
        const crc = sum.end();
        crcs[at] = crc;
        return crc;
      },
    };
  }

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
      if (row.bytes.byteLength !== rowBytes)
        throw new InternalError(`${row.bytes.byteLength} B are not the ${rowBytes} B of subject ${subject}.`);
      const sum = receive(subject);
      sum.add(row);
      return sum.end();
    },
    receive,
    note(subject, crc) {
      crcs[placeOf(subject)] = crc;
    },
    only: () => buffer.subarray(0, rowBytes),
    bytes: buffer,
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

function createPlainSum(): RowSum {
  let crc = 0;
  return {
    add({ bytes }) {
      crc = crc32(bytes, crc);
    },
    end: () => crc,
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
