// The sizes of a problem, from its design and its data.
import type { DesignPartition } from "../stats/design/partition.js";
import type { ColumnSourceSpec } from "../store/column-source.js";
import type { GlmSize } from "./job.js";

export function glmSize(inputs: {
  readonly partition: DesignPartition;
  readonly source: ColumnSourceSpec;
  readonly columns: Uint32Array;
}): GlmSize {
  const { partition, source, columns } = inputs;
  return {
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
  };
}
