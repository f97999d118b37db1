// Wraps a file and counts what is copied out of it: the tests' proof of "one copy a block" and the figures of --stats.
import type { FileBytes } from "./file-bytes.js";

export interface CountingFile extends FileBytes {
  /** Calls of copyInto so far. */
  readonly copies: number;
  /** Bytes copied so far. */
  readonly bytes: number;
}

/** Same file, counted. Closing it closes `file`. */
export function withCounting(file: FileBytes): CountingFile {
  let copies = 0;
  let bytes = 0;
  return {
    path: file.path,
    sizeBytes: file.sizeBytes,
    get copies() {
      return copies;
    },
    get bytes() {
      return bytes;
    },
    copyInto(target, byteOffset) {
      copies += 1;
      bytes += target.byteLength;
      file.copyInto(target, byteOffset);
    },
    close: () => file.close(),
  };
}
