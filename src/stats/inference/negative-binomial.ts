// Uncorrected p by sequential stopping (Besag & Clifford 1991, Biometrika 78:301-304; Winkler et al. 2016, NeuroImage 141:502-516): shuffles of an element
// count until n of them have no smaller statistic than the unshuffled data, which are no shuffle here.
//
//   n reached with shuffle K    p = n / K
//   not reached                 p = (found + 1) / S        the plain share: S shuffles, the unshuffled data among them
//
// One number an element says both: below n it is how many were found, from n on it is K. Shuffle K is number K at least, so that nothing is both.

/** An element of which so much is known is not counted any more. */
export const isStopped = (state: number, n: number): boolean => state >= n;

/** `nShuffles`: done, with the unshuffled data. 0 < p <= 1. */
export const negativeBinomialP = (state: number, n: number, nShuffles: number): number =>
  isStopped(state, n) ? n / state : (state + 1) / nShuffles;

/** Shuffles that were counted, without the unshuffled data. */
export const shufflesCounted = (state: number, n: number, nShuffles: number): number =>
  isStopped(state, n) ? state : nShuffles - 1;

/** What stopping saved. */
export interface NegativeBinomial {
  /** Exceedances after which an element stops. */
  readonly n: number;
  /** Shuffles asked for, and those after which no element went on; the unshuffled data are one of them. */
  readonly asked: number;
  readonly done: number;
  /** Of all hypotheses: elements tested, those that stopped, and shuffles that were counted for one on average, without the unshuffled data. */
  readonly nTests: number;
  readonly nStopped: number;
  readonly meanCounted: number;
}

/** `states` of each hypothesis, [m]; `eligible` u8 [m]; undefined: all are tested. */
export function describeStopping(
  states: readonly ArrayLike<number>[],
  { n, asked, eligible }: { readonly n: number; readonly asked: number; readonly eligible: Uint8Array | undefined },
): NegativeBinomial {
  let [nTests, nStopped, sum, last] = [0, 0, 0, 0];
  for (const of of states) {
    for (let i = 0; i < of.length; i++) {
      if (eligible?.[i] === 0) continue;
      const counted = shufflesCounted(of[i]!, n, asked);
      nTests++;
      if (isStopped(of[i]!, n)) nStopped++;
      sum += counted;
      last = Math.max(last, counted);
    }
  }
  return { n, asked, done: last + 1, nTests, nStopped, meanCounted: nTests === 0 ? 0 : sum / nTests };
}
