// A scalar's matrix out of any ModelArray file, part after part, subjects as rows: whole chunks through libhdf5, contiguous floats at their offset,
// chunks by gzip past it, chunks too large for it from a scratch file. Memory: two parts (one as it lies in the file, one as it is given).
import { InputError } from "../../errors.js";
import type { ByteSource } from "../byte-source.js";
import { openPositionalBytes } from "../positional-bytes.js";
import { arrange } from "./arrange-part.js";
import { assertOffset } from "./check-offset.js";
import { type ChunkTable, readChunkTable } from "./chunk-index.js";
import { assertHeld, type DatasetDescription } from "./dataset.js";
import type { DatasetLayout } from "./dataset-layout.js";
import { canReadFiltered, readFilteredChunks } from "./filtered-chunks.js";
import { floats, readThroughScratch, splitLargeChunks } from "./large-chunk-parts.js";
import type { ScalarDataset } from "./modelarray-layout.js";
import { assertUsable } from "./obstacles.js";
import type { Hdf5File } from "./open.js";
import type { PartReader } from "./part-reader.js";
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
  /** Integers given so far that stand for a missing value, as NaN. */
  readonly nMissing: number;
  /** Values of chunks that were never written; undefined: all chunks were, or the kind of their index is not read here. */
  readonly unwritten: { readonly nValues: number; readonly fill: number | bigint } | undefined;
  /**
   * Covers the matrix; of each subject in the order of its elements. `skip`: asked before a part is read; true: it is not read, nor given.
   * Throws InputError: damaged, integers that float64 does not hold.
   */
  parts(skip?: (rectangle: Rectangle) => boolean): AsyncGenerator<MatrixPart>;
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
  const neverWritten = () =>
    new InputError(
      `Cannot read ${values.objectPath} of ${file.path}: its values were never written. Make the file again.`,
      { path: file.path },
    );
  if (layout.storage === "contiguous" && layout.byteOffset === undefined) throw neverWritten();
  assertHeld(values, file);
  const shape = values.shape as readonly [number, number];
  const stored = (values.chunks ?? [1, shape[1]]) as readonly [number, number];
  const table = tableOf(file, values, layout);
  const holes = table === undefined ? [] : unwrittenChunks(table, shape, stored);
  const nUnwritten = holes.reduce((sum, { nValues }) => sum + nValues, 0);
  if (nUnwritten === shape[0] * shape[1]) throw neverWritten();
  const unwritten =
    holes.length === 0
      ? undefined
      : { nValues: nUnwritten, fill: (await file.readRectangle(values, holes[0]!.at, [1, 1]))[0]! };
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
      : table !== undefined && canReadFiltered(values) && layout.chunkIndex?.edgesArePlain === false
        ? readFilteredChunks(file, values, table)
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
    unwritten,
    nParts: rectangles.length,
    mayNeedFloat64: !isFloat32,
    async *parts(skip) {
      for (const rectangle of rectangles) {
        if (skip?.(asSubjects(rectangle, scalar.transposed))) continue;
        const found = await read.read(rectangle);
        const Values = isFloat32 ? Float32Array : Float64Array;
        if (!scalar.transposed && found instanceof Values) {
          yield { rectangle: asSubjects(rectangle, false), values: found };
          continue;
        }
        if (target.length < found.length) target = new Values(found.length);
        const given = target.subarray(0, found.length);
        nMissing += arrange(found, given, rectangle, scalar.transposed, values.missing, {
          path: file.path,
          objectPath: values.objectPath,
        });
        yield { rectangle: asSubjects(rectangle, scalar.transposed), values: given };
      }
    },
    close: () => read.close(),
  };
}

function tableOf(
  { path }: Hdf5File,
  values: DatasetDescription,
  { chunkIndex }: DatasetLayout,
): ChunkTable | undefined {
  const { shape, chunks, valueBytes, filters } = values;
  if (chunkIndex === undefined || chunks?.length !== 2) return undefined;
  const [matrix, chunk] = [shape, chunks] as unknown as (readonly [number, number])[];
  return readChunkTable(path, chunkIndex, { shape: matrix!, chunk: chunk!, valueBytes, filtered: filters.length > 0 });
}

interface UnwrittenChunk {
  /** Its first value. */
  readonly at: readonly [number, number];
  /** Of it in the matrix. */
  readonly nValues: number;
}

function unwrittenChunks(
  { grid, byteOffsets }: ChunkTable,
  [nRows, nColumns]: readonly [number, number],
  [chunkRows, chunkColumns]: readonly [number, number],
): UnwrittenChunk[] {
  const found: UnwrittenChunk[] = [];
  for (const [place, byteOffset] of byteOffsets.entries()) {
    if (!Number.isNaN(byteOffset)) continue;
    const at = [Math.floor(place / grid[1]) * chunkRows, (place % grid[1]) * chunkColumns] as const;
    found.push({ at, nValues: Math.min(chunkRows, nRows - at[0]) * Math.min(chunkColumns, nColumns - at[1]) });
  }
  return found;
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

function asSubjects({ firstRow, nRows, firstColumn, nColumns }: FileRectangle, transposed: boolean): Rectangle {
  return transposed
    ? { firstSubject: firstColumn, nSubjects: nColumns, firstElement: firstRow, nElements: nRows }
    : { firstSubject: firstRow, nSubjects: nRows, firstElement: firstColumn, nElements: nColumns };
}
