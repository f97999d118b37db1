// Assembles run.json of an inference.
import type { PreparedConnectivity } from "../connectivity/prepare-connectivity.js";
import type { EngineInputs } from "../engine/inputs.js";
import type { EnginePlan } from "../engine/run.js";
import type { RunCost } from "../engine/shuffle-loop.js";
import { hashFiles, machineOf, peakResidentBytes, RUN_RECORD_VERSION, type RunRecord } from "../results/run-record.js";
import { VERSION } from "../version.js";
import type { Warning } from "../warnings.js";
import type { FixelCfeOptions } from "./fixel-cfe-options.js";
import type { OpenedInput } from "./fixel-input.js";
import type { Significance } from "./inference-output.js";
import { describePlan } from "./plan/describe-plan.js";
import type { InferencePlan } from "./plan/resolve-inference.js";

export interface Timings {
  readonly startedAt: Date;
  /** performance.now() at the start. */
  readonly start: number;
  readonly ms: Record<string, number>;
}

export interface RecordInputs {
  readonly options: FixelCfeOptions;
  readonly plan: InferencePlan;
  readonly opened: OpenedInput;
  readonly prepared: PreparedConnectivity;
  readonly enginePlan: EnginePlan;
  readonly inputs: EngineInputs;
  readonly cost: RunCost;
  readonly significance: readonly Significance[];
  readonly warnings: readonly Warning[];
  readonly timings: Timings;
}

export async function createRunRecord(found: RecordInputs): Promise<RunRecord> {
  const { options, plan, opened, prepared, inputs, cost, timings } = found;
  const summary = describePlan(found.enginePlan, inputs);
  const { command, seed, ...typed } = options;
  return {
    format: "fixelstream-run",
    formatVersion: RUN_RECORD_VERSION,
    command,
    versions: { fixelstream: VERSION, node: process.versions.node, v8: process.versions.v8 },
    machine: machineOf(),
    startedAt: timings.startedAt.toISOString(),
    options: typed,
    seed,
    inputs: {
      store: { path: opened.storePath, reused: opened.reused, elementType: opened.spec.elementType },
      subjects: opened.sources,
      connectivity: { path: prepared.path, reused: prepared.reused, ...prepared.manifest.sources },
      ...(await hashFiles(namedFiles(options))),
    },
    problem: {
      nFixels: plan.input.nFixels,
      nElements: plan.columns.length,
      ...(plan.posthoc.eligible === undefined ? {} : { nPosthoc: plan.posthoc.nEligible }),
      nSubjects: plan.partition.nSubjects,
      // of an element with all observations; own columns count as independent
      rank: plan.partition.rank + plan.columnInputs.length,
      degreesOfFreedom: plan.partition.dof - plan.columnInputs.length,
      varianceGroups: plan.groups?.count ?? 1,
      hypotheses: plan.hypotheses.map(({ name, kind, rank }) => ({ name, kind, rank })),
      nShuffles: options.notest ? 0 : plan.shuffles.count,
      exhaustive: plan.shuffles.exhaustive,
    },
    kernels: inputs.kernels,
    precision: inputs.precision,
    threads: inputs.nThreads,
    plan: { ...summary },
    timings: { ...timings.ms, total: performance.now() - timings.start },
    memory: { plannedBytes: summary.plannedBytes, peakResidentBytes: peakResidentBytes() },
    results: {
      bytesRead: cost.bytesRead,
      wideBatches: cost.wideBatches,
      hypotheses: plan.hypotheses.map(({ name }, h) => ({ name, ...found.significance[h]! })),
    },
    warnings: found.warnings,
  };
}

function namedFiles(options: FixelCfeOptions): Record<string, string | undefined> {
  const { design, contrast, ftests, ttests, mask, posthoc, permutations } = options;
  const { variance, exchangeWithin, exchangeWhole } = options;
  const rows = (options.ftest ?? []).map((path, i) => [`ftest${i + 1}`, path] as const);
  const columns = (options.column ?? []).map((path, i) => [`column${i + 1}`, path] as const);
  const lists = Object.fromEntries([...rows, ...columns]);
  const groups = { variance, exchangeWithin, exchangeWhole };
  return { design, contrast, ftests, ttests, ...lists, mask, posthoc, permutations, ...groups };
}
