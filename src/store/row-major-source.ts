// Columns out of a row-major matrix anywhere in a file (a contiguous HDF5 dataset): one copy a row, or one a run of rows when all columns are taken.
import type { FileBytes } from "../mapping/file-bytes.js";
import type { ColumnSource, ColumnSourceSpec } from "./column-source.js";
import { bytesPerValue } from "./element-type.js";
import { assertColumnRange, planRowRuns } from "./row-runs.js";

/** `spec.layout` is "row-major". Closing the source closes `file`. */
export function createRowMajorSource(spec: ColumnSourceSpec, file: FileBytes): ColumnSource {
  const valueBytes = bytesPerValue(spec.elementType);
  const runs = planRowRuns(spec);
  const nRows = spec.rows?.length ?? spec.nRowsInFile;
  return {
    spec,
    nRows,
    nElements: spec.nElements,
    copyColumnsInto(target, first, count) {
      assertColumnRange(spec, nRows, valueBytes, target, first, count);
      if (count === 0) return;
      const rowBytes = count * valueBytes;
      for (const run of runs) {
        const rowsAtOnce = count === spec.nElements ? run.count : 1;
        for (let r = 0; r < run.count; r += rowsAtOnce) {
          const start = (run.row + r) * rowBytes;
          const fileOffset = spec.byteOffset + ((run.fileRow + r) * spec.nElements + first) * valueBytes;
          file.copyInto(target.subarray(start, start + rowsAtOnce * rowBytes), fileOffset);
        }
      }
    },
    // such files have checksums of rows, which are compared before the analysis (app/inputs/hdf5-in-place.ts)
    checkBlocks() {},
    close: () => file.close(),
  };
}
