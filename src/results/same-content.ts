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
    for (let at = 0; at < a.size; at += CHUNK_BYTES) {
      const got = readSync(files[0], left, 0, CHUNK_BYTES, at);
      if (readSync(files[1], right, 0, CHUNK_BYTES, at) !== got) return false;
      if (left.compare(right, 0, got, 0, got) !== 0) return false;
    }
    return true;
  } finally {
    for (const fd of files) closeSync(fd);
  }
}
