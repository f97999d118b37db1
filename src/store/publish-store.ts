// From a finished partial directory to a store, so that at every instant the name holds a whole store or none.
import fs from "node:fs";
import path from "node:path";
import { InputError } from "../errors.js";
import { PARTIAL_SUFFIX } from "./manifest.js";

/** Where the old store waits while the new one takes its place. */
const REPLACED_SUFFIX = ".replaced";

/** `cohort.fxs` -> `cohort.fxs.partial`: where it is written until published. */
export function partialPathOf(output: string): string {
  return `${withoutTrailingSlash(output)}${PARTIAL_SUFFIX}`;
}

/** Puts an old store back that a run killed between two renames left aside. */
export function restoreReplaced(output: string): void {
  const aside = `${withoutTrailingSlash(output)}${REPLACED_SUFFIX}`;
  if (fs.existsSync(aside) && !fs.existsSync(output)) fs.renameSync(aside, output);
}

/**
 * Brings every file of the partial directory to the disk, then renames it to `output`. With `replace` an old store goes aside first and is removed last.
 * Throws InputError when `output` exists and is not to be replaced.
 */
export function publishStore(output: string, options: { replace: boolean }): void {
  const target = withoutTrailingSlash(output);
  const partial = partialPathOf(output);
  const aside = `${target}${REPLACED_SUFFIX}`;
  for (const name of fs.readdirSync(partial)) syncPath(path.join(partial, name));
  syncPath(partial);
  if (fs.existsSync(target)) {
    if (!options.replace)
      throw new InputError(`Cannot write ${output}: it exists. Give another name, or --force to replace it.`, {
        path: output,
      });
    fs.rmSync(aside, { recursive: true, force: true });
    fs.renameSync(target, aside);
  }
  fs.renameSync(partial, target);
  syncPath(path.dirname(path.resolve(target)));
  fs.rmSync(aside, { recursive: true, force: true });
}

/** Brings a file or directory to the disk. */
export function syncPath(file: string): void {
  const fd = fs.openSync(file, "r");
  try {
    fs.fsyncSync(fd);
  } catch (error) {
    // Windows does not sync directories, nor files opened for reading.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
  } finally {
    fs.closeSync(fd);
  }
}

function withoutTrailingSlash(file: string): string {
  return file.length > 1 ? file.replace(/[/\\]+$/, "") : file;
}
