// --memory of commands that convert and export; an analysis sees to its own, and keeps the warning in run.json.
import { boundMemory } from "../../system-memory.js";
import type { CliStreams } from "../cli-streams.js";
import { say } from "../print.js";

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
