// CRC-32 of a file's bytes, in bounded memory.
import fs from "node:fs";
import { crc32 } from "node:zlib";
import { withoutTurns } from "../turns.js";

/** Bytes. */
const CHUNK_BYTES = 2 ** 18;

/** CRC-32 of the whole file, continuing from `start` (0). Throws the system's error when it cannot be read. */
export function checksumFile(path: string, start = 0): number {
  return withoutTurns(checksumSteps(path, start));
}

interface Part {
  readonly first: number;
  readonly bytes: number;
}

const WHOLE: Part = { first: 0, bytes: Number.POSITIVE_INFINITY };

/** The same in steps, each of the bytes that it yields; of a part of the file, or of what there is of it. */
export function* checksumSteps(path: string, start = 0, { first, bytes }: Part = WHOLE): Generator<number, number> {
  const fd = fs.openSync(path, "r");
  try {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, fs.fstatSync(fd).size || 1));
    let crc = start;
    for (let position = first; ; ) {
      const wanted = Math.min(chunk.byteLength, first + bytes - position);
      const got = wanted === 0 ? 0 : fs.readSync(fd, chunk, 0, wanted, position);
      if (got === 0) return crc;
      crc = crc32(chunk.subarray(0, got), crc);
      position += got;
      yield got;
    }
  } finally {
    fs.closeSync(fd);
  }
}
