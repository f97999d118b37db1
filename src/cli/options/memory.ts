// --memory of commands that convert and export; an analysis sees to its own, and keeps the warning in run.json.
import { UsageError } from "../../errors.js";
import { boundMemory } from "../../system-memory.js";
import { formatBytes } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { say } from "../print.js";

/** Bytes. Tables and formulas alone take more. */
const LEAST_BYTES = 2 ** 20;

/** Throws UsageError: a unit was forgotten, or is another. */
export function assertWorkable(memory: number): void {
  if (memory >= LEAST_BYTES) return;
  throw new UsageError(
    `Cannot use --memory ${formatBytes(memory)}: expected ${formatBytes(LEAST_BYTES)} or more, got less than a table of subjects takes. Write for example --memory 1GiB.`,
  );
}

/** As memoryOf, for commands with threads. */
export function memoryBeside({ memory }: { readonly memory: number }, streams: CliStreams, nThreads: number): number {
  const { memoryBytes, warning } = boundMemory(memory, nThreads);
  if (warning !== undefined) say(streams, `fixelstream: warning: ${warning.message}\n`);
  return memoryBytes;
}

/** Bytes to work in: as typed, or what the container has for it, which is said. Throws BudgetError. */
export function memoryOf({ memory }: { readonly memory: number }, streams: CliStreams): number {
  return memoryBeside({ memory }, streams, 0);
}
