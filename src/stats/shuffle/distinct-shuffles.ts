// Which random draws repeat an earlier shuffle and must be drawn again. Memory: about 16 B a shuffle, whatever the number of subjects
// (5000 shuffles: 80 kB; their labels at n = 20000 would be 400 MB).

export interface UnitShuffle {
  /** i32 of places and i8 of what has one sign, refilled by each draw. */
  readonly sources: Int32Array;
  readonly signs: Int8Array;
}

/** Fills `into` with shuffle `index`, attempt `attempt`. */
export type DrawShuffle = (index: number, attempt: number, into: UnitShuffle) => void;

/**
 * Attempt number of each shuffle whose first draw (attempt 0) repeats a lower index; those not listed keep attempt 0. Shuffle 0 is given.
 * In steps of a shuffle. Depends on `draw` only, so every process finds the same. There must be at least `count` distinct shuffles.
 */
export function* findRedraws(
  count: number,
  createUnits: () => UnitShuffle,
  draw: DrawShuffle,
): Generator<undefined, ReadonlyMap<number, number>> {
  const redraws = new Map<number, number>();
  const now = createUnits();
  const earlier = createUnits();
  const hashes = new Float64Array(count);
  // open addressing, at most half full; -1: free
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * count + 1))).fill(-1);
  for (let index = 0; index < count; index++) {
    for (let attempt = 0; ; attempt++) {
      draw(index, attempt, now);
      const hash = hashOf(now);
      let slot = hash % slots.length;
      let repeated = false;
      for (; !repeated && slots[slot] !== -1; slot = (slot + 1) % slots.length) {
        const other = slots[slot]!;
        if (hashes[other] !== hash) continue;
        // Equal hashes are nearly always equal shuffles; make sure.
        draw(other, redraws.get(other) ?? 0, earlier);
        repeated = isSame(now, earlier);
      }
      if (repeated) continue;
      slots[slot] = index;
      hashes[index] = hash;
      if (attempt > 0) redraws.set(index, attempt);
      break;
    }
    yield;
  }
  return redraws;
}

/** 53 bits from two multiplicative 32-bit hashes (as MurmurHash3's mixing step), a whole number. */
function hashOf({ sources, signs }: UnitShuffle): number {
  let a = 0x243f6a88;
  let b = 0x85a308d3;
  const nItems = sources.length + signs.length;
  for (let u = 0; u < nItems; u++) {
    const item = u < sources.length ? sources[u]! : signs[u - sources.length]!;
    a = Math.imul(a ^ item, 0xcc9e2d51);
    a ^= a >>> 15;
    b = Math.imul(b ^ item, 0x1b873593);
    b ^= b >>> 13;
  }
  return (a >>> 0) * 2 ** 21 + (b >>> 11);
}

function isSame(one: UnitShuffle, two: UnitShuffle): boolean {
  return (
    one.sources.every((source, u) => source === two.sources[u]) && one.signs.every((sign, u) => sign === two.signs[u])
  );
}
