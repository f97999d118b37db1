// How many threads can run at once: what the machine and a container or batch job leave to this process.
import { availableParallelism } from "node:os";
import { groupLimits } from "./control-groups.js";

/** Processors' time that a container leaves to this process, where it is less than it may run on; undefined: no limit. */
export function coreLimit(limit = groupLimits().processors, cores = availableParallelism()): number | undefined {
  return limit !== undefined && limit < cores ? limit : undefined;
}

/** Threads worth starting, 1 or more. A part of a processor is worth a thread: it waits some of the time, which costs less than that part. */
export function usableCores(limit = groupLimits().processors, cores = availableParallelism()): number {
  return Math.max(1, Math.ceil(coreLimit(limit, cores) ?? cores));
}
