// Which shuffles an analysis runs: drawn, enumerated or read.
import { UsageError } from "../../errors.js";
import { readIntegers } from "../../formats/text/integers.js";
import { describeShuffles } from "../../stats/shuffle/describe-shuffles.js";
import { planShuffles } from "../../stats/shuffle/generated-shuffles.js";
import { planFromPermutations } from "../../stats/shuffle/permutations-file.js";
import type { ErrorModel, ShufflePlan } from "../../stats/shuffle/shuffle-plan.js";
import type { Warning } from "../../warnings.js";

export interface ShuffleChoice {
  readonly notest: boolean;
  readonly errors: ErrorModel;
  readonly nShuffles?: number | undefined;
  readonly permutations?: string | undefined;
}

const DEFAULT_SHUFFLES = 5000;

/** Throws UsageError, InputError. */
export function resolveShuffles(
  options: ShuffleChoice,
  nSubjects: number,
  seed: number,
): { shuffles: ShufflePlan; warnings: readonly Warning[] } {
  const { errors, permutations, nShuffles } = options;
  if (permutations === undefined) {
    const wanted = nShuffles ?? DEFAULT_SHUFFLES;
    const shuffles = planShuffles({ nSubjects, nShuffles: wanted, errors, seed });
    return { shuffles, warnings: options.notest ? [] : describeShuffles(shuffles, wanted).warnings };
  }
  const matrix = readIntegers(permutations);
  if (nShuffles !== undefined && nShuffles !== matrix.nColumns) {
    throw new UsageError(
      `Cannot use -nshuffles ${nShuffles} with -permutations ${permutations}: expected ${matrix.nColumns}, the number of columns in that file, got ${nShuffles}. Leave -nshuffles out.`,
    );
  }
  return { shuffles: planFromPermutations(matrix, { nSubjects, errors, seed, path: permutations }), warnings: [] };
}
