// All that is wrong with what was given, in one message: what does not need the rest is looked at although something else has failed.
import { existsSync } from "node:fs";
import { DesignError, InputError, isFixelstreamError } from "../../errors.js";
import type { AnalysisOptions } from "./options.js";

export interface Problems {
  /** What `work` answers; undefined where it throws an InputError or DesignError, which is kept. Other errors are thrown. */
  from<T>(work: () => T | Promise<T>): Promise<T | undefined>;
  /** Throws what was kept: the error itself, or a DesignError with the problems of several; paths of `options` that lead nowhere among them. */
  throwAny(options: AnalysisOptions): void;
}

export function collectProblems(): Problems {
  const found: Error[] = [];
  return {
    async from(work) {
      try {
        return await work();
      } catch (error) {
        if (!isFixelstreamError(error) || !(error instanceof InputError || error instanceof DesignError)) throw error;
        found.push(error);
        return undefined;
      }
    },
    throwAny(options) {
      const [first] = found;
      if (first === undefined) return;
      const problems = found.flatMap((error) => (error instanceof DesignError ? error.problems : [error.message]));
      const missing = pathsOf(options).filter(
        (path) => !existsSync(path) && !problems.some((problem) => problem.includes(path)),
      );
      problems.push(
        ...missing.map(
          (path) => `Cannot read ${path}: expected a file or directory, got nothing of that name. Check it.`,
        ),
      );
      if (problems.length === 1) throw first;
      throw new DesignError([...new Set(problems)]);
    },
  };
}

/** Options that are paths of inputs, of all kinds of elements. */
const PATHS = [
  ...["input", "subjects", "design", "contrast", "ttests", "ftests", "ftest", "connectivity", "mask", "posthoc"],
  ...["variance", "column", "exchangeWithin", "exchangeWhole", "permutations", "permutationsNonstationarity"],
  ...["nodes", "template"],
];

function pathsOf(options: AnalysisOptions): string[] {
  const given: Readonly<Record<string, unknown>> = { ...options };
  const paths = PATHS.flatMap((name) => given[name] ?? []).filter((path) => typeof path === "string");
  return [...new Set(paths)].filter((path) => path !== "-" && path !== "");
}
