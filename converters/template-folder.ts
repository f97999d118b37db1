// index and directions made out of a ModelArray file, in the system's folder for temporary files, for as long as they are needed.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPartial, type PartialDirectory, sweepAbandoned } from "../src/publish/partial-directory.js";

const KIND = "template";

/** Removes those of killed runs. Throws what the system says. */
export function createTemplateFolder(): PartialDirectory {
  const prefix = join(tmpdir(), "fixelstream-template-");
  sweepAbandoned(KIND, prefix);
  return createPartial({ kind: KIND, prefix, contents: ["index.*", "directions.*"] });
}
