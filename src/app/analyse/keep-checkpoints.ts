// When a run keeps its state in the cache, where an earlier one is found, and what becomes of it. Nothing here may end a run: what cannot be kept is said.
import { isFixelstreamError } from "../../errors.js";
import { type HeldLock, tryLock } from "../../publish/lock.js";
import { thingAt } from "../../publish/remove-ours.js";
import {
  type CheckpointMark,
  checkpointPathOf,
  type KeptState,
  readCheckpoint,
  removeCheckpoint,
  saveCheckpoint,
  sweepDrafts,
} from "../../results/checkpoint.js";
import { type ClaimedDirectory, claimDirectory } from "../../results/claim-directory.js";
import type { NullState } from "../../run/null-state.js";
import { describeSystemError, systemErrorCode } from "../../system-error.js";
import type { Warning } from "../../warnings.js";

export const CHECKPOINT_SECONDS = 30;
/** A state is not kept again before the run has gone on for so many times as long as keeping the last one took. */
const LEAST_PAUSE = 100;
/** Milliseconds that a run which was asked to stop takes to keep what it has. */
const LAST_MS = 700;

export interface CheckpointInputs {
  readonly cache: string;
  readonly mark: CheckpointMark;
  /** Shuffles of the plan, for people. */
  readonly nShuffles: number;
  /** Between two states; 0: after every batch. */
  readonly seconds: number;
  /** What is there is not continued. */
  readonly restart: boolean;
  readonly warn: (warning: Warning) => void;
}

export interface Checkpoints {
  /** What an earlier run kept. */
  readonly earlier: KeptState | undefined;
  /** After a batch: keeps the state when it is time. */
  offer(state: NullState | undefined): Promise<void>;
  /** The run ends without results: keeps the state unless it is kept, soon where `isHurried`. Shuffles of the plan that are kept now; undefined: none. */
  keepLast(state: NullState | undefined, isHurried: boolean): Promise<number | undefined>;
  /** The results are there. */
  remove(): void;
  /** Idempotent. */
  close(): void;
}

/** Looks for what an earlier run kept. Nothing is written before the first state is. */
export function openCheckpoints({ cache, mark, nShuffles, seconds, restart, warn }: CheckpointInputs): Checkpoints {
  const path = checkpointPathOf(cache, mark.planHash, mark);
  let claim: ClaimedDirectory | undefined;
  let lock: HeldLock | undefined;
  let warned: string | undefined;
  const warnOnce = (warning: Warning) => {
    if (warned === warning.message) return;
    warned = warning.message;
    warn(warning);
  };
  const failed = (error: unknown) => {
    if (!isFixelstreamError(error) && systemErrorCode(error) === undefined) throw error;
    const cause = (error as Error).cause ?? error;
    const got = systemErrorCode(cause) === undefined ? (error as Error).message : describeSystemError(cause);
    const message = `Cannot keep a checkpoint in ${cache}: expected a disk with room and a directory that can be written, got ${got}. The run goes on, but what it does now is lost if it is stopped. Make room, or choose another place with --cache.`;
    warnOnce({ tag: "checkpoint-not-kept", message });
  };
  const isLocked = (): boolean => {
    if (lock?.isMine()) return true;
    claim ??= claimDirectory({ path: cache, purpose: `Cannot keep a checkpoint in ${cache}`, remedy: "" });
    const attempt = tryLock(path, "write");
    if ("lock" in attempt) {
      lock = attempt.lock;
      sweepDrafts(path);
      return true;
    }
    const { host, pid } = attempt.holder;
    const message = `Process ${pid} of ${host} runs the same analysis, or was killed just now: as long as it seems to live, it alone keeps checkpoints.`;
    warnOnce({ tag: "checkpoint-of-another", message });
    return false;
  };

  const found = restart ? undefined : readCheckpoint(path, mark);
  if (restart) removeQuietly();
  const earlier = found?.newest;
  if (found !== undefined && found.damaged.length > 0) {
    const then =
      earlier === undefined
        ? "shuffles begin anew"
        : `the older one is used, of shuffle ${earlier.state.ranges[0]!.end} of ${nShuffles}`;
    warn({ tag: "checkpoint-damaged", message: `The checkpoint ${found.damaged.join(" and ")} is damaged: ${then}.` });
  }
  let keptEnd = earlier?.state.ranges[0]?.end;
  let next: 0 | 1 = earlier?.generation === 0 ? 1 : 0;
  let lastMs = performance.now();
  let costMs = 0;

  function removeQuietly(): void {
    try {
      if (thingAt(path) !== undefined && isLocked()) removeCheckpoint(path);
    } catch (error) {
      failed(error);
    }
  }

  const save = async (state: NullState, options: { flush: boolean; signal?: AbortSignal }): Promise<void> => {
    const start = performance.now();
    try {
      if (!isLocked()) return;
      await saveCheckpoint(path, state, { mark, generation: next, ...options });
      next = next === 0 ? 1 : 0;
      keptEnd = state.ranges[0]!.end;
      warned = undefined;
    } catch (error) {
      if (options.signal?.aborted !== true || error !== options.signal.reason) failed(error);
    } finally {
      lastMs = performance.now();
      costMs = lastMs - start;
    }
  };
  const isNew = (state: NullState | undefined): state is NullState =>
    state?.ranges[0] !== undefined && state.ranges[0].end !== keptEnd;

  return {
    earlier,
    async offer(state) {
      const pauseMs = seconds === 0 ? 0 : Math.max(seconds * 1000, LEAST_PAUSE * costMs);
      if (performance.now() - lastMs >= pauseMs && isNew(state)) await save(state, { flush: true });
    },
    async keepLast(state, isHurried) {
      if (isNew(state)) {
        await save(state, isHurried ? { flush: false, signal: AbortSignal.timeout(LAST_MS) } : { flush: true });
      }
      return keptEnd;
    },
    remove: removeQuietly,
    close() {
      if (lock !== undefined && keptEnd === undefined) removeQuietly();
      lock?.release();
      claim?.release();
      lock = undefined;
      claim = undefined;
    },
  };
}
