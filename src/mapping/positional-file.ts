// A file read by position (pread): works everywhere, and survives a file that shrinks.
import type { FileBytes } from "./file-bytes.js";
import { OpenedFile } from "./opened-file.js";

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
    this.#file.readInto(target, byteOffset);
  }

  close(): void {
    this.#file.close();
  }
}
