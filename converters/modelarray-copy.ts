// Scalars of a ModelArray file, part after part, to wherever they are written: every chunk once, in bounded memory.
import { BudgetError } from "../src/errors.js";
import { assertRows, createRowSums, readRowChecksums } from "../src/formats/hdf5/checksums.js";
import { LARGE_CHUNK_BYTES, type MatrixReader, openMatrixReader } from "../src/formats/hdf5/matrix-reader.js";
import type { ScalarDataset } from "../src/formats/hdf5/modelarray-layout.js";
import type { Hdf5File } from "../src/formats/hdf5/open.js";
import type { Rectangle } from "../src/formats/hdf5/write-modelarray.js";
import type { ElementType } from "../src/store/column-source.js";
import { formatBytes } from "../src/units.js";
import type { ModelArrayConversion, ReadRemarks } from "./modelarray-conversion.js";
import type { JoinedDatasets } from "./modelarray-scalars.js";

/** Bytes. A part passes through libhdf5, a copy of ours, perhaps a turned one and a narrower one. */
const COPIES = 4;
const LEAST_PART = 2 ** 20;
const MOST_PART = 2 ** 24;
export const STAGING_BYTES = 2 ** 22;

export type Sink = (name: string, values: Uint8Array, rectangle: Rectangle) => void;

/** Rows of a scalar that is in another order go where they belong, one by one. */
export function placed(write: Sink, { placesOf }: JoinedDatasets): Sink {
  return (name, values, rectangle) => {
    const places = placesOf.get(name);
    if (places === undefined) return write(name, values, rectangle);
    const { firstSubject, nSubjects } = rectangle;
    const rowBytes = values.byteLength / nSubjects;
    for (let row = 0; row < nSubjects; row++) {
      const place = { ...rectangle, firstSubject: places[firstSubject + row]!, nSubjects: 1 };
      write(name, values.subarray(row * rowBytes, (row + 1) * rowBytes), place);
    }
  };
}

interface CopyTarget {
  readonly types: ReadonlyMap<string, ElementType>;
  /** Filled. */
  readonly remarks: Map<string, ReadRemarks>;
  readonly write: Sink;
  readonly scratchPath: string;
}

/** The scalar that turns out to need float64, if there is one. */
export async function copyScalars(
  conversion: ModelArrayConversion,
  file: Hdf5File,
  scalars: readonly ScalarDataset[],
  { types, remarks, write, scratchPath }: CopyTarget,
): Promise<string | undefined> {
  for (const [i, scalar] of scalars.entries()) {
    const reader = await openMatrixReader(file, scalar, { partBytes: planPart(conversion, scalar), scratchPath });
    try {
      const onPart = (share: number) => conversion.onProgress?.("read", (i + share) / scalars.length);
      if (!(await copyParts(file, scalar, reader, types.get(scalar.name)!, write, onPart))) return scalar.name;
      remarks.set(scalar.name, { nMissing: reader.nMissing, unwritten: reader.unwritten });
    } finally {
      reader.close();
    }
  }
  return undefined;
}

/** False: a value does not fit the type. Throws InputError for rows that are not as fixelstream wrote them. */
async function copyParts(
  file: Hdf5File,
  scalar: ScalarDataset,
  reader: MatrixReader,
  elementType: ElementType,
  write: Sink,
  onPart: (share: number) => void,
): Promise<boolean> {
  let narrow = new Float32Array(0);
  let done = 0;
  const rows = createRowSums(scalar.nSubjects);
  for await (const part of reader.parts()) {
    const { values, rectangle } = part;
    rows.add(part);
    let given = values;
    if (elementType === "f32" && values instanceof Float64Array) {
      if (narrow.length < values.length) narrow = new Float32Array(values.length);
      given = narrow.subarray(0, values.length);
      for (let i = 0; i < values.length; i++) {
        given[i] = values[i]!;
        if (given[i] !== values[i] && !Number.isNaN(values[i])) return false;
      }
    } else if (elementType === "f64" && values instanceof Float32Array) given = Float64Array.from(values);
    write(scalar.name, new Uint8Array(given.buffer, given.byteOffset, given.byteLength), rectangle);
    onPart(++done / reader.nParts);
  }
  const expected = await readRowChecksums(file, scalar);
  if (expected !== undefined) assertRows(file.path, scalar, expected, rows.sums);
  return true;
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
