// inferFixels with the defaults of the command line, in process.
import { join } from "node:path";
import type { InferenceSummary } from "../../src/app/analyse/analyse.js";
import { inferFixels } from "../../src/app/analyse/kinds.js";
import { ANALYSIS_DEFAULTS, CFE_DEFAULTS, type FixelCfeOptions } from "../../src/app/analyse/options.js";

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
): Promise<InferenceSummary> {
  const paths = {
    input: directory,
    subjects: join(directory, "subjects.txt"),
    connectivity: join(directory, "matrix"),
  };
  return inferFixels({ ...INFERENCE_DEFAULTS, ...paths, ...options });
}
