// Where results are gathered until they are whole: a hidden folder in the directory that they go to. What killed runs left there is settled first, and of two
// runs with results of one name only one gathers any.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors.js";
import { type HeldLock, sweepLock } from "../publish/lock.js";
import { sweepProbes } from "../publish/made-files.js";
import { sweepStages } from "../publish/new-directory.js";
import {
  createPartial,
  findAbandoned,
  listPartials,
  ownNamesOf,
  type PartialDirectory,
  sweepAbandoned,
} from "../publish/partial-directory.js";
import { namesBegun, settlePublications } from "../publish/publish-files.js";
import { underShortLock } from "../publish/short-lock.js";

const KIND = "results";
const prefixIn = (directory: string) => join(directory, ".partial-");
/** What the lock is of. */
const resultsIn = (directory: string) => join(directory, ".results");
const isMark = ownNamesOf({ contents: [] });

/** Does the work as the only one who moves results in the directory. Throws InputError when another is at it for long. */
export function underResultsLock<T>(directory: string, purpose: string, work: (lock: HeldLock) => T): T {
  return underShortLock(resultsIn(directory), purpose, work);
}

/** Finishes or undoes what a killed run had begun to move into the directory, and removes what it had gathered. Throws InputError as publishFiles. */
export function settleResults(directory: string, purpose: string): void {
  if (findAbandoned(KIND, prefixIn(directory)).length > 0)
    underResultsLock(directory, purpose, () => settlePublications(KIND, prefixIn(directory), directory, purpose));
  sweepAbandoned(KIND, prefixIn(directory));
  sweepStages(directory);
  sweepLock(resultsIn(directory));
  sweepProbes(directory);
}

export interface Gathering {
  readonly directory: string;
  /** What the run will publish, and no other run may at the same time. */
  readonly results: readonly string[];
  /** What else will be in the folder. */
  readonly others: readonly string[];
  /** What cannot be done, up to the colon. */
  readonly purpose: string;
  readonly remedy: string;
}

/** Throws InputError when another run, which lives, gathers results of the same names; and what the system says. */
export function gatherResults(gathering: Gathering): PartialDirectory {
  const { directory, results, others, purpose } = gathering;
  return underResultsLock(directory, purpose, () => {
    assertNobodyElse(gathering);
    return createPartial({ kind: KIND, prefix: prefixIn(directory), contents: [...results, ...others] });
  });
}

/** Throws InputError when another run, which lives, gathers results of the same names. */
export function assertNobodyElse({ directory, results, purpose, remedy }: Omit<Gathering, "others">): void {
  for (const { mark, life, maker } of listPartials(prefixIn(directory))) {
    const both = life === "dead" ? undefined : results.find((name) => mark?.contents.includes(name));
    if (both === undefined) continue;
    throw new InputError(
      `${purpose}: expected nobody else to write ${both} there, got process ${maker.pid} of ${maker.host}, which is at it. Wait for it, or end it. ${remedy}`,
      { path: directory },
    );
  }
}

/** Names of files that settleResults would take away again. */
export function namesToBeUndone(directory: string): Set<string> {
  return namesBegun(KIND, prefixIn(directory), directory);
}

/** What was gathered, the record last. */
export function gatheredNames(partial: PartialDirectory, record: string | undefined): string[] {
  const names = readdirSync(partial.path).filter((name) => !isMark(name) && name !== record);
  return record === undefined ? names : [...names, record];
}
