// What the unshuffled data say, before any shuffle: effects, exact statistics, and which elements cannot be tested.

export interface Observed {
  /** f32 or f64 [nElements]. */
  image(i: number): Float32Array | Float64Array;
  readonly index: ObservedIndex;
  /** Elements by verdict, in the order of VERDICTS; all 0 where one design serves all. */
  readonly verdicts: readonly number[];
}

/** What the images depend on. */
export interface ObservedSize {
  readonly nFactors: number;
  /** Deviations of an element: one, or one a variance group. */
  readonly nDeviations: number;
  /** Whether elements have a condition number of their own. */
  readonly hasCondition: boolean;
  readonly hypotheses: readonly unknown[];
}

export type ObservedIndex = ReturnType<typeof observedIndex>;

/** Which image is what. */
export function observedIndex({ nFactors, nDeviations, hasCondition, hypotheses }: ObservedSize) {
  const perHypothesis = 4;
  const condition = nFactors + nDeviations;
  const first = condition + (hasCondition ? 1 : 0);
  return {
    beta: (i: number) => i,
    standardDeviation: nFactors,
    /** Of variance group g. */
    deviation: (g: number) => nFactors + g,
    /** Undefined where all elements share a design. */
    condition: hasCondition ? condition : undefined,
    statistic: (h: number) => first + h * perHypothesis,
    z: (h: number) => first + 1 + h * perHypothesis,
    effect: (h: number) => first + 2 + h * perHypothesis,
    standardisedEffect: (h: number) => first + 3 + h * perHypothesis,
    count: first + hypotheses.length * perHypothesis,
  };
}
