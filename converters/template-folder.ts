// index and directions made out of a ModelArray file, or a chunk of it, in the system's folder for temporary files, for as long as they are needed.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "../src/errors.js";
import { createPartial, type PartialDirectory, sweepAbandoned } from "../src/publish/partial-directory.js";
import { describeSystemError, systemErrorCode } from "../src/system-error.js";

const KIND = "template";

const prefixIn = (folder: string) => join(folder, "fixelstream-template-");

/** Removes those of killed runs. */
export function sweepTemplates(): void {
  sweepAbandoned(KIND, prefixIn(tmpdir()));
}

/** Removes those of killed runs first. Throws InputError when none can be made. */
export function createTemplateFolder(): PartialDirectory {
  const folder = tmpdir();
  const prefix = prefixIn(folder);
  try {
    sweepTemplates();
    return createPartial({ kind: KIND, prefix, contents: ["index.*", "directions.*", "chunk"] });
  } catch (cause) {
    if (systemErrorCode(cause) === undefined) throw cause;
    throw new InputError(
      `Cannot make a template in ${folder}: expected a directory for temporary files that can be written, got ${describeSystemError(cause)}. Make room there, or name another one in TMPDIR.`,
      { path: folder, cause },
    );
  }
}
