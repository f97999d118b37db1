// Which shuffles an analysis runs: drawn, enumerated or read.
import { UsageError } from "../../../errors.js";
import { type ShufflesIdentity, sha256OfNumbers } from "../../../run/run-plan.js";
import type { ListedFacts, ShuffleContext } from "../../../stats/shuffle/describe-shuffles.js";
import { planShufflesInSteps } from "../../../stats/shuffle/generated-shuffles.js";
import { planFromPermutations } from "../../../stats/shuffle/permutations-file.js";
import type { ErrorModel, ShufflePlan } from "../../../stats/shuffle/shuffle-plan.js";
import { createShuffleSpace, type ShuffleSpace } from "../../../stats/shuffle/shuffle-space.js";
import { withoutIdentity } from "../../../stats/shuffle/without-identity.js";
import { inTurns, type Turns } from "../../../turns.js";
import type { Warning } from "../../../warnings.js";
import type { InputFiles } from "../input-files.js";
import { assertExchanges, type BlockChoice, type ResolvedBlocks, readBlocks } from "./resolve-blocks.js";

export interface ShuffleChoice extends BlockChoice {
  readonly notest: boolean;
  readonly errors: ErrorModel;
  readonly nShuffles?: number | undefined;
}

export const DEFAULT_SHUFFLES = 5000;

interface Drawn {
  /** All that decides them. */
  of: string;
  plan: ShufflePlan | undefined;
}

/**
 * The last ones, of a run and of its empirical statistic: runs of several scalars, their plans before them, and a run that begins by planning have the same, and
 * a million take ten seconds to find repeats among. What is kept is small: which few were drawn again.
 */
const planOf: Drawn = { of: "", plan: undefined };
const empiricalOf: Drawn = { of: "", plan: undefined };

async function shared(last: Drawn, decides: object, draw: () => Promise<ShufflePlan>): Promise<ShufflePlan> {
  const of = JSON.stringify(decides);
  if (last.plan !== undefined && last.of === of) return last.plan;
  const plan = await draw();
  Object.assign(last, { of, plan });
  return plan;
}

export interface ResolvedShuffles {
  readonly shuffles: ShufflePlan;
  readonly identity: ShufflesIdentity;
  /** What they were taken from; undefined: from a list. */
  readonly space: ShuffleSpace | undefined;
  /** Undefined: everything may be exchanged, or they are listed. */
  readonly blocks: ResolvedBlocks | undefined;
  /** Where they come from, for warnings. */
  readonly context: Pick<ShuffleContext, "wanted" | "blocks" | "listed">;
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
    const space = createShuffleSpace(nSubjects, errors, blocks?.blocks);
    if (blocks !== undefined && errors === "ee" && !options.notest) assertExchanges(blocks, space.nPermutations);
    const wish = { nSubjects, nShuffles: wanted, errors, seed, countOnly: options.notest, ...blocksOf(blocks) };
    const shuffles = await shared(planOf, { ...wish, blocks: blocks?.identity }, () =>
      inTurns(planShufflesInSteps(wish), turns),
    );
    const identity = identityOf(shuffles, { seed, blocks, listed: undefined });
    return { shuffles, identity, space, blocks, context: { wanted, blocks } };
  }
  await readBlocks(options, nSubjects, files);
  const matrix = await files.integers("permutations", permutations);
  if (nShuffles !== undefined && nShuffles !== matrix.nColumns) {
    throw new UsageError(
      `Cannot use -nshuffles ${nShuffles} with -permutations ${permutations}: expected ${matrix.nColumns}, the number of columns in that file, got ${nShuffles}. Leave -nshuffles out.`,
    );
  }
  const shuffles = planFromPermutations(matrix, { nSubjects, errors, seed, path: permutations });
  const { nFlipped, nUnshuffled } = shuffles;
  const listed: ListedFacts = { path: permutations, nFlipped, nUnshuffled, asksForSigns: errors === "both" };
  const values = matrix.values.map((index) => index - (nFlipped > 0 ? 0 : shuffles.base));
  const identity = identityOf(shuffles, { seed, blocks: undefined, listed: { values, isDrawn: nFlipped === 0 } });
  return { shuffles, identity, space: undefined, blocks: undefined, context: { listed } };
}

export interface EmpiricalChoice extends ShuffleChoice {
  readonly nonstationarity?: boolean | undefined;
  readonly skewNonstationarity?: number | undefined;
  readonly nShufflesNonstationarity?: number | undefined;
  readonly permutationsNonstationarity?: string | undefined;
}

export interface ResolvedNonStationarity {
  readonly skew: number;
  readonly shuffles: ShufflePlan;
  readonly identity: ShufflesIdentity;
}

/** The shuffles that the empirical statistic is made of, and what is to be said of them. Throws UsageError, InputError. */
export async function resolveNonStationarity(
  options: EmpiricalChoice,
  { nSubjects, seed, files, turns }: { nSubjects: number; seed: number; files: InputFiles; turns: Turns },
): Promise<{ readonly found: ResolvedNonStationarity | undefined; readonly warnings: readonly Warning[] }> {
  const { errors, skewNonstationarity: skew, nShufflesNonstationarity: nShuffles } = options;
  const { permutationsNonstationarity: path } = options;
  if (options.nonstationarity !== true) {
    const typed = [
      ["-skew_nonstationarity", skew],
      ["-nshuffles_nonstationarity", nShuffles],
      ["-permutations_nonstationarity", path],
    ].flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (typed.length === 0) return { found: undefined, warnings: [] };
    const message = `${typed.join(" and ")} ${typed.length === 1 ? "has" : "have"} no effect without -nonstationarity: nothing is corrected.`;
    return { found: undefined, warnings: [{ tag: "nonstationarity-not-asked-for", message }] };
  }
  if (skew !== undefined && !(skew >= 0 && skew < Number.POSITIVE_INFINITY))
    throw new UsageError(`Cannot use -skew_nonstationarity ${skew}: expected a number of 0 or more.`);
  if (path !== undefined) {
    const matrix = await files.integers("permutationsNonstationarity", path);
    if (nShuffles !== undefined && nShuffles !== matrix.nColumns) {
      throw new UsageError(
        `Cannot use -nshuffles_nonstationarity ${nShuffles} with -permutations_nonstationarity ${path}: expected ${matrix.nColumns}, the number of columns in that file, got ${nShuffles}. Leave -nshuffles_nonstationarity out.`,
      );
    }
    const option = "-permutations_nonstationarity";
    const shuffles = planFromPermutations(matrix, { nSubjects, errors, seed, path, option });
    const values = matrix.values.map((index) => index - (shuffles.nFlipped > 0 ? 0 : shuffles.base));
    const listed = { values, isDrawn: shuffles.nFlipped === 0 };
    const identity = identityOf(shuffles, { seed, blocks: undefined, listed });
    return { found: { skew: skew ?? 1, shuffles, identity }, warnings: [] };
  }
  const wanted = nShuffles ?? DEFAULT_SHUFFLES;
  const blocks = await readBlocks({ ...options, permutations: undefined }, nSubjects, files);
  const wish = { nSubjects, nShuffles: wanted + 1, errors, seed, forEmpirical: true, ...blocksOf(blocks) };
  const all = await shared(empiricalOf, { ...wish, blocks: blocks?.identity }, () =>
    inTurns(planShufflesInSteps(wish), turns),
  );
  if (all.count < 2) {
    throw new UsageError(
      "Cannot use -nonstationarity: expected shuffles other than the unshuffled data, got none with these blocks and -errors. Leave it out.",
    );
  }
  // as MRtrix3: a set that is enumerated holds the unshuffled data
  const isWholeSpace = all.exhaustive && all.count <= wanted;
  const shuffles = isWholeSpace ? all : withoutIdentity(all);
  const identity = identityOf(shuffles, { seed, blocks, listed: undefined });
  const message = `Only ${shuffles.count} different shuffles exist for -nonstationarity, the unshuffled data among them (${wanted} were asked for): each is used once.`;
  const warnings: Warning[] = shuffles.count < wanted ? [{ tag: "all-shuffles-used", message }] : [];
  return { found: { skew: skew ?? 1, shuffles, identity }, warnings };
}

const blocksOf = (found: ResolvedBlocks | undefined) => found && { blocks: found.blocks };

interface ShuffleSource {
  readonly seed: number;
  readonly blocks: ResolvedBlocks | undefined;
  /** Indices from 0; from 1 with signs, which are not drawn then. */
  readonly listed: { readonly values: Int32Array; readonly isDrawn: boolean } | undefined;
}

function identityOf({ count, errors, exhaustive }: ShufflePlan, { seed, blocks, listed }: ShuffleSource) {
  const isDrawn = listed === undefined ? !exhaustive : errors !== "ee" && listed.isDrawn;
  return {
    ...{ count, errors, exhaustive },
    seed: isDrawn ? seed : null,
    blocks: blocks?.identity ?? null,
    permutations: listed === undefined ? null : sha256OfNumbers(listed.values),
  };
}
