// fixelstream pvalues: p-values beside those of a run that is done, out of its results alone. No input is opened and nothing is computed again.

import { InputError, UsageError } from "../../errors.js";
import { openAddedResults } from "../../results/add-results.js";
import { type FileValues, type FinishedRun, openFinishedRun } from "../../results/finished-run.js";
import {
  adjustedName,
  fitsOf,
  fittedName,
  fitWarnings,
  joinMore,
  type MoreFound,
  type MorePValues,
  type MoreWriter,
  PARAMETRIC_NAME,
  writeAdjusted,
  writeFitted,
  writeParametric,
} from "../../results/more-p-values.js";
import { ENHANCED } from "../../results/result-list.js";
import type { RunRecord } from "../../results/run-record.js";
import { familiesOf, isMirrored } from "../../stats/inference/families.js";
import { sortNull } from "../../stats/inference/family-wise.js";
import type { NullFacts } from "../../stats/inference/p-values.js";
import { createTurns, inTurns, type Turns } from "../../turns.js";
import { VERSION } from "../../version.js";
import type { Warning } from "../../warnings.js";
import { elementsOf, writeLike } from "./element-images.js";

export interface AddOptions extends MorePValues {
  /** The output directory of a run, or the prefix of its results. */
  readonly output: string;
  readonly force: boolean;
  /** As typed. */
  readonly command: string;
}

export interface AddSummary {
  readonly kind: FinishedRun["kind"];
  readonly directory: string;
  readonly nShuffles: number;
  readonly hypotheses: readonly (MoreFound & { readonly name: string; readonly statistic: string })[];
  /** Written, by their names in the directory. */
  readonly files: readonly string[];
  readonly warnings: readonly Warning[];
}

export interface AddEvents {
  readonly onWarning?: (warning: Warning) => void;
  readonly signal?: AbortSignal | undefined;
}

const UNCORRECTED = ["uncorrected_pvalue", "uncorrected_1mpvalue"];

/** Throws UsageError, InputError, or the reason of `events.signal`; nothing is left then. */
export async function addPValues(options: AddOptions, { onWarning, signal }: AddEvents = {}): Promise<AddSummary> {
  const { output, adjust, parametric } = options;
  if (adjust === undefined && !parametric && fitsOf(options).length === 0)
    throw new UsageError(
      "Cannot make p-values: expected one of --parametric, --fdr, --tail and --gamma, got none. Say which.",
    );
  const purpose = `Cannot add p-values to ${output}`;
  const run = openFinishedRun(output, purpose);
  const asked = withoutWhatIsMissing(run, options, purpose);
  const names = run.hypotheses.flatMap(({ postfix }) => {
    const hasUncorrected = UNCORRECTED.some((name) => run.has(`${name}${postfix}`));
    return namesOf(asked, hasUncorrected).map((name) => `${name}${postfix}`);
  });
  const like = await run.read(`Zstat${run.hypotheses[0]!.sharedPostfix}`);
  const ending = like.file.slice(like.file.lastIndexOf("."));
  const files = names.map((name) => `${run.base}${name}${ending}`);
  const added = openAddedResults(run, { files, overwrite: options.force, purpose });
  try {
    const turns = createTurns(signal);
    const write = (name: string, values: Float32Array | Float64Array, as: FileValues) =>
      writeLike(added.pathOf(`${run.base}${name}${ending}`), values, as, {
        kind: run.kind,
        command: options.command,
        signal,
      });
    const hypotheses: AddSummary["hypotheses"][number][] = [];
    for (const h of run.hypotheses.keys()) hypotheses.push(await addTo(run, h, asked, { turns, write }));
    const warnings: Warning[] = fitWarnings(hypotheses);
    for (const warning of warnings) onWarning?.(warning);
    signal?.throwIfAborted();
    await added.publish(
      (all) => recordOf(run.record, { all, files, hypotheses, warnings, command: options.command }),
      signal,
    );
    const nShuffles = Number(run.record.problem["nShuffles"]);
    return { kind: run.kind, directory: run.directory, nShuffles, hypotheses, files, warnings };
  } finally {
    added.discard();
  }
}

/** Throws InputError for what the run has nothing for. */
function withoutWhatIsMissing(run: FinishedRun, options: AddOptions, purpose: string): MorePValues {
  const { parametric, adjust, tail, gamma } = options;
  const [{ postfix }] = run.hypotheses as [FinishedRun["hypotheses"][number]];
  const has = (names: readonly string[]) => names.some((name) => run.has(`${name}${postfix}`));
  const refuse = (got: string, remedy: string) =>
    new InputError(`${purpose}: ${got}. ${remedy}`, { path: run.directory });
  const hasShuffles = has(["fwe_1mpvalue"]);
  if ((tail || gamma) && !hasShuffles)
    throw refuse(
      `expected a null distribution to fit (${tail ? "--tail" : "--gamma"}), got results of ${run.record.negativeBinomial === undefined ? "-notest" : "--negbin"}`,
      run.record.negativeBinomial === undefined
        ? "Run the analysis with shuffles."
        : "Run the analysis without --negbin.",
    );
  const isSomeTested = run.record.runPlan.eligible !== null;
  const tells = run.kind === "fixel" && (hasShuffles || has(UNCORRECTED));
  // a fitted tail is of p below 0.1 alone, which those that were not tested do not have
  const ofAll = parametric ? "--parametric" : gamma ? "--gamma" : undefined;
  if (ofAll !== undefined && isSomeTested && !tells) {
    const why =
      run.kind === "fixel"
        ? " and -notest, none of which does"
        : ", which have 0 for what was not and for what is not significant";
    throw refuse(
      `expected images that tell what was tested (${ofAll}), got those of a run with -posthoc${why}`,
      `Run the analysis again with ${ofAll}.`,
    );
  }
  if (adjust !== undefined && !parametric && !has(UNCORRECTED))
    throw refuse(
      "expected p-values of single elements to adjust (--fdr), got results without",
      "Add --parametric, or run the analysis with shuffles that are counted.",
    );
  return { parametric, adjust, tail, gamma };
}

/** Without postfix. */
function namesOf(more: MorePValues, hasUncorrected: boolean): string[] {
  const { adjust, parametric } = more;
  return [
    ...(parametric ? [PARAMETRIC_NAME, ...(adjust === undefined ? [] : [adjustedName("parametric", adjust)])] : []),
    ...(adjust !== undefined && hasUncorrected ? [adjustedName("uncorrected", adjust)] : []),
    ...fitsOf(more).map(fittedName),
  ];
}

interface Adding {
  readonly turns: Turns;
  /** `as`: the file whose form the image has. */
  write(name: string, values: Float32Array | Float64Array, as: FileValues): Promise<void>;
}

async function addTo(run: FinishedRun, h: number, more: MorePValues, { turns, write }: Adding) {
  const { name, kind, postfix, sharedPostfix } = run.hypotheses[h]!;
  const isNegative = isMirrored(run.hypotheses, h);
  const statistic = ENHANCED.find((of) => run.has(`${of}${postfix}`)) ?? "Zstat";
  const read = async (of: string) => elementsOf(run, await run.read(`${of}${postfix}`));
  // an image of the test has the negatives of what the other direction has
  const readShared = async (of: string) => {
    const found = await run.read(`${of}${sharedPostfix}`);
    // + 0: no negative zeros
    const values = isNegative ? found.values.map((value) => 0 - value) : found.values;
    return elementsOf(run, { ...found, values });
  };
  const z = await readShared("Zstat");
  const fwe = run.has(`fwe_1mpvalue${postfix}`) ? await read("fwe_1mpvalue") : undefined;
  const like = fwe ?? z;
  const writer = (isGiven: (i: number) => boolean): MoreWriter => ({
    inTurns: (steps) => inTurns(steps, turns),
    imageOf: () =>
      like.file.header === undefined ? new Float64Array(like.values.length) : new Float32Array(like.values.length),
    write(of, image) {
      // as a run has it: images of voxels have 0 where there is nothing
      for (let i = 0; i < image.length; i++)
        if (Number.isNaN(image[i]!) && (run.kind === "voxel" || isGiven(i))) image[i] = 0;
      return write(`${of}${postfix}`, like.spread(image), like.file);
    },
  });
  const uncorrected = UNCORRECTED.find((of) => run.has(`${of}${postfix}`));
  const tells = fwe ?? (uncorrected === undefined ? undefined : await read(uncorrected));
  const eligible = run.record.runPlan.eligible === null ? undefined : tells && testedIn(run, tells.values);
  let found: MoreFound = {};
  if (more.parametric) {
    const [{ values }, deviations] = [await readShared(`${kind}value`), await run.readDeviations()];
    const test = { kind, statistic: values, z: z.values, deviations: deviations.map(z.pick), eligible };
    found = await writeParametric(
      test,
      more,
      writer(() => false),
    );
  }
  if (more.adjust !== undefined && uncorrected !== undefined) {
    const { values } = await read(uncorrected);
    const into = writer((i) => !Number.isNaN(values[i]!));
    const adjusted = await writeAdjusted(uncorrectedP(run.record, values), "uncorrected", more.adjust, into);
    found = joinMore(found, { adjusted: [adjusted] });
  }
  if (fwe !== undefined && fitsOf(more).length > 0) {
    const statistics = statistic === "Zstat" ? z.values : await statisticsOf(run, h);
    const isOwn = run.has(`null_dist${sharedPostfix}`);
    const { values } = await run.read(isOwn ? `null_dist${sharedPostfix}` : "null_dist");
    const family = {
      ...{ statistics, fwe: fwe.values, eligible, facts: factsOf(run, h) },
      sorted: await inTurns(sortNull(values), turns),
      isExhaustive: run.record.problem["exhaustive"] === true,
      // a list may have them anywhere
      unshuffled: run.record.options["permutations"] === undefined ? values[0]! : await largestOfFamily(run, h),
    };
    found = joinMore(
      found,
      await writeFitted(
        family,
        more,
        writer(() => false),
      ),
    );
  }
  return { name, statistic, ...found };
}

/** The statistic that an image of a hypothesis has; of a direction, the one with its sign. */
async function statisticsOf(run: FinishedRun, h: number): Promise<Float64Array> {
  const { postfix, sharedPostfix } = run.hypotheses[h]!;
  const enhanced = ENHANCED.find((of) => run.has(`${of}${postfix}`));
  const found = await run.read(enhanced === undefined ? `Zstat${sharedPostfix}` : `${enhanced}${postfix}`);
  const { values } = elementsOf(run, found);
  return enhanced === undefined && isMirrored(run.hypotheses, h) ? values.map((value) => 0 - value) : values;
}

/** The largest tested statistic of the hypotheses that share a null. */
async function largestOfFamily(run: FinishedRun, h: number): Promise<number> {
  const families = familiesOf(run.hypotheses, run.record.options["strong"] === true);
  let found = Number.NEGATIVE_INFINITY;
  for (const member of families.find((members) => members.includes(h))!) {
    const statistics = await statisticsOf(run, member);
    const { postfix } = run.hypotheses[member]!;
    const isSome = run.record.runPlan.eligible !== null;
    const eligible = isSome
      ? testedIn(run, elementsOf(run, await run.read(`fwe_1mpvalue${postfix}`)).values)
      : undefined;
    found = Math.max(found, largest(statistics, eligible));
  }
  return found;
}

/** Where a run with -posthoc has p-values: not NaN; of voxels and edges, not 0. */
const testedIn = ({ kind }: Pick<FinishedRun, "kind">, fwe: Float64Array): Uint8Array =>
  Uint8Array.from(fwe, (p) => (Number.isNaN(p) || ((kind === "voxel" || kind === "edge") && p === 0) ? 0 : 1));

/**
 * The share of shuffles with no smaller statistic, out of an image of 1 - p. As many are tests as the record says: images of voxels have 0 outside the mask, as
 * where p is 1, and it does not matter which of those are which.
 */
function uncorrectedP({ problem, negativeBinomial }: RunRecord, image: Float64Array): Float64Array {
  const nShuffles = Number(problem["nShuffles"]);
  const n = Math.min(nShuffles, Number(problem["uncorrectedShuffles"] ?? nShuffles));
  const nTests = Number(problem["nPosthoc"] ?? problem["nElements"]);
  const exact = (p: number) =>
    negativeBinomial === undefined ? Math.round(p * n) / n : countedP(p, negativeBinomial.n, nShuffles);
  const p = image.map((value) => exact(1 - value));
  let surplus = p.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0) - nTests;
  for (let i = 0; i < p.length && surplus > 0; i++) {
    if (image[i] !== 0) continue;
    p[i] = Number.NaN;
    surplus--;
  }
  return p;
}

/** Of --negbin: least / K of those that stopped at shuffle K, or the share of all shuffles of those that did not; which of the two p is, up to float32. */
function countedP(p: number, least: number, nShuffles: number): number {
  const stopped = least / Math.round(least / p);
  const count = Math.round(p * nShuffles);
  const share = count / nShuffles;
  return count >= 1 && count <= least && Math.abs(share - p) <= Math.abs(stopped - p) ? share : stopped;
}

function largest(statistics: Float64Array, eligible: Uint8Array | undefined): number {
  let found = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < statistics.length; i++) if (eligible?.[i] !== 0 && statistics[i]! > found) found = statistics[i]!;
  return found;
}

/** The record has the smallest p that any data can have: count / S, or (count + 1) / (S + 1) of a list without the unshuffled data. */
function factsOf({ record: { problem, options }, hypotheses }: FinishedRun, h: number): NullFacts {
  const listed = problem["relabellings"] as readonly { readonly smallestPossibleP: number }[] | undefined;
  // one of each family, in their order
  const family = familiesOf(hypotheses, options["strong"] === true).findIndex((members) => members.includes(h));
  const p = listed?.[family]?.smallestPossibleP;
  const n = Number(problem["nShuffles"]);
  if (p === undefined) return { nSame: 1, hasUnshuffled: true };
  const isWhole = (count: number) => Math.abs(count - Math.round(count)) < 1e-6;
  if (isWhole(p * n)) return { nSame: Math.round(p * n), hasUnshuffled: true };
  return { nSame: Math.round(p * (n + 1)) - 1, hasUnshuffled: false };
}

interface Found extends Pick<AddSummary, "files" | "hypotheses" | "warnings"> {
  readonly all: readonly string[];
  readonly command: string;
}

/** What was known of hypotheses stays; of the same p-values the new ones. */
function recordOf(record: RunRecord, { all, files, hypotheses, warnings, command }: Found): RunRecord {
  const known = (record.results["hypotheses"] ?? []) as readonly MoreFound[];
  const merged = hypotheses.map(({ statistic: _, ...found }, h) => {
    const before = known[h] ?? {};
    const isNew = ({ of, method }: { of: string; method: string }) =>
      found.adjusted?.some((one) => one.of === of && one.method === method) === true;
    const adjusted = before.adjusted?.filter((one) => !isNew(one));
    return { ...before, ...joinMore({ ...before, ...(adjusted && { adjusted }) }, found) };
  });
  const added = { command, addedAt: new Date().toISOString(), version: VERSION, files };
  return {
    ...record,
    results: { ...record.results, hypotheses: merged },
    files: all,
    added: [...(record.added ?? []), added],
    warnings: [...record.warnings, ...warnings],
  };
}
