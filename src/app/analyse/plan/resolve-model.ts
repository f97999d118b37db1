// How variance is formed and which regressors elements bring: what makes a model more than one design and one variance for all.
import { DesignError, UsageError } from "../../../errors.js";
import type { Hypothesis } from "../../../stats/design/hypothesis.js";
import type { Matrix } from "../../../stats/design/matrix.js";
import {
  checkGroupResiduals,
  checkVarianceGroups,
  type GroupLabels,
  resolveVarianceGroups,
} from "../../../stats/design/variance-groups.js";
import type { GlmModel, VarianceGroups } from "../../../stats/glm/model.js";
import { varianceGroupsOf } from "../../../stats/shuffle/block-tree.js";
import type { ColumnSource, ColumnSourceSpec } from "../../../store/column-source.js";
import { openColumnSource } from "../../../store/open-column-source.js";
import { formatCount } from "../../../units.js";
import type { Warning } from "../../../warnings.js";
import type { InputFiles } from "../input-files.js";
import type { ResolvedBlocks } from "./resolve-blocks.js";

/** Throws InputError for a file that is no list of numbers, DesignError for numbers that are no groups, or that `design` leaves nothing of. */
export async function readVarianceGroups(
  path: string | undefined,
  nSubjects: number,
  files: InputFiles,
  design: Matrix,
): Promise<{ readonly groups: VarianceGroups | undefined; readonly warnings: readonly Warning[] }> {
  if (path === undefined) return { groups: undefined, warnings: [] };
  const { values, nRows, nColumns } = await files.matrix("variance", path);
  if (nRows !== 1 && nColumns !== 1) {
    throw new DesignError([
      `Cannot use ${path} for -variance: expected one row or one column of group numbers, got ${formatCount(nRows, "rows")} of ${nColumns}. Give one group number a subject.`,
    ]);
  }
  return checkedGroups({ labels: values, nSubjects, path }, design);
}

/** Groups that the exchangeability blocks keep apart (-vg auto). Throws UsageError without blocks, DesignError as above. */
export function groupsOfBlocks(
  blocks: Pick<ResolvedBlocks, "tree" | "path"> | undefined,
  nSubjects: number,
  design: Matrix,
): ReturnType<typeof checkedGroups> {
  if (blocks === undefined) {
    throw new UsageError(
      "Cannot use -vg auto: expected exchangeability blocks to make the groups of, got none. Give them with -eb, -exchange_within or -exchange_whole, or the groups with -variance.",
    );
  }
  const path = `-vg auto (${blocks.path})`;
  return checkedGroups({ labels: varianceGroupsOf(blocks.tree), nSubjects, path }, design);
}

function checkedGroups(
  labels: GroupLabels,
  design: Matrix,
): { readonly groups: VarianceGroups | undefined; readonly warnings: readonly Warning[] } {
  for (const check of [checkVarianceGroups, checkGroupResiduals.bind(undefined, design)]) {
    const problems = check(labels);
    if (problems.length > 0) throw new DesignError(problems);
  }
  return resolveVarianceGroups(labels);
}

export interface ModelParts {
  readonly design: Matrix;
  readonly hypotheses: readonly Hypothesis[];
  readonly groups: VarianceGroups | undefined;
  readonly nElementColumns: number;
}

/** `missing`: some value of a subject that takes part is not finite. */
export function resolveModel({ design, hypotheses, groups, nElementColumns }: ModelParts, missing: boolean): GlmModel {
  return { design, hypotheses, groups, nElementColumns, variable: missing || nElementColumns > 0 };
}

/** Bytes read at once while a selection of subjects is searched. */
const SEARCH_BYTES = 4 * 2 ** 20;

/**
 * Whether a value inside the mask is missing in a subject that takes part. `missing` counts all subjects of a store (undefined: none is); where only
 * some of them are selected, the elements in question are looked at.
 */
export function hasMissingValues(
  spec: ColumnSourceSpec,
  missing: Uint32Array | undefined,
  columns: Uint32Array,
): boolean {
  if (missing === undefined) return false;
  const affected = columns.filter((column) => missing[column]! > 0);
  if (affected.length === 0 || spec.rows === undefined) return affected.length > 0;
  const source = openColumnSource(spec);
  try {
    return searchColumns(source, affected);
  } finally {
    source.close();
  }
}

function searchColumns(source: ColumnSource, affected: Uint32Array): boolean {
  const { nRows, spec } = source;
  const valueBytes = spec.elementType === "f32" ? 4 : 8;
  const widest = Math.max(1, Math.min(spec.blockWidth, Math.floor(SEARCH_BYTES / (nRows * valueBytes))));
  for (let i = 0; i < affected.length; ) {
    const first = affected[i]!;
    let end = i;
    while (end < affected.length && affected[end]! < first + widest) end++;
    const count = affected[end - 1]! - first + 1;
    const bytes = new Uint8Array(nRows * count * valueBytes);
    source.copyColumnsInto(bytes, first, count);
    const values = valueBytes === 4 ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
    for (; i < end; i++) {
      const column = affected[i]! - first;
      for (let row = 0; row < nRows; row++) if (!Number.isFinite(values[row * count + column])) return true;
    }
  }
  return false;
}
