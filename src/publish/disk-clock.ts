// The clock of a disk. Signs of life carry times that the disk, or its server, has put there, and clocks of hosts differ: what the time is now is asked of
// the disk as well, by the time of a file that is made beside the signs.
import { closeSync, fstatSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { newId } from "./maker.js";
import { removeFile } from "./remove-ours.js";

/** Milliseconds since 1970. */
export type Clock = () => number;

/** The id of the maker follows; for a moment only. */
export const PROBE = ".fixelstream-";

/** What the disk of the directory says, asked once and only when it is wanted. */
export function diskClock(directory: string): Clock {
  let nowMs: number | undefined;
  return () => {
    nowMs ??= readClock(directory);
    return nowMs;
  };
}

/** Writes a file in the directory for a moment. Throws what the system says: it cannot be written. */
export function tryToWrite(directory: string): void {
  probe(directory, (fd) => writeSync(fd, '{"format":"fixelstream-probe"}\n'));
}

/** Of a disk that takes nothing nobody's things can be removed either: this host's clock will do to tell of them. */
function readClock(directory: string): number {
  try {
    return probe(directory, (fd) => fstatSync(fd).mtimeMs);
  } catch {
    return Date.now();
  }
}

function probe<T>(directory: string, work: (fd: number) => T): T {
  const path = join(directory, `${PROBE}${newId()}`);
  const fd = openSync(path, "wx");
  try {
    return work(fd);
  } finally {
    closeSync(fd);
    removeFile(path); // a disk that is full keeps a part
  }
}
