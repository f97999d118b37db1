// A lock for what takes no time: others wait for it.
import { InputError } from "../errors.js";
import { beatWhenDue } from "./heartbeat.js";
import { describeHolder, type HeldLock, tryLock } from "./lock.js";

const FIRST_WAIT_MS = 5;
const MOST_WAIT_MS = 200;
/** Nobody is waited for longer: what is done under such a lock are some renames. */
const PATIENCE_MS = 30_000;

/** `purpose`: what cannot be done, up to the colon. Throws InputError when another holds the lock for long, and what `work` and the system say. */
export function underShortLock<T>(target: string, purpose: string, work: (lock: HeldLock) => T): T {
  const start = performance.now();
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, MOST_WAIT_MS)) {
    const attempt = tryLock(target, "write");
    if ("lock" in attempt) {
      try {
        return work(attempt.lock);
      } finally {
        attempt.lock.release();
      }
    }
    if (performance.now() - start > PATIENCE_MS) {
      throw new InputError(
        `${purpose}: expected nobody else at it, got ${describeHolder(attempt.holder)}. Wait for it, or end it and run the command again.`,
      );
    }
    beatWhenDue();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
  }
}
