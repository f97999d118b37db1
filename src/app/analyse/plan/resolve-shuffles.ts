// Which shuffles an analysis runs: drawn, enumerated or read.
import { UsageError } from "../../../errors.js";
import { type IntegerMatrix, vectorOf } from "../../../formats/text/integers.js";
import { type ShufflesIdentity, sha256OfNumbers } from "../../../run/run-plan.js";
import { describeShuffles } from "../../../stats/shuffle/describe-shuffles.js";
import { blocksFromLabels } from "../../../stats/shuffle/exchangeability-blocks.js";
import { planShufflesInSteps } from "../../../stats/shuffle/generated-shuffles.js";
import { planFromPermutations } from "../../../stats/shuffle/permutations-file.js";
import type { ErrorModel, ShufflePlan } from "../../../stats/shuffle/shuffle-plan.js";
import { inTurns, type Turns } from "../../../turns.js";
import type { Warning } from "../../../warnings.js";
import type { InputFiles } from "../input-files.js";

export interface ShuffleChoice {
  readonly notest: boolean;
  readonly errors: ErrorModel;
  readonly nShuffles?: number | undefined;
  readonly permutations?: string | undefined;
  readonly exchangeWithin?: string | undefined;
  readonly exchangeWhole?: string | undefined;
}

const DEFAULT_SHUFFLES = 5000;

export interface ResolvedShuffles {
  readonly shuffles: ShufflePlan;
  readonly identity: ShufflesIdentity;
  readonly warnings: readonly Warning[];
}

/** Throws UsageError, InputError. */
export async function resolveShuffles(
  options: ShuffleChoice,
  { nSubjects, seed, files, turns }: { nSubjects: number; seed: number; files: InputFiles; turns: Turns },
): Promise<ResolvedShuffles> {
  const { errors, permutations, nShuffles } = options;
  if (permutations === undefined) {
    const wanted = nShuffles ?? DEFAULT_SHUFFLES;
    const blocks = await readBlocks(options, nSubjects, files);
    const wish = { nSubjects, nShuffles: wanted, errors, seed, countOnly: options.notest, ...(blocks && { blocks }) };
    const shuffles = await inTurns(planShufflesInSteps(wish), turns);
    const warnings = options.notest ? [] : describeShuffles(shuffles, wanted).warnings;
    return { shuffles, identity: identityOf(shuffles, { seed, blocks, listed: undefined }), warnings };
  }
  await readBlocks(options, nSubjects, files);
  const matrix = await files.integers("permutations", permutations);
  if (nShuffles !== undefined && nShuffles !== matrix.nColumns) {
    throw new UsageError(
      `Cannot use -nshuffles ${nShuffles} with -permutations ${permutations}: expected ${matrix.nColumns}, the number of columns in that file, got ${nShuffles}. Leave -nshuffles out.`,
    );
  }
  const shuffles = planFromPermutations(matrix, { nSubjects, errors, seed, path: permutations });
  return { shuffles, identity: identityOf(shuffles, { seed, blocks: undefined, listed: matrix }), warnings: [] };
}

interface ShuffleSource {
  readonly seed: number;
  readonly blocks: Awaited<ReturnType<typeof readBlocks>>;
  readonly listed: IntegerMatrix | undefined;
}

function identityOf({ count, errors, exhaustive }: ShufflePlan, { seed, blocks, listed }: ShuffleSource) {
  const isDrawn = listed === undefined ? !exhaustive : errors !== "ee";
  const lowest = listed?.values.reduce((a, b) => Math.min(a, b)) ?? 0;
  return {
    ...{ count, errors, exhaustive },
    seed: isDrawn ? seed : null,
    blocks: blocks === undefined ? null : { kind: blocks.kind, sha256: sha256OfNumbers(blocks.of) },
    permutations: listed === undefined ? null : sha256OfNumbers(listed.values.map((index) => index - lowest)),
  };
}

/** Throws UsageError for both kinds at once or beside -permutations, InputError and DesignError for files that make no blocks. */
async function readBlocks(
  { exchangeWithin, exchangeWhole, permutations }: ShuffleChoice,
  nSubjects: number,
  files: InputFiles,
) {
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
  const role = kind === "within" ? "exchangeWithin" : "exchangeWhole";
  const of = blocksFromLabels(vectorOf(await files.integers(role, path), path), { nSubjects, kind, path });
  return { kind, of, ...(kind === "within" ? { within: of } : { whole: of }) } as const;
}
