// Chunks by gzip, with shuffle or without, read past libhdf5: it takes a chunk that unpacks to less than it should for a whole one, and gives whatever its
// memory has for the rest. zlib's own code is faster than libhdf5's in WebAssembly besides.
import { promisify } from "node:util";
import { inflate, inflateSync } from "node:zlib";
import { InputError } from "../../errors.js";
import { systemErrorCode } from "../../system-error.js";
import { openPositionalBytes } from "../positional-bytes.js";
import type { ChunkTable } from "./chunk-index.js";
import { viewOf } from "./dataset.js";
import type { DatasetDescription, Hdf5File } from "./open.js";
import type { PartReader } from "./part-reader.js";

const DEFLATE = 1;
const SHUFFLE = 2;
/** Bytes. Smaller chunks are unpacked sooner here than a thread is asked for it. */
const LEAST_IN_THREAD = 2 ** 16;
const inflateInThread = promisify<Uint8Array, { maxOutputLength: number }, Uint8Array>(inflate);

/** Filters in the order in which they were applied. */
export const canReadFiltered = ({ filters }: DatasetDescription): boolean =>
  ["1", "2,1"].includes(filters.map(({ id }) => id).join());

/** Parts are whole chunks. Throws InputError naming the chunk that does not unpack to its size. */
export function readFilteredChunks(file: Hdf5File, values: DatasetDescription, table: ChunkTable): PartReader {
  const { valueBytes, littleEndian, objectPath } = values;
  const [chunkRows, chunkColumns] = values.chunks as readonly [number, number];
  const chunkBytes = chunkRows * chunkColumns * valueBytes;
  const bytes = openPositionalBytes(file.path);
  const ids = values.filters.map(({ id }) => id);
  let buffer = new Uint8Array(0);
  const plain = new Uint8Array(chunkBytes);

  const unpack = async (place: number): Promise<Uint8Array> => {
    const stored = new Uint8Array(table.lengths[place]!);
    bytes.copyInto(stored, table.byteOffsets[place]!);
    const isUsed = (filter: number) =>
      ids.includes(filter) && ((table.filterMasks[place]! >> ids.indexOf(filter)) & 1) === 0;
    let found: Uint8Array = stored;
    if (isUsed(DEFLATE)) {
      try {
        const options = { maxOutputLength: chunkBytes + 1 };
        found = chunkBytes < LEAST_IN_THREAD ? inflateSync(stored, options) : await inflateInThread(stored, options);
      } catch (cause) {
        const isLarge = systemErrorCode(cause) === "ERR_BUFFER_TOO_LARGE";
        throw damagedChunk(place, isLarge ? "more" : cause instanceof Error ? cause.message : String(cause), cause);
      }
    }
    if (found.length !== chunkBytes) throw damagedChunk(place, `${found.length} bytes`);
    return isUsed(SHUFFLE) && valueBytes > 1 ? unshuffle(found, plain, valueBytes) : found;
  };
  const damagedChunk = (place: number, got: string, cause?: unknown): InputError => {
    const [row, column] = [Math.floor(place / table.grid[1]) * chunkRows, (place % table.grid[1]) * chunkColumns];
    return new InputError(
      `Cannot read ${objectPath} of ${file.path}: expected a chunk that unpacks to ${chunkBytes} bytes, got ${got} (the chunk at ${row}, ${column}). The file is damaged: restore it, or make it again.`,
      { path: file.path, cause },
    );
  };

  return {
    async read(rectangle) {
      const { firstRow, nRows, firstColumn, nColumns } = rectangle;
      const nBytes = nRows * nColumns * valueBytes;
      if (buffer.length < nBytes) buffer = new Uint8Array(nBytes);
      const [lastRow, lastColumn] = [firstRow + nRows, firstColumn + nColumns];
      for (let row = firstRow; row < lastRow; row += chunkRows)
        for (let column = firstColumn; column < lastColumn; column += chunkColumns) {
          const place = Math.floor(row / chunkRows) * table.grid[1] + Math.floor(column / chunkColumns);
          // what was never written is libhdf5's to fill
          if (Number.isNaN(table.byteOffsets[place]!))
            return file.readRectangle(values, [firstRow, firstColumn], [nRows, nColumns]);
          const chunk = await unpack(place);
          const width = Math.min(chunkColumns, lastColumn - column) * valueBytes;
          for (let i = 0; i < chunkRows && row + i < lastRow; i++) {
            const from = i * chunkColumns * valueBytes;
            const to = ((row + i - firstRow) * nColumns + column - firstColumn) * valueBytes;
            buffer.set(chunk.subarray(from, from + width), to);
          }
        }
      if (!littleEndian && valueBytes > 1) swap(buffer.subarray(0, nBytes), valueBytes);
      return viewOf(buffer.buffer, 0, nRows * nColumns, values, file.path);
    },
    close: () => bytes.close(),
  };
}

/** Byte 0 of all values, then byte 1 of all, and so on. */
function unshuffle(shuffled: Uint8Array, plain: Uint8Array, valueBytes: number): Uint8Array {
  const n = plain.length / valueBytes;
  for (let byte = 0; byte < valueBytes; byte++)
    for (let i = 0, from = byte * n; i < n; i++) plain[i * valueBytes + byte] = shuffled[from + i]!;
  return plain;
}

function swap(bytes: Uint8Array, valueBytes: number): void {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (valueBytes === 2) view.swap16();
  else if (valueBytes === 4) view.swap32();
  else view.swap64();
}
