// One output file that is whole or not there: written under another name, brought to the disk, renamed.
import fs from "node:fs";
import path from "node:path";
import { InputError } from "../../errors.js";
import { systemErrorCode } from "../../system-error.js";
import { formatBytes } from "../../units.js";

/** Bytes of free disk asked for beyond the values: names, headers, directory. */
const MARGIN_BYTES = 2 ** 22;

/** `cohort.h5` -> `cohort.h5.partial-4711`: of this process. Removes those of processes that are gone. */
export function beginPartialFile(output: string, replace: boolean): string {
  const parent = path.dirname(path.resolve(output));
  const found = fs.statSync(output, { throwIfNoEntry: false });
  if (found !== undefined && !(replace && found.isFile())) {
    const remedy = found.isFile() ? "Give another name, or --force to replace it." : "Give another name.";
    throw new InputError(`Cannot write ${output}: it exists. ${remedy}`, { path: output });
  }
  if (!fs.existsSync(parent)) {
    throw new InputError(`Cannot write ${output}: there is no directory ${parent}. Make it first.`, { path: output });
  }
  const start = `${path.basename(output)}.partial-`;
  for (const name of fs.readdirSync(parent)) {
    const pid = name.startsWith(start) ? Number.parseInt(name.slice(start.length), 10) : Number.NaN;
    if (pid === process.pid || (pid > 0 && !isRunning(pid))) fs.rmSync(path.join(parent, name), { force: true });
  }
  return `${output}.partial-${process.pid}`;
}

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

/** Brings the file to the disk, then gives it its name. */
export function publishFile(partial: string, output: string): void {
  syncPath(partial);
  fs.renameSync(partial, output);
  syncPath(path.dirname(path.resolve(output)));
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

function syncPath(file: string): void {
  const fd = fs.openSync(file, "r");
  try {
    fs.fsyncSync(fd);
  } catch (error) {
    // Windows does not sync directories, nor files opened for reading.
    if (systemErrorCode(error) !== "EPERM") throw error;
  } finally {
    fs.closeSync(fd);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}
