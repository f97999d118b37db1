// The use case of lm and gam: a model of one formula for every element, whose subjects without a value are left out element by element.
import { readFileSync } from "node:fs";
import { planElementwise, worthwhileThreads } from "../../engine/elementwise/plan.js";
import { runElementwise } from "../../engine/elementwise/run.js";
import { DesignError, InputError, UsageError } from "../../errors.js";
import { pathKindOf } from "../../formats/path-kind.js";
import { createElementModel } from "../../stats/elementwise/element-model.js";
import {
  chooseStatistics,
  type ElementModel,
  type ElementModelSpec,
  GAM_MODEL_STATISTICS,
  MODEL_STATISTICS,
  SMOOTH_STATISTICS,
  TERM_STATISTICS,
} from "../../stats/elementwise/model-spec.js";
import { namesIn } from "../../stats/formula/expression.js";
import type { DroppedRow } from "../../stats/formula/model-frame.js";
import { parseFormula } from "../../stats/formula/parse-formula.js";
import { describeUnlikeR } from "../../stats/formula/unlike-r.js";
import { adjustPValues, MOST_HOMMEL } from "../../stats/linear/adjust-p-values.js";
import type { ColumnSourceSpec } from "../../store/column-source.js";
import { creatorName, readProgramVersion } from "../../store/creator.js";
import { listNames } from "../../subject-names.js";
import { describeSystemError } from "../../system-error.js";
import { boundMemory } from "../../system-memory.js";
import type { Warning } from "../../warnings.js";
import { type Cohort, placeRows, readCohort } from "./cohort.js";
import { fittedSubjects, type RecordedSubjects } from "./fitted-subjects.js";
import { findData, type OpenedScalar, scalarsOf } from "./open-data.js";
import type { ModelOptions, ModelSummary } from "./options.js";
import { type GroupCounts, openScratch } from "./scratch.js";
import { assertOutputOpen, writeModel } from "./write-model.js";

/** Throws UsageError, InputError, DesignError, BudgetError, or the reason of the signal: then the same command continues. */
export async function fitModels(asked: ModelOptions): Promise<ModelSummary> {
  const warn = (warning: Warning) => asked.onWarning?.(warning);
  const bounded = boundMemory(asked.memoryBytes, asked.nThreads);
  if (bounded.warning !== undefined) warn(bounded.warning);
  const options: ModelOptions = { ...asked, memoryBytes: bounded.memoryBytes };
  const formula = parseFormula(options.formula);
  assertInputsThere(options);
  const response = responseOf(options);
  const cohort = await readCohort(options, response, warn);
  await assertOutputOpen(options);
  const data = await findData(options, cohort);
  try {
    const columns = cohort.table.columns.map(({ name }) => name);
    const named = namesIn(formula.right);
    const scalars = scalarsOf(data, response, named, columns, options);
    const spec = specOf(options, cohort, scalars);
    // before anything is converted
    const model = createElementModel(spec);
    sayDropped(model.frame.dropped, cohort, options, warn);
    for (const message of describeUnlikeR(model.frame, cohort.table)) warn({ tag: "unlike-r", message });
    if (named.includes(response)) {
      const message = `${response} is on both sides of '${options.formula}': as a term by itself it is left out of the right, as R does; within a function it explains itself.`;
      warn({ tag: "design-rank", message });
    }
    const opened: OpenedScalar[] = [];
    for (const scalar of scalars)
      opened.push(
        await data.open(scalar, {
          onWarning: warn,
          onProgress: (share) => options.onProgress?.("convert", share),
          signal: options.signal,
        }),
      );
    return await fitOpened(options, cohort, spec, { model, data, opened, warn });
  } finally {
    data.close();
  }
}

/** Of one that is not there its reader tells; of several all. Throws DesignError. */
function assertInputsThere({ input, cohort }: ModelOptions): void {
  const absent = [input, cohort].filter((path) => pathKindOf(path) === undefined);
  if (absent.length > 1)
    throw new DesignError(
      absent.map((path) => `Cannot read ${path}: expected a file or directory, got nothing of that name. Check it.`),
    );
}

function responseOf({ formula: text, scalar }: ModelOptions): string {
  const { response } = parseFormula(text);
  const names = response === undefined ? [] : namesIn(response);
  if (names.length !== 1)
    throw new UsageError(
      `Cannot fit '${text}': expected one scalar on its left, as in FD ~ age, got ${names.length === 0 ? "none" : names.join(", ")}. Correct the formula.`,
    );
  if (scalar !== undefined && scalar !== names[0])
    throw new UsageError(
      `Cannot fit '${text}' to --scalar ${scalar}: expected the scalar on the left of the formula, got ${names[0]}. Write one or the other.`,
    );
  return names[0]!;
}

/** No element could have numbers. Throws DesignError. */
function assertEnough(nSubjects: number, moreThan: number, { formula, minSubjects: { abs, rel } }: ModelOptions) {
  if (nSubjects > moreThan) return;
  throw new DesignError([
    `Cannot fit '${formula}': expected more than ${Math.floor(moreThan)} subjects (--min-subjects-abs ${abs}, --min-subjects-rel ${rel}), got ${nSubjects}. Add subjects, or lower the threshold.`,
  ]);
}

function sayRank(complete: ElementModel["complete"], nSubjects: number, warn: (warning: Warning) => void) {
  if (complete === undefined) return;
  const { explained, dfResidual } = complete;
  if (explained.length > 0)
    warn({
      tag: "design-rank",
      message: `Columns that those before them explain get NaN, as NA in R: ${listNames(explained, 8)}.`,
    });
  if (dfResidual <= 0)
    warn({
      tag: "design-rank",
      message: `The model has as many columns as subjects (${nSubjects}): no degree of freedom is left, so that standard errors, statistics and p-values are NaN.`,
    });
}

function sayDropped(
  dropped: readonly DroppedRow[],
  { table }: Cohort,
  { cohort }: ModelOptions,
  warn: (warning: Warning) => void,
) {
  if (dropped.length === 0) return;
  const variables = [...new Set(dropped.flatMap(({ missing }) => missing))];
  const message = `${dropped.length} of ${table.nRows} subjects of ${cohort} lack a value of ${listNames(variables, 5)} and are left out of every element.`;
  warn({ tag: "subjects-dropped", message });
}

function specOf(
  options: ModelOptions,
  { table, notInDot, weights }: Cohort,
  scalars: readonly string[],
): ElementModelSpec {
  const { kind, formula, coding, minSubjects, full, changedRsq } = options;
  const isLinear = kind === "lm";
  const model = isLinear ? MODEL_STATISTICS : GAM_MODEL_STATISTICS;
  const chosen = (
    option: string,
    asked: readonly string[] | undefined,
    all: readonly string[],
    some: readonly string[],
  ) => (full ? [...all] : chooseStatistics(option, asked ?? some, all));
  const isPenalised = penalised(formula);
  return {
    ...{ kind, formula, scalars, notInDot, weights, coding, changedRsq },
    // values of the scalar, whatever a column of its name has
    table: { ...table, columns: table.columns.filter(({ name }) => name !== scalars[0]) },
    moreThan: Math.max(minSubjects.abs, minSubjects.rel * table.nRows),
    termStatistics: chosen("--var-terms", options.termStatistics, TERM_STATISTICS, [
      "estimate",
      "statistic",
      "p.value",
    ]),
    smoothStatistics: chosen("--var-smooths", options.smoothStatistics, SMOOTH_STATISTICS, ["statistic", "p.value"]),
    modelStatistics: chosen(
      "--var-model",
      options.modelStatistics,
      model,
      isLinear ? ["adj.r.squared", "p.value"] : ["dev.expl"],
    ),
    method: options.method ?? (isPenalised ? "REML" : "GCV.Cp"),
  };
}

/** A smooth of the formula has no fx. */
function penalised(text: string): boolean {
  const visit = (expression: ReturnType<typeof parseFormula>["right"]): boolean => {
    switch (expression.kind) {
      case "group":
        return visit(expression.inner);
      case "unary":
        return visit(expression.operand);
      case "binary":
        return visit(expression.left) || visit(expression.right);
      case "call":
        return (
          expression.name === "s" &&
          !expression.arguments.some(({ name, value }) =>
            name === "fx"
              ? value.kind === "name" && value.name.startsWith("T")
              : name === undefined && value.kind === "name" && value.name === "fx",
          )
        );
      default:
        return false;
    }
  };
  return visit(parseFormula(text).right);
}

interface Opened {
  readonly model: ReturnType<typeof createElementModel>;
  readonly data: Awaited<ReturnType<typeof findData>>;
  readonly opened: readonly OpenedScalar[];
  readonly warn: (warning: Warning) => void;
}

async function fitOpened(
  options: ModelOptions,
  cohort: Cohort,
  spec: ElementModelSpec,
  { model, data, opened, warn }: Opened,
): Promise<ModelSummary> {
  const { memoryBytes, signal, output, analysis } = options;
  const sources = opened.map(({ spec: source, subjects, nSubjects }, i) => {
    const rows = placeRows(cohort, subjects, nSubjects, options, i === 0 ? warn : () => {});
    const inFile = source.rows;
    return { ...source, rows: inFile === undefined ? rows : rows.map((row) => inFile[row]!) };
  });
  assertEnough(model.frame.rows.length, spec.moreThan, options);
  sayRank(model.complete, model.frame.rows.length, warn);
  const { nElements } = sources[0]!;
  const other = sources.find((source) => source.nElements !== nElements);
  if (other !== undefined)
    throw new InputError(
      `Cannot fit '${options.formula}': expected scalars of the same elements, got ${nElements} and ${other.nElements}. Convert them together.`,
      { path: options.input },
    );
  const chosen = options.elements === undefined ? undefined : readElements(options.elements, nElements);
  const nChosen = chosen?.length ?? nElements;
  const { corrections } = options;
  if (corrections.includes("hommel") && nChosen > MOST_HOMMEL)
    throw new UsageError(
      `Cannot correct by hommel: expected at most ${MOST_HOMMEL} elements, got ${nChosen}, which takes too long. Use hochberg, which is nearly the same, or --elements.`,
    );
  const { scalars } = spec;
  const nSubjects = cohort.table.nRows;
  const nStatistics = model.statistics.length;
  const isFixed = spec.kind === "lm" && sources.length === 1;
  const steps = nSubjects * nChosen * (isFixed ? nStatistics : STEPS_OF_SEARCH);
  const nThreads = options.areThreadsAsked ? options.nThreads : worthwhileThreads(steps, options.nThreads);
  const plan = planElementwise({ nSubjects, nStatistics, sources, chosen, nThreads, memoryBytes });
  const recipe = {
    ...{
      version: readProgramVersion(),
      spec: { ...spec, table: { ...spec.table, columns: spec.table.columns.map(plainColumn) } },
    },
    ...{ weights: spec.weights && [...spec.weights], chosen: chosen && [...chosen] },
    sources: sources.map(contentOf),
    ...{ pieceElements: plan.pieceElements, groupPieces: plan.groupPieces },
  };
  const scratch = openScratch(output, recipe, nStatistics, nChosen);
  const counts = { nFitted: 0, nTooFew: 0, nUnusable: 0, nPerfect: 0, nResumed: 0, bytesRead: 0 };
  let firstReason: string | undefined;
  const add = (some: GroupCounts) => {
    for (const key of ["nFitted", "nTooFew", "nUnusable", "nPerfect"] as const) counts[key] += some[key];
  };
  const start = performance.now();
  let elapsedMs = 0;
  try {
    await runElementwise(
      { model: spec, sources, chosen, nStatistics, plan, nThreads, signal },
      {
        isDone(place) {
          const found = scratch.find(place);
          if (found === undefined) return false;
          add(found);
          counts.nResumed += place.count;
          return true;
        },
        onGroup(place, results, report) {
          scratch.write(place, results, report);
          add(report);
          counts.bytesRead += report.bytesRead;
          firstReason ??= report.firstReason;
        },
        onProgress: (share) => options.onProgress?.("fit", share),
        onFallback: ({ reason }) => warn({ tag: "io-fallback", message: reason }),
      },
    );
    elapsedMs = performance.now() - start;
    signal?.throwIfAborted();
    sayUnfitted({ ...counts, firstReason }, options, warn);
    const elements =
      chosen === undefined ? Float64Array.from({ length: nElements }, (_, i) => i) : Float64Array.from(chosen);
    const corrected = model.pValues.flatMap((group) =>
      corrections.flatMap((method) => group.map((at) => ({ method, at, name: `${model.statistics[at]}.${method}` }))),
    );
    // ModelArray has what a term explains behind the corrections
    const { nLast } = model;
    const nFirst = nStatistics - nLast;
    const names = [
      ...model.statistics.slice(0, nFirst),
      ...corrected.map(({ name }) => name),
      ...model.statistics.slice(nFirst),
    ];
    const columnOf = (i: number): Float64Array => {
      if (i < nFirst) return scratch.read(i);
      const correction = corrected[i - nFirst];
      if (correction === undefined) return scratch.read(i - corrected.length);
      return adjustPValues(scratch.read(correction.at), correction.method);
    };
    const summary: ModelSummary = {
      ...{ output, analysis, formula: options.formula, nSubjects: model.frame.rows.length, nElements: nChosen },
      ...counts,
      ...{ heldBytes: plan.heldBytes, statistics: names, elapsedMs },
      method: spec.kind === "gam" ? spec.method : undefined,
    };
    const fitted = fittedSubjects(model.frame, {
      coding: spec.coding,
      source: sources[0]!,
      subjects: opened[0]!.subjects,
    });
    const record = recordOf(options, summary, { ...fitted, corrections, scalar: scalars[0]! });
    await writeModel(options, { names, elements, columnOf }, data, scratch.directory, record);
    scratch.remove();
    return summary;
  } catch (error) {
    if (signal?.aborted) scratch.leave();
    else scratch.remove();
    throw error;
  }
}

/** A value, where every element has a design or a smoothing parameter of its own. */
const STEPS_OF_SEARCH = 100;

/** What a source holds: by its checksums, else by the file's size and time. */
function contentOf({ blockCrc32, identity, io: _, windowBytes: __, ours: ___, ...source }: ColumnSourceSpec): unknown {
  return { ...source, content: blockCrc32 === undefined ? identity : [...blockCrc32] };
}

function plainColumn(column: ElementModelSpec["table"]["columns"][number]): unknown {
  return column.kind === "factor"
    ? { ...column, codes: [...column.codes] }
    : { ...column, values: Array.from(column.values, String) };
}

/** What numbers depend on, beside them: into the analysis' attribute or a file. */
function recordOf(
  { command, cohort, input, weights, subset, minSubjects }: ModelOptions,
  summary: ModelSummary,
  told: RecordedSubjects & { readonly corrections: readonly string[]; readonly scalar: string },
): string {
  const { statistics: _, elapsedMs: __, bytesRead: ___, ...rest } = summary;
  return JSON.stringify({
    ...{ format: "fixelstream-model", program: creatorName(readProgramVersion()), command, input, cohort },
    ...{ weights, subset, minSubjects },
    ...rest,
    ...told,
  });
}

function sayUnfitted(
  { nTooFew, nUnusable, nPerfect, firstReason }: GroupCounts & { readonly firstReason: string | undefined },
  { minSubjects }: ModelOptions,
  warn: (warning: Warning) => void,
): void {
  const parts = [
    ...(nTooFew > 0
      ? [
          `${nTooFew} have too few subjects with a value (more than ${minSubjects.abs} and ${100 * minSubjects.rel} % are asked for)`,
        ]
      : []),
    ...(nUnusable > 0
      ? [`${nUnusable} have subjects who make no such model${firstReason === undefined ? "" : ` (${firstReason})`}`]
      : []),
  ];
  if (parts.length > 0)
    warn({ tag: "elements-not-fitted", message: `Elements without numbers (NaN): ${parts.join("; ")}.` });
  if (nPerfect > 0)
    warn({
      tag: "elements-not-fitted",
      message: `${nPerfect} elements are fitted to the last digit, as constant ones are: their standard errors, statistics and p-values are rounding.`,
    });
}

function readList(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new InputError(
      `Cannot read --elements ${path}: expected a list of elements, got ${describeSystemError(error)}. Check the path and its permissions.`,
      { path, cause: error },
    );
  }
}

/** Ascending, each once. Throws InputError. */
function readElements(path: string, nElements: number): Uint32Array {
  const words = readList(path)
    .split(/[\s,;]+/)
    .filter((word) => word !== "" && word !== "element_id");
  const wrong = words.find((word) => !/^\d+$/.test(word) || Number(word) >= nElements);
  if (wrong !== undefined || words.length === 0)
    throw new InputError(
      `Cannot use --elements ${path}: expected numbers of elements from 0 to ${nElements - 1}, as element_id counts them, got ${wrong === undefined ? "none" : JSON.stringify(wrong)}. Correct the list.`,
      { path },
    );
  return Uint32Array.from(new Set(words.map(Number))).sort();
}
