// A copy whose bytes are known: they are summed as they are copied.
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, writeSync } from "node:fs";

/** Bytes copied at a time. */
const CHUNK_BYTES = 2 ** 20;

/** SHA-256 of the copy. Throws the system's error, also when `to` exists. */
export function copyHashed(from: string, to: string): string {
  const hash = createHash("sha256");
  const source = openSync(from, "r");
  try {
    const target = openSync(to, "wx");
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (let got = readSync(source, chunk); got > 0; got = readSync(source, chunk)) {
        const bytes = chunk.subarray(0, got);
        hash.update(bytes);
        for (let done = 0; done < got; ) done += writeSync(target, bytes, done);
      }
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
  return hash.digest("hex");
}
