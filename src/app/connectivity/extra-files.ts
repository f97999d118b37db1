// Fixel data files that appear with a matrix, wherever the user wants them: each is made beside its place, and takes it when the matrix has its name. What a kill
// leaves between the two is finished by the next run, because the matrix is there; before it is only removed.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { InputError, isFixelstreamError, UsageError } from "../../errors.js";
import { checkFixelDataHeader } from "../../formats/fixel-directory.js";
import { imageKindOf, readImageHeader, writeImageInPieces } from "../../formats/image.js";
import { tryToWrite } from "../../publish/disk-clock.js";
import { type FileIdentity, identityOf, isSameIdentity } from "../../publish/file-identity.js";
import {
  createPartial,
  findAbandoned,
  type PartialDirectory,
  sweepAbandoned,
} from "../../publish/partial-directory.js";
import { syncName, syncPath } from "../../publish/publish.js";
import { thingAt } from "../../publish/remove-ours.js";
import { describeSystemError } from "../../system-error.js";

export type ExtraName = "count" | "extent";

export interface ExtraFile {
  readonly name: ExtraName;
  /** As typed. */
  readonly path: string;
}

export interface PendingExtra {
  /** Waits for the matrix whose values are that file now, and will be `valuesPath`. */
  await(valuesNow: string, valuesPath: string): void;
  /** Gives it its name. */
  publish(): void;
  /** Idempotent. */
  remove(): void;
}

const KIND = "matrix extra";
const RECORD = "extra.json";
const prefixOf = (path: string) => join(dirname(resolve(path)), `.${basename(path)}.partial-`);
const dataName = (path: string) => `data${/(\.nii|\.mif)(\.gz)?$/i.exec(path)?.[0].toLowerCase() ?? ".mif"}`;

interface Waiting {
  readonly values: string;
  readonly identity: FileIdentity;
  readonly replaces: FileIdentity | null;
}

export interface ExtraRules {
  readonly force: boolean;
  readonly nFixels: number;
  /** An input of the run. */
  readonly mask: string | undefined;
}

/** Throws UsageError and InputError: no name of an image, the same twice, a file that is there and may not be replaced. */
export function checkExtras(extras: readonly ExtraFile[], { force, nFixels, mask }: ExtraRules): void {
  const [first, second] = extras.map(({ path }) => resolve(path));
  if (first !== undefined && first === second)
    throw new UsageError(`Cannot write ${extras[1]!.path} twice: expected different files for -count and -extent.`);
  for (const { name, path } of extras) {
    const refuse = (expected: string, got: string, remedy: string) =>
      new InputError(`Cannot write -${name} ${path}: expected ${expected}, got ${got}. ${remedy}`, { path });
    if (imageKindOf(path) === undefined || /\.mih$/i.test(path))
      throw refuse("a name ending in .mif, .nii, .mif.gz or .nii.gz", "another", "Choose another name.");
    try {
      tryToWrite(dirname(resolve(path)));
    } catch (cause) {
      throw refuse("a directory that can be written", describeSystemError(cause), "Choose another place.");
    }
    const thing = thingAt(path);
    if (thing === undefined) continue;
    if (!force) throw refuse("a new file", "one that exists already", "Choose another name, or -force to overwrite.");
    if (mask !== undefined && isSameIdentity(identityOf(path), identityOf(mask)))
      throw refuse("another file than those that are read", "that of -mask", "Choose another name.");
    if (!isFixelData(path, nFixels)) {
      const got = thing === "a file" ? "another file" : thing;
      throw refuse(`fixel data of ${nFixels} fixels to be replaced`, got, "Move it away, or choose another name.");
    }
  }
}

function isFixelData(path: string, nFixels: number): boolean {
  if (thingAt(path) !== "a file") return false;
  try {
    checkFixelDataHeader(readImageHeader(path), nFixels, path);
    return true;
  } catch (error) {
    if (isFixelstreamError(error)) return false;
    throw error;
  }
}

/** Finishes what a killed run left to be done when its matrix had its name; removes what it left before. */
export function settleExtras(extras: readonly ExtraFile[]): void {
  for (const { path } of extras) {
    for (const { path: folder } of findAbandoned(KIND, prefixOf(path))) {
      const waiting = readWaiting(folder);
      const data = join(folder, dataName(path));
      if (waiting === undefined || thingAt(data) !== "a file") continue;
      const isPublished = isSameIdentity(identityOf(waiting.values), waiting.identity);
      const there = identityOf(path);
      const mayReplace = there === undefined || isSameIdentity(there, waiting.replaces ?? undefined);
      if (isPublished && mayReplace) renameSync(data, resolve(path));
    }
    sweepAbandoned(KIND, prefixOf(path));
  }
}

function readWaiting(folder: string): Waiting | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, RECORD), "utf8")) as Waiting;
  } catch {
    return undefined;
  }
}

/** Makes the file beside its place. `values` f32 [nFixels]. */
export async function writeExtra(
  { path }: ExtraFile,
  values: Float32Array,
  { commandHistory, signal }: { readonly commandHistory: string; readonly signal: AbortSignal | undefined },
): Promise<PendingExtra> {
  const partial: PartialDirectory = createPartial({
    kind: KIND,
    prefix: prefixOf(path),
    contents: [dataName(path), RECORD],
  });
  const data = join(partial.path, dataName(path));
  const replaces = identityOf(path) ?? null;
  try {
    const spec = {
      dimensions: [values.length, 1, 1],
      dataType: "Float32LE" as const,
      transform: [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
      ],
      entries: [
        ["nfixels", String(values.length)] as const,
        ["command_history", commandHistory.replace(/\s*\n\s*/g, " ")] as const,
      ],
    };
    await writeImageInPieces(data, spec, values, signal);
    syncPath(data);
  } catch (error) {
    partial.remove();
    throw error;
  }
  return {
    await(valuesNow, valuesPath) {
      const waiting: Waiting = { values: resolve(valuesPath), identity: identityOf(valuesNow)!, replaces };
      writeFileSync(join(partial.path, RECORD), `${JSON.stringify(waiting)}\n`, { flush: true });
    },
    publish() {
      partial.assertMine(path);
      renameSync(data, resolve(path));
      syncName(path);
      partial.remove();
    },
    remove: () => partial.remove(),
  };
}
