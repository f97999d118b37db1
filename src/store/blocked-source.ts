// Columns out of a blocked data file. A whole block of all rows is one copy.
//
//   block i, all rows          [ row 0: W | row 1: W | row 2: W | .. ]      one copy of nRows x W
//   most of a block, or several blocks side by side                       one copy a piece of whole rows, then row by row
//   a few columns of a block   [ row 0: ..xx.. | row 1: ..xx.. | .. ]       one copy a row
//   rows 0-1 and 5 of a block  [ one copy of 2 W | .. | one copy of W ]     one copy a run of neighbours
import type { FileBytes } from "../mapping/file-bytes.js";
import type { ColumnSource, ColumnSourceSpec } from "./column-source.js";
import { bytesPerValue } from "./element-type.js";
import { assertColumnRange, planRowRuns } from "./row-runs.js";

/** Bytes of whole rows that are read at once where the target is wider or narrower than the block. Stays in the second-level cache. */
const PIECE_BYTES = 256 * 1024;

/** `spec.layout` is "blocked". Closing the source closes `file`. */
export function createBlockedSource(spec: ColumnSourceSpec, file: FileBytes): ColumnSource {
  const valueBytes = bytesPerValue(spec.elementType);
  const runs = planRowRuns(spec);
  const nRows = spec.rows?.length ?? spec.nRowsInFile;
  const width = spec.blockWidth;
  const rowBytes = width * valueBytes;
  let piece = new Uint8Array(0);

  /** Rows of `run` piece by piece, `count` columns from `first` of each to where `place` says. */
  function copyRows(
    fileOffset: number,
    nRunRows: number,
    columns: { readonly first: number; readonly count: number },
    place: (row: number, values: Uint8Array) => void,
  ): void {
    const rowsAtOnce = Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
    if (piece.length === 0) piece = new Uint8Array(Math.min(rowsAtOnce, nRows) * rowBytes);
    for (let row = 0; row < nRunRows; row += rowsAtOnce) {
      const nPiece = Math.min(rowsAtOnce, nRunRows - row);
      file.copyInto(piece.subarray(0, nPiece * rowBytes), fileOffset + row * rowBytes);
      for (let r = 0; r < nPiece; r++) {
        const from = r * rowBytes + columns.first * valueBytes;
        place(row + r, piece.subarray(from, from + columns.count * valueBytes));
      }
    }
  }

  /** Columns first..first+count of one block, into columns targetColumn.. of a target `targetWidth` wide. */
  function copyFromBlock(
    target: Uint8Array,
    targetWidth: number,
    targetColumn: number,
    iBlock: number,
    first: number,
    count: number,
  ): void {
    const blockOffset = spec.byteOffset + iBlock * spec.nRowsInFile * rowBytes;
    const rowsTouch = count === width && targetWidth === width;
    for (const run of runs) {
      const fileOffset = blockOffset + run.fileRow * rowBytes;
      const startOf = (r: number) => ((run.row + r) * targetWidth + targetColumn) * valueBytes;
      if (rowsTouch) {
        file.copyInto(target.subarray(startOf(0), startOf(run.count)), fileOffset);
        continue;
      }
      if (2 * count >= width) {
        copyRows(fileOffset, run.count, { first, count }, (r, values) => target.set(values, startOf(r)));
        continue;
      }
      for (let r = 0; r < run.count; r++) {
        const start = startOf(r);
        file.copyInto(
          target.subarray(start, start + count * valueBytes),
          fileOffset + r * rowBytes + first * valueBytes,
        );
      }
    }
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
    close: () => file.close(),
  };
}
