// What decides the numbers of this analysis: src/run/run-plan.ts, filled in when the data are open.
import type { ConnectivityManifest } from "../../connectivity/manifest.js";
import { createRunPlan, identifyMatrix, identifySources, type RunPlan, sha256OfNumbers } from "../../run/run-plan.js";
import type { ChosenKernels } from "./choose-kernels.js";
import type { OpenedColumn, OpenedData, SourceChecksum } from "./data-input.js";
import type { AnalysisOptions } from "./options.js";
import { resolveModel } from "./plan/resolve-model.js";
import { resolvePrecision } from "./plan/resolve-precision.js";
import type { AnalysisPlan } from "./resolve-analysis.js";

export interface RunPlanInputs {
  readonly kind: RunPlan["kind"];
  readonly options: AnalysisOptions;
  readonly plan: AnalysisPlan;
  readonly opened: OpenedData;
  readonly columns: readonly OpenedColumn[];
  readonly connectivity: ConnectivityManifest | undefined;
  readonly missing: boolean;
  readonly kernels: Pick<ChosenKernels, "kernels" | "product">;
}

export function runPlanOf({ plan, opened, columns, connectivity, ...found }: RunPlanInputs): RunPlan {
  const { selection, partition, design, hypotheses, groups } = plan;
  const { elementOf, eligible } = selection;
  const model = resolveModel({ ...plan, nElementColumns: columns.length }, found.missing);
  return createRunPlan({
    kind: found.kind,
    nSubjects: partition.nSubjects,
    nElements: selection.columns.length,
    data: sourcesOf(opened.sources),
    elements: elementOf === undefined ? null : sha256OfNumbers(selection.columns),
    eligible: eligible === undefined ? null : sha256OfNumbers(eligible),
    design: identifyMatrix(design),
    columns: columns.map(({ sources }) => sourcesOf(sources)),
    hypotheses: hypotheses.map(({ kind, contrast }) => ({ kind, contrast: identifyMatrix(contrast) })),
    varianceGroups: groups === undefined ? null : sha256OfNumbers(groups.of),
    variable: model.variable,
    shuffles: plan.shufflesIdentity,
    enhancement: enhancementOf(plan, connectivity),
    ...(plan.nonStationarity === undefined
      ? {}
      : { nonStationarity: { skew: plan.nonStationarity.skew, shuffles: plan.nonStationarity.identity } }),
    // nothing where all are counted: such runs are what they were before there was a choice
    ...(plan.enhancement.uncorrectedShuffles === undefined
      ? {}
      : { uncorrectedShuffles: plan.enhancement.uncorrectedShuffles }),
    ...(found.options.negativeBinomial === undefined ? {} : { negativeBinomial: found.options.negativeBinomial }),
    precision: resolvePrecision(found.options.precision, model),
    kernels: found.kernels.kernels,
    ...(found.kernels.product === undefined ? {} : { product: found.kernels.product }),
  });
}

const sourcesOf = (sources: readonly SourceChecksum[]) => identifySources(sources.map(({ crc32 }) => crc32));

function enhancementOf({ enhancement }: AnalysisPlan, manifest: ConnectivityManifest | undefined) {
  if (enhancement.kind === "none") return { kind: "none" } as const;
  if (enhancement.kind === "graph") return enhancement.identity;
  const { index, fixels, values } = manifest!.sources;
  const crcs = { index: index.contentCrc32, fixels: fixels.contentCrc32, values: values.contentCrc32 };
  return { kind: "cfe", ...enhancement.parameters, connectivity: crcs } as const;
}
