// Writing into a file at its places, with room for it.
import fs from "node:fs";
import path from "node:path";
import { InputError } from "../../errors.js";
import { systemErrorCode } from "../../system-error.js";
import { formatBytes } from "../../units.js";

/** Bytes of free disk asked for beyond the values: names, headers, directory. */
const MARGIN_BYTES = 2 ** 22;

/** Throws InputError unless the disk of `output` has room. */
export function assertRoom(output: string, valueBytes: number): void {
  const needed = valueBytes + MARGIN_BYTES;
  const { bavail, bsize } = fs.statfsSync(path.dirname(path.resolve(output)));
  if (bavail * bsize >= needed) return;
  throw new InputError(
    `Cannot write ${output}: expected ${formatBytes(needed)} of free disk, got ${formatBytes(bavail * bsize)}. Make room, or write it to another disk.`,
    { path: output },
  );
}

/** Writes all of `bytes` at `position`. `output` goes into messages. Throws InputError (disk full). */
export function writeAt(fd: number, bytes: Uint8Array, position: number, output: string): void {
  try {
    for (let done = 0; done < bytes.byteLength; ) {
      done += fs.writeSync(fd, bytes, done, bytes.byteLength - done, position + done);
    }
  } catch (cause) {
    const full = systemErrorCode(cause) === "ENOSPC";
    const reason = full ? "the disk is full. Make room, or write somewhere else" : (cause as Error).message;
    throw new InputError(`Cannot write ${output}: ${reason}.`, { path: output, cause });
  }
}
