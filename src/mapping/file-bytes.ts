// The one seam between files and memory. Copy-out only: no view of a mapping ever leaves this room,
// because touching a view after munmap kills the process.

/** `auto`: map what we wrote and published by rename, read users' own files by position. */
export type IoPolicy = "auto" | "mmap" | "read";

/** A file that should be mapped is read by position instead. */
export interface Fallback {
  readonly path: string;
  readonly reason: string;
}

export const describeFallback = ({ path, reason }: Fallback): string =>
  `Files are read by position instead of being mapped: ${reason}; first ${path}.`;

export interface FileBytes {
  /** As the user typed it. */
  readonly path: string;
  /** Size when opened. */
  readonly sizeBytes: number;
  /**
   * Copies `target.byteLength` bytes from `byteOffset` (0 <= byteOffset, byteOffset + length <= sizeBytes, up to 2^53) into `target`,
   * which may be a view of shared WebAssembly memory.
   * Throws InputError if the file shrank or changed since it was opened, InternalError if the range is outside the file or the file is closed.
   */
  copyInto(target: Uint8Array, byteOffset: number): void;
  /** Idempotent. */
  close(): void;
}
