// Filtered data files: one, or a fixel directory of them, gathered where nobody sees them and given their names together.
// Deviation: Float32 whatever the type of the input; in a directory MRtrix3 keeps each file's own, and cuts whole numbers off at every partial sum.
import { copyFileSync, existsSync, realpathSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { InputError, isFixelstreamError, UsageError } from "../../errors.js";
import { imageKindOf, readImageHeader, writeImageInPieces } from "../../formats/image.js";
import { entryValues } from "../../formats/image-header.js";
import { pathKindOf } from "../../formats/path-kind.js";
import { type FileIdentity, identityOf } from "../../publish/file-identity.js";
import type { HeldLock } from "../../publish/lock.js";
import type { PartialDirectory } from "../../publish/partial-directory.js";
import { publishFiles } from "../../publish/publish-files.js";
import { thingAt } from "../../publish/remove-ours.js";
import { type ClaimedDirectory, checkDiskRoom, claimDirectory } from "../../results/claim-directory.js";
import { gatheredNames, gatherResults, settleResults, underResultsLock } from "../../results/results-partial.js";
import { isSameContent } from "../../results/same-content.js";
import { describeSystemError, systemErrorCode } from "../../system-error.js";
import type { FileSource } from "./file-source.js";
import type { FilterTarget } from "./source.js";

export interface FileTargetInputs {
  /** As typed. */
  readonly output: string;
  readonly source: FileSource;
  /** `directory`: index and directions are copied. */
  readonly form: "file" | "directory";
  /** Of the header: what was done. */
  readonly mark: string;
  readonly command: string;
  readonly force: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Header key of what fixelfilter wrote: by it -force knows what is ours. */
export const FILTER_KEY = "fixelstream_filter";
/** Keys of the input that are not true of the output, or are written anew. */
const NOT_CARRIED = new Set(["mrtrix_version", FILTER_KEY]);
/** MRtrix3 warns about an image without one. */
const NO_TRANSFORM = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
];
const REMEDY = "Choose another name.";

/** Throws UsageError, InputError: output is the input, exists, is of another template, cannot be made or written. */
export function openFileTarget(inputs: FileTargetInputs): FilterTarget {
  const { output, source, form, force, signal } = inputs;
  const purpose = `Cannot write ${output}`;
  const folder = form === "file" ? dirname(output) : output;
  const names = form === "file" ? [basename(output)] : source.files.map(({ name }) => outputName(name));
  checkNames(inputs, purpose, folder, names);
  let claim: ClaimedDirectory | undefined;
  let partial: PartialDirectory | undefined;
  const close = async () => {
    partial?.remove();
    claim?.release();
  };
  const asRefusal = (cause: unknown) => {
    if (isFixelstreamError(cause) || systemErrorCode(cause) === undefined) return cause;
    const message = `${purpose}: expected a disk with room and a directory that can be written, got ${describeSystemError(cause)}. ${REMEDY}`;
    return new InputError(message, { path: output, cause });
  };
  const reporting = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw asRefusal(cause);
    }
  };
  let replaceable: Map<string, FileIdentity>;
  try {
    claim = claimDirectory({ path: folder, purpose, remedy: REMEDY });
    reporting(() => settleResults(folder, purpose));
    replaceable = findReplaceable(folder, names, { purpose, force });
    const { indexPath, directionsPath } = source.template;
    const companions = form === "file" ? [] : checkTemplate(folder, [indexPath, directionsPath], purpose);
    const bytes = names.length * source.nFixels * 4;
    checkDiskRoom([{ path: claim.path, bytes, what: "filtered data" }]);
    partial = reporting(() => {
      const others = companions.map((path) => basename(path));
      const made = gatherResults({ directory: folder, results: names, others, purpose, remedy: REMEDY });
      for (const path of companions) copyFileSync(path, join(made.path, basename(path)));
      return made;
    });
  } catch (error) {
    partial?.remove();
    claim?.release();
    throw error;
  }
  const [gathered, claimed] = [partial, claim];
  return {
    rowBytes: names.some((name) => /\.gz$/i.test(name)) ? 12 : 0, // whole for zlib, and what that makes of it
    otherBytes: 2 ** 20,
    async open(groupSize) {
      return planGroups(source.nSubjects, groupSize);
    },
    async write(subject, row) {
      const { typedPath } = source.files[subject]!;
      const { transform = NO_TRANSFORM, voxelSizes, entries } = readImageHeader(typedPath);
      const kept = entries.filter(([key]) => !NOT_CARRIED.has(key));
      const command = inputs.command.replace(/\s*\n\s*/g, " ");
      const spec = {
        ...{ dimensions: [source.nFixels, 1, 1], dataType: "Float32LE" as const, transform, voxelSizes },
        entries: [...kept, [FILTER_KEY, inputs.mark] as const, ["command_history", command] as const],
      };
      await writeImageInPieces(join(gathered.path, names[subject]!), spec, row, signal);
    },
    async publish() {
      signal?.throwIfAborted();
      reporting(() => {
        const under = (move: (lock: HeldLock) => void) => underResultsLock(folder, purpose, move);
        publishFiles(gathered, {
          into: folder,
          names: gatheredNames(gathered, undefined),
          ...{ replaceable, ifKilled: replaceable.size > 0 ? "finish" : "undo", isNew: claimed.isNew, purpose, under },
        });
      });
    },
    close,
  };
}

export function planGroups(nSubjects: number, groupSize: number): { first: number; count: number }[] {
  const groups: { first: number; count: number }[] = [];
  for (let first = 0; first < nSubjects; first += groupSize)
    groups.push({ first, count: Math.min(groupSize, nSubjects - first) });
  return groups;
}

/** A header file (.mih) becomes one with its data. */
const outputName = (name: string) => name.replace(/\.mih$/i, ".mif");

function checkNames({ output, source, form }: FileTargetInputs, purpose: string, folder: string, names: string[]) {
  if (form === "file") {
    if (imageKindOf(output) === undefined || /\.mih$/i.test(output)) {
      throw new UsageError(
        `${purpose}: expected a name ending in .mif, .mif.gz, .nii or .nii.gz, as the input is a data file, got ${extname(output) === "" ? "one without an ending" : `one ending in ${extname(output)}`}. Correct the name.`,
      );
    }
    if (isSamePlace(output, source.files[0]!.typedPath))
      throw new UsageError(`${purpose}: it is the input. Give the output another name.`);
    if (pathKindOf(output) === "directory")
      throw new InputError(`${purpose}: expected a new name, got a directory. ${REMEDY}`, { path: output });
    if (pathKindOf(folder) === undefined)
      throw new InputError(`${purpose}: there is no directory ${folder}. Make it first.`, { path: output });
    return;
  }
  if (isSamePlace(output, source.directory.path))
    throw new UsageError(`${purpose}: it is the input. Give the output another name.`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new InputError(
      `${purpose}: two of the data files would be ${twice}. Rename one of them in ${source.directory.path}.`,
      { path: output },
    );
  }
}

/** Under whatever name: a link to the input would replace it. */
function isSamePlace(output: string, input: string): boolean {
  return existsSync(output) ? realpathSync(output) === realpathSync(input) : resolve(output) === resolve(input);
}

/** Images of an earlier run, with -force. Throws InputError for those that exist without it, and for what is not ours. */
function findReplaceable(
  folder: string,
  names: readonly string[],
  { purpose, force }: { readonly purpose: string; readonly force: boolean },
): Map<string, FileIdentity> {
  const existing = names.filter((name) => thingAt(join(folder, name)) !== undefined);
  if (existing.length > 0 && !force) {
    throw new InputError(
      `${purpose}: ${existing.length} of ${names.length} images exist already, ${existing[0]} the first. Give another name, or -force to overwrite.`,
      { path: join(folder, existing[0]!) },
    );
  }
  const foreign = existing.find((name) => !isFiltered(join(folder, name)));
  if (foreign !== undefined) {
    throw new InputError(
      `${purpose}: expected ${foreign} to be an image that fixelstream fixelfilter wrote, got ${thingAt(join(folder, foreign)) === "a file" ? "another file" : thingAt(join(folder, foreign))}. -force replaces only what fixelstream wrote, and knows it by its header (.mif): move it away, or choose another name.`,
      { path: join(folder, foreign) },
    );
  }
  return new Map(existing.map((name) => [name, identityOf(join(folder, name))!]));
}

function isFiltered(path: string): boolean {
  if (thingAt(path) !== "a file") return false;
  try {
    return entryValues(readImageHeader(path), FILTER_KEY).length > 0;
  } catch (error) {
    if (isFixelstreamError(error)) return false;
    throw error;
  }
}

/** Files of the template that are not there yet. Throws InputError for those of another template. */
function checkTemplate(folder: string, files: readonly string[], purpose: string): string[] {
  return files.filter((file) => {
    const target = join(folder, basename(file));
    if (thingAt(target) === undefined) return true;
    if (existsSync(target) && isSameContent(file, target)) return false;
    throw new InputError(
      `${purpose}: expected a new directory, an empty one or one of the same template, got another ${basename(file)} in it. ${REMEDY}`,
      { path: target },
    );
  });
}
