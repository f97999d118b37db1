// Where the observed pass puts what it finds of an element: one image a number (run/observed.ts).
import { observedIndex } from "../../run/observed.js";
import type { ObservedStatistic } from "../../stats/glm/observed.js";
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

/** Whatever is not given becomes 0. */
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
