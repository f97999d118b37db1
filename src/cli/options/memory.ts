// --memory of commands that convert and export; an analysis sees to its own, and keeps the warning in run.json.
import { boundMemory } from "../../system-memory.js";
import type { CliStreams } from "../cli-streams.js";
import { say } from "../print.js";

/** Bytes to work in: as typed, or what the container has for it, which is said. Throws BudgetError. */
export function memoryOf({ memory }: { readonly memory: number }, streams: CliStreams): number {
  const { memoryBytes, warning } = boundMemory(memory, 0);
  if (warning !== undefined) say(streams, `fixelstream: warning: ${warning.message}\n`);
  return memoryBytes;
}
