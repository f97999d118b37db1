// From what was typed to a checked plan: every small file is read and every shape compared before the first block of data.
import { DesignError } from "../../errors.js";
import type { ShufflesIdentity } from "../../run/run-plan.js";
import { designWarnings } from "../../stats/design/check-design.js";
import type { Hypothesis } from "../../stats/design/hypothesis.js";
import type { Matrix } from "../../stats/design/matrix.js";
import { type DesignPartition, partitionDesign } from "../../stats/design/partition.js";
import type { VarianceGroups } from "../../stats/glm/model.js";
import type { NullFacts } from "../../stats/inference/p-values.js";
import { describeShuffles } from "../../stats/shuffle/describe-shuffles.js";
import type { ShufflePlan } from "../../stats/shuffle/shuffle-plan.js";
import { createTurns } from "../../turns.js";
import type { Warning } from "../../warnings.js";
import { collectProblems } from "./collect-problems.js";
import type { ColumnInput, DataInput } from "./data-input.js";
import type { ElementKind, ElementSelection, EnhancementPlan } from "./element-kind.js";
import { createInputFiles, type InputFiles } from "./input-files.js";
import type { AnalysisOptions } from "./options.js";
import { checkPValues } from "./plan/check-p-values.js";
import { checkNegativeBinomial } from "./plan/negative-binomial.js";
import type { ResolvedBlocks } from "./plan/resolve-blocks.js";
import { type ResolvedDesign, resolveDesign } from "./plan/resolve-design.js";
import { groupsOfBlocks, readVarianceGroups } from "./plan/resolve-model.js";
import { type ResolvedNamed, resolveNamed } from "./plan/resolve-named.js";
import { type AnalysisRelabellings, nullFactsOf, resolveRelabellings, testsOf } from "./plan/resolve-relabellings.js";
import { type ResolvedNonStationarity, resolveNonStationarity, resolveShuffles } from "./plan/resolve-shuffles.js";
import { checkStop } from "./plan/stop-when-settled.js";
import { checkRowNames, type SubjectOrder } from "./plan/table-names.js";
import { selectColumnSubjects, selectSubjects } from "./select-subjects.js";
import { filesOfWhole, GROUP_ROLES, PERMUTATION_ROLES, type WholeCohortFiles } from "./whole-cohort-files.js";

export interface AnalysisPlan<Input extends DataInput = DataInput> {
  readonly input: Input;
  readonly design: Matrix;
  /** Names of the design's columns, where it has them. */
  readonly factors: readonly string[] | undefined;
  /** What the user calls hypotheses, by their names: out of the first column of contrasts and F-tests. */
  readonly labels: ReadonlyMap<string, string>;
  readonly hypotheses: readonly Hypothesis[];
  /** Of the design alone; with element-wise columns without hypotheses. */
  readonly partition: DesignPartition;
  readonly groups: VarianceGroups | undefined;
  /** Element-wise regressors. */
  readonly columnInputs: readonly ColumnInput[];
  /** Columns of the design and element-wise ones. */
  readonly nFactors: number;
  readonly shuffles: ShufflePlan;
  readonly shufflesIdentity: ShufflesIdentity;
  /** Undefined: all may be exchanged, or shuffles are listed. */
  readonly blocks: ResolvedBlocks | undefined;
  /** Undefined: enhanced statistics stay as they are. */
  readonly nonStationarity: ResolvedNonStationarity | undefined;
  /** What the shuffles can tell apart; undefined with -notest. */
  readonly relabellings: AnalysisRelabellings | undefined;
  /** Of the null of each hypothesis. */
  readonly nullFacts: readonly NullFacts[];
  readonly selection: ElementSelection;
  readonly enhancement: EnhancementPlan;
  readonly cache: string;
  /** The small files, as they were when they were read. */
  readonly files: InputFiles;
  /** How inputs were read where that is not the plain case: sentences. */
  readonly notes: readonly string[];
  readonly warnings: readonly Warning[];
}

/** Other files with a row a subject; the design's names are checked together with its shape. Throws DesignError. */
function checkNamedRows(
  { read, isOfWhole }: WholeCohortFiles,
  order: SubjectOrder,
  whole: SubjectOrder,
): readonly string[] {
  const checks = [...GROUP_ROLES, ...PERMUTATION_ROLES].flatMap((role) =>
    read[role] === undefined ? [] : [checkRowNames(read[role], isOfWhole(role) ? whole : order)],
  );
  const problems = checks.flatMap((check) => check.problems);
  if (problems.length > 0) throw new DesignError(problems);
  return checks.flatMap((check) => check.notes);
}

const NOT_VERIFIED: Warning = {
  tag: "unchecked",
  message:
    "No checksum is compared (--no-verify): a damaged store, matrix or template would be used as it is. `fixelstream verify` compares them at any time.",
};

async function resolveNamedDesign(
  { named, scalar, column = [] }: AnalysisOptions,
  { subjects, nSubjects, subjectsFrom, scalar: found }: DataInput,
  files: InputFiles,
): Promise<ResolvedNamed | undefined> {
  if (named === undefined) return undefined;
  const whose = { subjects, nSubjects, subjectsFrom, scalar: scalar ?? found };
  return await resolveNamed(named, { ...whose, files, nElementColumns: column.length });
}

/**
 * Throws UsageError, InputError, DesignError (with all problems found), BudgetError, or the reason of `signal`. `onData` hears of the data as soon as it is
 * known who takes part.
 */
export async function resolveAnalysis<Options extends AnalysisOptions, Input extends DataInput>(
  kind: ElementKind<Options, Input>,
  options: Options,
  signal: AbortSignal | undefined,
  onData: (input: DataInput) => void = () => {},
): Promise<AnalysisPlan<Input>> {
  kind.checkParameters(options);
  checkPValues(options);
  const cache = options.cache ?? kind.defaultCache(options);
  const files = createInputFiles({ memoryBytes: options.memoryBytes, signal });
  const context = { cache, files, signal };
  const problems = collectProblems();
  const whole = await problems.from(() => kind.resolveInput(options, context));
  if (whole === undefined) {
    for (const role of ["design", "contrast", "ttests", "ftests"] as const) {
      const path = options.named === undefined ? options[role] : undefined;
      if (path !== undefined) await problems.from(() => files.matrix(role, path));
    }
    problems.throwAny(options);
  }
  const named = await problems.from(() => resolveNamedDesign(options, whole!, files));
  // without it nobody knows who takes part
  if (options.named !== undefined && named === undefined) problems.throwAny(options);
  const input = named?.rows === undefined ? whole! : selectSubjects(whole!, named.rows);
  onData(input);
  const { subjects, nSubjects, subjectsFrom } = input;
  const order = { subjects, nSubjects, subjectsFrom };
  const designed = await problems.from(() => resolveDesign(options, { files, ...order }, named?.given));
  const selected = await problems.from(() => kind.selectElements(options, input, files));
  const wholeColumns = await problems.from(() => kind.resolveColumns(options, whole!, context));
  const columns = wholeColumns?.map((column) =>
    named?.rows === undefined ? column : selectColumnSubjects(column, named.rows),
  );
  const turns = createTurns(signal);
  const rowFiles = filesOfWhole(files, whole!, named?.rows);
  const drawing = { nSubjects, seed: options.seed, files: rowFiles, turns };
  const shuffled = await problems.from(() => resolveShuffles(options, drawing));
  const correction = await problems.from(() => resolveNonStationarity(options, drawing));
  const varianceOf = ({ design }: ResolvedDesign) =>
    options.varianceOfBlocks !== true
      ? readVarianceGroups(options.variance, nSubjects, rowFiles, design)
      : shuffled && groupsOfBlocks(shuffled.blocks, nSubjects, design);
  const varied = await problems.from(() => (designed === undefined ? undefined : varianceOf(designed)));
  problems.throwAny(options);
  return await resolveFound(kind, options, {
    ...{ input, named, order, whole: whole!, files: rowFiles, cache, turns },
    ...{
      designed: designed!,
      selection: selected!,
      columnInputs: columns!,
      shuffles: shuffled!,
      corrected: correction!,
    },
    variance: varied!,
  });
}

/** Everything that was given, looked at by itself. */
interface Found<Input extends DataInput> {
  readonly input: Input;
  readonly named: ResolvedNamed | undefined;
  readonly order: SubjectOrder & { readonly nSubjects: number };
  readonly designed: ResolvedDesign;
  readonly selection: ElementSelection;
  readonly columnInputs: AnalysisPlan<Input>["columnInputs"];
  readonly shuffles: Awaited<ReturnType<typeof resolveShuffles>>;
  readonly corrected: Awaited<ReturnType<typeof resolveNonStationarity>>;
  readonly variance: Awaited<ReturnType<typeof readVarianceGroups>>;
  /** Of all subjects of the data. */
  readonly whole: SubjectOrder;
  readonly files: WholeCohortFiles;
  readonly cache: string;
  readonly turns: ReturnType<typeof createTurns>;
}

/** What follows of it together. Throws as resolveAnalysis. */
async function resolveFound<Options extends AnalysisOptions, Input extends DataInput>(
  kind: ElementKind<Options, Input>,
  options: Options,
  found: Found<Input>,
): Promise<AnalysisPlan<Input>> {
  const { input, named, order, designed, selection, columnInputs, shuffles, corrected, variance, cache, turns } = found;
  const { files, whole } = found;
  const { design, list, factors, labels, notes } = designed;
  checkStop(options, shuffles.shuffles);
  const { hypotheses } = list;
  const partition = partitionDesign(design, columnInputs.length === 0 ? hypotheses : []);
  const { groups } = variance;
  const model = { design, hypotheses, groups, nElementColumns: columnInputs.length };
  const question = { model, partition, shuffles, strong: options.strong };
  const relabellings = options.notest ? undefined : await resolveRelabellings(question, turns);
  const namedRows = checkNamedRows(files, order, whole);
  const nShuffles = options.notest ? 0 : shuffles.shuffles.count;
  const enhancement = kind.resolveEnhancement(options, input, selection, { cache, nShuffles });
  checkNegativeBinomial(options, shuffles.shuffles, enhancement.kind);
  return {
    ...{ input, design, columnInputs, selection, cache, files, factors, labels },
    notes: [
      ...(input.notes ?? []),
      ...(named?.notes ?? []),
      ...files.notes,
      ...notes,
      ...namedRows,
      ...(shuffles.blocks?.notes ?? []),
    ],
    ...{ hypotheses, partition, groups, relabellings },
    nFactors: design.nColumns + columnInputs.length,
    shuffles: shuffles.shuffles,
    shufflesIdentity: shuffles.identity,
    blocks: shuffles.blocks,
    nonStationarity: corrected.found,
    nullFacts: relabellings === undefined ? [] : nullFactsOf(relabellings, shuffles.context),
    enhancement,
    warnings: [
      ...(options.verify === false ? [NOT_VERIFIED] : []),
      ...[input, ...columnInputs].flatMap(({ warnings = [] }) => warnings),
      ...(named?.warnings ?? []),
      ...designWarnings(design, factors),
      ...list.warnings,
      ...variance.warnings,
      ...selection.warnings,
      ...(relabellings === undefined
        ? []
        : describeShuffles(shuffles.shuffles, { ...shuffles.context, tests: testsOf(relabellings) })),
      ...corrected.warnings,
    ],
  };
}
