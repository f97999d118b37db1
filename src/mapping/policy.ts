// Which reader a file gets. `auto` maps what we wrote and published by rename, because nobody truncates it, for copies that are small; users' own files are
// read by position, because a file that shrinks under a mapping kills the process and no check closes that hole.
import type { Fallback, FileBytes, IoPolicy } from "./file-bytes.js";
import { loadLibc } from "./libc.js";
import { MapFailure, MappedFile } from "./mapped-file.js";
import { PositionalFile } from "./positional-file.js";

/** Bytes of a copy that `auto` reads by position: a call costs less than its pages in a mapping (RATIONALE.md). */
const LEAST_READ_BYTES = 2 ** 16;

export interface OpenFileOptions {
  readonly io: IoPolicy;
  /** True when we wrote the file and published it by rename. */
  readonly ours: boolean;
  /** Told of every file that should be mapped and is read by position instead. */
  readonly onFallback?: ((fallback: Fallback) => void) | undefined;
  /** Bytes of the window of a mapped file: default and maximum 64 MiB, whole 64 KiB. */
  readonly windowBytes?: number | undefined;
  /** Tests give a loader that fails. */
  readonly loadLibc?: typeof loadLibc | undefined;
}

/** Opens `path` for copying out. Throws InputError when it does not exist, cannot be read or is not a regular file. */
export function openFileBytes(path: string, options: OpenFileOptions): FileBytes {
  const maps = options.io === "mmap" || (options.io === "auto" && options.ours);
  if (!maps) return new PositionalFile(path);
  const found = (options.loadLibc ?? loadLibc)();
  if ("reason" in found) return fallBack(path, found.reason, options.onFallback);
  try {
    const { windowBytes } = options;
    return new MappedFile(
      path,
      found.libc,
      options.io === "mmap" ? { windowBytes } : { windowBytes, leastReadBytes: LEAST_READ_BYTES },
    );
  } catch (error) {
    if (!(error instanceof MapFailure)) throw error;
    return fallBack(path, `the system refuses to map (error ${error.errno})`, options.onFallback);
  }
}

function fallBack(path: string, reason: string, onFallback: OpenFileOptions["onFallback"]): FileBytes {
  onFallback?.({ path, reason });
  return new PositionalFile(path);
}
