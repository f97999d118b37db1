// A chunk too large for libhdf5's memory (R writes all of a matrix as one): its stored bytes are found, inflated into a scratch file as they stream,
// and values are then read from there at any place. Understands deflate, with shuffle or without.
//
//   shuffled:  [ byte 0 of all values | byte 1 of all values | .. ]      value i: bytes i, n + i, 2 n + i, ..
import fs from "node:fs";
import { pipeline } from "node:stream/promises";
import { createInflate } from "node:zlib";
import { InputError } from "../../errors.js";
import { openPositionalBytes } from "../positional-bytes.js";
import type { DatasetDescription, Hdf5File } from "./open.js";

export interface LargeChunk {
  /** Values first..first+count of the chunk, in C order, to `target` in the file's type. */
  copyInto(target: Uint8Array, first: number, count: number): void;
  close(): void;
}

const SHUFFLE = 2;

/** `at`: the chunk's first value. `scratchPath` is written and removed on close. Throws InputError: other filters, damaged, no room. */
export async function openLargeChunk(
  file: Hdf5File,
  dataset: DatasetDescription,
  at: readonly number[],
  scratchPath: string,
): Promise<LargeChunk> {
  const { valueBytes, filters, chunks, objectPath } = dataset;
  const ids = filters.map(({ id }) => id);
  if (!["1", "2,1"].includes(ids.join(","))) {
    throw new InputError(
      `Cannot read ${objectPath} of ${file.path}: chunks of ${chunks!.join(" x ")} are too large for filters other than gzip and shuffle, got ${filters.map(({ name }) => name).join(" and ")}. Rewrite it with smaller chunks: h5repack -l CHUNK=32x4096.`,
      { path: file.path },
    );
  }
  const { byteOffset, lengthBytes } = await file.locateChunk(dataset, at);
  const nValues = chunks!.reduce((product, size) => product * size, 1);
  await inflateTo(scratchPath, file.path, byteOffset, lengthBytes, nValues * valueBytes, objectPath);
  const bytes = openPositionalBytes(scratchPath);
  const isShuffled = ids.includes(SHUFFLE) && valueBytes > 1;
  let plane = new Uint8Array(0);
  return {
    copyInto(target, first, count) {
      if (!isShuffled) {
        bytes.copyInto(target.subarray(0, count * valueBytes), first * valueBytes);
        return;
      }
      if (plane.length < count) plane = new Uint8Array(count);
      const part = plane.subarray(0, count);
      for (let byte = 0; byte < valueBytes; byte++) {
        bytes.copyInto(part, byte * nValues + first);
        for (let i = 0; i < count; i++) target[i * valueBytes + byte] = part[i]!;
      }
    },
    close() {
      bytes.close();
      fs.rmSync(scratchPath, { force: true });
    },
  };
}

async function inflateTo(
  scratchPath: string,
  path: string,
  byteOffset: number,
  lengthBytes: number,
  expectedBytes: number,
  objectPath: string,
): Promise<void> {
  const stored = fs.createReadStream(path, {
    start: byteOffset,
    end: byteOffset + lengthBytes - 1,
    highWaterMark: 2 ** 18,
  });
  const scratch = fs.createWriteStream(scratchPath, { highWaterMark: 2 ** 20 });
  try {
    await pipeline(stored, createInflate({ chunkSize: 2 ** 18 }), scratch);
    if (scratch.bytesWritten !== expectedBytes)
      throw new Error(`expected ${expectedBytes} bytes, got ${scratch.bytesWritten}`);
  } catch (cause) {
    fs.rmSync(scratchPath, { force: true });
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason =
      code === "ENOSPC"
        ? `the disk of ${scratchPath} is full. Make room: ${expectedBytes} bytes are needed there for a while.`
        : `its compressed values at byte ${byteOffset} do not inflate (${message}). The file is damaged: restore it, or make it again.`;
    throw new InputError(`Cannot read ${objectPath} of ${path}: ${reason}`, { path, cause });
  }
}
