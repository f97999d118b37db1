// Which shuffles an analysis runs: drawn, enumerated or read.
import { UsageError } from "../../errors.js";
import { readIntegers, readIntegerVector } from "../../formats/text/integers.js";
import { describeShuffles } from "../../stats/shuffle/describe-shuffles.js";
import { blocksFromLabels } from "../../stats/shuffle/exchangeability-blocks.js";
import { planShuffles } from "../../stats/shuffle/generated-shuffles.js";
import { planFromPermutations } from "../../stats/shuffle/permutations-file.js";
import type { ErrorModel, ShufflePlan } from "../../stats/shuffle/shuffle-plan.js";
import type { Warning } from "../../warnings.js";

export interface ShuffleChoice {
  readonly notest: boolean;
  readonly errors: ErrorModel;
  readonly nShuffles?: number | undefined;
  readonly permutations?: string | undefined;
  readonly exchangeWithin?: string | undefined;
  readonly exchangeWhole?: string | undefined;
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
    const blocks = readBlocks(options, nSubjects);
    const shuffles = planShuffles({ nSubjects, nShuffles: wanted, errors, seed, ...(blocks && { blocks }) });
    return { shuffles, warnings: options.notest ? [] : describeShuffles(shuffles, wanted).warnings };
  }
  readBlocks(options, nSubjects);
  const matrix = readIntegers(permutations);
  if (nShuffles !== undefined && nShuffles !== matrix.nColumns) {
    throw new UsageError(
      `Cannot use -nshuffles ${nShuffles} with -permutations ${permutations}: expected ${matrix.nColumns}, the number of columns in that file, got ${nShuffles}. Leave -nshuffles out.`,
    );
  }
  return { shuffles: planFromPermutations(matrix, { nSubjects, errors, seed, path: permutations }), warnings: [] };
}

/** Throws UsageError for both kinds at once or beside -permutations, InputError and DesignError for files that make no blocks. */
function readBlocks({ exchangeWithin, exchangeWhole, permutations }: ShuffleChoice, nSubjects: number) {
  if (exchangeWithin !== undefined && exchangeWhole !== undefined) {
    throw new UsageError(
      "Cannot use -exchange_within together with -exchange_whole: expected one kind of blocks, got both. Leave one out.",
    );
  }
  const path = exchangeWithin ?? exchangeWhole;
  if (path === undefined) return undefined;
  const kind = exchangeWithin === undefined ? "whole" : "within";
  if (permutations !== undefined) {
    throw new UsageError(
      `Cannot use -exchange_${kind} together with -permutations: expected either blocks to shuffle in or the permutations themselves, got both. Leave one out.`,
    );
  }
  const blocks = blocksFromLabels(readIntegerVector(path), { nSubjects, kind, path });
  return kind === "within" ? { within: blocks } : { whole: blocks };
}
