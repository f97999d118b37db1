// The width of a block on disk: a property of the cohort, never of a machine or a memory budget, so that a cohort gives the same bytes anywhere.

/** Bytes. About one block of float32: large enough to read at full speed, small enough that a second one beside it hurts nobody. */
const BLOCK_TARGET_BYTES = 2 ** 20;
const NARROWEST = 16;
const WIDEST = 1024;

/**
 * Elements of a block: a multiple of 16 between 16 and 1024 such that nSubjects x width x 4 bytes is at most about 1 MiB.
 * 200 subjects: 1024. 1,000: 256. 2,000: 128. 16,384 and more: 16 (then a block grows with the subjects: 100,000 make 6.1 MiB).
 * The same for float64, whose blocks are twice as large.
 */
export function blockWidthFor(nSubjects: number): number {
  const fits = Math.floor(BLOCK_TARGET_BYTES / (4 * nSubjects * NARROWEST)) * NARROWEST;
  return Math.min(WIDEST, Math.max(NARROWEST, fits));
}

/** Number of blocks that hold `nElements`; the last one may be padded. */
export function countBlocks(nElements: number, blockWidth: number): number {
  return Math.ceil(nElements / blockWidth);
}
