// How many threads can run at once: what the machine and a container or batch job leave to this process.
import { availableParallelism } from "node:os";
import { groupLimits } from "./control-groups.js";
import { formatCount } from "./units.js";
import type { Warning } from "./warnings.js";

/** Processors' time that a container leaves to this process, where it is less than it may run on; undefined: no limit. */
export function coreLimit(limit = groupLimits().processors, cores = availableParallelism()): number | undefined {
  return limit !== undefined && limit < cores ? limit : undefined;
}

/** Threads worth starting, 1 or more. A part of a processor is worth a thread: it waits some of the time, which costs less than that part. */
export function usableCores(limit = groupLimits().processors, cores = availableParallelism()): number {
  return Math.max(1, Math.ceil(coreLimit(limit, cores) ?? cores));
}

/** As many are taken as asked for, whatever the machine: enough to try how a run goes with more of them. */
const ALWAYS = 8;

/** `nThreads` as far as threads help: beyond what runs at once they only take memory, and time to begin. */
export function boundThreads(
  nThreads: number,
  cores = usableCores(),
): { readonly nThreads: number; readonly warning: Warning | undefined } {
  const most = Math.max(ALWAYS, cores);
  if (nThreads <= most) return { nThreads, warning: undefined };
  const message = `${formatCount(nThreads, "threads")} are more than help: ${formatCount(cores, "threads")} can run at once here, so ${most} are used. Each takes memory of its own, and time to begin.`;
  return { nThreads: most, warning: { tag: "too-many-threads", message } };
}
