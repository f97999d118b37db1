// Where a report goes: beside the results or where it was asked for, whole or not at all. What lies there under its names is replaced only when it is an
// earlier report, which its first bytes tell: run.json does not list it, because it can be made again at any time.
import { closeSync, openSync, readdirSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors.js";
import { type FileIdentity, identityOf } from "../publish/file-identity.js";
import { assertNotInOwn } from "../publish/own-directory.js";
import { publishFiles } from "../publish/publish-files.js";
import { thingAt } from "../publish/remove-ours.js";
import { describeSystemError, systemErrorCode } from "../system-error.js";
import { gatherResults, settleResults, underResultsLock } from "./results-partial.js";

export interface ReportFile {
  readonly name: string;
  readonly text: string;
  /** By which one of an earlier report is known. */
  readonly begins: string;
}

export interface ReportPlace {
  /** Exists. */
  readonly directory: string;
  /** The page last. */
  readonly files: readonly ReportFile[];
  /** Files of an earlier report that go, when this one has none of the name. */
  readonly stale: { readonly names: RegExp; readonly begins: string };
  /** What cannot be done, up to the colon. */
  readonly purpose: string;
}

/** Throws InputError: something else has one of the names, cannot be written. */
export function publishReport({ directory, files, stale, purpose }: ReportPlace): void {
  try {
    assertNotInOwn(directory, purpose);
    settleResults(directory, purpose);
    const replaceable = new Map(files.flatMap((file) => earlierOf(directory, file, purpose)));
    const removes = new Map(
      readdirSync(directory)
        .filter((name) => stale.names.test(name) && files.every((file) => file.name !== name))
        .filter(
          (name) => thingAt(join(directory, name)) === "a file" && beginsWith(join(directory, name), stale.begins),
        )
        .map((name) => [name, identityOf(join(directory, name))!] as const),
    );
    const names = files.map(({ name }) => name);
    const remedy = "Make the report then.";
    const partial = gatherResults({ directory, results: names, others: [], purpose, remedy });
    try {
      for (const { name, text } of files) writeFileSync(join(partial.path, name), text);
      const ifKilled = replaceable.size + removes.size > 0 ? "finish" : "undo";
      const under = (move: Parameters<typeof underResultsLock<void>>[2]) => underResultsLock(directory, purpose, move);
      publishFiles(partial, { into: directory, names, replaceable, removes, ifKilled, purpose, under });
    } catch (error) {
      partial.remove();
      throw error;
    }
  } catch (cause) {
    if (systemErrorCode(cause) === undefined) throw cause;
    const message = `${purpose}: expected a disk with room and a directory that can be written, got ${describeSystemError(cause)}. Make room, or correct the permissions.`;
    throw new InputError(message, { path: directory, cause });
  }
}

function earlierOf(directory: string, { name, begins }: ReportFile, purpose: string): [string, FileIdentity][] {
  const path = join(directory, name);
  const thing = thingAt(path);
  if (thing === undefined) return [];
  if (thing === "a file" && beginsWith(path, begins)) return [[name, identityOf(path)!]];
  throw new InputError(
    `${purpose}: expected no ${name} there, or one of an earlier report, got ${thing === "a file" ? "another file" : thing}. Move it away.`,
    { path },
  );
}

/** Whether a file that is there is of an earlier report. */
export function beginsWith(path: string, begins: string): boolean {
  try {
    const fd = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(Buffer.byteLength(begins));
      return bytes.toString("utf8", 0, readSync(fd, bytes, 0, bytes.length, 0)) === begins;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}
