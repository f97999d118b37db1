// inferFixels and inferVectors with the defaults of the command line, in process.
import { join } from "node:path";
import type { InferenceEvents, InferenceSummary } from "../../src/app/analyse/analyse.js";
import { inferFixels, inferVectors } from "../../src/app/analyse/kinds.js";
import {
  ANALYSIS_DEFAULTS,
  CFE_DEFAULTS,
  type FixelCfeOptions,
  type VectorStatsOptions,
} from "../../src/app/analyse/options.js";

type Paths = Pick<FixelCfeOptions, "input" | "subjects" | "design" | "contrast" | "connectivity" | "output">;

export const INFERENCE_DEFAULTS = {
  ...ANALYSIS_DEFAULTS,
  ...CFE_DEFAULTS,
  memoryBytes: 2 ** 28,
  nThreads: 0,
  seed: 1,
  command: "fixelstream fixelcfestats",
} as const;

/** `directory` as writeProblem made it. */
export function runProblem(
  directory: string,
  options: Partial<FixelCfeOptions> & Pick<Paths, "design" | "contrast" | "output">,
  events?: InferenceEvents,
): Promise<InferenceSummary> {
  const paths = {
    input: directory,
    subjects: join(directory, "subjects.txt"),
    connectivity: join(directory, "matrix"),
  };
  return inferFixels({ ...INFERENCE_DEFAULTS, ...paths, ...options }, events);
}

/** `directory` as writeLongVectors made it, or with files that `options` names. */
export function runVectors(
  directory: string,
  options: Partial<VectorStatsOptions> & Pick<VectorStatsOptions, "prefix">,
  events?: InferenceEvents,
): Promise<InferenceSummary> {
  return inferVectors(
    {
      ...{ ...ANALYSIS_DEFAULTS, memoryBytes: 2 ** 28, nThreads: 0, seed: 1 },
      input: join(directory, "data.npy"),
      design: join(directory, "design.txt"),
      contrast: join(directory, "contrast.txt"),
      command: "fixelstream vectorstats",
      ...options,
    },
    events,
  );
}
