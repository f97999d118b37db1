// Rows of raw files into a group, one after the other, by as many threads as there are: each takes the next that nobody has taken.
import type { RowGroup } from "../src/store/row-group.js";
import { CONTROL } from "./control-words.js";
import { type RawFile, type RawParts, readRawRow } from "./raw-row.js";
import type { FoundRow } from "./second-thread-work.js";

export interface RowClaims {
  /** i32 [CONTROL.words], shared. */
  readonly words: Int32Array;
  /** To be read, in order. */
  readonly subjects: readonly number[];
  /** By subject. */
  readonly files: readonly (RawFile | undefined)[];
  readonly group: RowGroup;
  readonly parts: RawParts;
}

/** Yields every row after it was placed, or what went wrong with it, which ends the work. */
export function* claimRows(claims: RowClaims): Generator<FoundRow | { subject: number; cause: unknown }, void> {
  const { words, subjects, files, group, parts } = claims;
  while (Atomics.load(words, CONTROL.stop) === 0) {
    const subject = subjects[Atomics.add(words, CONTROL.nextRead, 1)];
    if (subject === undefined) return;
    try {
      let valuesCrc32 = 0;
      const row = group.receive(subject);
      const end = () => {
        valuesCrc32 = row.end();
        return valuesCrc32;
      };
      const sourceCrc32 = readRawRow(files[subject]!, parts, { add: row.add, end });
      Atomics.add(words, CONTROL.nRead, 1);
      yield { subject, sourceCrc32, valuesCrc32 };
    } catch (cause) {
      return yield { subject, cause };
    }
  }
}
