// Whether maxima are searched for by bounds, and what the search needs before the first batch.
import { countLanes, type ShuffleRange } from "../../run/shuffle-range.js";
import type { EngineInputs } from "../inputs.js";
import { heightPowersOf } from "../plan/heights.js";
import type { SinkJob } from "../plan/inputs.js";
import type { SearchJob } from "../plan/job.js";
import type { MemoryPlan } from "../plan/memory.js";
import { countSeeds } from "../plan/search-shape.js";
import { type BoundTables, boundMargin, boundTables } from "./bound-tables.js";
import { listRows, type RowLists } from "./list-rows.js";

/** Why every shuffle is enhanced though not all count: -cfe_e below 1; heights that float32 has no bounds of; no room for the levels. */
export type SearchObstacle = "nonstationarity" | "extent" | "heights" | "memory";

export interface PreparedSearch {
  readonly tables: BoundTables;
  readonly lists: RowLists;
}

/** Lanes from the first whose statistics count for uncorrected p. */
export function countCounted({ first, end, leadingIdentity }: ShuffleRange, uncorrectedShuffles: number): number {
  return (leadingIdentity ? 1 : 0) + Math.max(0, Math.min(end, uncorrectedShuffles) - first);
}

/** Lanes from the first whose maps are needed: those that count, and that of the unshuffled data. */
export const countMapped = (range: ShuffleRange, uncorrectedShuffles: number): number =>
  Math.max(1, countCounted(range, uncorrectedShuffles));

/** Undefined: nothing is to be searched for. */
export function searchTables(
  { enhancement, shuffles, uncorrectedShuffles = Number.POSITIVE_INFINITY, nonStationarity }: EngineInputs,
  sink: SinkJob,
): BoundTables | SearchObstacle | undefined {
  if (enhancement.kind !== "cfe" || sink.kind !== "bins" || enhancement.sketch === undefined) return undefined;
  if (countMapped(shuffles.range, uncorrectedShuffles) >= countLanes(shuffles.range)) return undefined;
  if (nonStationarity !== undefined) return "nonstationarity";
  if (!(enhancement.extentPower >= 1)) return "extent";
  return boundTables(heightPowersOf(enhancement, sink.nBinsNarrow), enhancement) ?? "heights";
}

const GUARD = 0.25;

/** Reads the sketch's records once. */
export function prepareSearch(
  { enhancement, eligible, columns }: EngineInputs,
  tables: BoundTables | undefined,
  { search, windowRows }: MemoryPlan,
): PreparedSearch | undefined {
  if (tables === undefined || search === undefined || enhancement.kind !== "cfe") return undefined;
  const lists = listRows(enhancement.connectivity.path, enhancement.sketch!, {
    nElements: columns.length,
    ...{ groups: search.windowGroups, rows: windowRows, seedsOf: countSeeds },
    nEligible: eligible === undefined ? columns.length : eligible.reduce((sum, is) => sum + (is === 0 ? 0 : 1), 0),
    isEligible: (element) => eligible === undefined || eligible[element] === 1,
  });
  return { tables, lists };
}

/** What threads need of it. */
export function searchJob(
  { enhancement }: EngineInputs,
  prepared: PreparedSearch | undefined,
  maxRowConnections: number,
): SearchJob | undefined {
  if (prepared === undefined || enhancement.kind !== "cfe") return undefined;
  const { tables, lists } = prepared;
  const { unit, lowest, extentPower, cap } = tables;
  const { nGroups, guard = GUARD } = enhancement.sketch!;
  return {
    ...{ nGroups, guard, cap, nWindows: lists.windows.length / 4, nSeeds: lists.seeds.length / 4 },
    refine: extentPower === 2,
    margin: boundMargin(extentPower, maxRowConnections),
    tables: { unit, lowest, extentPower },
  };
}
