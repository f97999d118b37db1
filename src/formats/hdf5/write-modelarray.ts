// Makes a ModelArray file that R, Python and the engine read. Contiguous by default: libhdf5 lays the file out, values are written at their offsets.
//
//   the partial file        1. groups, names, tables, empty matrices, marker "writing"; closed
//                           2. rectangles of values at (offset of the matrix) + (row x elements + element) x size
//                           3. checksums of rows; marker "complete" for "writing"; closed; the caller gives it its name
//
// libhdf5 marks a file of version v110 that is open for writing, and refuses it as long as the mark stands: so a writer killed in 1 or 3 leaves a
// file that opens nowhere, and one killed in 2 a file that fixelstream refuses for its marker. Neither has the name of the output.
import fs from "node:fs";
import { crc32 } from "node:zlib";
import { InternalError } from "../../errors.js";
import { checksumsPath, sumTexts, writeChecksum } from "./checksums.js";
import { type Hdf5Draft, type MatrixSpec, openDraft } from "./draft.js";
import type { FixelTables } from "./fixel-tables.js";
import { COMPLETE_MARKER, namesPath, valuesPath, WRITING_MARKER } from "./modelarray-layout.js";
import { openHdf5 } from "./open.js";
import type { VoxelTable } from "./voxel-table.js";
import { assertRoom, writeAt } from "./write-at.js";
import { writeFixelTables, writeVoxelTable } from "./write-fixel-tables.js";

export interface ScalarPlan {
  readonly name: string;
  readonly subjectNames: readonly string[];
  readonly nElements: number;
  readonly elementType: "f32" | "f64";
}

export interface ModelArrayPlan {
  /** As the user typed it. */
  readonly output: string;
  /** Where it is made, in a directory of our own; `partial.values` is used beside it. */
  readonly partial: string;
  readonly scalars: readonly ScalarPlan[];
  readonly tables: FixelTables | undefined;
  /** Of a file whose elements are voxels. */
  readonly voxels?: VoxelTable | undefined;
  /** Deflate level 1 to 9; undefined: contiguous and uncompressed. */
  readonly gzipLevel: number | undefined;
  /** Program and version, into the markers. */
  readonly creator: string;
  /** Ends any work of libhdf5 with its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface Rectangle {
  readonly firstSubject: number;
  readonly nSubjects: number;
  readonly firstElement: number;
  readonly nElements: number;
}

export interface ModelArrayWriter {
  /**
   * `values`: [nSubjects][nElements] of the rectangle, little-endian, in the scalar's type. Of each subject the rectangles must come in order of their
   * elements. Throws InputError (disk full).
   */
  writeRectangle(scalar: string, values: Uint8Array, rectangle: Rectangle): void;
  /** Makes it whole; the caller publishes it. Throws InternalError when values are missing. */
  finish(onProgress?: (share: number) => void): Promise<void>;
  /** Removes it. Idempotent. */
  discard(): Promise<void>;
}

/** Bytes of an attribute's value that every reader takes. A text counts 16 (a pointer into the file's heap). */
const MOST_ATTRIBUTE_BYTES = 60_000;
/** Bytes of a compressed chunk before compression, as ModelArrayIO chooses them: all subjects of some elements. */
const CHUNK_BYTES = 2 ** 21;

interface OpenScalar {
  readonly plan: ScalarPlan;
  readonly spec: MatrixSpec;
  /** Of the first value in the file that rectangles are written to. */
  byteOffset: number;
  /** Running CRC-32 and number of elements written, by subject. */
  readonly crc32: Uint32Array;
  readonly written: Float64Array;
}

/** Throws InputError: no room on the disk. */
export async function createModelArray(plan: ModelArrayPlan): Promise<ModelArrayWriter> {
  const { output, partial, gzipLevel } = plan;
  const scalars = plan.scalars.map((scalar) => openScalar(scalar, gzipLevel));
  const plainBytes = scalars.reduce((sum, { spec }) => sum + matrixBytes(spec), 0);
  // Compression needs the values twice: plain beside the file, then in it.
  assertRoom(output, (gzipLevel === undefined ? 1 : 2) * plainBytes + 72 * (plan.tables?.nFixels ?? 0));
  const plainPath = gzipLevel === undefined ? partial : `${partial}.values`;
  let fd = -1;
  let draft: Hdf5Draft | undefined;
  let whole = false;
  const discard = async () => {
    if (fd >= 0) fs.closeSync(fd);
    fd = -1;
    if (plainPath !== partial) fs.rmSync(plainPath, { force: true });
    if (whole) return;
    try {
      await draft?.close();
    } catch {
      // It is thrown away.
    }
    fs.rmSync(partial, { force: true });
  };
  try {
    await layOut(plan, partial, scalars);
    if (gzipLevel === undefined) await locate(partial, scalars, plan.signal);
    else stack(scalars);
    fd = fs.openSync(plainPath, gzipLevel === undefined ? "r+" : "wx+");
  } catch (error) {
    await discard();
    throw error;
  }

  return {
    writeRectangle(name, values, rectangle) {
      const scalar = scalars.find(({ plan }) => plan.name === name);
      if (scalar === undefined) throw new InternalError(`Scalar ${name} is not planned for ${output}.`);
      writeRows(fd, scalar, values, rectangle, output);
    },
    async finish(onProgress) {
      for (const { plan, written } of scalars) {
        const missing = written.findIndex((count) => count !== plan.nElements);
        if (missing >= 0) throw new InternalError(`Subject ${missing} of ${plan.name} in ${output} was never written.`);
      }
      fs.fsyncSync(fd);
      draft = await openDraft(partial, output, "add", plan.signal);
      for (const [i, scalar] of scalars.entries()) {
        if (gzipLevel !== undefined)
          await compress(draft, fd, scalar, (share) => onProgress?.((i + share) / scalars.length));
        await writeChecksums(draft, scalar);
      }
      await draft.removeAttribute("/", WRITING_MARKER);
      await draft.setAttribute("/", COMPLETE_MARKER, plan.creator);
      await draft.close();
      whole = true;
      await discard();
    },
    discard,
  };
}

/** Places of the scalars in the file of plain values. */
function stack(scalars: readonly OpenScalar[]): void {
  let end = 0;
  for (const scalar of scalars) {
    scalar.byteOffset = end;
    end += matrixBytes(scalar.spec);
  }
}

function openScalar(plan: ScalarPlan, gzipLevel: number | undefined): OpenScalar {
  const nSubjects = plan.subjectNames.length;
  const valueBytes = plan.elementType === "f32" ? 4 : 8;
  const width = Math.min(plan.nElements, Math.max(1, Math.floor(CHUNK_BYTES / (nSubjects * valueBytes))));
  return {
    plan,
    spec: {
      shape: [nSubjects, plan.nElements],
      type: plan.elementType,
      ...(gzipLevel === undefined ? {} : { gzip: { level: gzipLevel, chunk: [nSubjects, width] } }),
    },
    byteOffset: 0,
    crc32: new Uint32Array(nSubjects),
    written: new Float64Array(nSubjects),
  };
}

const matrixBytes = ({ shape, type }: MatrixSpec) =>
  shape.reduce((product, size) => product * size, type === "f64" ? 8 : 4);

async function layOut(plan: ModelArrayPlan, partial: string, scalars: readonly OpenScalar[]): Promise<void> {
  const draft = await openDraft(partial, plan.output, "make", plan.signal);
  try {
    await draft.setAttribute("/", WRITING_MARKER, plan.creator);
    if (plan.tables !== undefined) await writeFixelTables(draft, plan.tables);
    else if (plan.voxels !== undefined) await writeVoxelTable(draft, plan.voxels);
    for (const { plan: scalar, spec } of scalars) {
      const { name, subjectNames } = scalar;
      await draft.makeMatrix(valuesPath(name), spec);
      await draft.makeTexts(namesPath(name), subjectNames);
      await writeChecksum(draft, valuesPath(name), sumTexts(subjectNames));
      // Older readers know the attribute only.
      if (subjectNames.length * 16 <= MOST_ATTRIBUTE_BYTES)
        await draft.setAttribute(valuesPath(name), "column_names", subjectNames);
    }
  } finally {
    await draft.close();
  }
}

async function locate(partial: string, scalars: readonly OpenScalar[], signal: AbortSignal | undefined): Promise<void> {
  const file = await openHdf5(partial, signal);
  try {
    for (const scalar of scalars) {
      const { byteOffset, sizeBytes } = await file.layoutOf(await file.describe(valuesPath(scalar.plan.name)));
      if (byteOffset === undefined || sizeBytes !== matrixBytes(scalar.spec))
        throw new InternalError(`libhdf5 allocated ${sizeBytes} B for ${scalar.plan.name} in ${partial}.`);
      scalar.byteOffset = byteOffset;
    }
  } finally {
    await file.close();
  }
}

function writeRows(fd: number, scalar: OpenScalar, values: Uint8Array, rectangle: Rectangle, output: string): void {
  const { firstSubject, nSubjects, firstElement, nElements } = rectangle;
  const valueBytes = scalar.spec.type === "f32" ? 4 : 8;
  const rowBytes = nElements * valueBytes;
  const inside = firstSubject >= 0 && firstSubject + nSubjects <= scalar.written.length;
  if (!inside || values.byteLength !== nSubjects * rowBytes)
    throw new InternalError(`${values.byteLength} B are not subjects ${firstSubject} + ${nSubjects} of ${output}.`);
  const at = (subject: number) => scalar.byteOffset + (subject * scalar.plan.nElements + firstElement) * valueBytes;
  for (let i = 0; i < nSubjects; i++) {
    const subject = firstSubject + i;
    if (scalar.written[subject] !== firstElement)
      throw new InternalError(`Elements from ${firstElement} of subject ${subject} came out of order to ${output}.`);
    const row = values.subarray(i * rowBytes, (i + 1) * rowBytes);
    scalar.crc32[subject] = crc32(row, scalar.crc32[subject]);
    scalar.written[subject] = firstElement + nElements;
    if (nElements !== scalar.plan.nElements) writeAt(fd, row, at(subject), output);
  }
  // Whole rows touch each other.
  if (nElements === scalar.plan.nElements) writeAt(fd, values, at(firstSubject), output);
}

/** From the plain values to whole chunks, each all subjects of some elements. */
async function compress(
  draft: Hdf5Draft,
  fd: number,
  scalar: OpenScalar,
  onChunk: (share: number) => void,
): Promise<void> {
  const { plan, spec, byteOffset } = scalar;
  const nSubjects = plan.subjectNames.length;
  const valueBytes = spec.type === "f32" ? 4 : 8;
  const width = spec.gzip!.chunk[1]!;
  for (let first = 0; first < plan.nElements; first += width) {
    const count = Math.min(width, plan.nElements - first);
    await draft.writeRectangle(valuesPath(plan.name), spec, [0, first], [nSubjects, count], (bytes) => {
      for (let i = 0; i < nSubjects; i++) {
        const row = bytes.subarray(i * count * valueBytes, (i + 1) * count * valueBytes);
        const position = byteOffset + (i * plan.nElements + first) * valueBytes;
        for (let done = 0; done < row.byteLength; ) {
          const got = fs.readSync(fd, row, done, row.byteLength - done, position + done);
          if (got === 0) throw new InternalError(`The plain values of ${plan.name} end at ${position + done}.`);
          done += got;
        }
      }
    });
    onChunk((first + count) / plan.nElements);
  }
}

async function writeChecksums(draft: Hdf5Draft, { plan, crc32 }: OpenScalar): Promise<void> {
  const spec: MatrixSpec = { shape: [crc32.length], type: "u32" };
  await draft.makeMatrix(checksumsPath(plan.name), spec);
  const bytes = new Uint8Array(crc32.buffer);
  await draft.writeRectangle(checksumsPath(plan.name), spec, [0], [crc32.length], (target) => target.set(bytes));
}
