// The sizes of a problem, from its design and its data.
import type { DesignPartition } from "../stats/design/partition.js";
import { countFactors, type GlmModel, isFixedPooled } from "../stats/glm/model.js";
import type { ColumnSourceSpec } from "../store/column-source.js";
import type { GlmSize } from "./job.js";

export function glmSize(inputs: {
  readonly partition: DesignPartition;
  readonly source: ColumnSourceSpec;
  readonly columns: Uint32Array;
  readonly model?: GlmModel | undefined;
  readonly columnSources?: readonly ColumnSourceSpec[] | undefined;
}): GlmSize {
  const { partition, source, columns } = inputs;
  const fixed: GlmSize = {
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

/** The model where it is more than one design and one variance for all. */
export const engineModel = (model: GlmModel | undefined): GlmModel | undefined =>
  model === undefined || isFixedPooled(model) ? undefined : model;

function modelSize(fixed: GlmSize, model: GlmModel, columnSources: readonly ColumnSourceSpec[]): GlmSize {
  const { design, groups, variable, hypotheses } = model;
  return {
    ...fixed,
    nFactors: countFactors(model),
    // of an element with all observations; statistics with degrees of freedom of their own stay below n
    dof: groups !== undefined ? design.nRows : variable ? design.nRows - countFactors(model) : fixed.dof,
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
      nThresholds: 0,
      nCells: 0,
    },
  };
}
