// Directories that fixelstream makes, by the file that marks them: nothing else is put into one, because it would no longer be known as ours.
import { closeSync, openSync, readSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InputError } from "../errors.js";
import { thingAt } from "./remove-ours.js";

const MARKS = [
  { file: "store.json", text: /"creator":\s*"fixelstream /, what: "a store" },
  { file: "connectivity.json", text: /"format":\s*"fixelstream-connectivity"/, what: "a prepared connectivity" },
  { file: "partial.json", text: /"format":\s*"fixelstream-partial"/, what: "something unfinished" },
] as const;

/** The mark stands at the beginning, however long the file. */
const BEGINNING_BYTES = 1024;

/** `a store`; undefined: it is not marked as one of those. */
export function ownDirectoryAt(directory: string): string | undefined {
  return MARKS.find(({ file, text }) => text.test(beginningOf(join(directory, file))))?.what;
}

/** Throws InputError when the directory is one of those, or lies in one. `purpose`: what cannot be done, up to the colon. */
export function assertNotInOwn(directory: string, purpose: string): void {
  for (let at = resolve(directory); ; at = dirname(at)) {
    const what = ownDirectoryAt(at);
    if (what !== undefined) {
      throw new InputError(
        `${purpose}: expected a directory of the user's, got ${at === resolve(directory) ? "" : "one in "}${what} of fixelstream (${at}). Choose another place.`,
        { path: directory },
      );
    }
    if (dirname(at) === at) return;
  }
}

function beginningOf(file: string): string {
  try {
    if (thingAt(file) !== "a file") return "";
    const fd = openSync(file, "r");
    try {
      const bytes = Buffer.alloc(BEGINNING_BYTES);
      return bytes.toString("latin1", 0, readSync(fd, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return ""; // not to be looked into
  }
}
