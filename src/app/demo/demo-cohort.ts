// The cohort that comes with the package, and a place for what the demo makes of it.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError, isFixelstreamError } from "../../errors.js";
import { pathKindOf } from "../../formats/path-kind.js";
import { thingAt } from "../../publish/remove-ours.js";
import { claimDirectory } from "../../results/claim-directory.js";
import { describeSystemError, systemErrorCode } from "../../system-error.js";

/** fixtures/demo of the package: above dist/src/app/demo, or above src/app/demo. Throws InputError: not there. */
export function findDemo(): string {
  const candidates = ["../../../../", "../../../"].map((up) =>
    fileURLToPath(new URL(`${up}fixtures/demo`, import.meta.url)),
  );
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined) {
    throw new InputError(
      "Cannot find the demo cohort: expected fixtures/demo beside the program, got none that can be read. Install fixelstream again.",
    );
  }
  return found;
}

/** In every directory that a demo made: into no other does it write. */
const DEMO_MARK = "demo.json";

/** Where each cohort is, in fixtures/demo. Beside fixels, results have a directory that is there already. */
const FOLDERS = { fixels: ".", voxels: "voxels", edges: "edges" } as const;

/** The cohort's place; makes `output` too. Throws InputError when that holds anything and no demo made it, or cannot be written. */
export function prepareDemo(output: string, kind: keyof typeof FOLDERS = "fixels"): string {
  const found = findDemo();
  try {
    claimDemo(output);
    if (kind !== "fixels") mkdirSync(join(output, `stats-${kind}`), { recursive: true });
  } catch (cause) {
    if (isFixelstreamError(cause) || systemErrorCode(cause) === undefined) throw cause;
    throw new InputError(
      `Cannot put the demo into ${output}: expected a directory that can be written, got ${describeSystemError(cause)}. Give another name.`,
      { path: output, cause },
    );
  }
  return join(found, FOLDERS[kind]);
}

function claimDemo(output: string): void {
  const kind = pathKindOf(output);
  const isOurs = kind === "directory" && isMarked(join(output, DEMO_MARK));
  if (kind === "file" || (kind === "directory" && !isOurs && readdirSync(output).length > 0)) {
    throw new InputError(
      `Cannot put the demo into ${output}: expected a new name, an empty directory or one that a demo made, got ${kind === "file" ? "a file" : "a directory with something else in it"}. Give another name.`,
      { path: output },
    );
  }
  const remedy = "Give another name.";
  claimDirectory({ path: output, purpose: `Cannot put the demo into ${output}`, remedy });
  if (!isOurs) writeFileSync(join(output, DEMO_MARK), `${JSON.stringify({ format: DEMO_FORMAT })}\n`, { flag: "wx" });
}

const DEMO_FORMAT = "fixelstream-demo";

function isMarked(path: string): boolean {
  try {
    const mark: unknown = thingAt(path) === "a file" ? JSON.parse(readFileSync(path, "utf8")) : undefined;
    return mark !== null && typeof mark === "object" && "format" in mark && mark.format === DEMO_FORMAT;
  } catch {
    return false;
  }
}
