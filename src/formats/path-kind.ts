// What lies at a path, without surprises: a path through a file, or a name too long to exist, is nothing at all.
import { statSync } from "node:fs";
import { InputError } from "../errors.js";
import { describeSystemError, systemErrorCode } from "../system-error.js";

const NOTHING = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG"]);

/** Undefined: nothing of that name. Throws InputError when the system does not tell (permissions, a circle of links). */
export function pathKindOf(path: string): "directory" | "file" | undefined {
  try {
    return statSync(path).isDirectory() ? "directory" : "file";
  } catch (cause) {
    if (NOTHING.has(systemErrorCode(cause) ?? "")) return undefined;
    const message = `Cannot look at ${path}: expected a path that can be followed, got ${describeSystemError(cause)}. Check the path and its permissions.`;
    throw new InputError(message, { path, cause });
  }
}

export function describePathKind(kind: "directory" | "file" | undefined): string {
  return kind === undefined ? "nothing of that name" : `a ${kind}`;
}
