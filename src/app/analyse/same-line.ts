// "The same command again": which checkpoint an earlier run of it has left, before the data are open and their hash is known. A seed that was drawn, and the
// kernels that were taken without being asked for, are then the earlier run's: with others nothing could be continued.
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { type CheckpointMark, listCheckpoints } from "../../results/checkpoint.js";
import type { ElementKind } from "./element-kind.js";
import type { AnalysisOptions } from "./options.js";

/** What decides no number, or is looked at by itself. */
const LEFT_OUT: readonly (keyof AnalysisOptions)[] = [
  ...(["seed", "seedIsDrawn", "command", "memoryBytes", "nThreads", "io", "verify", "verifyInputs"] as const),
  ...(["force", "cache", "restart", "checkpointSeconds", "strong"] as const),
  ...(["parametric", "fdr", "tail", "gamma"] as const),
];

/** Typed in the same directory: paths stand for the same files. */
export function lineOf(kind: string, options: AnalysisOptions): string {
  const left = new Set<string>(LEFT_OUT);
  const told = Object.entries(options).filter(([key, value]) => !left.has(key) && value !== undefined);
  const line = { kind, directory: process.cwd(), told: told.sort(([a], [b]) => (a < b ? -1 : 1)) };
  return createHash("sha256").update(JSON.stringify(line)).digest("hex");
}

/** Of the earlier runs of the line, the last that kept something; undefined: none, or they are not to be continued. */
export function findEarlier(
  cache: string,
  line: string,
  { restart, seed, seedIsDrawn }: Pick<AnalysisOptions, "restart" | "seed" | "seedIsDrawn">,
): CheckpointMark | undefined {
  if (restart) return undefined;
  const timeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const found = listCheckpoints(cache)
    .filter(({ mark }) => mark.line === line && (seedIsDrawn ? mark.seedIsDrawn : mark.seed === seed))
    .sort((a, b) => timeOf(b.path) - timeOf(a.path));
  return found[0]?.mark;
}

/** That an earlier run with the same options drew, and that is to be continued; else the one of the options. */
export function seedOf<Options extends AnalysisOptions>(
  kind: Pick<ElementKind<Options, never>, "kind" | "defaultCache">,
  options: Options,
): number {
  if (!options.seedIsDrawn) return options.seed;
  const cache = options.cache ?? kind.defaultCache(options);
  return findEarlier(cache, lineOf(kind.kind, options), options)?.seed ?? options.seed;
}
