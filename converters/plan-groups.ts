// How many subjects are held at a time. Pure arithmetic; the bytes written do not depend on it.
import { BudgetError } from "../src/errors.js";
import { type BlockedShape, bytesPerValue } from "../src/store/element-type.js";
import { rowGroupBytes } from "../src/store/row-group.js";
import { formatBytes, formatCount } from "../src/units.js";

export interface GroupPlan {
  /** Subjects of a group; the last may be smaller. */
  readonly groupSize: number;
  readonly nGroups: number;
  /** 2: a group is read while the one before is written. */
  readonly nBuffers: number;
  /** Rows that are read apart before they go into the group: one a file in flight. 0: a group is one subject, which is read into its place. */
  readonly nRows: number;
  /** For what is read back, and for parts of a matrix. */
  readonly stagingBytes: number;
  /** Files read at a time. */
  readonly concurrency: number;
  /** Everything together: groups + rows + staging + what readers hold. */
  readonly heldBytes: number;
}

export interface GroupNeeds {
  readonly shape: BlockedShape;
  /** The most that one file's reader holds. */
  readonly readerBytes: number;
  /** All rows of a group are read at once, and then placed: for a source that has its subjects side by side. Default false. */
  readonly isTogether?: boolean;
  /** What --memory gives. The program's own size (60 MB for Node and code) comes on top and is not counted. */
  readonly memoryBytes: number;
}

/** Files in flight: as many as libuv has threads for, twice, so that they never wait for us. */
const MOST_FILES = 8;
/** The same of groups that are read together: each may be a pass over the source. */
const ONE_TOGETHER_BYTES = 64 * 2 ** 20;
const FEWEST_TOGETHER = 4;
/** Bytes. */
const MOST_STAGING = 2 ** 20;
/** Bytes. A cohort of more than this is cut into FEWEST_GROUPS at least: the first is read and the last brought to the disk with nothing beside it. */
const ONE_GROUP_BYTES = 8 * 2 ** 20;
/** Of larger cohorts. A block has about 1 MiB: pieces of 128 KiB and more are written as fast as anything. */
const FEWEST_GROUPS = 8;
/** Bytes. */
const LEAST_STAGING = 2 ** 16;

/**
 *   1 GiB, 2,000 subjects x 500,000 fixels: 1 MiB staging + 8 x (64 KiB + 1.9 MiB) + 2 x at most 264 x 1.9 MiB -> 8 groups of 250
 *
 * Throws BudgetError naming the smallest memory that works when not even one subject fits.
 */
export function planGroups({ shape, readerBytes, memoryBytes, isTogether = false }: GroupNeeds): GroupPlan {
  const rowBytes = shape.nElements * bytesPerValue(shape.elementType);
  const placedBytes = rowGroupBytes(shape, 1);
  const leastStaging = Math.max(LEAST_STAGING, shape.blockWidth * bytesPerValue(shape.elementType));
  const least = leastStaging + readerBytes + placedBytes;
  if (memoryBytes < least) {
    throw new BudgetError(
      `Cannot convert ${formatCount(shape.nElements, "elements")} a subject in ${formatBytes(memoryBytes)}: expected at least ${formatBytes(least)}, ` +
        `of which one subject takes ${formatBytes(rowBytes)}. Give --memory ${Math.ceil(least / 2 ** 20)}MiB or more.`,
      { neededBytes: least, givenBytes: memoryBytes },
    );
  }
  const stagingBytes = Math.max(
    leastStaging,
    Math.min(MOST_STAGING, Math.floor(memoryBytes / 16 / 8) * 8, Math.floor((memoryBytes - least) / 2 / 8) * 8),
  );
  const fileBytes = readerBytes + rowBytes;
  const plan = (largest: number, nBuffers: number, rows: "apart" | "in place", concurrency: number): GroupPlan => {
    const groupSize = Math.ceil(shape.nSubjects / Math.ceil(shape.nSubjects / largest));
    const nRows = rows === "in place" ? 0 : isTogether ? groupSize : concurrency;
    return {
      ...{ groupSize, nGroups: Math.ceil(shape.nSubjects / groupSize), nBuffers, nRows, stagingBytes, concurrency },
      heldBytes: nBuffers * groupSize * placedBytes + nRows * rowBytes + concurrency * readerBytes + stagingBytes,
    };
  };
  if (isTogether) {
    const fits = Math.floor((memoryBytes - stagingBytes - readerBytes) / (placedBytes + rowBytes));
    const wanted = Math.max(Math.ceil(shape.nSubjects / FEWEST_TOGETHER), Math.floor(ONE_TOGETHER_BYTES / rowBytes), 1);
    return fits < 1 ? plan(1, 1, "in place", 1) : plan(Math.min(wanted, fits, shape.nSubjects), 1, "apart", 1);
  }
  // Readers in parallel only where they leave room for subjects.
  const files = Math.max(1, Math.min(MOST_FILES, shape.nSubjects, Math.floor(memoryBytes / 4 / fileBytes)));
  const fits = Math.floor((memoryBytes - stagingBytes - files * fileBytes) / placedBytes);
  if (fits < 1) return plan(1, 1, "in place", 1);
  const wanted = Math.max(Math.ceil(shape.nSubjects / FEWEST_GROUPS), Math.floor(ONE_GROUP_BYTES / rowBytes), 1);
  if (wanted >= shape.nSubjects && fits >= shape.nSubjects) return plan(shape.nSubjects, 1, "apart", files);
  const nBuffers = fits >= 2 ? 2 : 1;
  return plan(Math.min(wanted, Math.floor(fits / nBuffers), shape.nSubjects), nBuffers, "apart", files);
}

/** Subjects first.. that are written together. */
export interface Run {
  readonly first: number;
  readonly count: number;
}

/** Runs of subjects not yet written, none longer than a group. */
export function planRuns(written: readonly boolean[], groupSize: number): Run[] {
  const runs: { first: number; count: number }[] = [];
  for (const [i, isWritten] of written.entries()) {
    if (isWritten) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.first + last.count === i && last.count < groupSize) last.count += 1;
    else runs.push({ first: i, count: 1 });
  }
  return runs;
}
