// Which random draws repeat an earlier shuffle and must be drawn again. Memory: about 16 B a shuffle, whatever the number of subjects
// (5000 shuffles: 80 kB; their labels at n = 20000 would be 400 MB).

export interface UnitShuffle {
  /** i32 of places and i8 of what has one sign, refilled by each draw. */
  readonly sources: Int32Array;
  readonly signs: Int8Array;
}

export interface DrawnShuffle {
  /** Fills `into` with shuffle `index`, attempt `attempt`. */
  draw(index: number, attempt: number, into: UnitShuffle): void;
  /** A whole number below 2^53 of the same draw: equal where the shuffles are equal, and hardly ever where they are not. Much less work than a draw. */
  keyOf(index: number, attempt: number): number;
}

/**
 * Attempt number of each shuffle whose first draw (attempt 0) repeats a lower index; those not listed keep attempt 0. Shuffle 0 is given.
 * In steps of a shuffle. Depends on what is drawn only, so every process finds the same. There must be at least `count` distinct shuffles.
 */
export function* findRedraws(
  count: number,
  createUnits: () => UnitShuffle,
  { draw, keyOf }: DrawnShuffle,
): Generator<undefined, ReadonlyMap<number, number>> {
  const redraws = new Map<number, number>();
  const now = createUnits();
  const earlier = createUnits();
  const keys = new Float64Array(count);
  // open addressing, at most half full; -1: free
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * count + 1))).fill(-1);
  for (let index = 0; index < count; index++) {
    for (let attempt = 0; ; attempt++) {
      const key = keyOf(index, attempt);
      let slot = key % slots.length;
      let repeated = false;
      for (; !repeated && slots[slot] !== -1; slot = (slot + 1) % slots.length) {
        const other = slots[slot]!;
        if (keys[other] !== key) continue;
        // Equal keys are nearly always equal shuffles; make sure.
        draw(index, attempt, now);
        draw(other, redraws.get(other) ?? 0, earlier);
        repeated = isSame(now, earlier);
      }
      if (repeated) continue;
      slots[slot] = index;
      keys[index] = key;
      if (attempt > 0) redraws.set(index, attempt);
      break;
    }
    yield;
  }
  return redraws;
}

/** 53 bits of whole numbers, one after the other, from two multiplicative 32-bit hashes (as MurmurHash3's mixing step). */
export class KeyMixer {
  #a = 0x243f6a88;
  #b = 0x85a308d3;

  add(item: number): void {
    this.#a = Math.imul(this.#a ^ item, 0xcc9e2d51);
    this.#a ^= this.#a >>> 15;
    this.#b = Math.imul(this.#b ^ item, 0x1b873593);
    this.#b ^= this.#b >>> 13;
  }

  get key(): number {
    return (this.#a >>> 0) * 2 ** 21 + (this.#b >>> 11);
  }
}

function isSame(one: UnitShuffle, two: UnitShuffle): boolean {
  return (
    one.sources.every((source, u) => source === two.sources[u]) && one.signs.every((sign, u) => sign === two.signs[u])
  );
}
