// CRC-32 of a file's bytes, in bounded memory.
import fs from "node:fs";
import { crc32 } from "node:zlib";
import { withoutTurns } from "../turns.js";

/** Bytes. */
const CHUNK_BYTES = 2 ** 20;

/** CRC-32 of the whole file, continuing from `start` (0). Throws the system's error when it cannot be read. */
export function checksumFile(path: string, start = 0): number {
  return withoutTurns(checksumSteps(path, start));
}

/** The same in steps, each of the bytes that it yields. */
export function* checksumSteps(path: string, start = 0): Generator<number, number> {
  const fd = fs.openSync(path, "r");
  try {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, fs.fstatSync(fd).size || 1));
    let crc = start;
    for (let position = 0; ; ) {
      const got = fs.readSync(fd, chunk, 0, chunk.byteLength, position);
      if (got === 0) return crc;
      crc = crc32(chunk.subarray(0, got), crc);
      position += got;
      yield got;
    }
  } finally {
    fs.closeSync(fd);
  }
}
