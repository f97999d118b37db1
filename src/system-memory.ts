// How much memory this process may take in all: a container's limit, where it is below what the machine has.
import os from "node:os";
import { groupLimits } from "./control-groups.js";
import { BudgetError } from "./errors.js";
import { formatBytes, formatCount } from "./units.js";
import type { Warning } from "./warnings.js";

/** Bytes. Node with this program, and what V8 holds in each thread that computes (README, test/memory). */
const FIXED_BYTES = { node: 130 * 2 ** 20, worker: 20 * 2 ** 20 } as const;

/** Bytes beside the plan: of the program, and of each thread that computes. `nThreads` 0: the main thread does. */
export const fixedBytesOf = (nThreads: number): number => FIXED_BYTES.node + Math.max(1, nThreads) * FIXED_BYTES.worker;

/** Bytes. Less is no memory to work in. */
const LEAST_BYTES = 2 ** 24;

/** Bytes; undefined: no limit but the machine's own memory. */
export function memoryLimit(limit = groupLimits().memoryBytes, total = os.totalmem()): number | undefined {
  return limit !== undefined && limit < total ? limit : undefined;
}

export interface BoundMemory {
  readonly memoryBytes: number;
  /** It is less than was asked for. */
  readonly warning: Warning | undefined;
}

/**
 * `memoryBytes` as far as the container has them beside Node and its threads: what does not fit is not begun, because the system would end the process in the
 * middle of its work. Throws BudgetError when it has next to nothing.
 */
export function boundMemory(memoryBytes: number, nThreads: number, limit = memoryLimit()): BoundMemory {
  const fixed = fixedBytesOf(nThreads);
  if (limit === undefined || memoryBytes + fixed <= limit) return { memoryBytes, warning: undefined };
  const room = limit - fixed;
  const takes = `Node itself${nThreads > 0 ? ` and ${formatCount(nThreads, "threads")}` : ""} take about ${formatBytes(fixed)}`;
  if (room < LEAST_BYTES) {
    throw new BudgetError(
      `Cannot work in the ${formatBytes(limit)} that this container may take: expected ${formatBytes(fixed + LEAST_BYTES)} or more, because ${takes}. Raise the container's limit${nThreads > 0 ? ", or use fewer threads" : ""}.`,
      { neededBytes: fixed + LEAST_BYTES, givenBytes: limit },
    );
  }
  const message = `This container may take ${formatBytes(limit)}, and ${takes}: planned for ${formatBytes(room)} instead of ${formatBytes(memoryBytes)} (--memory).`;
  return { memoryBytes: room, warning: { tag: "memory-limit", message } };
}
