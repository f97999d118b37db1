// Columns out of a blocked data file. A whole block of all rows is one copy.
//
//   block i, all rows          [ row 0: W | row 1: W | row 2: W | .. ]      one copy of nRows x W
//   part of a block            [ row 0: ..xx.. | row 1: ..xx.. | .. ]       one copy a row
//   rows 0-1 and 5 of a block  [ one copy of 2 W | .. | one copy of W ]     one copy a run of neighbours
import type { FileBytes } from "../mapping/file-bytes.js";
import type { ColumnSource, ColumnSourceSpec } from "./column-source.js";
import { bytesPerValue } from "./element-type.js";
import { assertColumnRange, planRowRuns } from "./row-runs.js";

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
