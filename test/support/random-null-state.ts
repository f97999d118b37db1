// States of shuffles for tests of what reads and writes them.
import fc from "fast-check";
import { type HypothesisNull, NO_ELEMENT, type NullState } from "../../src/run/null-state.js";
import { createRandom } from "./seeded-random.js";

export interface StateShape {
  readonly nElements: number;
  readonly nHypotheses: number;
  /** Gap before and length of each range. */
  readonly ranges: readonly (readonly [gap: number, length: number])[];
  /** Enhanced statistics are float32. */
  readonly enhanced: boolean;
  readonly seed: number;
  /** Shuffles that count; default: all. */
  readonly counted?: number | undefined;
  /** Of a run that goes on: without defaults. Default: false. */
  readonly goesOn?: boolean;
}

export const anyStateShape: fc.Arbitrary<StateShape> = fc.record({
  nElements: fc.integer({ min: 1, max: 70 }),
  nHypotheses: fc.integer({ min: 1, max: 4 }),
  ranges: fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 40 })), { maxLength: 4 }),
  enhanced: fc.boolean(),
  seed: fc.nat(2 ** 31),
  counted: fc.option(fc.nat(60), { nil: undefined }),
  goesOn: fc.boolean(),
});

export function makeState(shape: StateShape): NullState {
  const { nElements, nHypotheses, ranges: gaps, enhanced, seed, counted, goesOn = false } = shape;
  const random = createRandom(seed + 1);
  const ranges: { first: number; end: number }[] = [];
  for (const [gap, length] of gaps) {
    const first = (ranges.at(-1)?.end ?? 0) + gap;
    ranges.push({ first, end: first + length });
  }
  const nShuffles = ranges.reduce((sum, { first, end }) => sum + end - first, 0);
  const hypothesis = (): HypothesisNull => ({
    maxima: Float64Array.from({ length: nShuffles }, () => (random.integer(9) === 0 ? 0 : 3 * random.normal())),
    elements: Uint32Array.from({ length: nShuffles }, () =>
      random.integer(9) === 0 ? NO_ELEMENT : random.integer(nElements),
    ),
    counters: Uint32Array.from({ length: nElements }, () => random.integer(nShuffles + 1)),
    defaults: enhanced
      ? Float32Array.from({ length: nElements }, () => Math.max(0, 3 * random.normal()))
      : Float64Array.from({ length: nElements }, () => 3 * random.normal()),
  });
  const planHash = String(seed % 10).repeat(64);
  const some = counted === undefined ? {} : { uncorrectedShuffles: counted };
  const hypotheses = Array.from({ length: nHypotheses }, hypothesis);
  if (!goesOn) return { planHash, nElements, ranges, ...some, hypotheses };
  const defaultsCrc32 = hypotheses.map(() => random.integer(2 ** 32));
  const without = hypotheses.map((found) => ({ ...found, defaults: found.defaults.slice(0, 0) }));
  return { planHash, nElements, ranges, ...some, defaultsCrc32, hypotheses: without };
}
