// What store.json says of a matrix, found while its rows pass by on their way to the file: the checksum of every block, and how many values of each element are not
// finite. It signs what was given, so that a piece that lands in the wrong place, or not at all, is found by the first who reads it.
//
//   row of subject s      |  piece of block 0  |  piece of block 1  | .. |         crc32 of the row = its pieces in order
//   block b               |  piece of subject 0  |  piece of subject 1  | .. |     crc32 of the block = its pieces in order
import { crc32 } from "node:zlib";
import { InternalError } from "../errors.js";
import { countBlocks } from "./block-width.js";
import { applyShift, createShift, type Shift } from "./crc32-combine.js";
import { type CutRow, LEAST_PIECE, piecesOf } from "./cut-row.js";
import { type BlockedShape, bytesPerValue } from "./element-type.js";
import { addNonFinite, allFinite } from "./finite.js";
import type { BlockScan } from "./scan-blocks.js";

/** A row on its way, part after part. */
export interface RowSum {
  /** Its next values: whole pieces, but for the last of the row. */
  add(part: CutRow): void;
  /** CRC-32 of the row. Throws InternalError when some of it was not given. */
  end(): number;
}

export interface BlockSums {
  /** Takes a subject's values, [nElements] of the shape's type; returns their CRC-32. Throws InternalError for a subject that it has had. */
  addRow(subject: number, row: CutRow): number;
  /** The same for a row that comes in parts. */
  beginRow(subject: number): RowSum;
  /** Takes the same subjects as they lie in the file, [nBlocks][count][blockWidth] with zeros behind the last element. */
  addBlocks(firstSubject: number, count: number, blocks: Uint8Array): void;
  /** What it has so far, for another to merge. */
  state(): BlockSumsState;
  /** Takes what another of the same shape has had. Throws InternalError when both had a subject. */
  merge(state: BlockSumsState): void;
  /** Undefined: not every subject was given. */
  result(): BlockScan | undefined;
}

/** Of some subjects. Sums of blocks of several are their sum (exclusive or): each holds its subjects in their places, and zeros. */
export interface BlockSumsState {
  /** u32 [nBlocks] */
  readonly blockCrc32: Uint32Array;
  /** u8 [nSubjects] */
  readonly hasRow: Uint8Array;
  /** u8 [nSubjects] */
  readonly hasBlocks: Uint8Array;
  /** u32 [nElements], or undefined when all is finite. */
  readonly missing: Uint32Array | undefined;
}

export function createBlockSums(shape: BlockedShape): BlockSums {
  const { nSubjects, nElements, blockWidth } = shape;
  const valueBytes = bytesPerValue(shape.elementType);
  const pieceBytes = blockWidth * valueBytes;
  const nBlocks = countBlocks(nElements, blockWidth);
  const byPieces = pieceBytes >= LEAST_PIECE;
  const blockCrc32 = new Uint32Array(nBlocks);
  const hasRow = new Uint8Array(nSubjects);
  const hasBlocks = new Uint8Array(nSubjects);
  const afterPiece = createShift(pieceBytes);
  const lastBytes = nElements * valueBytes - (nBlocks - 1) * pieceBytes;
  const afterLast = createShift(lastBytes);
  const padding = new Uint8Array(pieceBytes - lastBytes);
  let missing: Uint32Array | undefined;

  const mark = (had: Uint8Array, subject: number) => {
    if (had[subject] !== 0) throw new InternalError(`Subject ${subject} of ${nSubjects} was summed twice.`);
    had[subject] = 1;
  };

  function beginRow(subject: number): RowSum {
    mark(hasRow, subject);
    const toEnd = byPieces ? createShift((nSubjects - 1 - subject) * pieceBytes) : undefined;
    let done = 0;
    let ofRow = 0;
    let iBlock = 0;

    function addPieces({ bytes, pieces }: CutRow, toEnd: Shift): void {
      for (const piece of pieces ?? piecesOf(bytes, pieceBytes)) {
        const crc = crc32(piece);
        const isLast = iBlock === nBlocks - 1;
        ofRow = applyShift(isLast ? afterLast : afterPiece, ofRow) ^ crc;
        blockCrc32[iBlock++]! ^= applyShift(toEnd, isLast ? crc32(padding, crc) : crc);
      }
    }

    return {
      add(part) {
        if (!(part.allFinite?.() ?? allFinite(part.bytes, shape.elementType))) {
          missing ??= new Uint32Array(nElements);
          const first = done / valueBytes;
          const counts = missing.subarray(first, first + part.bytes.byteLength / valueBytes);
          addNonFinite(part.bytes, shape.elementType, counts);
        }
        done += part.bytes.byteLength;
        if (toEnd === undefined) ofRow = crc32(part.bytes, ofRow);
        else addPieces(part, toEnd);
      },
      end() {
        if (done !== nElements * valueBytes)
          throw new InternalError(`${done} of ${nElements * valueBytes} B of subject ${subject} were summed.`);
        if (byPieces) mark(hasBlocks, subject);
        return ofRow >>> 0;
      },
    };
  }

  return {
    beginRow,
    addRow(subject, row) {
      const sum = beginRow(subject);
      sum.add(row);
      return sum.end();
    },
    addBlocks(firstSubject, count, blocks) {
      if (byPieces) return;
      const toEnd = createShift((nSubjects - firstSubject - count) * pieceBytes);
      for (let iBlock = 0; iBlock < nBlocks; iBlock++) {
        const crc = crc32(blocks.subarray(iBlock * count * pieceBytes, (iBlock + 1) * count * pieceBytes));
        blockCrc32[iBlock]! ^= applyShift(toEnd, crc);
      }
      for (let i = 0; i < count; i++) mark(hasBlocks, firstSubject + i);
    },
    state: () => ({ blockCrc32, hasRow, hasBlocks, missing }),
    merge(other) {
      for (const [i, had] of other.hasRow.entries()) if (had !== 0) mark(hasRow, i);
      for (const [i, had] of other.hasBlocks.entries()) if (had !== 0) mark(hasBlocks, i);
      for (const [i, crc] of other.blockCrc32.entries()) blockCrc32[i]! ^= crc;
      if (other.missing === undefined) return;
      missing ??= new Uint32Array(nElements);
      for (const [i, count] of other.missing.entries()) missing[i]! += count;
    },
    result() {
      if (hasRow.includes(0) || hasBlocks.includes(0)) return undefined;
      return { blockCrc32: [...blockCrc32], missing };
    },
  };
}
