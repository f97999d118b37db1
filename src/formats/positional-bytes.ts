// The default ByteSource: reads by position, so that a file of any size costs no memory. Also bytes that are in memory already.
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { InputError, InternalError } from "../errors.js";
import { describeSystemError } from "../system-error.js";
import type { ByteSource } from "./byte-source.js";

/** Bytes a single read asks for. Below the 2^31 - 1 that one read call can deliver. */
const MAX_READ_BYTES = 2 ** 30;
/** A named pipe given for an image is refused instead of being waited for. Of no effect on files; Windows does not know it. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

export interface OpenedFile {
  readonly descriptor: number;
  readonly stat: BigIntStats;
}

/** The caller closes it. Throws InputError when the file cannot be opened or is not a file. */
export function openRegularFile(path: string): OpenedFile {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, OPEN_FLAGS);
    const stat = fstatSync(descriptor, { bigint: true });
    if (!stat.isFile())
      throw Object.assign(new Error("not a file"), { code: stat.isDirectory() ? "EISDIR" : "EINVAL" });
    return { descriptor, stat };
  } catch (cause) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw cannotOpen(path, cause);
  }
}

/** Throws InputError when the file cannot be opened or is not a file. */
export function openPositionalBytes(path: string): ByteSource {
  return positionalBytesOf(path, openRegularFile(path));
}

/** Of a file that is open; closes it. */
export function positionalBytesOf(path: string, { descriptor, stat }: OpenedFile): ByteSource {
  const sizeBytes = Number(stat.size);
  let open = true;
  return {
    path,
    sizeBytes,
    copyInto(target, byteOffset) {
      if (!open) throw new InternalError(`${path} was read after it was closed.`);
      for (let done = 0; done < target.byteLength; ) {
        const wanted = Math.min(target.byteLength - done, MAX_READ_BYTES);
        let got: number;
        try {
          got = readSync(descriptor, target, done, wanted, byteOffset + done);
        } catch (cause) {
          throw cannotOpen(path, cause);
        }
        if (got === 0) throw tooShort(path, byteOffset + target.byteLength, byteOffset + done);
        done += got;
      }
    },
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

export function bytesInMemory(path: string, bytes: Uint8Array): ByteSource {
  return {
    path,
    sizeBytes: bytes.byteLength,
    copyInto(target, byteOffset) {
      const end = byteOffset + target.byteLength;
      if (end > bytes.byteLength) throw tooShort(path, end, bytes.byteLength);
      target.set(bytes.subarray(byteOffset, end));
    },
    close() {},
  };
}

export interface AsyncBytes {
  readonly sizeBytes: number;
  copyInto(target: Uint8Array, byteOffset: number): Promise<void>;
  close(): Promise<void>;
}

/** The same with promises, so that several files can be in flight. */
export async function openAsyncBytes(path: string): Promise<AsyncBytes> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, OPEN_FLAGS);
    const stat = await handle.stat();
    if (!stat.isFile())
      throw Object.assign(new Error("not a file"), { code: stat.isDirectory() ? "EISDIR" : "EINVAL" });
    return asyncBytesOf(path, handle, stat.size);
  } catch (cause) {
    await handle?.close();
    throw cannotOpen(path, cause);
  }
}

function asyncBytesOf(path: string, handle: FileHandle, sizeBytes: number): AsyncBytes {
  return {
    sizeBytes,
    async copyInto(target, byteOffset) {
      for (let done = 0; done < target.byteLength; ) {
        const wanted = Math.min(target.byteLength - done, MAX_READ_BYTES);
        const { bytesRead } = await handle.read(target, done, wanted, byteOffset + done).catch((cause: unknown) => {
          throw cannotOpen(path, cause);
        });
        if (bytesRead === 0) throw tooShort(path, byteOffset + target.byteLength, byteOffset + done);
        done += bytesRead;
      }
    },
    close: () => handle.close(),
  };
}

function cannotOpen(path: string, cause: unknown): InputError {
  if (cause instanceof InputError) return cause;
  const message = `Cannot read ${path}: expected a readable file, got ${describeSystemError(cause)}. Check the path and its permissions.`;
  return new InputError(message, { path, cause });
}

function tooShort(path: string, expectedBytes: number, gotBytes: number): InputError {
  const message = `Cannot read ${path}: expected at least ${expectedBytes} bytes, got ${gotBytes}. The file became shorter while it was open; do not change inputs during a run.`;
  return new InputError(message, { path });
}
