// A scalar's matrix out of any ModelArray file, part after part, subjects as rows: whole chunks through libhdf5, contiguous floats at their offset,
// chunks too large for libhdf5 from a scratch file. Memory: two parts (one as it lies in the file, one as it is given).
import { InputError } from "../../errors.js";
import type { ByteSource } from "../byte-source.js";
import { openPositionalBytes } from "../positional-bytes.js";
import { assertOffset } from "./check-offset.js";
import { assertHeld } from "./dataset.js";
import { exactValue } from "./exact-values.js";
import { type LargeChunk, openLargeChunk } from "./large-chunk.js";
import type { ScalarDataset } from "./modelarray-layout.js";
import { assertUsable } from "./obstacles.js";
import type { Hdf5File, NumberArray } from "./open.js";
import { type FileRectangle, planRectangles } from "./plan-rectangles.js";
import type { Rectangle } from "./write-modelarray.js";

export interface MatrixPart {
  readonly rectangle: Rectangle;
  /** [nSubjects][nElements] of the rectangle; good until the next part. */
  readonly values: Float32Array | Float64Array;
}

export interface MatrixReader {
  readonly nParts: number;
  /** Floats of 8 bytes and integers: may need float64. */
  readonly mayNeedFloat64: boolean;
  /** Integers given so far that R writes for a missing value, as NaN. */
  readonly nMissing: number;
  /** Covers the matrix; of each subject in the order of its elements. Throws InputError: damaged, integers that float64 does not hold. */
  parts(): AsyncGenerator<MatrixPart>;
  close(): void;
}

/** Bytes. A chunk larger than this does not go through libhdf5, which holds it up to three times (stored, shuffled, plain). */
export const LARGE_CHUNK_BYTES = 2 ** 25;

export interface MatrixReaderOptions {
  /** Bytes of a part in the file's type. A chunk larger than this is taken whole. */
  readonly partBytes: number;
  /** Where a large chunk may be unpacked; removed afterwards. */
  readonly scratchPath: string;
}

/** Throws InputError: external files, never written, more values than the file can hold. */
export async function openMatrixReader(
  file: Hdf5File,
  scalar: ScalarDataset,
  options: MatrixReaderOptions,
): Promise<MatrixReader> {
  const { values } = scalar;
  const layout = await file.layoutOf(values);
  assertUsable(values, layout, file.path);
  if (layout.storage === "contiguous" && layout.byteOffset === undefined) {
    throw new InputError(
      `Cannot read ${values.objectPath} of ${file.path}: its values were never written. Make the file again.`,
      { path: file.path },
    );
  }
  assertHeld(values, file);
  const shape = values.shape as readonly [number, number];
  const stored = (values.chunks ?? [1, shape[1]]) as readonly [number, number];
  // Of a chunk without filters libhdf5 reads any part, of others always the whole.
  const chunk = values.filters.length > 0 ? stored : ([1, stored[1]] as const);
  const chunkBytes = chunk[0] * chunk[1] * values.valueBytes;
  const isLarge = layout.storage === "chunked" && chunkBytes > LARGE_CHUNK_BYTES;
  const rectangles = isLarge
    ? splitLargeChunks(shape, chunk, values.valueBytes, options.partBytes)
    : planRectangles({
        shape,
        chunk,
        valueBytes: values.valueBytes,
        mostBytes: options.partBytes,
        subjectsAre: scalar.transposed ? "columns" : "rows",
      });
  const isFloat32 = values.kind === "float" && values.valueBytes <= 4;
  const direct =
    layout.storage === "contiguous" && values.kind === "float" && values.valueBytes >= 4 && values.littleEndian;
  if (direct) await assertOffset(file, values, layout.byteOffset!);
  const read = isLarge
    ? readThroughScratch(file, scalar, chunk, options.scratchPath)
    : direct
      ? readDirectly(openPositionalBytes(file.path), scalar, layout.byteOffset!)
      : {
          async read({ firstRow, nRows, firstColumn, nColumns }: FileRectangle) {
            return file.readRectangle(values, [firstRow, firstColumn], [nRows, nColumns]);
          },
          close() {},
        };
  let target: Float32Array | Float64Array = new Float32Array(0);
  let nMissing = 0;
  return {
    get nMissing() {
      return nMissing;
    },
    nParts: rectangles.length,
    mayNeedFloat64: !isFloat32,
    async *parts() {
      for (const rectangle of rectangles) {
        const found = await read.read(rectangle);
        const Values = isFloat32 ? Float32Array : Float64Array;
        if (!scalar.transposed && found instanceof Values) {
          yield { rectangle: asSubjects(rectangle, false), values: found };
          continue;
        }
        if (target.length < found.length) target = new Values(found.length);
        const given = target.subarray(0, found.length);
        nMissing += arrange(found, given, rectangle, scalar.transposed, {
          path: file.path,
          objectPath: values.objectPath,
        });
        yield { rectangle: asSubjects(rectangle, scalar.transposed), values: given };
      }
    },
    close: () => read.close(),
  };
}

interface PartReader {
  read(rectangle: FileRectangle): Promise<NumberArray>;
  close(): void;
}

function readDirectly(bytes: ByteSource, { values }: ScalarDataset, byteOffset: number): PartReader {
  let buffer = new Uint8Array(0);
  return {
    async read({ firstRow, nRows, firstColumn, nColumns }) {
      const rowBytes = nColumns * values.valueBytes;
      if (buffer.byteLength < nRows * rowBytes) buffer = new Uint8Array(nRows * rowBytes);
      const place = (row: number) => byteOffset + (row * values.shape[1]! + firstColumn) * values.valueBytes;
      if (nColumns === values.shape[1]) bytes.copyInto(buffer.subarray(0, nRows * rowBytes), place(firstRow));
      else {
        for (let i = 0; i < nRows; i++)
          bytes.copyInto(buffer.subarray(i * rowBytes, (i + 1) * rowBytes), place(firstRow + i));
      }
      return floats(buffer, nRows * nColumns, values.valueBytes);
    },
    close: () => bytes.close(),
  };
}

/** One chunk is unpacked at a time; its parts follow each other. */
function readThroughScratch(
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

const floats = (buffer: Uint8Array, n: number, valueBytes: number) =>
  valueBytes === 4 ? new Float32Array(buffer.buffer, 0, n) : new Float64Array(buffer.buffer, 0, n);

/** Chunk after chunk in the order of rows then columns, each in runs of whole chunk rows. */
function splitLargeChunks(
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

function asSubjects({ firstRow, nRows, firstColumn, nColumns }: FileRectangle, transposed: boolean): Rectangle {
  return transposed
    ? { firstSubject: firstColumn, nSubjects: nColumns, firstElement: firstRow, nElements: nRows }
    : { firstSubject: firstRow, nSubjects: nRows, firstElement: firstColumn, nElements: nColumns };
}

/** R's NA among integers, with rhdf5's attribute `rhdf5-NA.OK` or without: in R nothing else is that number, and no measure is. */
const MISSING_INT32 = -(2 ** 31);

/** Copies, and turns where the file has elements as rows. How many are R's NA. */
function arrange(
  found: NumberArray,
  given: Float32Array | Float64Array,
  { nRows, nColumns }: FileRectangle,
  transposed: boolean,
  place: { readonly path: string; readonly objectPath: string },
): number {
  const missing = found instanceof Int32Array ? MISSING_INT32 : undefined;
  const isBig = found instanceof BigInt64Array || found instanceof BigUint64Array;
  if (missing === undefined && !transposed && !isBig) {
    given.set(found);
    return 0;
  }
  let nMissing = 0;
  const valueAt = (i: number): number => {
    if (found[i] !== missing || missing === undefined) return exactValue(found, i, place);
    nMissing += 1;
    return Number.NaN;
  };
  if (!transposed) for (let i = 0; i < found.length; i++) given[i] = valueAt(i);
  else {
    for (let row = 0; row < nRows; row++)
      for (let column = 0; column < nColumns; column++) given[column * nRows + row] = valueAt(row * nColumns + column);
  }
  return nMissing;
}
