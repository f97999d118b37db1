// Bytes of a file's metadata, read past libhdf5, and the few numbers of its superblock that are needed to read more.
// HDF5 file format specification 3.0, section II.
import fs from "node:fs";
import { InputError } from "../../errors.js";

const SIGNATURE = Buffer.from("894844460d0a1a0a", "hex");
/** Bytes. No object header is this long; a damaged one may claim it. */
const LONGEST_BLOCK = 2 ** 24;

export interface Superblock {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** Of the file proper, after a user block. */
  readonly base: number;
}

/** Throws InputError for bytes that are not in the file. */
export type ReadBytes = (position: number, length: number) => Buffer;

export interface HeaderBytes {
  readonly read: ReadBytes;
  readonly superblock: Superblock;
  readonly fileBytes: number;
}

/** The file must not be open for writing. Throws InputError: no HDF5, damaged, and what `work` throws. */
export function withHeaderBytes<T>(path: string, work: (bytes: HeaderBytes) => T): T {
  const fd = fs.openSync(path, "r");
  try {
    const fileBytes = fs.fstatSync(fd).size;
    const read: ReadBytes = (position, length) => {
      if (!(position >= 0 && length >= 0 && length <= LONGEST_BLOCK && position + length <= fileBytes)) {
        throw damaged(path, `a header at bytes ${position} to ${position + length} of ${fileBytes}`);
      }
      const bytes = Buffer.alloc(length);
      for (let done = 0; done < length; ) {
        const got = fs.readSync(fd, bytes, done, length - done, position + done);
        if (got === 0) throw damaged(path, "an end before its header");
        done += got;
      }
      return bytes;
    };
    return work({ read, superblock: readSuperblock(read, path, fileBytes), fileBytes });
  } finally {
    fs.closeSync(fd);
  }
}

function readSuperblock(read: ReadBytes, path: string, fileBytes: number): Superblock {
  // At 0, or behind a user block of 512, 1024, 2048, .. bytes.
  for (let start = 0; start + 48 <= fileBytes; start = start === 0 ? 512 : start * 2) {
    const bytes = read(start, Math.min(96, fileBytes - start));
    if (!bytes.subarray(0, 8).equals(SIGNATURE)) continue;
    const version = bytes[8]!;
    const old = version <= 1;
    if (version > 3) throw damaged(path, `a superblock of version ${version}`);
    const offsetBytes = bytes[old ? 13 : 9]!;
    const lengthBytes = bytes[old ? 14 : 10]!;
    return { offsetBytes, lengthBytes, base: integerAt(bytes, [24, 28, 12, 12][version]!, offsetBytes) ?? 0 };
  }
  throw damaged(path, "no HDF5 signature");
}

/** Undefined: all ones, HDF5's "no address". */
export function integerAt(bytes: Buffer, at: number, width: number): number | undefined {
  let value = 0n;
  for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
  return value === (1n << BigInt(8 * width)) - 1n && width > 1 ? undefined : Number(value);
}

export function damaged(path: string, got: string): InputError {
  return new InputError(
    `Cannot read ${path}: expected an HDF5 file as libhdf5 1.8 to 2.0 write it, got ${got}. It is damaged: restore it, or convert it with h5repack.`,
    { path },
  );
}
