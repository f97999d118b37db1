// Whether two files hold the same bytes, in bounded memory.
import { closeSync, openSync, readSync, statSync } from "node:fs";

/** Bytes compared at a time. */
const CHUNK_BYTES = 2 ** 16;

/** Both exist. */
export function isSameContent(one: string, other: string): boolean {
  const [a, b] = [statSync(one), statSync(other)];
  if (a.dev === b.dev && a.ino === b.ino) return true;
  if (a.size !== b.size) return false;
  const files = [openSync(one, "r"), openSync(other, "r")] as const;
  try {
    const [left, right] = [Buffer.alloc(CHUNK_BYTES), Buffer.alloc(CHUNK_BYTES)];
    for (let at = 0; ; at += CHUNK_BYTES) {
      const got = readChunk(files[0], left, at);
      if (readChunk(files[1], right, at) !== got) return false;
      if (left.compare(right, 0, got, 0, got) !== 0) return false;
      // To the end, and not to a.size: a file may have grown since.
      if (got < CHUNK_BYTES) return true;
    }
  } finally {
    for (const fd of files) closeSync(fd);
  }
}

/** Fills `chunk` unless the file ends; one read may give less than is there. Returns how many bytes there were. */
function readChunk(fd: number, chunk: Buffer, position: number): number {
  let done = 0;
  for (let got = -1; got !== 0 && done < chunk.byteLength; done += got) {
    got = readSync(fd, chunk, done, chunk.byteLength - done, position + done);
  }
  return done;
}
