// One thing that several processes want at once: one makes it, the others wait for it. Nobody waits for the dead, and who is first has published.
import { setTimeout as sleep } from "node:timers/promises";
import { InputError, isFixelstreamError } from "../errors.js";
import { type HeldLock, type Holder, holderOf, tryLock } from "./lock.js";

export interface WantedThing<T> {
  /** Its path; the lock lies beside it. This process has marked that it uses it (in-use.ts). */
  readonly target: string;
  /** Looks for it, whole. */
  find(): T | undefined;
  /** Makes and publishes it; returns too when another was first. */
  make(lock: HeldLock): Promise<void>;
  /** Once for each process that is waited for. */
  readonly onWaiting?: ((holder: Holder) => void) | undefined;
  /** Ends the waiting by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
}

const FIRST_WAIT_MS = 50;
const MOST_WAIT_MS = 1000;

/** `made`: by this process. Throws what `make` throws, and the reason of `signal`. */
export async function makeOrWait<T>(wanted: WantedThing<T>): Promise<{ readonly value: T; readonly made: boolean }> {
  let waitedFor: string | undefined;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, MOST_WAIT_MS)) {
    // Not what is just being cleared away: whoever clears looks for our mark of use after taking the lock, so it ends soon either way.
    const isCleared = holderOf(wanted.target)?.purpose === "clear";
    const found = isCleared ? undefined : wanted.find();
    if (found !== undefined) return { value: found, made: false };
    const attempt = tryLock(wanted.target, "write");
    if ("lock" in attempt) return await makeUnder(attempt.lock, wanted);
    // By who it is and not by its lock: it may hold two while it replaces a dead one's.
    const { purpose, host, pid } = attempt.holder;
    if (purpose === "write" && pid !== 0 && `${pid} ${host}` !== waitedFor) {
      waitedFor = `${pid} ${host}`;
      wanted.onWaiting?.(attempt.holder);
    }
    await sleep(waitMs, undefined, { signal: wanted.signal }).catch(() => wanted.signal?.throwIfAborted());
  }
}

async function makeUnder<T>(lock: HeldLock, { target, find, make }: WantedThing<T>) {
  try {
    // Published between the look and the lock.
    const before = find();
    if (before !== undefined) return { value: before, made: false };
    try {
      await make(lock);
    } catch (error) {
      // Silent for so long that another took over, and was first.
      const theirs = isFixelstreamError(error, "InputError") ? find() : undefined;
      if (theirs !== undefined) return { value: theirs, made: false };
      throw error;
    }
    const made = find();
    if (made === undefined) {
      throw new InputError(
        `Cannot use ${target}: expected what was just made there, got nothing that opens. The disk fails, or somebody removed it: run the command again.`,
        { path: target },
      );
    }
    return { value: made, made: true };
  } finally {
    lock.release();
  }
}
