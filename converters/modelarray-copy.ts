// Scalars of a ModelArray file, part after part, to wherever they are written: every chunk once, in bounded memory.
import { crc32 } from "node:zlib";
import { BudgetError } from "../src/errors.js";
import { assertRows, readRowChecksums } from "../src/formats/hdf5/checksums.js";
import { LARGE_CHUNK_BYTES, type MatrixReader, openMatrixReader } from "../src/formats/hdf5/matrix-reader.js";
import type { ScalarDataset } from "../src/formats/hdf5/modelarray-layout.js";
import type { Hdf5File } from "../src/formats/hdf5/open.js";
import type { Rectangle } from "../src/formats/hdf5/write-modelarray.js";
import type { PartNotes } from "../src/store/build-store.js";
import type { ElementType } from "../src/store/column-source.js";
import { applyShift, createShift } from "../src/store/crc32-combine.js";
import { formatBytes } from "../src/units.js";
import type { ModelArrayConversion, ReadRemarks } from "./modelarray-conversion.js";
import type { JoinedDatasets } from "./modelarray-scalars.js";

/** Bytes. A part passes through libhdf5, a copy of ours, perhaps a turned one and a narrower one. */
const COPIES = 4;
const LEAST_PART = 2 ** 20;
const MOST_PART = 2 ** 24;
export const STAGING_BYTES = 2 ** 22;

export type Sink = (name: string, values: Uint8Array, rectangle: Rectangle, notes: PartNotes) => void;
/** What an earlier run noted of a part that it has written; undefined: it must be read. */
export type Resume = (name: string, rectangle: Rectangle) => PartNotes | undefined;

/** Rows of a scalar that is in another order go where they belong, one by one. */
export function placed(write: Sink, { placesOf }: JoinedDatasets): Sink {
  return (name, values, rectangle, notes) => {
    const places = placesOf.get(name);
    if (places === undefined) return write(name, values, rectangle, notes);
    const { firstSubject, nSubjects } = rectangle;
    const rowBytes = values.byteLength / nSubjects;
    for (let row = 0; row < nSubjects; row++) {
      const place = { ...rectangle, firstSubject: places[firstSubject + row]!, nSubjects: 1 };
      write(name, values.subarray(row * rowBytes, (row + 1) * rowBytes), place, notes);
    }
  };
}

interface CopyTarget {
  readonly types: ReadonlyMap<string, ElementType>;
  /** Filled. */
  readonly remarks: Map<string, ReadRemarks>;
  readonly write: Sink;
  /** Where a killed run is continued. */
  readonly resume?: Resume | undefined;
  /** Told of parts that were not read again. */
  readonly onResumed?: ((nValues: number) => void) | undefined;
  readonly scratchPath: string;
}

/** The scalar that turns out to need float64, if there is one. */
export async function copyScalars(
  conversion: ModelArrayConversion,
  file: Hdf5File,
  scalars: readonly ScalarDataset[],
  target: CopyTarget,
): Promise<string | undefined> {
  const { types, remarks, scratchPath } = target;
  for (const [i, scalar] of scalars.entries()) {
    const reader = await openMatrixReader(file, scalar, { partBytes: planPart(conversion, scalar), scratchPath });
    try {
      const onPart = (share: number) => conversion.onProgress?.("read", (i + share) / scalars.length);
      const nMissing = await copyParts(file, scalar, reader, types.get(scalar.name)!, target, onPart);
      if (nMissing === undefined) return scalar.name;
      remarks.set(scalar.name, { nMissing, unwritten: reader.unwritten });
    } finally {
      reader.close();
    }
  }
  return undefined;
}

/** How many values stood for none; undefined: a value does not fit the type. Throws InputError for rows that are not as fixelstream wrote them. */
async function copyParts(
  file: Hdf5File,
  scalar: ScalarDataset,
  reader: MatrixReader,
  elementType: ElementType,
  { write, resume, onResumed }: CopyTarget,
  onPart: (share: number) => void,
): Promise<number | undefined> {
  let narrow = new Float32Array(0);
  let done = 0;
  let nResumedMissing = 0;
  let nSeen = 0;
  const rows = createPartSums(scalar.nSubjects);
  const valueBytes = reader.mayNeedFloat64 ? 8 : 4;
  const skip = (rectangle: Rectangle): boolean => {
    const notes = resume?.(scalar.name, rectangle);
    if (notes === undefined) return false;
    rows.add(rectangle, notes.rowCrc32, valueBytes);
    nResumedMissing += notes.nMissing;
    onResumed?.(rectangle.nSubjects * rectangle.nElements);
    onPart(++done / reader.nParts);
    return true;
  };
  for await (const { values, rectangle } of reader.parts(skip)) {
    const rowCrc32 = sumRows(values, rectangle.nElements);
    rows.add(rectangle, rowCrc32, valueBytes);
    const nMissing = reader.nMissing - nSeen;
    nSeen = reader.nMissing;
    let given = values;
    if (elementType === "f32" && values instanceof Float64Array) {
      if (narrow.length < values.length) narrow = new Float32Array(values.length);
      given = narrow.subarray(0, values.length);
      for (let i = 0; i < values.length; i++) {
        given[i] = values[i]!;
        if (given[i] !== values[i] && !Number.isNaN(values[i])) return undefined;
      }
    } else if (elementType === "f64" && values instanceof Float32Array) given = Float64Array.from(values);
    const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
    write(scalar.name, bytes, rectangle, { rowCrc32, nMissing });
    onPart(++done / reader.nParts);
  }
  const expected = await readRowChecksums(file, scalar);
  if (expected !== undefined) assertRows(file.path, scalar, expected, rows.sums);
  return nResumedMissing + reader.nMissing;
}

function sumRows(values: Float32Array | Float64Array, nElements: number): number[] {
  const rowBytes = nElements * values.BYTES_PER_ELEMENT;
  return Array.from({ length: values.length / nElements }, (_, i) =>
    crc32(new Uint8Array(values.buffer, values.byteOffset + i * rowBytes, rowBytes)),
  );
}

/** Of whole rows, from those of their parts: of each subject in the order of its elements. */
function createPartSums(nSubjects: number) {
  const sums = new Uint32Array(nSubjects);
  return {
    sums,
    add({ firstSubject, nElements }: Rectangle, rowCrc32: readonly number[], valueBytes: number): void {
      const shift = createShift(nElements * valueBytes);
      for (const [i, crc] of rowCrc32.entries())
        sums[firstSubject + i] = (applyShift(shift, sums[firstSubject + i]!) ^ crc) >>> 0;
    },
  };
}

function planPart({ memoryBytes, input }: ModelArrayConversion, { values }: ScalarDataset): number {
  const chunkBytes = (values.chunks ?? []).reduce((product, size) => product * size, values.valueBytes);
  const least = Math.max(LEAST_PART, chunkBytes > LARGE_CHUNK_BYTES ? 0 : chunkBytes);
  const needed = COPIES * least + STAGING_BYTES;
  if (memoryBytes < needed) {
    throw new BudgetError(
      `Cannot convert ${input} in ${formatBytes(memoryBytes)}: expected at least ${formatBytes(needed)} for chunks of ${values.chunks?.join(" x ") ?? "no"} values. Give --memory ${Math.ceil(needed / 2 ** 20)}MiB or more.`,
      { neededBytes: needed, givenBytes: memoryBytes },
    );
  }
  return Math.max(least, Math.min(MOST_PART, Math.floor((memoryBytes - STAGING_BYTES) / COPIES)));
}
