// Which kernels a run takes, and whether a library of the system multiplies its tiles. Never fails: without a library the SIMD kernels do it, and if one was
// asked for a warning says so.

import type { EngineInputs, MatrixSize } from "../../engine/inputs.js";
import { planEngine } from "../../engine/run.js";
import { BudgetError } from "../../errors.js";
import { resolveKernelChoice } from "../../kernels/choose-kernels.js";
import type { KernelVariant } from "../../kernels/kernel-set.js";
import {
  chooseLibrary,
  type LibrarySearch,
  type SearchRequest,
  TILE_ROWS,
} from "../../kernels/native/choose-library.js";
import { NAMED_BY } from "../../kernels/native/find-libraries.js";
import type { NativeProduct } from "../../kernels/native/native-product.js";
import type { RunPlan } from "../../run/run-plan.js";
import type { Warning } from "../../warnings.js";
import type { AnalysisOptions } from "./options.js";
import type { AnalysisPlan } from "./resolve-analysis.js";

export interface ChosenKernels {
  readonly kernels: KernelVariant;
  readonly native?: NativeProduct;
  /** Of the run's plan: what decides its bits. */
  readonly product?: RunPlan["product"];
  /** Of run.json: what was found and tried; absent where nothing was looked for. */
  readonly search?: Readonly<Record<string, unknown>>;
  readonly warning?: Warning;
}

/** Multiply-adds below which "auto" does not look for a library: a second or two of the SIMD kernels on one thread, and a trial takes its part of that. */
export const WORTH_A_TRIAL = 2e10;
/** Bytes of a block's columns, as blocks are (engine/plan/blocks.ts), for the trial. */
const TRIAL_BYTES = 4 * 2 ** 20;

/** Before a library has been looked for: what a plan of memory may assume. */
export function expectedKernels({ kernels }: AnalysisOptions): ChosenKernels {
  if (kernels !== "native") return { kernels: resolveKernelChoice(kernels) };
  return {
    kernels: "native",
    native: { library: { path: "" }, tile: { rows: TILE_ROWS, columns: 32, sumsSlices: true } },
  };
}

/** Whether a run looks for a library, and takes it if it is right and faster: of which nothing is known beforehand. */
export function looksForLibrary(
  options: Pick<AnalysisOptions, "kernels" | "notest">,
  { partition, selection, shuffles }: AnalysisPlan,
  worth = WORTH_A_TRIAL,
): boolean {
  if (options.kernels !== "auto" || resolveKernelChoice(options.kernels) === "reference") return false;
  const nShuffles = options.notest ? 0 : shuffles.count;
  return selection.columns.length * partition.nSubjects * Math.max(1, partition.rank) * nShuffles >= worth;
}

export type SearchOptions = Pick<AnalysisOptions, "kernels" | "precision" | "notest">;

export function requestOf({ kernels, precision }: SearchOptions, nSubjects: number): SearchRequest {
  const width = Math.min(512, Math.max(64, Math.floor(TRIAL_BYTES / 8 / nSubjects / 64) * 64));
  return {
    // small variance groups are computed in double whatever is asked for, and scores in double are screened by products in single (engine/plan/screening.ts)
    precisions: precision === "single" ? ["single", "double"] : ["double", "single"],
    ...{ nSubjects, rows: TILE_ROWS, width, mustGain: kernels !== "native" },
  };
}

export async function chooseKernels(
  options: SearchOptions,
  plan: AnalysisPlan,
  {
    worth = WORTH_A_TRIAL,
    look = chooseLibrary,
  }: { readonly worth?: number; readonly look?: (request: SearchRequest) => Promise<LibrarySearch> } = {},
): Promise<ChosenKernels> {
  const kernels = resolveKernelChoice(options.kernels);
  const isAsked = options.kernels === "native";
  if (kernels === "reference" || (options.kernels !== "auto" && !isAsked)) return { kernels };
  const { nSubjects } = plan.partition;
  if (!isAsked && !looksForLibrary(options, plan, worth)) return { kernels };
  const search = await look(requestOf(options, nSubjects));
  const { chosen, tried } = search;
  if (chosen === undefined) {
    return { kernels, search: { ...chosenNone(search) }, ...(isAsked || search.isNamed ? warningOf(search) : {}) };
  }
  const { library, tile, report } = chosen;
  const { name, version, core } = report;
  return {
    kernels: "native",
    native: { library, tile },
    product: { library: name, version, core },
    search: { path: library.path, ...report, tried: tried.map(describeTried) },
  };
}

/**
 * Gives up a library whose tiles do not fit into the memory. "auto" then takes the SIMD kernels, and run.json says why; who asked for it learns what it needs.
 */
export function fitKernels(
  options: Pick<AnalysisOptions, "kernels">,
  chosen: ChosenKernels,
  inputsWith: (chosen: ChosenKernels) => EngineInputs,
  matrix: MatrixSize | undefined,
): ChosenKernels {
  if (chosen.kernels !== "native" || options.kernels === "native") return chosen;
  try {
    planEngine(inputsWith(chosen), matrix);
    return chosen;
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    return { kernels: "simd", search: { ...chosen.search, verdict: "its tiles need more --memory" } };
  }
}

const chosenNone = ({ tried }: LibrarySearch) => ({
  verdict: tried.length === 0 ? "no library was found" : "no library was right and faster",
  tried: tried.map(describeTried),
});

const describeTried = ({ path, coreType, verdict }: LibrarySearch["tried"][number]) => ({
  path,
  ...(coreType === undefined ? {} : { coreType }),
  verdict,
});

function warningOf({ tried, isNamed }: LibrarySearch): { warning: Warning } {
  const found =
    tried.length === 0
      ? "none was found"
      : [...new Map(tried.map(({ path, verdict }) => [path, verdict]))]
          .map(([path, verdict]) => `${path}: ${verdict}`)
          .join("; ");
  const remedy = isNamed ? `${NAMED_BY} names it` : `name another by ${NAMED_BY}`;
  return {
    warning: {
      tag: "native-kernels",
      message: `No library of the system multiplies (${found}): the SIMD kernels do, with the numbers of --kernels simd; ${remedy}.`,
    },
  };
}
