// Where results are gathered until they are whole: a hidden folder in the directory that they go to. What killed runs left there is settled first.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createPartial, ownNamesOf, type PartialDirectory, sweepAbandoned } from "../publish/partial-directory.js";
import { settlePublications } from "../publish/publish-files.js";

const KIND = "results";
const prefixIn = (directory: string) => join(directory, ".partial-");
const isMark = ownNamesOf({ contents: [] });

/** Finishes or undoes what a killed run had begun to move into the directory, and removes what it had gathered. Throws InputError as publishFiles. */
export function settleResults(directory: string, purpose: string): void {
  settlePublications(KIND, prefixIn(directory), directory, purpose);
  sweepAbandoned(KIND, prefixIn(directory));
}

/** `names`: everything that will be in it. Throws what the system says. */
export function gatherResults(directory: string, names: readonly string[]): PartialDirectory {
  return createPartial({ kind: KIND, prefix: prefixIn(directory), contents: names });
}

/** What was gathered, the record last. */
export function gatheredNames(partial: PartialDirectory, record: string | undefined): string[] {
  const names = readdirSync(partial.path).filter((name) => !isMark(name) && name !== record);
  return record === undefined ? names : [...names, record];
}
