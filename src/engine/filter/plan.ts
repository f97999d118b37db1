// Memory of a filter over connections: lanes are subjects, and a group of them is in memory at once with what becomes of it. Pure arithmetic.
//
//   values [m][L] | filtered [m][L] | places [m][4] | .. | worker 0: rows, connections, pairs | worker 1 | ..
import { BudgetError } from "../../errors.js";
import { PANELS, roundUp } from "../../kernels/kernel-set.js";
import { layOut, type Offsets, regionsOf } from "../../kernels/memory-regions.js";
import { formatBytes, formatCount } from "../../units.js";
import { CONTROL } from "../plan/job.js";

export interface FilterSize {
  readonly kind: "smooth" | "cfe";
  readonly nFixels: number;
  readonly nSubjects: number;
  readonly maxRowConnections: number;
  /** 0: the main thread. */
  readonly nThreads: number;
  readonly hasMask: boolean;
  /** Bytes a fixel beside the lanes, of what is read and written. */
  readonly rowBytes: number;
  /** Bytes of readers and writers that do not grow with the fixels. */
  readonly otherBytes: number;
  readonly memoryBytes: number;
}

export interface FilterPlan {
  /** Subjects of a group. */
  readonly groupSize: number;
  readonly nGroups: number;
  /** Of a group, padded to whole vectors. */
  readonly nLanes: number;
  /** Connections read together. */
  readonly windowConnections: number;
  /** Of the linear memory. */
  readonly linearBytes: number;
  /** Everything together. */
  readonly heldBytes: number;
  readonly regions: Offsets<ReturnType<typeof regionTable>>;
}

/** Fixels of a piece, which a thread claims. */
export const PIECE_FIXELS = 512;
/** Lanes are in groups of that many, and take that many bytes a fixel. */
const LANES = { smooth: { multiple: 4, bytes: 4 + 4 }, cfe: { multiple: PANELS.lanes, bytes: 2 + 4 } } as const;
/** Bins are of 16 bits. */
export const MOST_BINS = 2 ** 16;
/** Connections: 16 B each. Longer rows take what they need. */
const WINDOW = { most: 2 ** 16, least: 2 ** 12 } as const;
/** Of 4 GiB, which pointers of 32 bits reach. */
const MOST_LINEAR_BYTES = 2 ** 32 - 2 ** 24;

function regionTable(size: FilterSize, nLanes: number, windowConnections: number) {
  const { f32, f64, i32, u32, u16, u8 } = regionsOf("run");
  const m = size.nFixels;
  const lanes = () => f32([m, "fixels"], [nLanes, "subjects"]);
  const isSmooth = size.kind === "smooth";
  const ofSmooth = <T>(region: T) => (isSmooth ? region : undefined);
  const ofCfe = <T>(region: T) => (isSmooth ? undefined : region);
  return {
    control: i32(CONTROL.words),
    powers: ofSmooth(f64(32)),
    values: ofSmooth(lanes()),
    /** Tiles of 16 lanes, one after the other. */
    bins: ofCfe(u16([m, "fixels"], [nLanes, "subjects"])),
    heightPowers: ofCfe(f32(MOST_BINS)),
    filtered: lanes(),
    places: ofSmooth(f32([m, "fixels"], 4)),
    complete: ofSmooth(u8([m, "fixels"])),
    inside: size.hasMask ? u8([m, "fixels"]) : undefined,
    workers: Array.from({ length: Math.max(1, size.nThreads) }, () => ({
      rowStarts: u32(PIECE_FIXELS + 1),
      starts: u32(PIECE_FIXELS + 1),
      connected: u32([windowConnections, "connections"]),
      connectivity: f32([windowConnections, "connections"]),
      pairs: u32([windowConnections, "connections"], 2),
      norms: ofCfe(f32(PIECE_FIXELS)),
      enhanced: ofCfe(f32(PIECE_FIXELS, PANELS.lanes)),
      histogram: ofCfe(f32(PANELS.lanes, MOST_BINS)),
    })),
  };
}

/**
 *   300,000 fixels, 400 subjects, 2 threads, 1 GiB: 2 groups of 200, of 2 x 240 MB + 4.8 MB + 2 x 1 MiB
 *
 * Throws BudgetError naming the smallest memory that works when not even one vector of lanes fits.
 */
export function planFilter(size: FilterSize): FilterPlan {
  const { nSubjects, nFixels, maxRowConnections, memoryBytes } = size;
  const besideBytes = size.rowBytes * nFixels + size.otherBytes;
  const lay = (nLanes: number, window: number) =>
    layOut(regionTable(size, nLanes, Math.max(window, maxRowConnections)));
  const { multiple, bytes: laneBytes } = LANES[size.kind];
  const least = lay(multiple, WINDOW.least).bytes + besideBytes;
  if (memoryBytes < least) {
    throw new BudgetError(
      `Cannot filter ${formatCount(nFixels, "fixels")} in ${formatBytes(memoryBytes)}: expected at least ${formatBytes(least)}. Give --memory ${Math.ceil(least / 2 ** 20)}MiB or more.`,
      { neededBytes: least, givenBytes: memoryBytes },
    );
  }
  const windowOf = (nLanes: number) =>
    lay(nLanes, WINDOW.most).bytes + besideBytes <= memoryBytes ? WINDOW.most : WINDOW.least;
  const room = Math.min(memoryBytes - besideBytes, MOST_LINEAR_BYTES) - lay(0, windowOf(multiple)).bytes;
  const fits = Math.max(multiple, Math.floor(room / (laneBytes * nFixels) / multiple) * multiple);
  // rounding up to whole vectors does not pass what fits, which is a multiple of them
  const nGroups = Math.ceil(nSubjects / Math.min(fits, nSubjects));
  const groupSize = Math.ceil(nSubjects / nGroups);
  const nLanes = roundUp(groupSize, multiple);
  const windowConnections = Math.max(windowOf(multiple), maxRowConnections);
  const { offsets, bytes } = lay(nLanes, windowConnections);
  return {
    groupSize,
    nGroups: Math.ceil(nSubjects / groupSize),
    nLanes,
    windowConnections,
    linearBytes: bytes,
    heldBytes: bytes + besideBytes,
    regions: offsets,
  };
}
