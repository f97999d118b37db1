// Pieces and groups of a model of all elements, by the memory there is. Pure arithmetic.
import { BudgetError } from "../../errors.js";
import type { ColumnSourceSpec } from "../../store/column-source.js";
import { bytesPerValue } from "../../store/element-type.js";
import { formatBytes } from "../../units.js";

export interface ElementwiseSize {
  readonly nSubjects: number;
  readonly nStatistics: number;
  readonly sources: readonly ColumnSourceSpec[];
  readonly chosen: Uint32Array | undefined;
  /** 0: the main thread. */
  readonly nThreads: number;
  readonly memoryBytes: number;
}

export interface ElementwisePlan {
  /** Elements of the source that a thread reads together. */
  readonly pieceElements: number;
  readonly nPieces: number;
  /** Pieces whose results are in memory together. */
  readonly groupPieces: number;
  /** Buffers of all threads, and the results of a group. */
  readonly heldBytes: number;
}

/** What a thread holds beside its buffers: designs of sets of subjects, and the mathematics' own. */
const THREAD_BYTES = 40 * 2 ** 20;
/** Of elements of the results that are corrected or written: a column several times over. */
const ELEMENT_BYTES = 48;
const MOST_GROUP_BYTES = 32 * 2 ** 20;

/** Throws BudgetError naming the smallest memory that works. */
export function planElementwise(size: ElementwiseSize): ElementwisePlan {
  const { nSubjects, nStatistics, sources, chosen, memoryBytes } = size;
  const { nElements, blockWidth } = sources[0]!;
  const nThreads = Math.max(1, size.nThreads);
  const pieceElements = Math.min(nElements, blockWidth);
  const valueBytes = sources.reduce((sum, { elementType }) => sum + bytesPerValue(elementType), 0);
  const fixedBytes =
    nThreads * (THREAD_BYTES + nSubjects * pieceElements * valueBytes) + ELEMENT_BYTES * (chosen?.length ?? nElements);
  const pieceBytes = 8 * nStatistics * pieceElements;
  const nPieces = Math.ceil(nElements / pieceElements);
  const left = Math.min(memoryBytes - fixedBytes, MOST_GROUP_BYTES);
  const groupPieces = Math.min(nPieces, Math.max(1, Math.floor(left / pieceBytes)));
  const heldBytes = fixedBytes + groupPieces * pieceBytes;
  if (heldBytes > memoryBytes)
    throw new BudgetError(
      `Cannot fit ${nElements} elements of ${nSubjects} subjects in ${formatBytes(memoryBytes)}: expected at least ${formatBytes(heldBytes)}. Give more with --memory, or fewer threads.`,
      { neededBytes: heldBytes, givenBytes: memoryBytes },
    );
  return { pieceElements, nPieces, groupPieces, heldBytes };
}

/** Steps that the main thread has done before another one has begun, which takes a tenth of a second of processor time. */
const FEW_STEPS = 5e6;

/** Threads that are worth their beginning; 0: the main thread. `nSteps`: for all elements, about as many as values times statistics. */
export const worthwhileThreads = (nSteps: number, nThreads: number): number => (nSteps <= FEW_STEPS ? 0 : nThreads);

export interface PieceRange {
  /** Of the source. */
  readonly first: number;
  readonly count: number;
  /** Of the chosen elements. */
  readonly firstChosen: number;
  readonly nChosen: number;
}

export function rangeOfPiece(
  piece: number,
  pieceElements: number,
  nElements: number,
  chosen: Uint32Array | undefined,
): PieceRange {
  const first = piece * pieceElements;
  const count = Math.max(0, Math.min(pieceElements, nElements - first));
  if (chosen === undefined) return { first, count, firstChosen: first, nChosen: count };
  const firstChosen = countBelow(chosen, first);
  return { first, count, firstChosen, nChosen: countBelow(chosen, first + count) - firstChosen };
}

function countBelow(ascending: Uint32Array, value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
