// The directory of a design appears whole, under a temporary name first; what is replaced is a design of ours with nothing else in it.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InputError, isFixelstreamError } from "../../errors.js";
import { assertNotInOwn } from "../../publish/own-directory.js";
import { createPartial, PARTIAL_MARK, sweepAbandoned } from "../../publish/partial-directory.js";
import {
  findAside,
  publishDirectory,
  setAside,
  sweepEmptyAside,
  syncDirectory,
  syncName,
} from "../../publish/publish.js";
import { findForeign, removeDirectory, removeFile, thingAt } from "../../publish/remove-ours.js";
import { describeSystemError, systemErrorCode } from "../../system-error.js";
import { DESIGN_FILE, DESIGN_FORMAT, type DesignFile } from "./design-files.js";

const KIND = "design";
const OWN_NAME = /^(design\.(txt|json)|subjects\.txt|contrast\.txt|[ft]tests\.txt|ftest\d+\.txt|summary\.txt)$/;
const isOwnName = (name: string) => OWN_NAME.test(name) || name === PARTIAL_MARK;

/** Before anything is read. Throws InputError: something has the name, and is not to be replaced. */
export function assertDesignFree(directory: string, force: boolean): void {
  const purpose = `Cannot write the design to ${directory}`;
  assertNotInOwn(dirname(resolve(directory)), purpose);
  const thing = thingAt(directory);
  if (thing === undefined) return;
  if (!isDesign(directory)) {
    throw new InputError(
      `${purpose}: expected a new name, or a design of fixelstream with nothing else in it, got ${thing}. Choose another name.`,
      { path: directory },
    );
  }
  if (force) return;
  throw new InputError(`${purpose}: expected a new name, got a design that exists. Give -force to replace it.`, {
    path: directory,
  });
}

/** Throws InputError: as assertDesignFree, and what the system says. */
export function publishDesign(directory: string, files: readonly DesignFile[], force: boolean): void {
  const target = resolve(directory);
  try {
    mkdirSync(dirname(target), { recursive: true });
    const prefix = `${target}.partial-`;
    sweepAbandoned(KIND, prefix);
    const partial = createPartial({ kind: KIND, prefix, contents: files.map(({ name }) => name) });
    let isPublished = false;
    try {
      for (const { name, text } of files) writeFileSync(join(partial.path, name), text, { flag: "wx" });
      syncDirectory(partial.path);
      assertDesignFree(directory, force);
      partial.assertMine(directory);
      const aside = thingAt(target) === undefined ? undefined : setAside(target, isDesign);
      try {
        isPublished = publishDirectory(partial.path, target);
      } finally {
        if (!isPublished && aside !== undefined) publishDirectory(aside, target);
      }
      if (!isPublished) assertDesignFree(directory, false);
      partial.release();
      removeFile(join(target, PARTIAL_MARK));
      syncName(target);
      for (const old of findAside(target)) if (isDesign(old)) removeDirectory(old, isOwnName, DESIGN_FILE);
      sweepEmptyAside(target);
    } finally {
      if (!isPublished) partial.remove();
    }
  } catch (cause) {
    if (isFixelstreamError(cause) || systemErrorCode(cause) === undefined) throw cause;
    throw new InputError(
      `Cannot write the design to ${directory}: expected a place that takes it, got ${describeSystemError(cause)}. Make room, or choose another name.`,
      { path: directory, cause },
    );
  }
}

/** One of ours, of whatever version, with nothing else in it. */
function isDesign(directory: string): boolean {
  const file = join(directory, DESIGN_FILE);
  if (findForeign(directory, isOwnName) !== undefined || thingAt(file) !== "a file") return false;
  try {
    const found: unknown = JSON.parse(readFileSync(file, "utf8"));
    return found !== null && typeof found === "object" && "format" in found && found.format === DESIGN_FORMAT;
  } catch {
    return false;
  }
}
