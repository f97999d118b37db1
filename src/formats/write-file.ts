// A whole file in one go: complete and closed, or not there at all.
import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { promisify } from "node:util";
import { gzip, gzipSync } from "node:zlib";
import { InputError } from "../errors.js";
import { describeSystemError, systemErrorCode } from "../system-error.js";
import { isGzipPath } from "./inflate.js";

/**
 * Writes the pieces one after the other; a name ending in .gz is compressed, and held in memory whole for that.
 * Throws InputError when the file exists (unless `overwrite`) or cannot be written; what was written of it is then removed.
 */
export function writeFileFromPieces(path: string, pieces: Iterable<Uint8Array>, { overwrite = false } = {}): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, overwrite ? "w" : "wx");
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
  try {
    if (isGzipPath(path)) writeFully(descriptor, gzipSync(Buffer.concat(Array.from(pieces, (piece) => piece.slice()))));
    else for (const piece of pieces) writeFully(descriptor, piece);
    closeSync(descriptor);
  } catch (cause) {
    try {
      closeSync(descriptor);
    } catch {
      // Closed already, or failing for the same reason.
    }
    unlinkSync(path);
    throw cannotWrite(path, cause);
  }
}

/** Bytes handed to the system together: a signal is heard between two writes. */
const WRITE_BYTES = 4 * 2 ** 20;

/**
 * As writeFileFromPieces, with a turn of the event loop after every write, so that a large file does not keep a signal waiting. `flush`: the bytes
 * are on the disk when the promise resolves. `ahead`: a piece is written while the next is made, so it must keep its bytes that long. Rejects with the
 * reason of `signal` too; nothing is left of the file then.
 */
export async function writeFileInPieces(
  path: string,
  pieces: Iterable<Uint8Array>,
  {
    overwrite = false,
    flush = false,
    ahead = false,
    signal,
  }: { overwrite?: boolean; flush?: boolean; ahead?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, overwrite ? "w" : "wx");
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
  /** One at a time, each behind the one before. */
  let writing = Promise.resolve();
  try {
    const stored = isGzipPath(path)
      ? [await promisify(gzip)(Buffer.concat(Array.from(pieces, (piece) => piece.slice())))]
      : pieces;
    for (const piece of stored) {
      for (let first = 0; first < piece.byteLength; first += WRITE_BYTES) {
        signal?.throwIfAborted();
        await writing;
        writing = file.writeFile(piece.subarray(first, first + WRITE_BYTES));
        writing.catch(() => {}); // told where it is waited for
        if (!ahead) await writing;
      }
    }
    await writing;
    if (flush) await file.sync();
    await file.close();
  } catch (cause) {
    await writing.catch(() => {}); // what is written now uses the file
    await file.close().catch(() => {}); // closed already, or failing for the same reason
    await unlink(path).catch(() => {}); // the cause is told, not what became of the rest
    throw signal?.aborted && cause === signal.reason ? cause : cannotWrite(path, cause);
  }
}

/** One write may take only a part, for instance when the disk is nearly full. */
function writeFully(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength; ) done += writeSync(descriptor, bytes, done);
}

function cannotWrite(path: string, cause: unknown): Error {
  const system = cause instanceof Error && "syscall" in cause;
  if (!system && cause instanceof Error) return cause;
  const remedy =
    systemErrorCode(cause) === "ENOSPC"
      ? "Make room, or write to another disk."
      : "Choose another name or folder, or allow overwriting.";
  const message = `Cannot write ${path}: expected a new file in a writable folder, got ${describeSystemError(cause)}. ${remedy}`;
  return new InputError(message, { path, cause });
}
