// Groups on their way to the disk: values first, then the line of the journal that promises them, while the next group is read and written. At most one sync is
// under way, and takes along all that was written before it began; that of an entry waits for none that was only to make haste.
import type { JournalEntry, JournalPart, JournalWriter } from "./journal.js";

export interface Settling {
  /** `entry`: of values that are written. Returns at once. */
  add(entry: JournalEntry | JournalPart): void;
  /** Begins to bring to the disk what was written so far, where nothing is under way: an entry of more than that comes later. Returns at once. */
  hasten(): void;
  /** Throws what a sync that has ended threw, if one did. */
  assertFine(): void;
  /**
   * Resolves when everything added is on the disk and in the journal. `last`: the journal itself is brought to the disk by who publishes, with all that lies beside
   * it. Rejects with what a sync threw, now and ever after: an fsync reports an error once.
   */
  settled(last?: "last"): Promise<void>;
}

export function createSettling(sync: () => Promise<void>, journal: Pick<JournalWriter, "append" | "sync">): Settling {
  let waiting: (JournalEntry | JournalPart)[] = [];
  let failure: { readonly cause: unknown } | undefined;
  let running: Promise<void> | undefined;
  /** What was hastened: promises nothing. */
  let early: Promise<void> | undefined;
  let isLast = false;
  let isHastened = false;

  async function run(): Promise<void> {
    try {
      while (waiting.length > 0) {
        const entries = waiting;
        waiting = [];
        isHastened = false;
        // beside an early sync, which may be told in place of this one what could not be written
        await Promise.all([sync(), early]);
        assertFine();
        for (const entry of entries) journal.append(entry);
        if (!isLast) await journal.sync();
      }
    } catch (cause) {
      failure ??= { cause };
    } finally {
      running = undefined;
      if (isHastened) hasten();
    }
  }

  async function runEarly(): Promise<void> {
    try {
      do {
        isHastened = false;
        await sync();
      } while (isHastened && running === undefined);
    } catch (cause) {
      failure ??= { cause };
    } finally {
      early = undefined;
    }
  }

  function hasten(): void {
    isHastened = true;
    if (failure === undefined && running === undefined) early ??= runEarly();
  }

  const assertFine = () => {
    if (failure !== undefined) throw failure.cause;
  };

  return {
    add(entry) {
      waiting.push(entry);
      if (failure === undefined) running ??= run();
    },
    hasten,
    assertFine,
    async settled(last) {
      isLast = last !== undefined;
      while (running !== undefined || early !== undefined) await Promise.all([running, early]);
      assertFine();
    },
  };
}
