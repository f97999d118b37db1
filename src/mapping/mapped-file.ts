// A file read through a sliding memory mapping, or by position where a copy is large. Invariants: copy-out only, no address leaves this class; at most one window is mapped;
// the window starts at a multiple of 64 KiB (page size anywhere, Apple silicon included) and lies inside the file.
//
//   file    |-----------[....####....##......]--------------------|
//                       ^ #windowOffset       #: chunks of 64 KiB paged in so far
import { InputError } from "../errors.js";
import type { FileBytes } from "./file-bytes.js";
import type { Libc } from "./libc.js";
import { OpenedFile } from "./opened-file.js";

/** Bytes. Page size is 4, 16 or 64 KiB; Windows maps in 64 KiB too. */
const ALIGNMENT = 2 ** 16;
/** Bytes. Copies run as fast as positional reads, and resident memory grows by one window at most (RATIONALE.md). */
export const DEFAULT_WINDOW_BYTES = 64 * 2 ** 20;

/** The kernel has no MADV_POPULATE_READ (before 5.14, or not Linux). */
const EINVAL = 22;
/** The page is not there: the file shrank. */
const EFAULT = 14;

export interface MappedFileOptions {
  /** Of the window: default and maximum 64 MiB. */
  readonly windowBytes?: number | undefined;
  /** Copies of so many bytes, or more, are read by position. Default: none is. */
  readonly leastReadBytes?: number | undefined;
}

export class MappedFile implements FileBytes {
  readonly path: string;
  readonly sizeBytes: number;
  readonly #file: OpenedFile;
  readonly #libc: Libc;
  readonly #windowBytes: number;
  readonly #leastReadBytes: number;
  #populates = process.platform === "linux";
  /** 0n: nothing is mapped. */
  #address = 0n;
  #windowOffset = 0;
  #windowLength = 0;
  /** One a chunk of ALIGNMENT bytes of the window: 1 when paged in. Small reads of one block then cost a memcpy each. */
  readonly #pagedIn: Uint8Array;

  /**
   * Maps the first window, so that a file system that cannot map is known at once.
   * Throws InputError when the file cannot be opened, MapFailure when it cannot be mapped.
   */
  constructor(path: string, libc: Libc, options: MappedFileOptions = {}) {
    this.path = path;
    this.#libc = libc;
    this.#leastReadBytes = options.leastReadBytes ?? Number.POSITIVE_INFINITY;
    const wanted = Math.floor((options.windowBytes ?? DEFAULT_WINDOW_BYTES) / ALIGNMENT) * ALIGNMENT;
    this.#windowBytes = Math.min(DEFAULT_WINDOW_BYTES, Math.max(ALIGNMENT, wanted));
    this.#pagedIn = new Uint8Array(this.#windowBytes / ALIGNMENT);
    this.#file = new OpenedFile(path);
    this.sizeBytes = this.#file.sizeBytes;
    try {
      if (this.sizeBytes > 0) this.#slideTo(0);
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  copyInto(target: Uint8Array, byteOffset: number): void {
    this.#file.assertReadable(byteOffset, target.byteLength);
    if (target.byteLength >= this.#leastReadBytes) {
      this.#file.readInto(target, byteOffset);
      return;
    }
    let done = 0;
    while (done < target.byteLength) {
      this.#slideTo(byteOffset + done);
      const from = byteOffset + done - this.#windowOffset;
      const length = Math.min(target.byteLength - done, this.#windowLength - from);
      this.#populate(from, length);
      // Safety: assertReadable keeps the range inside the file as it is now, #slideTo inside the window. A file truncated between the check
      // and the copy still kills the process; that is why the policy maps only files nobody truncates.
      // The array itself is passed, never its address: the memory under a view of WebAssembly memory can move when it grows.
      this.#libc.memcpy(
        length === target.byteLength ? target : target.subarray(done, done + length),
        this.#address + BigInt(from),
        length,
      );
      done += length;
    }
  }

  /** Unmaps the window; the next copy maps again. Gives the resident pages back while the file stays open. */
  release(): void {
    if (this.#address === 0n) return;
    const address = this.#address;
    this.#address = 0n;
    this.#pagedIn.fill(0);
    if (!this.#libc.munmap(address, this.#windowLength)) throw new MapFailure(this.path, this.#libc.errno());
  }

  close(): void {
    this.release();
    this.#file.close();
  }

  #slideTo(byteOffset: number): void {
    const inside = byteOffset >= this.#windowOffset && byteOffset < this.#windowOffset + this.#windowLength;
    if (this.#address !== 0n && inside) return;
    this.release();
    const offset = Math.floor(byteOffset / ALIGNMENT) * ALIGNMENT; // no bit operators: offsets pass 2^31
    const length = Math.min(this.#windowBytes, this.sizeBytes - offset);
    const address = this.#libc.mmap(this.#file.fd, offset, length);
    if (address === undefined) throw new MapFailure(this.path, this.#libc.errno());
    this.#address = address;
    this.#windowOffset = offset;
    this.#windowLength = length;
  }

  /** Pages [from, from + length) of the window in with one call instead of a fault a page: 31 GB/s against 17. */
  #populate(from: number, length: number): void {
    if (!this.#populates) return;
    let first = Math.floor(from / ALIGNMENT);
    let end = Math.ceil((from + length) / ALIGNMENT);
    while (first < end && this.#pagedIn[first] === 1) first += 1;
    while (first < end && this.#pagedIn[end - 1] === 1) end -= 1;
    if (first === end) return;
    const start = first * ALIGNMENT;
    if (this.#libc.populate(this.#address + BigInt(start), Math.min(end * ALIGNMENT, this.#windowLength) - start)) {
      this.#pagedIn.fill(1, first, end);
      return;
    }
    const errno = this.#libc.errno();
    if (errno === EFAULT) throw this.#file.shrankError(this.#windowOffset + from);
    if (errno === EINVAL) this.#populates = false; // the copy faults the pages in by itself
    // Any other answer (a signal, short memory) is no reason to fail: the copy decides.
  }
}

/** The system refused to map. Before the first read the policy turns this into positional reads. */
export class MapFailure extends InputError {
  readonly errno: number;
  constructor(path: string, errno: number) {
    super(`Cannot map ${path} into memory: the system answered error ${errno}. Use --io read.`, { path });
    this.errno = errno;
  }
}
