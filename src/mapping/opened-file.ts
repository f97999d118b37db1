// A regular file opened for reading, with the size and modification time it had: what both readers check before they copy.
import fs from "node:fs";
import { InputError, InternalError } from "../errors.js";
import { describeSystemError } from "../system-error.js";

/**
 * Milliseconds. A check costs 1.1 us (fstat), a row of a block 0.1 us (memcpy): checking each of a thousand rows would be most of the time.
 * No check can close the hole between itself and the copy, so a file is looked at when this much time has passed.
 */
const CHECK_EVERY_MS = 1;

/** A named pipe in place of a file is refused instead of being waited for. Of no effect on files; Windows does not know it. */
const OPEN_FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

/** Bytes a single read asks for: Node cuts the number to 32 bits, and takes 2^32 for nothing to read. */
const MOST_READ_BYTES = 2 ** 30;

export class OpenedFile {
  readonly path: string;
  readonly sizeBytes: number;
  #fd: number;
  readonly #mtimeNs: bigint;
  #checkedAtMs = Number.NEGATIVE_INFINITY;

  /** Throws InputError when `path` does not exist, cannot be read or is not a regular file. */
  constructor(path: string) {
    this.path = path;
    try {
      this.#fd = fs.openSync(path, OPEN_FLAGS);
    } catch (cause) {
      throw new InputError(`Cannot open ${path}: ${reasonOf(cause)}.`, { path, cause });
    }
    const stat = fs.fstatSync(this.#fd, { bigint: true });
    if (!stat.isFile()) {
      fs.closeSync(this.#fd);
      throw new InputError(
        `Cannot read ${path}: expected a file, got ${stat.isDirectory() ? "a directory" : "something else"}.`,
        {
          path,
        },
      );
    }
    this.sizeBytes = Number(stat.size);
    this.#mtimeNs = stat.mtimeNs;
  }

  get fd(): number {
    return this.#fd;
  }

  /** Throws InternalError when the file is closed or the range is not inside it, InputError when the file is no longer the one opened. */
  assertReadable(byteOffset: number, lengthBytes: number): void {
    if (this.#fd < 0) throw new InternalError(`Cannot read ${this.path}: it was closed.`);
    if (!Number.isSafeInteger(byteOffset) || byteOffset < 0 || byteOffset + lengthBytes > this.sizeBytes) {
      throw new InternalError(
        `Cannot read bytes ${byteOffset} to ${byteOffset + lengthBytes} of ${this.path}: it has ${this.sizeBytes} bytes.`,
      );
    }
    const nowMs = performance.now();
    if (nowMs - this.#checkedAtMs < CHECK_EVERY_MS) return;
    const stat = fs.fstatSync(this.#fd, { bigint: true });
    if (Number(stat.size) < this.sizeBytes) throw this.shrankError(Number(stat.size));
    if (stat.mtimeNs !== this.#mtimeNs || Number(stat.size) !== this.sizeBytes) {
      throw new InputError(
        `Cannot go on reading ${this.path}: it was changed while in use. Make sure that nothing writes to it, and run the command again.`,
        { path: this.path },
      );
    }
    this.#checkedAtMs = nowMs;
  }

  /** Fills `target` by position, from a range that was found readable. Throws InputError when the file shrank or cannot be read. */
  readInto(target: Uint8Array, byteOffset: number): void {
    // The kernel may return less than it was asked for, for any reason.
    let done = 0;
    while (done < target.byteLength) {
      const wanted = Math.min(target.byteLength - done, MOST_READ_BYTES);
      const got = this.#read(target, done, wanted, byteOffset + done);
      if (got === 0) throw this.shrankError(byteOffset + done);
      done += got;
    }
  }

  #read(target: Uint8Array, offset: number, length: number, position: number): number {
    try {
      return fs.readSync(this.#fd, target, offset, length, position);
    } catch (cause) {
      throw new InputError(
        `Cannot go on reading ${this.path}: expected a readable file, got ${describeSystemError(cause)}. Check the disk, and run the command again.`,
        { path: this.path, cause },
      );
    }
  }

  /** `gotBytes`: the size now, or as far as could be read. */
  shrankError(gotBytes: number): InputError {
    return new InputError(
      `Cannot go on reading ${this.path}: the file shrank while in use, expected ${this.sizeBytes} bytes, got ${gotBytes}. ` +
        "Make sure that nothing writes to it, restore the file, and run the command again.",
      { path: this.path },
    );
  }

  /** Idempotent. */
  close(): void {
    if (this.#fd < 0) return;
    fs.closeSync(this.#fd);
    this.#fd = -1;
  }
}

function reasonOf(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "EMFILE" || code === "ENFILE") return "too many files are open";
  return cause instanceof Error ? cause.message : String(cause);
}
