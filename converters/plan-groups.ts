// How many subjects are held at a time. Pure arithmetic; the bytes written do not depend on it.
import { BudgetError } from "../src/errors.js";
import { type BlockedShape, bytesPerValue } from "../src/store/element-type.js";
import { formatBytes } from "../src/units.js";

export interface GroupPlan {
  /** Subjects of a group; the last may be smaller. */
  readonly groupSize: number;
  readonly nGroups: number;
  /** Where pieces of blocks are put together. */
  readonly stagingBytes: number;
  /** Files read at a time. */
  readonly concurrency: number;
  /** Everything together: group + staging + what readers hold. */
  readonly heldBytes: number;
}

export interface GroupNeeds {
  readonly shape: BlockedShape;
  /** The most that one file's reader holds. */
  readonly readerBytes: number;
  /** What --memory gives. The program's own size (60 MB for Node and code) comes on top and is not counted. */
  readonly memoryBytes: number;
}

/** Files in flight: as many as libuv has threads for, twice, so that they never wait for us. */
const MOST_FILES = 8;
/** Bytes. More makes writes no faster. */
const MOST_STAGING = 8 * 2 ** 20;
/** Bytes. A cohort of more than this is cut into FEWEST_GROUPS at least, because a group goes to the disk while the next is read. */
const ONE_GROUP_BYTES = 64 * 2 ** 20;
/** 2 GB in 4 groups: 2.9 s; in 2 groups: 5.5 s; `cp` and `sync`: 5.9 s. */
const FEWEST_GROUPS = 4;
/** Bytes. Less than this and a write costs more than what it writes. */
const LEAST_STAGING = 2 ** 16;

/**
 *   1 GiB, 2,000 subjects x 500,000 fixels: 8 MiB staging + 8 x 64 KiB + at most 532 x 1.9 MiB -> 4 groups of 500
 *
 * Throws BudgetError naming the smallest memory that works when not even one subject fits.
 */
export function planGroups({ shape, readerBytes, memoryBytes }: GroupNeeds): GroupPlan {
  const rowBytes = shape.nElements * bytesPerValue(shape.elementType);
  const leastStaging = Math.max(LEAST_STAGING, shape.blockWidth * bytesPerValue(shape.elementType));
  const least = leastStaging + readerBytes + rowBytes;
  if (memoryBytes < least) {
    throw new BudgetError(
      `Cannot convert ${shape.nElements} elements a subject in ${formatBytes(memoryBytes)}: expected at least ${formatBytes(least)}, ` +
        `of which one subject takes ${formatBytes(rowBytes)}. Give --memory ${Math.ceil(least / 2 ** 20)}MiB or more.`,
      { neededBytes: least, givenBytes: memoryBytes },
    );
  }
  const stagingBytes = Math.max(
    leastStaging,
    Math.min(MOST_STAGING, Math.floor(memoryBytes / 16 / 8) * 8, (memoryBytes - least) / 2),
  );
  const concurrency = Math.max(1, Math.min(MOST_FILES, Math.floor(memoryBytes / 4 / readerBytes)));
  const held = (groupSize: number, files: number) => groupSize * rowBytes + stagingBytes + files * readerBytes;
  // Readers in parallel only where they leave room for a subject.
  const files = held(1, concurrency) <= memoryBytes ? concurrency : 1;
  const fits = Math.max(1, Math.floor((memoryBytes - stagingBytes - files * readerBytes) / rowBytes));
  const overlaps = Math.max(Math.ceil(shape.nSubjects / FEWEST_GROUPS), Math.floor(ONE_GROUP_BYTES / rowBytes));
  const most = Math.min(fits, overlaps);
  const nGroups = Math.ceil(shape.nSubjects / Math.min(most, shape.nSubjects));
  const groupSize = Math.ceil(shape.nSubjects / nGroups);
  return {
    groupSize,
    nGroups: Math.ceil(shape.nSubjects / groupSize),
    stagingBytes: Math.floor(stagingBytes / 8) * 8,
    concurrency: files,
    heldBytes: held(groupSize, files),
  };
}
