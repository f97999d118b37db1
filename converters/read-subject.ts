// One subject's values into one row, and the checksum of the file they came from.
import { open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { InputError, isFixelstreamError } from "../src/errors.js";
import { readFixelValues } from "../src/formats/fixel-directory.js";
import { openImage } from "../src/formats/image.js";
import { checksumFile } from "../src/publish/checksum-file.js";
import { combineCrc32 } from "../src/store/crc32-combine.js";
import { describeSystemError, systemErrorCode } from "../src/system-error.js";
import { readPackedInto } from "./read-packed.js";
import { assertUnchanged, STREAM_CHUNK_BYTES, type SubjectFile } from "./subject-files.js";
import type { ReadSubject, Row } from "./write-groups.js";

/** Elements. 64 Ki x 8 B = 512 KiB of doubles looked at together. */
const CHUNK_ELEMENTS = 2 ** 16;

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
    assertUnchanged(file); // says it better: gone, or another file by now
    if (systemErrorCode(cause) === undefined || isFixelstreamError(cause)) throw cause;
    throw new InputError(
      `Cannot read ${file.typedPath}: expected a readable file, got ${describeSystemError(cause)}. Check it, and run the command again.`,
      { path: file.typedPath, cause },
    );
  }
}

async function readBy(row: Row, file: SubjectFile): Promise<ReadSubject> {
  if (row instanceof Float32Array && (file.way === "raw" || file.way === "packed")) {
    const bytes = new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
    return { crc32: await (file.way === "raw" ? readRawInto(bytes, file) : readPackedInto(bytes, file)), exact: true };
  }
  const isPacked = file.way === "packed" || file.way === "compressed";
  const exact = isPacked ? await readCompressed(row, file) : readImage(row, file);
  const start =
    file.dataPath === undefined
      ? checksumFile(file.typedPath)
      : checksumFile(file.dataPath, checksumFile(file.typedPath));
  return { crc32: start, exact };
}

/** The values go from the disk into their place with no stop between, and are summed there: what comes before and behind them is summed here. */
async function readRawInto(values: Uint8Array, file: SubjectFile): Promise<(ofValues: number) => number> {
  const handle = await open(file.typedPath, "r");
  try {
    const end = file.dataOffset + values.byteLength;
    const chunk = new Uint8Array(Math.min(STREAM_CHUNK_BYTES, Math.max(file.dataOffset, file.sizeBytes - end)));
    const read = async (target: Uint8Array, position: number) => {
      for (let done = 0; done < target.byteLength; ) {
        const { bytesRead } = await handle.read(target, done, target.byteLength - done, position + done);
        if (bytesRead === 0) throw shrankError(file, position + done);
        done += bytesRead;
      }
    };
    const sum = async (from: number, to: number) => {
      let crc = 0;
      for (let at = from; at < to; at += chunk.byteLength) {
        const part = chunk.subarray(0, Math.min(chunk.byteLength, to - at));
        await read(part, at);
        crc = crc32(part, crc);
      }
      return crc;
    };
    const before = await sum(0, file.dataOffset);
    await read(values, file.dataOffset);
    const behind = await sum(end, file.sizeBytes);
    return (ofValues) => combineCrc32(combineCrc32(before, ofValues, values.byteLength), behind, file.sizeBytes - end);
  } finally {
    await handle.close();
  }
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

function shrankError(file: SubjectFile, gotBytes: number): InputError {
  return new InputError(
    `Cannot read ${file.typedPath}: it shrank during the conversion, expected ${file.sizeBytes} bytes, got ${gotBytes}. Restore it, and run the command again.`,
    { path: file.typedPath },
  );
}
