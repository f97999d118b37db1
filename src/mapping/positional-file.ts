// A file read by position (pread): works everywhere, and survives a file that shrinks.
import fs from "node:fs";
import { InputError } from "../errors.js";
import { describeSystemError } from "../system-error.js";
import type { FileBytes } from "./file-bytes.js";
import { OpenedFile } from "./opened-file.js";

/** Bytes a single read asks for: Node cuts the number to 32 bits, and takes 2^32 for nothing to read. */
const MOST_READ_BYTES = 2 ** 30;

export class PositionalFile implements FileBytes {
  readonly path: string;
  readonly sizeBytes: number;
  readonly #file: OpenedFile;

  /** Throws InputError when the file cannot be opened. */
  constructor(path: string) {
    this.#file = new OpenedFile(path);
    this.path = path;
    this.sizeBytes = this.#file.sizeBytes;
  }

  copyInto(target: Uint8Array, byteOffset: number): void {
    this.#file.assertReadable(byteOffset, target.byteLength);
    // The kernel may return less than it was asked for, for any reason.
    let done = 0;
    while (done < target.byteLength) {
      const wanted = Math.min(target.byteLength - done, MOST_READ_BYTES);
      const got = this.#read(target, done, wanted, byteOffset + done);
      if (got === 0) throw this.#file.shrankError(byteOffset + done);
      done += got;
    }
  }

  #read(target: Uint8Array, offset: number, length: number, position: number): number {
    try {
      return fs.readSync(this.#file.fd, target, offset, length, position);
    } catch (cause) {
      throw new InputError(
        `Cannot go on reading ${this.path}: expected a readable file, got ${describeSystemError(cause)}. Check the disk, and run the command again.`,
        { path: this.path, cause },
      );
    }
  }

  close(): void {
    this.#file.close();
  }
}
