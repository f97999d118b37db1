// Columns out of a blocked data file. A whole block of all rows is one copy.
//
//   block i, all rows          [ row 0: W | row 1: W | row 2: W | .. ]      one copy of nRows x W
//   part of a block            [ row 0: ..xx.. | row 1: ..xx.. | .. ]       one copy a row
//   rows 0-1 and 5 of a block  [ one copy of 2 W | .. | one copy of W ]     one copy a run of neighbours
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { formatCrc32 } from "../checksum.js";
import { InputError } from "../errors.js";
import type { FileBytes } from "../mapping/file-bytes.js";
import type { ColumnSource, ColumnSourceSpec } from "./column-source.js";
import { bytesPerValue } from "./element-type.js";
import { assertColumnRange, planRowRuns, takesAllRows } from "./row-runs.js";

/** Bytes read at once of a block that is read for its checksum alone. */
const CHECK_BYTES = 2 ** 18;

/** `spec.layout` is "blocked". Closing the source closes `file`. */
export function createBlockedSource(spec: ColumnSourceSpec, file: FileBytes): ColumnSource {
  const valueBytes = bytesPerValue(spec.elementType);
  const runs = planRowRuns(spec);
  const nRows = spec.rows?.length ?? spec.nRowsInFile;
  const width = spec.blockWidth;

  /** Columns first..first+count of one block, into columns targetColumn.. of a target `targetWidth` wide. */
  function copyFromBlock(
    target: Uint8Array,
    targetWidth: number,
    targetColumn: number,
    iBlock: number,
    first: number,
    count: number,
  ): void {
    const blockOffset = spec.byteOffset + iBlock * spec.nRowsInFile * width * valueBytes;
    const rowsTouch = count === width && targetWidth === width;
    for (const run of runs) {
      const fileOffset = blockOffset + (run.fileRow * width + first) * valueBytes;
      if (rowsTouch) {
        const start = run.row * width * valueBytes;
        file.copyInto(target.subarray(start, start + run.count * width * valueBytes), fileOffset);
        continue;
      }
      for (let r = 0; r < run.count; r++) {
        const start = ((run.row + r) * targetWidth + targetColumn) * valueBytes;
        file.copyInto(target.subarray(start, start + count * valueBytes), fileOffset + r * width * valueBytes);
      }
    }
  }

  const blockBytes = spec.nRowsInFile * width * valueBytes;
  const hasAllRows = takesAllRows(spec);
  let chunk: Uint8Array | undefined;

  /** Of a block without its padding, which is zero. */
  function sumOfHeld(held: Uint8Array, nHeld: number): number {
    if (nHeld === width) return crc32(held);
    const rowBytes = nHeld * valueBytes;
    const padding = new Uint8Array((width - nHeld) * valueBytes);
    let crc = 0;
    for (let start = 0; start < held.byteLength; start += rowBytes)
      crc = crc32(padding, crc32(held.subarray(start, start + rowBytes), crc));
    return crc;
  }

  function sumOfBlock(iBlock: number): number {
    chunk ??= new Uint8Array(Math.min(CHECK_BYTES, blockBytes));
    let crc = 0;
    for (let done = 0; done < blockBytes; done += chunk.byteLength) {
      const piece = chunk.subarray(0, Math.min(chunk.byteLength, blockBytes - done));
      file.copyInto(piece, spec.byteOffset + iBlock * blockBytes + done);
      crc = crc32(piece, crc);
    }
    return crc;
  }

  return {
    spec,
    nRows,
    nElements: spec.nElements,
    copyColumnsInto(target, first, count) {
      assertColumnRange(spec, nRows, valueBytes, target, first, count);
      for (let done = 0; done < count; ) {
        const iBlock = Math.floor((first + done) / width);
        const column = first + done - iBlock * width;
        const n = Math.min(count - done, width - column);
        copyFromBlock(target, count, done, iBlock, column, n);
        done += n;
      }
    },
    checkBlocks(firstBlock, endBlock, held, first) {
      const { blockCrc32 } = spec;
      if (blockCrc32 === undefined) return;
      for (let iBlock = firstBlock; iBlock < endBlock; iBlock++) {
        const nHeld = Math.min(width, spec.nElements - iBlock * width);
        const isHeld =
          hasAllRows && first === iBlock * width && held.byteLength === spec.nRowsInFile * nHeld * valueBytes;
        const got = isHeld ? sumOfHeld(held, nHeld) : sumOfBlock(iBlock);
        if (got !== blockCrc32[iBlock]) throw damagedBlock(spec, iBlock, blockCrc32[iBlock]!, got);
      }
    },
    close: () => file.close(),
  };
}

function damagedBlock(
  { path, blockWidth, nElements }: ColumnSourceSpec,
  iBlock: number,
  expected: number,
  got: number,
) {
  const first = iBlock * blockWidth;
  const last = Math.min(first + blockWidth, nElements) - 1;
  return new InputError(
    `Cannot use ${path}: expected block ${iBlock} (elements ${first} to ${last}, counted from 0) as it was written, CRC-32 ${formatCrc32(expected)}, got ${formatCrc32(got)}. ` +
      `The store is damaged: fixelstream verify ${dirname(path)} says where, and whose values. Copy it again, or convert the cohort again (one in the cache: delete it).`,
    { path },
  );
}
