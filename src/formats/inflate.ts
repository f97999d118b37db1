// gzip with bounds: a few kilobytes can unpack to gigabytes, so every call says how many bytes it will accept. As zlib's gzread, which MRtrix3 reads
// with: a file without gzip's mark is taken as it is, and what follows the last member is left out.
import { constants, gunzip, gunzipSync, type ZlibOptions } from "node:zlib";
import { InputError } from "../errors.js";
import { systemErrorCode } from "../system-error.js";
import { withoutTail } from "./gzip-members.js";

/** Bytes accepted beyond what a header promises: trailing padding is harmless. */
const SLACK_BYTES = 2 ** 16;

/** By the name alone: what is written there is compressed. */
export function isGzipPath(path: string): boolean {
  return path.toLowerCase().endsWith(".gz");
}

/** What is read: `start` are its first bytes, two or all there are. */
export function isGzipped(start: Uint8Array, path: string): boolean {
  return isGzipPath(path) && start[0] === 0x1f && start[1] === 0x8b;
}

/**
 * What the first bytes of a gzip file unpack to; they may end anywhere. Deflate cannot expand beyond 1032 : 1, which bounds the result.
 * Throws InputError when they are not gzip.
 */
export function inflateStart(compressed: Uint8Array, path: string): Uint8Array {
  return unpack(compressed, { finishFlush: constants.Z_SYNC_FLUSH }, path, undefined);
}

/** At least `expectedBytes` bytes. Throws InputError when the file holds less or more, or is damaged. */
export function inflate(compressed: Uint8Array, expectedBytes: number, path: string): Uint8Array {
  const maxOutputLength = outputLimit(expectedBytes, path);
  return checkLength(unpack(compressed, { maxOutputLength }, path, expectedBytes), expectedBytes, path);
}

/** What the members unpack to; bytes behind them are left out. */
function unpack(
  compressed: Uint8Array,
  options: ZlibOptions,
  path: string,
  expectedBytes: number | undefined,
): Uint8Array {
  try {
    return gunzipSync(compressed, options);
  } catch (cause) {
    const members = withoutTail(compressed, cause, options.maxOutputLength);
    if (members === undefined) throw cannotInflate(path, expectedBytes, cause);
    try {
      return gunzipSync(members, options);
    } catch (damage) {
      throw cannotInflate(path, expectedBytes, damage);
    }
  }
}

/** The same in zlib's own threads. */
export async function inflateAsync(compressed: Uint8Array, expectedBytes: number, path: string): Promise<Uint8Array> {
  try {
    const bytes = await gunzipInThread(compressed, outputLimit(expectedBytes, path));
    return checkLength(bytes, expectedBytes, path);
  } catch (cause) {
    if (withoutTail(compressed, cause, outputLimit(expectedBytes, path)) === undefined)
      throw cannotInflate(path, expectedBytes, cause);
    return inflate(compressed, expectedBytes, path);
  }
}

function gunzipInThread(compressed: Uint8Array, maxOutputLength: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    gunzip(compressed, { maxOutputLength }, (error, bytes) => (error === null ? resolve(bytes) : reject(error)));
  });
}

/** Throws InputError when the compressed file is larger than its contents could need, before it is read into memory. */
export function checkCompressedSize(sizeBytes: number, expectedBytes: number, path: string): void {
  const limit = Math.ceil(expectedBytes * 1.01) + SLACK_BYTES;
  if (sizeBytes > limit) {
    const message = `Cannot read ${path}: expected at most ${limit} compressed bytes for ${expectedBytes} bytes of header and data, got ${sizeBytes}. The header or the file is damaged; make it again.`;
    throw new InputError(message, { path });
  }
}

function outputLimit(expectedBytes: number, path: string): number {
  // 2 GiB: one buffer, and zlib's own limit on some builds.
  if (expectedBytes + SLACK_BYTES < 2 ** 31) return expectedBytes + SLACK_BYTES;
  const message = `Cannot read ${path}: expected at most 2 GiB of compressed data, got ${expectedBytes} bytes. Decompress it first (gunzip): an uncompressed file is read piece by piece.`;
  throw new InputError(message, { path });
}

function checkLength(bytes: Uint8Array, expectedBytes: number, path: string): Uint8Array {
  if (bytes.byteLength >= expectedBytes) return bytes;
  const message = `Cannot read ${path}: expected ${expectedBytes} bytes after decompression as its header promises, got ${bytes.byteLength}. The file is truncated; copy or make it again.`;
  throw new InputError(message, { path });
}

function cannotInflate(path: string, expectedBytes: number | undefined, cause: unknown): InputError {
  if (cause instanceof InputError) return cause;
  const code = systemErrorCode(cause);
  const expected =
    expectedBytes === undefined ? "gzip data" : `${expectedBytes} bytes of gzip data as its header promises`;
  const got =
    code === "ERR_BUFFER_TOO_LARGE"
      ? "more"
      : code === "Z_BUF_ERROR"
        ? "a truncated file"
        : `damaged or other data (${cause instanceof Error ? cause.message : String(cause)})`;
  return new InputError(`Cannot read ${path}: expected ${expected}, got ${got}. Copy or make the file again.`, {
    path,
    cause,
  });
}
