// fixelstream joint: family-wise p-values over several runs of the same shuffles. The null is the largest of all runs and hypotheses of each shuffle; nothing
// is computed again, and what it is made of are the files of the runs.
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { DesignError, InputError, UsageError } from "../../errors.js";
import { writeImageInPieces } from "../../formats/image.js";
import { removeFile, thingAt } from "../../publish/remove-ours.js";
import { copyHashed } from "../../results/copy-hashed.js";
import { openResultFolder, type ResultFolder } from "../../results/result-folder.js";
import { machineOf, RUN_RECORD_FORMAT, RUN_RECORD_VERSION, type RunRecord } from "../../results/run-record.js";
import { isSameContent } from "../../results/same-content.js";
import { MATRIX_DIGITS, ROW_DIGITS, writeNumbers } from "../../results/write-numbers.js";
import { combineHypotheses, familyWise, sortNull } from "../../stats/inference/family-wise.js";
import { type MonteCarloError, monteCarloError } from "../../stats/inference/monte-carlo.js";
import { isBelowFivePercent, type PValue, pValueOf } from "../../stats/inference/p-values.js";
import { createTurns, inTurns } from "../../turns.js";
import { VERSION } from "../../version.js";
import type { Warning } from "../../warnings.js";
import { type FinishedRun, openRun, type ResultMap, type RunHypothesis, readHypotheses } from "./read-run.js";
import { assertJoinable, hashOfShuffles } from "./same-shuffles.js";

export interface JointOptions {
  /** Outputs of runs, or prefixes; two or more. */
  readonly runs: readonly string[];
  /** Directory for the results. */
  readonly output: string;
  readonly force: boolean;
  readonly command: string;
}

export interface JointHypothesis {
  readonly name: string;
  /** Elements with joint p below 0.05, as p-values.ts defines p. */
  readonly significant: number;
  readonly smallestP: number;
  readonly largestFwe: number;
  /** As of a run, by the null distribution of all. */
  readonly monteCarlo: MonteCarloError & { readonly statistic: string };
}

export interface JointSummary {
  readonly output: string;
  readonly nShuffles: number;
  readonly nSubjects: number;
  readonly runs: readonly {
    readonly name: string;
    readonly path: string;
    readonly hypotheses: readonly JointHypothesis[];
  }[];
  readonly warnings: readonly Warning[];
}

/** Throws InputError, of several DesignError: all that cannot be joined. */
function openRuns(paths: readonly string[]): FinishedRun[] {
  const refused: InputError[] = [];
  const runs = paths.flatMap((path) => {
    try {
      return [openRun(path)];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      refused.push(error);
      return [];
    }
  });
  if (refused.length > 1) throw new DesignError(refused.map(({ message }) => message));
  if (refused[0] !== undefined) throw refused[0];
  return runs;
}

/** Throws UsageError, InputError, DesignError; nothing is left then. */
export async function joinRuns(options: JointOptions, signal?: AbortSignal): Promise<JointSummary> {
  const { runs: paths, output } = options;
  if (paths.length < 2) {
    throw new UsageError(
      `Cannot join ${paths.length} run: expected two or more, got ${paths[0]}. Name the others too.`,
    );
  }
  const startedAt = new Date();
  const runs = openRuns(paths);
  const [first] = runs as [FinishedRun];
  for (const [i, run] of runs.entries()) {
    const same = runs.slice(0, i).find(({ name }) => name === run.name);
    if (same !== undefined) {
      throw new UsageError(
        `Cannot join ${run.path} with ${same.path}: expected outputs of different names, which the results are told apart by, got ${run.name} twice. Rename one.`,
      );
    }
    if (i > 0) assertJoinable(first, run);
  }
  const within = runs.find(({ directory, base }) => base === "" && resolve(directory) === resolve(output));
  if (within !== undefined) {
    throw new UsageError(
      `Cannot write results to ${output}: expected another directory than those of the runs, got that of ${within.path}, whose results they would replace. Give another with --out.`,
    );
  }
  const templates = runs.map(templateOf);
  const other = templates.findIndex((template) => template?.hash !== templates[0]?.hash);
  if (other >= 0) {
    throw new InputError(
      `Cannot join ${runs[other]!.path} with ${first.path}: expected fixels of one template, got another index or directions. Join runs on one template.`,
      { path: runs[other]!.path },
    );
  }
  const turns = createTurns(signal);
  const hypotheses: RunHypothesis[][] = [];
  for (const run of runs) hypotheses.push(await readHypotheses(run));
  const nulls = [...new Set(hypotheses.flat().map((of) => of.null))];
  const { maxima } = combineHypotheses(nulls);
  const sorted = await inTurns(sortNull(maxima), turns);
  const names = runs.map((run, r) =>
    hypotheses[r]!.map(({ postfix, fwe }) => `fwe_1mpvalue_${run.name}${postfix}${fwe.ending}`),
  );
  const companions = templates[0]?.files ?? [];
  const nValues = hypotheses.flat().reduce((sum, { fwe }) => sum + fwe.values.length, 0);
  const folder = openResultFolder({
    ...{ directory: output, path: output, purpose: `Cannot write results to ${output}`, base: "", rehearse: false },
    ...{
      overwrite: options.force,
      bytes: nValues * 24 + maxima.length * 24,
      companions: companions.map((file) => basename(file)),
    },
    files: ["null_dist.txt", ...names.flat()],
    remedy: "Choose another directory for the results.",
    existing: "exist already. Give another directory, or -force to overwrite.",
  });
  try {
    copyCompanions(companions, output, folder, options.force);
    const { command } = options;
    const form = { digits: ROW_DIGITS, separator: " ", commandHistory: command } as const;
    await writeNumbers(folder.pathOf("null_dist.txt"), [maxima], form, signal);
    const hasUnshuffled = first.record.warnings.every(({ tag }) => tag !== "unshuffled-not-listed");
    const isExhaustive = first.record.problem["exhaustive"] === true;
    const counted: ReturnType<typeof jointMap>["counted"][][] = [];
    for (const [r, run] of runs.entries()) {
      const own: ReturnType<typeof jointMap>["counted"][] = [];
      for (const [h, hypothesis] of hypotheses[r]!.entries()) {
        const ownSorted = await inTurns(sortNull(hypothesis.null), turns);
        const joint = jointMap(
          hypothesis,
          { sorted, ownSorted },
          { isEdges: run.record.runPlan.kind === "edge", hasUnshuffled },
        );
        await writeMap(folder.pathOf(names[r]![h]!), { ...hypothesis.fwe, values: joint.values }, command, signal);
        own.push(joint.counted);
        if (turns.isDue()) await turns.take();
      }
      counted.push(own);
    }
    const unshuffled = Math.max(...counted.flat().map(({ largest }) => largest));
    const facts = { nSame: 1, hasUnshuffled };
    const found = counted.map((own, r) =>
      own.map(({ peak, largest: _, ...told }, h): JointHypothesis => {
        const { name, statisticName } = hypotheses[r]![h]!;
        const error = monteCarloError(peak, sorted, facts, { isExhaustive, unshuffled });
        return { name, ...told, monteCarlo: { ...error, statistic: statisticName } };
      }),
    );
    const warnings = designWarnings(runs);
    const { nSubjects } = first.record.runPlan;
    const summary: JointSummary = {
      ...{ output, nShuffles: maxima.length, nSubjects, warnings },
      runs: runs.map(({ name, path }, r) => ({ name, path, hypotheses: found[r]! })),
    };
    await folder.publish((files) => recordOf(options, { startedAt, runs, summary, files }), signal);
    return summary;
  } catch (error) {
    folder.discard();
    throw error;
  }
}

/** Joint p is never below the run's own: what is 0 or not tested there stays so. Nulls f64 [shuffles] ascending. */
function jointMap(
  { statistic, fwe }: RunHypothesis,
  { sorted, ownSorted }: { readonly sorted: Float64Array; readonly ownSorted: Float64Array },
  { isEdges, hasUnshuffled }: { readonly isEdges: boolean; readonly hasUnshuffled: boolean },
): {
  readonly values: Float64Array;
  readonly counted: Omit<JointHypothesis, "name" | "monteCarlo"> & { readonly peak: PValue; readonly largest: number };
} {
  const facts = { nSame: 1, hasUnshuffled };
  const values = new Float64Array(fwe.values.length);
  let significant = 0;
  let largest = 0;
  let largestFwe = 0;
  const nNodes = isEdges ? (fwe.shape?.nColumns ?? 0) : 0;
  for (const [i, own] of fwe.values.entries()) {
    const x = own > 0 ? asTheRunHadIt(statistic.values[i]!, own, ownSorted) : 0;
    // null values that ten digits cannot tell apart are not counted twice
    values[i] = own > 0 ? Math.min(own, familyWise(x, sorted)) : own;
    if (!(values[i]! > 0)) continue;
    // both triangles have an edge
    if (isEdges && Math.floor(i / nNodes) > i % nNodes) continue;
    largest = Math.max(largest, x);
    largestFwe = Math.max(largestFwe, values[i]!);
    if (values[i]! > 0.9 && isBelowFivePercent(pValueOf(x, sorted, facts))) significant++;
  }
  const peak = pValueOf(largest, sorted, facts);
  return {
    values,
    counted: { significant, smallestP: peak.count / peak.of, largestFwe, peak, largest },
  };
}

/**
 * A statistic that lost digits in its file (float32, ten digits of a text, or the null was made in single precision), between the same values of the run's own
 * null as it was: `own` is the share of them that are not above it.
 */
function asTheRunHadIt(statistic: number, own: number, ownSorted: Float64Array): number {
  const nNotAbove = Math.round(own * ownSorted.length);
  const [below, above] = [ownSorted[nNotAbove - 1]!, ownSorted[nNotAbove]];
  if (above !== undefined && statistic >= above) return Math.max(below, above - Number.EPSILON * Math.abs(above));
  return Math.max(below, statistic);
}

async function writeMap(path: string, map: ResultMap, command: string, signal: AbortSignal | undefined): Promise<void> {
  const { values, header, shape } = map;
  if (shape !== undefined) {
    const { nRows, nColumns } = shape;
    const rows = Array.from({ length: nRows }, (_, i) => values.subarray(i * nColumns, (i + 1) * nColumns));
    const form = { digits: MATRIX_DIGITS, separator: ",", commandHistory: command } as const;
    return await writeNumbers(path, rows, form, signal);
  }
  const { dimensions, voxelSizes, layout, transform, entries } = header!;
  const history = ["command_history", command.replace(/\s*\n\s*/g, " ")] as const;
  const spec = {
    dimensions,
    voxelSizes,
    layout,
    transform,
    entries: [...entries, history],
    dataType: "Float32LE" as const,
  };
  await writeImageInPieces(path, spec, Float32Array.from(values), signal);
}

/** Index and directions, of a run of fixels. */
function templateOf({
  record,
  directory,
}: FinishedRun): { readonly files: string[]; readonly hash: string } | undefined {
  if (record.runPlan.kind !== "fixel") return undefined;
  const copied = Object.values((record.inputs["template"] ?? {}) as Record<string, { path: string; sha256: string }>);
  const files = copied.map(({ path }) => join(directory, basename(path))).filter((file) => existsSync(file));
  return { files, hash: copied.map(({ sha256 }) => sha256).join() };
}

function copyCompanions(files: readonly string[], output: string, folder: ResultFolder, overwrite: boolean): void {
  for (const file of files) {
    const name = basename(file);
    const copy = join(folder.partial!, name);
    copyHashed(file, copy);
    const target = join(output, name);
    if (thingAt(target) === undefined) continue;
    if (existsSync(target) && isSameContent(copy, target)) removeFile(copy);
    else if (overwrite) folder.replaceCompanion(name);
    else {
      throw new InputError(
        `Cannot write results to ${output}: expected an empty directory or one of the same template, got another ${name} in it. Give another directory, or -force to overwrite.`,
        { path: output },
      );
    }
  }
}

function designWarnings(runs: readonly FinishedRun[]): Warning[] {
  const [first] = runs as [FinishedRun];
  const others = runs.filter(({ record }) => record.runPlan.design.sha256 !== first.record.runPlan.design.sha256);
  if (others.length === 0) return [];
  const message = `${others.map(({ path }) => path).join(", ")} and ${first.path} have different designs: joint p-values hold only if row i of all is the same subject.`;
  return [{ tag: "joint-designs", message }];
}

interface Made {
  readonly startedAt: Date;
  readonly runs: readonly FinishedRun[];
  readonly summary: JointSummary;
  readonly files: readonly string[];
}

/** The record of results that no plan of their own made: `joint` has what they are of. */
function recordOf({ command, force }: JointOptions, { startedAt, runs, summary, files }: Made): RunRecord {
  const shufflesHash = hashOfShuffles(runs[0]!.record.runPlan);
  const record = {
    ...{ format: RUN_RECORD_FORMAT, formatVersion: RUN_RECORD_VERSION, command },
    versions: { fixelstream: VERSION, node: process.versions.node, v8: process.versions.v8 },
    ...{ machine: machineOf(), startedAt: startedAt.toISOString(), options: { force } },
    joint: {
      shufflesHash,
      runs: runs.map(({ name, path, record }) => ({ name, path, planHash: record.runPlan.hash })),
    },
    problem: { nSubjects: summary.nSubjects, nShuffles: summary.nShuffles },
    results: { runs: summary.runs },
    ...{ files, warnings: summary.warnings },
  };
  return record as unknown as RunRecord;
}
