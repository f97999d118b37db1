// Parts of a matrix whose chunks are too large for libhdf5: one chunk after the other through a scratch file.
import { InputError } from "../../errors.js";
import { type LargeChunk, openLargeChunk } from "./large-chunk.js";
import type { ScalarDataset } from "./modelarray-layout.js";
import type { Hdf5File } from "./open.js";
import type { PartReader } from "./part-reader.js";
import type { FileRectangle } from "./plan-rectangles.js";

/** One chunk is unpacked at a time; its parts follow each other. */
export function readThroughScratch(
  file: Hdf5File,
  { values }: ScalarDataset,
  [chunkRows, chunkColumns]: readonly [number, number],
  scratchPath: string,
): PartReader {
  if (values.kind !== "float" || !values.littleEndian || values.valueBytes < 4) {
    throw new InputError(
      `Cannot read ${values.objectPath} of ${file.path}: chunks of ${chunkRows} x ${chunkColumns} are too large for other types than little-endian float32 and float64. Rewrite it with smaller chunks: h5repack -l CHUNK=32x4096.`,
      { path: file.path },
    );
  }
  let current: { key: string; chunk: LargeChunk } | undefined;
  let buffer = new Uint8Array(0);
  return {
    async read({ firstRow, nRows, firstColumn, nColumns }) {
      const at = [
        Math.floor(firstRow / chunkRows) * chunkRows,
        Math.floor(firstColumn / chunkColumns) * chunkColumns,
      ] as const;
      if (current?.key !== at.join()) {
        current?.chunk.close();
        current = undefined;
        current = { key: at.join(), chunk: await openLargeChunk(file, values, at, scratchPath) };
      }
      const rowBytes = nColumns * values.valueBytes;
      if (buffer.byteLength < nRows * rowBytes) buffer = new Uint8Array(nRows * rowBytes);
      // Rows as wide as the chunk touch each other.
      const rowsAtOnce = nColumns === chunkColumns ? nRows : 1;
      for (let i = 0; i < nRows; i += rowsAtOnce) {
        const first = (firstRow + i - at[0]) * chunkColumns + (firstColumn - at[1]);
        const target = buffer.subarray(i * rowBytes, (i + rowsAtOnce) * rowBytes);
        current.chunk.copyInto(target, first, rowsAtOnce * nColumns);
      }
      return floats(buffer, nRows * nColumns, values.valueBytes);
    },
    close() {
      current?.chunk.close();
      current = undefined;
    },
  };
}

export const floats = (buffer: Uint8Array, n: number, valueBytes: number) =>
  valueBytes === 4 ? new Float32Array(buffer.buffer, 0, n) : new Float64Array(buffer.buffer, 0, n);

/** Chunk after chunk in the order of rows then columns, each in runs of whole chunk rows. */
export function splitLargeChunks(
  [nRows, nColumns]: readonly [number, number],
  [chunkRows, chunkColumns]: readonly [number, number],
  valueBytes: number,
  partBytes: number,
): FileRectangle[] {
  const rectangles: FileRectangle[] = [];
  for (let row = 0; row < nRows; row += chunkRows) {
    for (let column = 0; column < nColumns; column += chunkColumns) {
      const width = Math.min(chunkColumns, nColumns - column);
      const height = Math.min(chunkRows, nRows - row);
      const rowsAtOnce = Math.max(1, Math.floor(partBytes / (width * valueBytes)));
      for (let i = 0; i < height; i += rowsAtOnce) {
        const part = Math.min(rowsAtOnce, height - i);
        rectangles.push({ firstRow: row + i, nRows: part, firstColumn: column, nColumns: width });
      }
    }
  }
  return rectangles;
}
