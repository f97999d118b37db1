// A file whose bytes are the values: read in parts that stay in the processor's cache until they are summed and in their places. Either thread of a conversion
// does it, so nothing here waits, or says more of what went wrong than what and where.
import fs from "node:fs";
import { crc32 } from "node:zlib";
import type { RowSum } from "../src/store/block-sums.js";
import { combineCrc32 } from "../src/store/crc32-combine.js";
import { type CutRow, cutRow } from "../src/store/cut-row.js";
import { type BlockedShape, bytesPerValue } from "../src/store/element-type.js";
import { createScannedValues } from "../src/store/finite.js";

/** As it was when it was checked. */
export interface RawFile {
  readonly typedPath: string;
  /** Bytes before the values. */
  readonly dataOffset: number;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
}

/** Bytes. Half of the second cache of a core, or one piece: 351 MB took 0.57 s of processor time so, 0.65 s in rows of 1 MB. */
const PART_BYTES = 2 ** 18;

/** A pipe that took the file's name is not waited for. */
const OPEN_FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

/** Where parts of rows are read into, one after the other. */
export interface RawParts {
  readonly bytes: Uint8Array;
  readonly whole: CutRow;
  readonly last: CutRow;
  /** Of `whole` in a row, before `last`. */
  readonly nWhole: number;
}

/** `buffer`: of a row of the shape. `inOne`: a row is one part, which is read where it belongs; else parts have a memory of their own. */
export function createRawParts(shape: BlockedShape, buffer: Uint8Array, { inOne = false } = {}): RawParts {
  const valueBytes = bytesPerValue(shape.elementType);
  const pieceBytes = shape.blockWidth * valueBytes;
  const rowBytes = shape.nElements * valueBytes;
  const partBytes = inOne
    ? rowBytes
    : Math.min(rowBytes, Math.max(1, Math.floor(PART_BYTES / pieceBytes)) * pieceBytes);
  const nWhole = Math.ceil(rowBytes / partBytes) - 1;
  const scanned = inOne || shape.elementType !== "f32" ? undefined : createScannedValues(partBytes);
  const all = scanned?.bytes ?? buffer;
  const cut = (bytes: number): CutRow => {
    const row = cutRow({ ...shape, nElements: bytes / valueBytes }, all.subarray(0, bytes));
    return { ...row, allFinite: scanned && (() => scanned.allFinite(bytes)) };
  };
  return { bytes: all, whole: cut(partBytes), last: cut(rowBytes - nWhole * partBytes), nWhole };
}

/** It is not, or no longer, what was checked. Known by its code, which goes from thread to thread. */
export class RawFileChanged extends Error {
  readonly code = CHANGED;
}

const CHANGED = "RAW_FILE_CHANGED";

export function isRawFileChanged(cause: unknown): boolean {
  return (cause as { code?: unknown } | undefined)?.code === CHANGED;
}

/**
 * Gives the values to `row`; returns the CRC-32 of the file. Throws RawFileChanged (size or time are others, before or after; it ends early), or what the
 * system says.
 */
export function readRawRow(file: RawFile, parts: RawParts, row: RowSum): number {
  const fd = openRawFile(file);
  try {
    const before = sum(fd, parts.bytes, 0, file.dataOffset);
    let position = file.dataOffset;
    for (let i = 0; i <= parts.nWhole; i++) {
      const part = i < parts.nWhole ? parts.whole : parts.last;
      readFully(fd, part.bytes, position);
      row.add(part);
      position += part.bytes.byteLength;
    }
    const behind = sum(fd, parts.bytes, position, file.sizeBytes);
    assertAsChecked(fd, file);
    const upToValues = combineCrc32(before, row.end(), position - file.dataOffset);
    return combineCrc32(upToValues, behind, file.sizeBytes - position);
  } finally {
    fs.closeSync(fd);
  }
}

/** Throws RawFileChanged, or what the system says. */
export function openRawFile(file: RawFile): number {
  const fd = fs.openSync(file.typedPath, OPEN_FLAGS);
  try {
    assertAsChecked(fd, file);
    return fd;
  } catch (cause) {
    fs.closeSync(fd);
    throw cause;
  }
}

/**
 * CRC-32 of what lies behind the `valueBytes` of values that were read through `fd`, when all of the file has been read. Throws RawFileChanged when it is another by
 * now, or what the system says.
 */
export function sumBehind(fd: number, file: RawFile, valueBytes: number): number {
  const from = file.dataOffset + valueBytes;
  const behind = from === file.sizeBytes ? 0 : sumPart(fd, from, file.sizeBytes);
  assertAsChecked(fd, file);
  return behind;
}

/** CRC-32 of bytes `from` up to `to`. Throws RawFileChanged when the file ends before, or what the system says. */
export function sumPart(fd: number, from: number, to: number): number {
  return sum(fd, new Uint8Array(Math.min(PART_BYTES, to - from)), from, to);
}

function sum(fd: number, bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let at = from; at < to; ) {
    const part = bytes.subarray(0, Math.min(bytes.byteLength, PART_BYTES, to - at));
    readFully(fd, part, at);
    crc = crc32(part, crc);
    at += part.byteLength;
  }
  return crc;
}

function readFully(fd: number, target: Uint8Array, position: number): void {
  for (let done = 0; done < target.byteLength; ) {
    const got = fs.readSync(fd, target, done, target.byteLength - done, position + done);
    if (got === 0) throw new RawFileChanged(`ends at byte ${position + done}`);
    done += got;
  }
}

function assertAsChecked(fd: number, { sizeBytes, mtimeMs }: RawFile): void {
  const now = fs.fstatSync(fd);
  if (now.size !== sizeBytes || now.mtimeMs !== mtimeMs) throw new RawFileChanged("size or time");
}
