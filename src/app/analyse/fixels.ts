// The row of fixels: a fixel directory with its list, a store or a ModelArray file; enhanced by connectivity; results are a fixel directory.
import { join, resolve } from "node:path";
import type { ConnectivityManifest } from "../../connectivity/manifest.js";
import { type PrepareInputs, planConnectivity, prepareConnectivity } from "../../connectivity/prepare-connectivity.js";
import { prepareSketch } from "../../connectivity/prepare-sketch.js";
import { UsageError } from "../../errors.js";
import { noteUse } from "../../publish/in-use.js";
import { openFixelResults } from "../../results/fixel-results.js";
import { VERSION } from "../../version.js";
import type { Warning } from "../../warnings.js";
import { touchedWarning } from "../inputs/assert-converted.js";
import { ownerWarning, unmarkedWarning, waitingWarning } from "../inputs/cached-input.js";
import { resolveColumnInput } from "../inputs/column-input.js";
import { type FixelInput, resolveFixelInput } from "../inputs/fixel-input.js";
import { analyse, type InferenceEvents, type InferenceSummary, type MergedShuffles, planAnalysis } from "./analyse.js";
import type { ColumnInput, DataInput } from "./data-input.js";
import { describeStored } from "./describe-stored.js";
import type { ElementKind, ElementSelection } from "./element-kind.js";
import type { FixelCfeOptions } from "./options.js";
import { noSketchWarning } from "./plan/bound-warnings.js";
import type { PlanSummary } from "./plan/describe-plan.js";
import { readAnalysisMask, readPosthocMask } from "./plan/fixel-masks.js";
import { seedOf } from "./same-line.js";

interface FixelData extends DataInput, Pick<FixelInput, "template"> {
  readonly fixels: FixelInput;
}

const FIXELS: ElementKind<FixelCfeOptions, FixelData> = {
  kind: "fixel",
  elements: "fixels",
  leaveOut: "out with -mask",
  converted: "converted subjects",
  enhanced: () => "cfe",
  checkParameters,
  defaultCache: ({ output }) => resolve(output, "..", ".fixelstream"),
  describeOutput: ({ output }) => output,
  shardsOf: ({ output }) => join(output, ".shards"),
  describeEarlier: ({ output }) => ` in ${output}`,
  async resolveInput(options, { cache, files, signal }) {
    const { input, subjects, scalar, template, memoryBytes, nThreads, io, verify, verifyInputs, command } = options;
    const readList = (path: string) => files.list("subjectList", path);
    const given = { input, subjects, scalar, template, memoryBytes, nThreads, io, verify, verifyInputs, command };
    const found = await resolveFixelInput({ ...given, cache, readList, signal });
    return {
      nSubjects: found.subjects.length,
      subjects: found.subjects,
      scalar: found.scalar,
      notes: found.notes ?? [],
      nElements: found.nFixels,
      subjectsFrom: subjects === "-" ? input : subjects,
      searchedIn: found.searchedIn,
      expected: found.expected,
      bytesToWrite: found.bytesToWrite,
      template: found.template,
      warnings: found.warnings ?? [],
      fixels: found,
      checkSources: (signal) => found.checkSources(signal),
      widestType: () => found.widestType(),
      open: (events) => found.open(events),
      close: () => found.close(),
    };
  },
  async resolveColumns(options, { fixels }, { cache, files }) {
    const { column = [], memoryBytes, nThreads, io, verify, verifyInputs, command } = options;
    const given = { cache, memoryBytes, nThreads, io, verify, verifyInputs, command };
    const columns: ColumnInput[] = [];
    for (const [i, list] of column.entries()) {
      const readList = (path: string) => files.list(`column${i + 1}`, path);
      const found = await resolveColumnInput(list, fixels, { ...given, readList });
      columns.push({
        expected: found.expected,
        bytesToWrite: found.bytesToWrite,
        warnings: found.warnings,
        checkSources: (signal) => found.checkSources(signal),
        widestType: () => found.widestType(),
        async open(events) {
          const spec = await found.open(events);
          return { spec, sources: describeStored(spec)!.sources };
        },
        close: () => found.close(),
      });
    }
    return columns;
  },
  selectElements(options, { nElements }, files) {
    const analysed = readAnalysisMask(options.mask, nElements, files);
    const tested = readPosthocMask(options, analysed, nElements, files);
    return { ...analysed, ...tested, warnings: [...analysed.warnings, ...tested.warnings] };
  },
  resolveEnhancement(options, { nElements, template }, selection, { cache, nShuffles }) {
    const uncorrectedShuffles = uncorrectedOf(options, nShuffles);
    const needsSketch = uncorrectedShuffles !== undefined && options.cfeE >= 1 && options.nonstationarity !== true;
    const inputs = { ...connectivityInputs(options, nElements, selection, cache), sketch: needsSketch };
    return {
      ...{ kind: "cfe", uncorrectedShuffles, needsSketch },
      parameters: {
        dh: options.cfeDh,
        extentPower: options.cfeE,
        heightPower: options.cfeH,
        exponent: options.cfeC,
        legacy: options.cfeLegacy,
      },
      connectivity: planConnectivity(inputs),
      async prepare({ onProgress, onWarning, signal }) {
        const onWaiting: PrepareInputs["onWaiting"] = (path, holder) => onWarning(waitingWarning(path, holder));
        const prepared = await prepareConnectivity({
          ...inputs,
          onProgress: (done, all) => onProgress(all === 0 ? 1 : done / all),
          onWaiting,
          onTouched: (paths) => onWarning(touchedWarning(paths, 3)),
          onUnmarked: (path, reason) => onWarning(unmarkedWarning(path, reason)),
          signal,
        });
        if (prepared.reused) {
          noteUse(prepared.path);
          const foreign = ownerWarning(prepared.path, options);
          if (foreign !== undefined) onWarning(foreign);
        }
        const warnings = connectivityWarnings(prepared.manifest);
        if (!needsSketch) return { prepared, sketch: undefined, warnings };
        try {
          const { elementOfFixel, verify } = inputs;
          const found = await prepareSketch({
            ...{
              path: prepared.path,
              manifest: prepared.manifest,
              elementOfFixel,
              template,
              verify,
              onWaiting,
              signal,
            },
            onProgress: (done, all) => onProgress(all === 0 ? 1 : done / all),
          });
          if ("header" in found) return { prepared, sketch: found.header, warnings };
          return { prepared, sketch: undefined, warnings: [...warnings, noSketchWarning(prepared.path, found.reason)] };
        } catch (error) {
          prepared.release();
          throw error;
        }
      },
    };
  },
  openResults(options, { template, nElements }, { elementOf }, what) {
    return openFixelResults({
      ...{ ...what, path: options.output, template, nFixels: nElements, elementOfFixel: elementOf },
      ending: options.resultFormat === "nii" ? ".nii" : ".mif",
      entries: [
        ["cfe_c", String(options.cfeC)],
        ["cfe_dh", String(options.cfeDh)],
        ["cfe_e", String(options.cfeE)],
        ["cfe_h", String(options.cfeH)],
        ["cfe_legacy", options.cfeLegacy ? "1" : "0"],
      ],
      commandHistory: `${options.command}  (version=${VERSION})`,
      overwrite: options.force,
    });
  },
  describeProblem: ({ nElements }) => ({ nFixels: nElements }),
};

/** Undefined: all shuffles count. Throws UsageError. */
function uncorrectedOf({ uncorrectedShuffles, notest }: FixelCfeOptions, nShuffles: number): number | undefined {
  if (uncorrectedShuffles === undefined) return undefined;
  if (notest) {
    throw new UsageError(
      "Cannot use --uncorrected-shuffles together with -notest: expected shuffles to count, got none. Leave one out.",
    );
  }
  return uncorrectedShuffles < nShuffles ? uncorrectedShuffles : undefined;
}

function connectivityInputs(
  { connectivity, cfeC, verify, verifyInputs }: FixelCfeOptions,
  nFixels: number,
  { columns, elementOf }: ElementSelection,
  cache: string,
): PrepareInputs {
  return {
    ...{ directory: connectivity, nFixels, elementOfFixel: elementOf, nElements: columns.length, cache },
    ...{ exponent: cfeC, verify, verifyInputs },
  };
}

function connectivityWarnings({ nUnconnected, nTooWeak, nElements, exponent }: ConnectivityManifest): Warning[] {
  const warnings: Warning[] = [];
  if (nUnconnected > 0) {
    warnings.push({
      tag: "fixels-without-connections",
      message: `${nUnconnected} of ${nElements} fixels have no connection in the matrix; their enhanced statistic is 0 and they cannot become significant. Exclude them with -mask.`,
    });
  }
  if (nTooWeak > 0) {
    warnings.push({
      tag: "connections-too-weak",
      message: `${nTooWeak} of ${nElements} fixels have connections whose weights, value^${exponent}, are too small for float32; their enhanced statistic is 0 and they cannot become significant. Lower -cfe_c.`,
    });
  }
  return warnings;
}

function checkParameters(options: FixelCfeOptions): void {
  if (!(options.cfeDh > 0)) throw new UsageError(`Cannot use -cfe_dh ${options.cfeDh}: expected a number above 0.`);
  for (const [name, value] of [
    ["-cfe_e", options.cfeE],
    ["-cfe_h", options.cfeH],
    ["-cfe_c", options.cfeC],
  ] as const) {
    if (!(value >= 0)) throw new UsageError(`Cannot use ${name} ${value}: expected a number of 0 or more.`);
  }
}

/** fixelcfestats. Throws UsageError, InputError, DesignError, BudgetError, or the reason of `events.signal`; no results are left then. */
export const inferFixels = (options: FixelCfeOptions, events?: InferenceEvents): Promise<InferenceSummary> =>
  analyse(FIXELS, options, events);

/** As inferFixels, of shuffles that were computed before: all of the plan's. Throws ShardMismatchError for those of another plan. */
export const mergeFixels = (
  options: FixelCfeOptions,
  events: InferenceEvents,
  merged: MergedShuffles,
): Promise<InferenceSummary> => analyse(FIXELS, options, events, merged);

/** As seedOf. */
export const seedOfFixels = (options: FixelCfeOptions): number => seedOf(FIXELS, options);

/** fixelcfestats --dry-run: checks everything, and leaves nothing behind. Throws as inferFixels. */
export const planInference = (options: FixelCfeOptions, events?: InferenceEvents): Promise<PlanSummary> =>
  planAnalysis(FIXELS, options, events);
