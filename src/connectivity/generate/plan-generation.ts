// What a matrix is made in: memory divided up before anything is read. Pure.
import { BudgetError } from "../../errors.js";
import { formatBytes } from "../../units.js";
import { countMemoryBytes, mostGatherBytes } from "./count-memory.js";
import { counterBytes } from "./count-rows.js";
import { TOTALS_BYTES } from "./fixel-totals.js";
import { batchBytes, nBatches } from "./map-tracks.js";
import { MOST_VOXELS, tracerBytes } from "./trace-voxels.js";
import { readerBytes, WRITER_BYTES } from "./visits.js";

export interface GenerationSize {
  readonly nFixels: number;
  /** Of the grid, with its mask. */
  readonly gridBytes: number;
  readonly memoryBytes: number;
  /** 0: the main thread alone. */
  readonly nThreads: number;
}

export interface GenerationPlan {
  /** Points of the streamlines that are mapped together; the longest streamline must fit. */
  readonly batchPoints: number;
  readonly outputConnections: number;
  /** For the streamlines of a block of rows. */
  readonly gatherBytes: number;
  readonly plannedBytes: number;
}

const BATCH_POINTS = { least: 2 ** 12, most: 2 ** 16 } as const;
/** Of a piece of output, where there is room: some milliseconds of work. */
const OUTPUT_CONNECTIONS = 2 ** 17;
const LEAST_GATHER_BYTES = 2 ** 16;
/** Typed arrays of words are addressed by 32 bits. */
const MOST_GATHER_BYTES = 2 ** 33;
/** Reading streamlines, lists of voxels, the writer's rows, files of a prepared matrix. */
const SMALL_BYTES = 6 * 2 ** 20;
/** Streamlines that are visited by one are at most as many as its voxels. */
export const mostFixelsOf = (nFixels: number): number => Math.min(nFixels, MOST_VOXELS);

/** Throws BudgetError with what is needed at least. */
export function planGeneration({ nFixels, gridBytes, memoryBytes, nThreads }: GenerationSize): GenerationPlan {
  const size = Math.max(1, nThreads);
  // totals, connections and extents of every fixel; a counter for a row that does not fit, and of each thread what its counter is more than a table of kernels
  const always =
    SMALL_BYTES +
    gridBytes +
    nFixels * (TOTALS_BYTES + 8) +
    (size + 1) * counterBytes(nFixels) -
    size * 4 * nFixels +
    Math.max(WRITER_BYTES, readerBytes(mostFixelsOf(nFixels)));
  const bytesWith = (batchPoints: number, outputConnections: number) =>
    always +
    nBatches(size) * batchBytes(batchPoints) +
    size * tracerBytes(batchPoints) +
    countMemoryBytes({ nFixels, size, outputConnections, gatherBytes: 0 });
  const least = bytesWith(BATCH_POINTS.least, nFixels) + LEAST_GATHER_BYTES;
  if (least > memoryBytes) {
    throw new BudgetError(
      `Cannot make a matrix of ${nFixels} fixels in ${formatBytes(memoryBytes)}: expected ${formatBytes(Math.ceil(least / 2 ** 20) * 2 ** 20)} or more with ${size} ${size === 1 ? "thread" : "threads"}, got less. Raise --memory${size > 1 ? ", or lower -nthreads" : ""}.`,
      { neededBytes: least, givenBytes: memoryBytes },
    );
  }
  // a quarter of what is left for both buffers together; gathering takes the rest
  let batchPoints: number = BATCH_POINTS.least;
  let outputConnections = nFixels;
  const share = bytesWith(batchPoints, outputConnections) + (memoryBytes - least) / 4;
  while (batchPoints < BATCH_POINTS.most && bytesWith(2 * batchPoints, outputConnections) <= share) batchPoints *= 2;
  for (const more of [OUTPUT_CONNECTIONS, OUTPUT_CONNECTIONS / 4]) {
    if (more <= outputConnections || bytesWith(batchPoints, more) > share) continue;
    outputConnections = more;
    break;
  }
  const taken = bytesWith(batchPoints, outputConnections);
  const most = mostGatherBytes({ nFixels, size, outputConnections }, MOST_GATHER_BYTES);
  const gatherBytes = Math.min(most, memoryBytes - taken);
  return { batchPoints, outputConnections, gatherBytes, plannedBytes: taken + gatherBytes };
}
