// From what was typed to a checked plan: every small file is read and every shape compared before the first block of data.
import { resolve } from "node:path";
import {
  type ConnectivityPlan,
  type PrepareInputs,
  planConnectivity,
} from "../../connectivity/prepare-connectivity.js";
import { UsageError } from "../../errors.js";
import { designWarnings } from "../../stats/design/check-design.js";
import type { Hypothesis } from "../../stats/design/hypothesis.js";
import type { Matrix } from "../../stats/design/matrix.js";
import { type DesignPartition, partitionDesign } from "../../stats/design/partition.js";
import type { VarianceGroups } from "../../stats/glm/model.js";
import type { ShufflePlan } from "../../stats/shuffle/shuffle-plan.js";
import type { Warning } from "../../warnings.js";
import { type ColumnInput, resolveColumnInput } from "../column-input.js";
import type { FixelCfeOptions } from "../fixel-cfe-options.js";
import { type FixelInput, resolveFixelInput } from "../fixel-input.js";
import { type PosthocFixels, readAnalysisMask, readPosthocMask } from "./fixel-masks.js";
import { resolveDesign } from "./resolve-design.js";
import { readVarianceGroups } from "./resolve-model.js";
import { resolveShuffles } from "./resolve-shuffles.js";

export interface InferencePlan {
  readonly input: FixelInput;
  readonly design: Matrix;
  readonly hypotheses: readonly Hypothesis[];
  /** Of the design alone; with element-wise columns without hypotheses. */
  readonly partition: DesignPartition;
  readonly groups: VarianceGroups | undefined;
  /** Element-wise regressors. */
  readonly columnInputs: readonly ColumnInput[];
  /** Columns of the design and element-wise ones. */
  readonly nFactors: number;
  readonly shuffles: ShufflePlan;
  /** u32 [nElements]: fixels analysed. */
  readonly columns: Uint32Array;
  /** i32 [nFixels], -1 outside the mask; undefined without a mask. */
  readonly elementOfFixel: Int32Array | undefined;
  /** Which elements may be a maximum and get p-values. */
  readonly posthoc: PosthocFixels;
  readonly connectivity: ConnectivityPlan;
  readonly seed: number;
  readonly cache: string;
  readonly warnings: readonly Warning[];
}

/** Throws UsageError, InputError, DesignError (with all problems found). */
export async function resolveInference(options: FixelCfeOptions, seed: number): Promise<InferencePlan> {
  checkParameters(options);
  const cache = options.cache ?? resolve(options.output, "..", ".fixelstream");
  const input = await resolveFixelInput({
    input: options.input,
    subjects: options.subjects,
    scalar: options.scalar,
    template: options.template,
    cache,
    memoryBytes: options.memoryBytes,
    io: options.io,
    command: options.command,
  });
  const subjectsFrom = options.subjects === "-" ? options.input : options.subjects;
  const { design, list } = resolveDesign(options, input.subjects.length, subjectsFrom);
  const variance = readVarianceGroups(options.variance, input.subjects.length);
  const columnInputs = (options.column ?? []).map((list) =>
    resolveColumnInput(list, input, {
      cache,
      memoryBytes: options.memoryBytes,
      io: options.io,
      command: options.command,
    }),
  );
  const { columns, elementOfFixel } = readAnalysisMask(options.mask, input.nFixels);
  const posthoc = readPosthocMask(options, { columns, elementOfFixel }, input.nFixels);
  const { shuffles, warnings } = resolveShuffles(options, input.subjects.length, seed);
  const checked = { input, columns, elementOfFixel, cache };
  return {
    ...checked,
    posthoc,
    design,
    hypotheses: list.hypotheses,
    partition: partitionDesign(design, columnInputs.length === 0 ? list.hypotheses : []),
    groups: variance.groups,
    columnInputs,
    nFactors: design.nColumns + columnInputs.length,
    shuffles,
    connectivity: planConnectivity(connectivityInputs(options, checked)),
    seed,
    warnings: [...designWarnings(design), ...list.warnings, ...variance.warnings, ...posthoc.warnings, ...warnings],
  };
}

export function connectivityInputs(
  options: FixelCfeOptions,
  plan: Pick<InferencePlan, "input" | "columns" | "elementOfFixel" | "cache">,
): PrepareInputs {
  return {
    directory: options.connectivity,
    nFixels: plan.input.nFixels,
    elementOfFixel: plan.elementOfFixel,
    nElements: plan.columns.length,
    exponent: options.cfeC,
    cache: plan.cache,
  };
}

function checkParameters(options: FixelCfeOptions): void {
  const positive = { "-cfe_dh": options.cfeDh };
  for (const [name, value] of Object.entries(positive)) {
    if (!(value > 0)) throw new UsageError(`Cannot use ${name} ${value}: expected a number above 0.`);
  }
  for (const [name, value] of [
    ["-cfe_e", options.cfeE],
    ["-cfe_h", options.cfeH],
    ["-cfe_c", options.cfeC],
  ] as const) {
    if (!(value >= 0)) throw new UsageError(`Cannot use ${name} ${value}: expected a number of 0 or more.`);
  }
}
