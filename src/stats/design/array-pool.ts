// Arrays that are needed for one element or one pattern of missing observations, and then for the next. As garbage they would lie beside the plan: V8
// collects typed arrays after tens of megabytes, in every thread.
import type { Allocate } from "./column-factors.js";

/** Arrays that are in use together. */
export interface ArrayScope {
  /** Zeros. */
  readonly take: Allocate;
  /** Nobody reads any of them any more. */
  giveBack(): void;
}

/** Scopes that hand arrays on to each other. */
export function createArrayPool(): () => ArrayScope {
  const free = new Map<number, Float64Array[]>();
  return () => {
    const taken: Float64Array[] = [];
    return {
      take(length) {
        const array = free.get(length)?.pop()?.fill(0) ?? new Float64Array(length);
        taken.push(array);
        return array;
      },
      giveBack() {
        for (const array of taken) {
          const spare = free.get(array.length);
          if (spare === undefined) free.set(array.length, [array]);
          else spare.push(array);
        }
        taken.length = 0;
      },
    };
  };
}
