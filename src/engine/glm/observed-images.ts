// Where the observed pass puts what it finds of elements: one image a number (run/observed.ts).
import { observedIndex } from "../../run/observed.js";
import type { ObservedColumns, ObservedStatistic } from "../../stats/glm/observed.js";
import type { Context } from "../context.js";
import { observedImage } from "../plan/job.js";

export interface ObservedElement {
  /** Of the element's own design. */
  readonly condition?: number;
  /** f64 [k]. */
  readonly beta: ArrayLike<number>;
  /** One, or one a variance group. */
  readonly deviations: ArrayLike<number>;
  /** By hypothesis. */
  readonly tests: readonly ObservedStatistic[];
}

/** Elements side by side. */
export interface ObservedPlace {
  readonly firstElement: number;
  /** Counted from it. Default: one after the other. */
  readonly members?: readonly number[] | undefined;
}

/** Many elements at once: an image a call, f64 [elements]. */
export interface ColumnWriter {
  condition(place: ObservedPlace, values: Float64Array): void;
  beta(j: number, place: ObservedPlace, values: Float64Array): void;
  deviation(g: number, place: ObservedPlace, values: Float64Array): void;
  test(h: number, place: ObservedPlace, values: ObservedColumns): void;
}

/** Room for the statistics of `most` elements side by side; of the first `count` of them: views, which the next call gives again. */
export function createObservedColumns(most: number): (count: number) => ObservedColumns {
  const ofElements = () => new Float64Array(most);
  const [statistic, z, effect, standardisedEffect] = [ofElements(), ofElements(), ofElements(), ofElements()];
  return (count) => ({
    statistic: statistic.subarray(0, count),
    z: z.subarray(0, count),
    effect: effect.subarray(0, count),
    standardisedEffect: standardisedEffect.subarray(0, count),
  });
}

export function createColumnWriter({ job, buffer }: Context): ColumnWriter {
  const index = observedIndex(job.size);
  const images = Array.from({ length: index.count }, (_, i) => observedImage(job, buffer, i));
  const put = (i: number, { firstElement, members }: ObservedPlace, values: Float64Array) => {
    const image = images[i]!;
    if (members === undefined) image.set(values, firstElement);
    else for (let c = 0; c < members.length; c++) image[firstElement + members[c]!] = values[c]!;
  };
  return {
    condition(place, values) {
      if (index.condition !== undefined) put(index.condition, place, values);
    },
    beta: (j, place, values) => put(index.beta(j), place, values),
    deviation: (g, place, values) => put(index.deviation(g), place, values),
    test(h, place, { statistic, z, effect, standardisedEffect }) {
      put(index.statistic(h), place, statistic);
      put(index.z(h), place, z);
      put(index.effect(h), place, effect);
      put(index.standardisedEffect(h), place, standardisedEffect);
    },
  };
}

/** One element at a time; whatever is not given becomes 0. */
export function createObservedWriter({ job, buffer }: Context) {
  const index = observedIndex(job.size);
  const images = Array.from({ length: index.count }, (_, i) => observedImage(job, buffer, i));
  return (element: number, { condition = 0, beta, deviations, tests }: ObservedElement): void => {
    for (const image of images) image[element] = 0;
    const put = (i: number, value: number) => {
      images[i]![element] = value;
    };
    if (index.condition !== undefined) put(index.condition, condition);
    for (let j = 0; j < beta.length; j++) put(index.beta(j), beta[j]!);
    for (let g = 0; g < deviations.length; g++) put(index.deviation(g), deviations[g]!);
    for (const [h, { statistic, z, effect, standardisedEffect }] of tests.entries()) {
      put(index.statistic(h), statistic);
      put(index.z(h), z);
      put(index.effect(h), effect);
      put(index.standardisedEffect(h), standardisedEffect);
    }
  };
}
