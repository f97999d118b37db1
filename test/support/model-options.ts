// Options of lm and gam as the command line makes them of a few tokens.
import type { ModelOptions } from "../../src/app/models/options.js";
import { resolveModelOptions } from "../../src/cli/options/model.js";

/** `tokens`: command, input, table, formula, output. */
export function modelDefaults(tokens: readonly string[]): ModelOptions {
  const [kind, input, cohort, formula, output] = tokens as [string, string, string, string, string];
  const typed = {
    correct: "fdr",
    minSubjectsAbs: 10,
    minSubjectsRel: 0.2,
    memory: 2 ** 30,
    progress: "auto",
    io: "auto",
  };
  const given = resolveModelOptions(typed as Parameters<typeof resolveModelOptions>[0], kind as "lm" | "gam");
  return { ...given, input, cohort, formula, output, memoryBytes: 2 ** 30, nThreads: 0, command: tokens.join(" ") };
}
