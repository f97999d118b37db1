// Designs of groups of elements that bring no columns: patterns of missing observations recur from block to block, and from the observed pass to the null.

import { type ArrayScope, createArrayPool } from "../../stats/design/array-pool.js";
import type { Allocate } from "../../stats/design/column-factors.js";
import {
  type ElementDesign,
  factoriseShared,
  fixedElementDesign,
  resolveElementDesign,
} from "../../stats/glm/element-design.js";
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import type { ElementGroup } from "./model-block.js";

export interface DesignCache {
  /** Valid until so many others have been asked for as the plan has room for: two at least. */
  designOf(group: ElementGroup): ElementDesign;
  /** What `derive` makes of a design, once; its arrays from `allocate` live as long as the design. */
  derivedOf<Derived>(group: ElementGroup, derive: (design: ElementDesign, allocate: Allocate) => Derived): Derived;
}

interface Entry {
  readonly design: ElementDesign;
  readonly arrays: ArrayScope;
  derived?: unknown;
}

/** One a thread: what it holds is in the plan. */
export function createDesignCache({ job, partition }: Context, { model }: ModelJob): DesignCache {
  const kept = new Map<string, Entry>();
  const openScope = createArrayPool();

  const makeRoom = () => {
    if (kept.size < job.layout.nDesigns) return;
    const [oldest, { arrays }] = kept.entries().next().value!;
    arrays.giveBack();
    kept.delete(oldest);
  };

  const entryOf = ({ key, keep }: ElementGroup): Entry => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    makeRoom();
    const arrays = openScope();
    const design = model.variable
      ? resolveElementDesign(model, keep, factoriseShared(model, keep, arrays.take), [])
      : fixedElementDesign(model, partition);
    const entry = { design, arrays };
    kept.set(key, entry);
    return entry;
  };

  return {
    designOf: (group) => entryOf(group).design,
    derivedOf<Derived>(group: ElementGroup, derive: (design: ElementDesign, allocate: Allocate) => Derived) {
      const entry = entryOf(group);
      entry.derived ??= derive(entry.design, entry.arrays.take);
      return entry.derived as Derived;
    },
  };
}
