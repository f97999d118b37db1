// What store.json says of a matrix, found while its rows pass by on their way to the file: the checksum of every block, and how many values of each element are not
// finite. It signs what was given, so that a piece that lands in the wrong place, or not at all, is found by the first who reads it.
//
//   row of subject s      |  piece of block 0  |  piece of block 1  | .. |         crc32 of the row = its pieces in order
//   block b               |  piece of subject 0  |  piece of subject 1  | .. |     crc32 of the block = its pieces in order
import { crc32 } from "node:zlib";
import { InternalError } from "../errors.js";
import { countBlocks } from "./block-width.js";
import { applyShift, createShift } from "./crc32-combine.js";
import { type CutRow, LEAST_PIECE, piecesOf } from "./cut-row.js";
import { type BlockedShape, bytesPerValue } from "./element-type.js";
import { addNonFinite, allFinite } from "./finite.js";
import type { BlockScan } from "./scan-blocks.js";

export interface BlockSums {
  /** Takes a subject's values, [nElements] of the shape's type; returns their CRC-32. Throws InternalError for a subject that it has had. */
  addRow(subject: number, row: CutRow): number;
  /** Takes the same subjects as they lie in the file, [nBlocks][count][blockWidth] with zeros behind the last element. */
  addBlocks(firstSubject: number, count: number, blocks: Uint8Array): void;
  /** Undefined: not every subject was given. */
  result(): BlockScan | undefined;
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

  function addPieces(subject: number, { bytes, pieces }: CutRow): number {
    const toEnd = createShift((nSubjects - 1 - subject) * pieceBytes);
    let ofRow = 0;
    let iBlock = 0;
    for (const piece of pieces ?? piecesOf(bytes, pieceBytes)) {
      const crc = crc32(piece);
      const isLast = iBlock === nBlocks - 1;
      ofRow = applyShift(isLast ? afterLast : afterPiece, ofRow) ^ crc;
      blockCrc32[iBlock++]! ^= applyShift(toEnd, isLast ? crc32(padding, crc) : crc);
    }
    mark(hasBlocks, subject);
    return ofRow >>> 0;
  }

  return {
    addRow(subject, row) {
      mark(hasRow, subject);
      if (!allFinite(row.bytes, shape.elementType)) {
        missing ??= new Uint32Array(nElements);
        addNonFinite(row.bytes, shape.elementType, missing);
      }
      return byPieces ? addPieces(subject, row) : crc32(row.bytes);
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
    result() {
      if (hasRow.includes(0) || hasBlocks.includes(0)) return undefined;
      return { blockCrc32: [...blockCrc32], missing };
    },
  };
}
