// The sizes of a problem, from its design, its data and what is made of its statistics.
import type { ObservedSize } from "../../run/observed.js";
import type { DesignPartition } from "../../stats/design/partition.js";
import { countFactors, type GlmModel, isFixedPooled } from "../../stats/glm/model.js";
import type { ColumnSourceSpec } from "../../store/column-source.js";

export interface HypothesisSize {
  readonly contrastRank: number;
  readonly nCorrections: number;
  /** 1 for a t-test, 0 for an F-test. */
  readonly signed: 0 | 1;
}

/** Of a design that varies between elements or a variance that is grouped. */
export interface ModelSize {
  /** Whether observations can be missing. */
  readonly variable: boolean;
  /** r of the columns that elements share. */
  readonly sharedRank: number;
  /** c: columns that each element brings. */
  readonly nElementColumns: number;
  /** G; 1: pooled. */
  readonly nGroups: number;
  /** s of each hypothesis. */
  readonly contrastRanks: readonly number[];
  /** Bytes of one value of each element-wise column. */
  readonly columnBytes: readonly (4 | 8)[];
}

export interface ProblemSize extends ObservedSize {
  readonly nSubjects: number;
  /** Elements analysed: inside the mask. */
  readonly nElements: number;
  /** Of the products; the design's own may be larger (stats/glm/shuffled-design.ts). */
  readonly rank: number;
  readonly dof: number;
  readonly sharedRank: number;
  readonly hypotheses: readonly HypothesisSize[];
  /** Bytes of one stored value. */
  readonly valueBytes: 4 | 8;
  /** Undefined: one design and one variance for all. */
  readonly model: ModelSize | undefined;
}

/** The model where it is more than one design and one variance for all. */
export const engineModel = (model: GlmModel | undefined): GlmModel | undefined =>
  model === undefined || isFixedPooled(model) ? undefined : model;

export function problemSize(inputs: {
  readonly partition: DesignPartition;
  readonly source: ColumnSourceSpec;
  readonly columns: Uint32Array;
  readonly model?: GlmModel | undefined;
  readonly columnSources?: readonly ColumnSourceSpec[] | undefined;
}): ProblemSize {
  const { partition, source, columns } = inputs;
  const fixed: ProblemSize = {
    nSubjects: partition.nSubjects,
    nElements: columns.length,
    nFactors: partition.nFactors,
    rank: partition.rank,
    dof: partition.dof,
    sharedRank: partition.sharedNuisance.nRows,
    valueBytes: source.elementType === "f32" ? 4 : 8,
    hypotheses: partition.hypotheses.map(({ hypothesis, residualNuisance }) => ({
      contrastRank: hypothesis.rank,
      nCorrections: residualNuisance.nColumns,
      signed: hypothesis.kind === "t" ? 1 : 0,
    })),
    nDeviations: 1,
    hasCondition: false,
    model: undefined,
  };
  const model = engineModel(inputs.model);
  return model === undefined ? fixed : modelSize(fixed, model, inputs.columnSources ?? []);
}

function modelSize(fixed: ProblemSize, model: GlmModel, columnSources: readonly ColumnSourceSpec[]): ProblemSize {
  const { design, groups, variable, hypotheses } = model;
  return {
    ...fixed,
    nFactors: countFactors(model),
    // of an element with all observations, none where factors are more; statistics with degrees of freedom of their own stay below n
    dof: groups !== undefined ? design.nRows : variable ? Math.max(0, design.nRows - countFactors(model)) : fixed.dof,
    hypotheses: hypotheses.map(({ rank, kind }) => ({
      contrastRank: rank,
      nCorrections: 0,
      signed: kind === "t" ? 1 : 0,
    })),
    nDeviations: groups?.count ?? 1,
    hasCondition: variable,
    model: {
      variable,
      sharedRank: variable ? design.nColumns : fixed.rank,
      nElementColumns: model.nElementColumns,
      nGroups: groups?.count ?? 1,
      contrastRanks: hypotheses.map(({ rank }) => rank),
      columnBytes: columnSources.map(({ elementType }) => (elementType === "f32" ? 4 : 8)),
    },
  };
}

/** Whether labels are kept, and signs that are all +1: groups of elements gather by positions, and only what elements bring of their own is shuffled by labels. */
export const holdsLabels = ({ model }: Pick<ProblemSize, "model">): boolean =>
  model === undefined || model.nElementColumns > 0;

/** Bytes of a position: groups of elements go through all of them again and again. */
export const positionBytes = ({ nSubjects }: Pick<ProblemSize, "nSubjects">): 2 | 4 => (nSubjects <= 2 ** 16 ? 2 : 4);

/** Rows of the product a shuffle. */
export const productRows = ({ model, rank }: ProblemSize): number =>
  model === undefined ? rank : model.nGroups * model.sharedRank;

/** Rows a shuffle at least, of the smallest product of a tile: a direction may be left out (shuffled-design.ts), and indicators of groups are one row each. */
export const leastProductRows = ({ model, rank }: ProblemSize): number =>
  Math.max(1, model === undefined ? rank : model.nGroups > 1 ? model.nGroups : model.sharedRank - 1);

/** Patterns of missing observations whose designs a thread keeps for the next blocks. */
const MOST_DESIGNS = 64;
/** Bytes of those at most, where two have room: one made anew costs k^2 n operations, little beside its shuffles. */
const DESIGN_BYTES = 8 * 2 ** 20;

export interface KeptDesigns {
  readonly most: number;
  readonly least: number;
  /** Bytes of one. */
  readonly bytes: number;
}

/**
 * Designs that a thread keeps. The rows of one: Q f64 [k][n], and as many for the products; of variance groups the parts of Q and the rows that span them. None
 * where every element brings columns of its own.
 */
export function keptDesigns({
  nSubjects,
  nElements,
  nFactors,
  model,
}: Pick<ProblemSize, "nSubjects" | "nElements" | "nFactors" | "model">): KeptDesigns {
  if (model === undefined || model.nElementColumns > 0) return { most: 0, least: 0, bytes: 0 };
  const { nGroups, variable } = model;
  const bytes = (nGroups === 1 ? 2 : 1 + 2 * nGroups) * nFactors * nSubjects * 8;
  const patterns = variable ? Math.max(1, nElements) : 1;
  const least = Math.min(2, patterns);
  const most = Math.max(least, Math.min(MOST_DESIGNS, patterns, Math.floor(DESIGN_BYTES / bytes)));
  return { most, least, bytes };
}
