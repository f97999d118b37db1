// How much of a run is a search for maxima by bounds, and what it reads.
import { GROUP_BYTES, RECORD_BYTES } from "../../connectivity/sketch-layout.js";
import { BudgetError } from "../../errors.js";
import { countLanes } from "../../run/shuffle-range.js";
import type { EngineInputs } from "../inputs.js";
import type { PlanInputs } from "../plan/inputs.js";
import { type MemoryPlan, planMemory } from "../plan/memory.js";
import { countMapped, type SearchObstacle } from "./prepare-search.js";

/** Of the lanes whose maps nobody needs. */
export interface SearchPlan {
  /** Lanes whose maxima are searched for by bounds. */
  readonly nLanes: number;
  /** Batches that have some of them, and those that are enhanced, wholly or in part. */
  readonly nBatches: number;
  readonly nEnhancedBatches: number;
  /** Bytes read from the sketch in one batch; more for pairs that are enhanced, which depend on the data. */
  readonly passBytes: number;
  /** Why every lane is enhanced though it does not count. */
  readonly obstacle: SearchObstacle | undefined;
}

/** Where there is no room for a search beside the bins, every lane is enhanced. */
export function planWithSearch(inputs: PlanInputs): MemoryPlan {
  if (inputs.sketchGroups === undefined) return planMemory(inputs);
  try {
    return planMemory(inputs);
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    return planMemory({ ...inputs, sketchGroups: undefined });
  }
}

export function planSearch(
  { shuffles: { range }, uncorrectedShuffles = Number.POSITIVE_INFINITY, columns }: EngineInputs,
  { search, nBatches, batchShuffles }: MemoryPlan,
  { nGroups, nHypotheses }: { readonly nGroups: number; readonly nHypotheses: number },
  obstacle: SearchObstacle | undefined,
): SearchPlan {
  if (search === undefined) return { nLanes: 0, nBatches: 0, nEnhancedBatches: nBatches, passBytes: 0, obstacle };
  const nMapped = countMapped(range, uncorrectedShuffles);
  return {
    nLanes: countLanes(range) - nMapped,
    nBatches: nBatches - Math.floor(nMapped / batchShuffles),
    nEnhancedBatches: Math.ceil(nMapped / batchShuffles),
    passBytes: (RECORD_BYTES * columns.length + GROUP_BYTES * nGroups) * nHypotheses,
    obstacle,
  };
}
