// Shapes of the search for maxima by bounds (mathematics M16): levels of 64 lanes side by side, windows of the sketch, the rows that are looked at first.
import type { MemoryShape, PlanInputs, SearchShape } from "./inputs.js";

/** Lanes of a line of levels (kernels/CONTRACTS.md, boundRows). */
export const SLAB_LANES = 64;
/** Pairs that are kept before they are enhanced: 12 B x 8192. */
export const CANDIDATES = 8192;
/** Share of the rows that a first maximum comes from, and how many at least. */
const SEEDS = 1 / 80;
const LEAST_SEEDS = 64;

/** Rows that are looked at first, of so many that may be a maximum. */
export const countSeeds = (nRows: number): number => Math.min(nRows, Math.max(LEAST_SEEDS, Math.ceil(nRows * SEEDS)));

/** Undefined: no search. */
export function searchShape(
  { size, sketchGroups }: PlanInputs,
  { batch, windowConnections, windowRows }: { batch: number; windowConnections: number; windowRows: number },
): SearchShape | undefined {
  if (sketchGroups === undefined) return undefined;
  const m = size.nElements;
  const windowGroups = Math.max(Math.ceil(windowConnections / 8), 1);
  return {
    slabs: Math.ceil(batch / SLAB_LANES),
    windowGroups,
    maxWindows: Math.ceil(sketchGroups / windowGroups) * 2 + Math.ceil(m / windowRows) + 1,
    maxSeeds: countSeeds(m),
  };
}

/** Bytes that a thread maps beside: records, indices and weights of the sketch. */
export const searchWindowBytes = ({ search }: Pick<MemoryShape, "search">, windowBytes: number): number =>
  search === undefined ? 0 : 3 * windowBytes;
