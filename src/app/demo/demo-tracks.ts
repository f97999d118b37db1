// The streamlines of the demo: a script makes them when they are needed, as the file is larger than all that the package has.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { InputError, isFixelstreamError } from "../../errors.js";
import { describeSystemError, systemErrorCode } from "../../system-error.js";
import { findDemo } from "./demo-cohort.js";

interface Script {
  writeDemoTracks(path: string): void;
}

/** A .tck at `path`, the same bytes each time. Throws InputError: it cannot be written, or the script is not there. */
export async function writeDemoTracks(path: string): Promise<void> {
  const script = join(findDemo(), "..", "make", "demo-tracks.mjs");
  try {
    const loaded = (await import(pathToFileURL(script).href)) as Script;
    loaded.writeDemoTracks(path);
  } catch (cause) {
    if (isFixelstreamError(cause)) throw cause;
    if (systemErrorCode(cause) === undefined || String(systemErrorCode(cause)).startsWith("ERR_MODULE")) {
      throw new InputError(
        `Cannot make the streamlines of the demo: expected fixtures/make/demo-tracks.mjs beside the program, got none that can be used. Install fixelstream again.`,
        { cause },
      );
    }
    throw new InputError(
      `Cannot put the demo into ${path}: expected a disk with room and a directory that can be written, got ${describeSystemError(cause)}. Give another name.`,
      { path, cause },
    );
  }
}
