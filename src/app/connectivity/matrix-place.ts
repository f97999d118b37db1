// Where a matrix goes: what is there is looked at first, the files are gathered in a hidden folder until all are whole, and visits of a run that was stopped are found
// again.
import { join } from "node:path";
import { readVisitsRecord, VISITS_FILE, VISITS_RECORD } from "../../connectivity/generate/generate-matrix.js";
import { MATRIX_FILES } from "../../connectivity/generate/matrix-files.js";
import { InputError, isFixelstreamError } from "../../errors.js";
import { readImageHeader, readStoredHeader } from "../../formats/image.js";
import { type FileIdentity, identityOf } from "../../publish/file-identity.js";
import {
  adoptPartial,
  createPartial,
  findAbandoned,
  type PartialDirectory,
  sweepAbandoned,
} from "../../publish/partial-directory.js";
import { publishFiles } from "../../publish/publish-files.js";
import { thingAt } from "../../publish/remove-ours.js";
import { gatherResults, settleResults, underResultsLock } from "../../results/results-partial.js";
import {
  checkExtras,
  type ExtraFile,
  type ExtraName,
  type PendingExtra,
  settleExtras,
  writeExtra,
} from "./extra-files.js";
import type { MakeConnectivityOptions } from "./options.js";

export interface MatrixPlace {
  /** Directory of the files until they are published. */
  readonly matrixPath: string;
  /** Directory of the visits: with those of a stopped run that has the same key. */
  visitsFor(key: string): string;
  writeExtras(values: Readonly<Record<ExtraName, Float32Array>>): Promise<void>;
  /** Everything appears. Throws InputError when somebody else was quicker. */
  publish(): void;
  /** The visits stay for the next run if it was stopped. */
  discard(isStopped: boolean): void;
  /** Removes what is left. Idempotent. */
  release(): void;
}

export interface MatrixClaim
  extends Pick<MakeConnectivityOptions, "output" | "count" | "extent" | "mask" | "force" | "command" | "signal"> {
  readonly nFixels: number;
  /** What cannot be done, up to the colon. */
  readonly purpose: string;
  /** This run has made the directory. */
  readonly isNew: boolean;
}

const VISITS_KIND = "visits";
const visitsPrefix = (output: string) => join(output, ".visits-");
/** The index last: without it nothing opens. */
const IN_ORDER = MATRIX_FILES.toReversed();

/** Throws InputError: a matrix is there, or something that is none; another run is at it. */
export function claimMatrix(claim: MatrixClaim): MatrixPlace {
  const { output, purpose, force, nFixels, mask, isNew } = claim;
  const extras = (["count", "extent"] as const).flatMap((name): ExtraFile[] => {
    const path = claim[name];
    return path === undefined ? [] : [{ name, path }];
  });
  settleResults(output, purpose);
  settleExtras(extras);
  const replaceable = findReplaceable(claim);
  checkExtras(extras, { force, nFixels, mask });
  const partial = gatherResults({
    ...{ directory: output, results: MATRIX_FILES, others: [], purpose },
    remedy: "Choose another directory.",
  });
  let visits: PartialDirectory | undefined;
  const pending: PendingExtra[] = [];
  return {
    matrixPath: partial.path,
    visitsFor(key) {
      visits = adoptVisits(output, key) ?? createVisits(output);
      return visits.path;
    },
    async writeExtras(values) {
      const { command: commandHistory, signal } = claim;
      for (const extra of extras) pending.push(await writeExtra(extra, values[extra.name], { commandHistory, signal }));
      for (const each of pending) each.await(join(partial.path, "values.mif"), join(output, "values.mif"));
    },
    publish() {
      // the directory appears with all that is in it, so there must be nothing else
      visits?.remove();
      publishFiles(partial, {
        ...{ into: output, names: IN_ORDER, replaceable, isNew, purpose },
        ifKilled: replaceable.size > 0 ? "finish" : "undo",
        under: (move) => underResultsLock(output, purpose, move),
      });
      for (const each of pending) each.publish();
    },
    discard(isStopped) {
      if (isStopped && visits !== undefined && readVisitsRecord(visits.path) !== undefined) visits.leave();
    },
    release() {
      for (const each of pending) each.remove();
      visits?.remove();
      partial.remove();
    },
  };
}

function adoptVisits(output: string, key: string): PartialDirectory | undefined {
  for (const abandoned of findAbandoned(VISITS_KIND, visitsPrefix(output))) {
    if (readVisitsRecord(abandoned.path)?.key !== key) continue;
    const adopted = adoptPartial(abandoned);
    if (adopted === undefined) continue;
    sweepAbandoned(VISITS_KIND, visitsPrefix(output));
    return adopted;
  }
  return undefined;
}

function createVisits(output: string): PartialDirectory {
  sweepAbandoned(VISITS_KIND, visitsPrefix(output));
  return createPartial({
    ...{ kind: VISITS_KIND, prefix: visitsPrefix(output) },
    contents: [VISITS_FILE, VISITS_RECORD],
  });
}

/** Files of a matrix that may be replaced. Throws InputError without -force, and for what is no matrix: the index of a fixel directory has the same name. */
function findReplaceable({ output, force, purpose }: MatrixClaim): Map<string, FileIdentity> {
  const existing = MATRIX_FILES.filter((name) => thingAt(join(output, name)) !== undefined);
  const refuse = (text: string, name: string) => new InputError(`${purpose}: ${text}`, { path: join(output, name) });
  const foreign = existing.find((name) => !isOfMatrix(output, name));
  if (foreign !== undefined) {
    const thing = thingAt(join(output, foreign));
    const got = thing === "a file" ? "another image or file" : thing;
    throw refuse(
      `expected a directory for the matrix alone, got one in which ${foreign} is ${got}. Choose another directory.`,
      foreign,
    );
  }
  if (existing.length > 0 && !force)
    throw refuse(
      `expected no matrix there, got ${existing.join(", ")}. Give another directory, or -force to overwrite.`,
      existing[0]!,
    );
  return new Map(existing.map((name) => [name, identityOf(join(output, name))!]));
}

function isOfMatrix(output: string, name: (typeof MATRIX_FILES)[number]): boolean {
  const path = join(output, name);
  if (thingAt(path) !== "a file") return false;
  try {
    if (name !== "index.mif")
      return readStoredHeader(path)
        .dimensions.slice(1)
        .every((size) => size === 1);
    const { dimensions } = readImageHeader(path);
    return dimensions.length === 4 && dimensions[1] === 1 && dimensions[2] === 1 && dimensions[3] === 2;
  } catch (error) {
    // what MRtrix3 writes of no connections has a size of 0, which nothing opens
    if (isFixelstreamError(error)) return name !== "index.mif" && / 0,1,1/.test(error.message);
    throw error;
  }
}
