// One subject's values into one row, and the checksum of the file they came from.
import { InputError, isFixelstreamError } from "../src/errors.js";
import { readFixelValues } from "../src/formats/fixel-directory.js";
import { openImage } from "../src/formats/image.js";
import { checksumFile } from "../src/publish/checksum-file.js";
import type { ElementType } from "../src/store/column-source.js";
import { describeSystemError, systemErrorCode } from "../src/system-error.js";
import { isRawFileChanged } from "./raw-row.js";
import { readPackedInto } from "./read-packed.js";
import { assertUnchanged, rawFilesOf, type SubjectFile } from "./subject-files.js";
import type { ReadSubject, Row } from "./write-groups.js";

/** Elements. 64 Ki x 8 B = 512 KiB of doubles looked at together. */
const CHUNK_ELEMENTS = 2 ** 16;

/** How writeGroups reads the files of a cohort. */
export function readersOf(files: readonly SubjectFile[], elementType: ElementType) {
  return {
    rawFiles: rawFilesOf(files, elementType),
    readRow: (row: Row, subject: number) => readSubjectInto(row, files[subject]!),
    describeFailure: (subject: number, cause: unknown) => describeReadFailure(files[subject]!, cause),
  };
}

/**
 * Fills `row`, [nFixels] in the template's order. Throws InputError when the file cannot be read, or changed since it was checked (looked at before and after).
 */
export async function readSubjectInto(row: Row, file: SubjectFile): Promise<ReadSubject> {
  assertUnchanged(file);
  try {
    const result = await readBy(row, file);
    assertUnchanged(file);
    return result;
  } catch (cause) {
    throw describeReadFailure(file, cause);
  }
}

/** What to say of it: that the file is gone or another by now says it better than what came of that. */
export function describeReadFailure(file: SubjectFile, cause: unknown): unknown {
  try {
    assertUnchanged(file);
  } catch (better) {
    return better;
  }
  if (isRawFileChanged(cause)) return changedMeanwhile(file);
  if (systemErrorCode(cause) === undefined || isFixelstreamError(cause)) return cause;
  return new InputError(
    `Cannot read ${file.typedPath}: expected a readable file, got ${describeSystemError(cause)}. Check it, and run the command again.`,
    { path: file.typedPath, cause },
  );
}

async function readBy(row: Row, file: SubjectFile): Promise<ReadSubject> {
  if (row instanceof Float32Array && file.way === "packed") {
    const bytes = new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
    return { crc32: await readPackedInto(bytes, file), exact: true };
  }
  const isPacked = file.way === "packed" || file.way === "compressed";
  const exact = isPacked ? await readCompressed(row, file) : readImage(row, file);
  const start =
    file.dataPath === undefined
      ? checksumFile(file.typedPath)
      : checksumFile(file.dataPath, checksumFile(file.typedPath));
  return { crc32: start, exact };
}

/** Any uncompressed image, piece by piece. */
function readImage(row: Row, file: SubjectFile): boolean {
  const image = openImage(file.typedPath);
  try {
    if (row instanceof Float64Array) {
      image.copyValuesInto(row, 0, row.length);
      return true;
    }
    const chunk = new Float64Array(Math.min(CHUNK_ELEMENTS, row.length));
    for (let first = 0; first < row.length; first += chunk.length) {
      const values = chunk.subarray(0, Math.min(chunk.length, row.length - first));
      image.copyValuesInto(values, first, values.length);
      row.set(values, first);
      if (!isExact(row, first, values)) return false;
    }
    return true;
  } finally {
    image.close();
  }
}

async function readCompressed(row: Row, file: SubjectFile): Promise<boolean> {
  const { values } = await readFixelValues(file.typedPath, row.length);
  row.set(values);
  return row instanceof Float64Array || values instanceof Float32Array || isExact(row, 0, values);
}

/** True when row[first..] holds `values` without loss. NaN becomes NaN. */
function isExact(row: Float32Array, first: number, values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (row[first + i] !== value && !Number.isNaN(value)) return false;
  }
  return true;
}

/** It was another while it was read, and is itself again. */
function changedMeanwhile(file: SubjectFile): InputError {
  return new InputError(
    `Cannot read ${file.typedPath}: it was changed during the conversion, expected ${file.sizeBytes} bytes as they were when it began, got others for a while. Make sure that nothing writes to the inputs, and run the command again.`,
    { path: file.typedPath },
  );
}
