// The partial directory of a store: made, or taken over from a dead run of the same conversion with all that it wrote.
import fs from "node:fs";
import path from "node:path";
import {
  type AbandonedPartial,
  adoptPartial,
  createPartial,
  findAbandoned,
  listPartials,
  type PartialDirectory,
  removeAbandoned,
  sweepAbandoned,
  sweepUnmarked,
} from "../publish/partial-directory.js";
import { settlePublications } from "../publish/publish-files.js";
import { isSamePlan, JOURNAL_FILE, type JournalContents, type JournalPlan, readJournal } from "./journal.js";
import { PARTIAL_CONTENTS, partialPrefixOf } from "./publish-store.js";

const KIND = "store";

export interface OpenedPartial {
  readonly partial: PartialDirectory;
  /** What an earlier run wrote; undefined: nothing. */
  readonly resumed: JournalContents | undefined;
}

/**
 * `data`: must be there, with its size, for it to be continued. Of dead runs the one that came furthest is continued; others of the same scalar are removed, those of
 * other scalars stay until the store is published (clearAbandoned). Throws what the system says.
 */
export function openPartial(
  output: string,
  plan: JournalPlan,
  data: { readonly file: string; readonly bytes: number },
): OpenedPartial {
  const prefix = partialPrefixOf(output);
  const found = findAbandoned(KIND, prefix).map((abandoned) => ({ abandoned, journal: journalOf(abandoned) }));
  const usable = found
    .filter(({ abandoned, journal }) => {
      if (journal === undefined || !isSamePlan(journal.plan, plan)) return false;
      const stat = fs.lstatSync(path.join(abandoned.path, data.file), { throwIfNoEntry: false });
      return stat?.isFile() === true && stat.size === data.bytes;
    })
    .sort((a, b) => linesOf(b.journal!) - linesOf(a.journal!));
  let opened: OpenedPartial | undefined;
  for (const { abandoned, journal } of usable) {
    const partial = adoptPartial(abandoned);
    if (partial === undefined) continue;
    opened = { partial, resumed: journal };
    break;
  }
  // Before the room on the disk is counted.
  for (const { abandoned, journal } of found)
    if (journal?.plan.scalar === plan.scalar || journal === undefined) remove(abandoned);
  sweepUnmarked(prefix);
  return opened ?? { partial: createPartial({ kind: KIND, prefix, contents: PARTIAL_CONTENTS }), resumed: undefined };
}

const linesOf = ({ entries, parts = [] }: JournalContents) => entries.length + parts.length;

/** The plan of a dead run that could be continued, if `isWanted`. */
export function findResumable(output: string, isWanted: (plan: JournalPlan) => boolean): JournalPlan | undefined {
  return findAbandoned(KIND, partialPrefixOf(output))
    .map((abandoned) => journalOf(abandoned)?.plan)
    .find((plan) => plan !== undefined && isWanted(plan));
}

/** Undoes what a killed run had begun to add to the store `output`: it is added when that conversion is continued. */
export function settleAdding(output: string): void {
  settlePublications(KIND, partialPrefixOf(output), output, `Cannot write ${output}`);
}

/** Removes what dead runs left that cannot be continued: what lacks its journal, or its data because they were published. */
export function clearUseless(output: string): void {
  const prefix = partialPrefixOf(output);
  for (const abandoned of findAbandoned(KIND, prefix)) {
    const plan = journalOf(abandoned)?.plan;
    const data = plan && path.join(abandoned.path, `${plan.scalar}.${plan.elementType}`);
    if (data === undefined || !fs.existsSync(data)) remove(abandoned);
  }
  sweepUnmarked(prefix);
}

/** Removes what dead runs left beside a store that is there now. */
export function clearAbandoned(output: string): void {
  sweepAbandoned(KIND, partialPrefixOf(output));
}

/** A conversion to that name is under way, or was stopped. */
export function hasPartial(output: string): boolean {
  return listPartials(partialPrefixOf(output)).some(({ mark }) => mark?.kind === KIND);
}

function journalOf({ path: folder }: AbandonedPartial): JournalContents | undefined {
  return readJournal(path.join(folder, JOURNAL_FILE));
}

/** What cannot be removed is in nobody's way. */
function remove(abandoned: AbandonedPartial): void {
  try {
    removeAbandoned(abandoned);
  } catch {
    // The disk says why when the new one is written.
  }
}
