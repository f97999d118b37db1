// When telling scores one by one takes longer than computing all of them exactly.

/** Of all scores: one by itself costs as much as 10 to 30 of a whole product. */
const SHARE = 1 / 32;
/** Shuffles that are taken to have had none when a block begins: of few subjects some arrange the data as they were, and all elements tie at once. */
const HEAD_START = 64;

/** Scores of `nElements` that may have been told after `nShuffles` of them. */
export const mostTold = (nElements: number, nShuffles: number): number => (nShuffles + HEAD_START) * nElements * SHARE;
