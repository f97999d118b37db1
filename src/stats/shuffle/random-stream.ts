// Words of Philox in a row, for one draw. The counter is (block in the draw, purpose, attempt, shuffle), the key is the seed: draws never overlap.
import { philoxInto } from "./philox.js";

/** What a draw is for; part of the counter. */
export const PURPOSE = { permutation: 0, signs: 1, empiricalPermutation: 2, empiricalSigns: 3 } as const;
export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE];

export class RandomStream {
  readonly #keyLow: number;
  readonly #keyHigh: number;
  readonly #words = new Uint32Array(4);
  #used = 4;
  #block = 0;
  #purpose: Purpose = PURPOSE.permutation;
  #attempt = 0;
  #shuffle = 0;

  /** `seed` a whole number, 0..2^53 - 1. */
  constructor(seed: number) {
    this.#keyLow = seed >>> 0;
    this.#keyHigh = Math.floor(seed / 2 ** 32);
  }

  /** Goes to the first word of a draw. `shuffle` and `attempt` u32. */
  start(purpose: Purpose, shuffle: number, attempt: number): void {
    this.#purpose = purpose;
    this.#shuffle = shuffle;
    this.#attempt = attempt;
    this.#block = 0;
    this.#used = 4;
  }

  /** u32. */
  next(): number {
    if (this.#used === 4) {
      philoxInto(this.#words, this.#block++, this.#purpose, this.#attempt, this.#shuffle, this.#keyLow, this.#keyHigh);
      this.#used = 0;
    }
    return this.#words[this.#used++]!;
  }
}
