// Merging is the inverse of cutting, whatever the cuts and the order of the parts.

import { describe, expect, it } from "vitest";
import { haveSameDefaults, mergeNullStates } from "../../src/run/merge-null-states.js";
import type { NullState } from "../../src/run/null-state.js";
import { makeState } from "../support/random-null-state.js";
import { fc } from "../support/seeded-check.js";

/** Shuffles first..end of a state that begins at 0; counters are shared out at random. */
function cut(state: NullState, cuts: readonly number[]): NullState[] {
  const ends = [...cuts, state.hypotheses[0]!.maxima.length];
  const left = state.hypotheses.map(({ counters }) => counters.slice());
  return ends.map((end, i) => {
    const first = ends[i - 1] ?? 0;
    const hypotheses = state.hypotheses.map((own, h) => {
      const isLast = i === ends.length - 1;
      const counters = own.counters.map((_, e) => (isLast ? left[h]![e]! : Math.floor(left[h]![e]! / 2)));
      for (const [e, count] of counters.entries()) left[h]![e]! -= count;
      const part = { maxima: own.maxima.slice(first, end), elements: own.elements.slice(first, end) };
      return { ...part, counters, defaults: own.defaults };
    });
    return { ...state, ranges: first === end ? [] : [{ first, end }], hypotheses };
  });
}

const whole = fc
  .record({ nElements: fc.integer({ min: 1, max: 30 }), nHypotheses: fc.integer({ min: 1, max: 3 }) })
  .chain((size) =>
    fc.record({
      state: fc
        .record({ seed: fc.nat(), enhanced: fc.boolean(), counted: fc.option(fc.nat(40), { nil: undefined }) })
        .map((rest) => makeState({ ...size, ...rest, ranges: [[0, 50]] })),
      cuts: fc.array(fc.nat(50), { maxLength: 6 }).map((cuts) => cuts.sort((a, b) => a - b)),
      order: fc.infiniteStream(fc.nat()),
    }),
  );

describe("states of shuffles", () => {
  it("that were cut are merged to the bit, in any order", () => {
    fc.assert(
      fc.property(whole, ({ state, cuts, order }) => {
        const parts = cut(state, cuts)
          .map((part) => ({ part, at: order.next().value as number }))
          .sort((a, b) => a.at - b.at);
        expect(mergeNullStates(parts.map(({ part }) => part))).toEqual(state);
      }),
    );
  });
  it("that leave a gap keep it", () => {
    const state = makeState({ nElements: 3, nHypotheses: 1, ranges: [[0, 9]], enhanced: true, seed: 1 });
    const [a, , c] = cut(state, [3, 5]);
    const { maxima } = state.hypotheses[0]!;
    const merged = mergeNullStates([c!, a!]);
    expect(merged.ranges).toEqual([
      { first: 0, end: 3 },
      { first: 5, end: 9 },
    ]);
    expect([...merged.hypotheses[0]!.maxima]).toEqual([...maxima.subarray(0, 3), ...maxima.subarray(5)]);
  });
  it("that overlap, are of different plans, or of runs that go on, are refused", () => {
    const state = makeState({ nElements: 3, nHypotheses: 1, ranges: [[0, 9]], enhanced: true, seed: 1 });
    const goesOn = makeState({ nElements: 3, nHypotheses: 1, ranges: [[9, 2]], enhanced: true, seed: 1, goesOn: true });
    expect(() => mergeNullStates([state, state])).toThrow("States that overlap are not merged.");
    for (const other of [{ ...state, planHash: "other" }, { ...state, uncorrectedShuffles: 3 }, goesOn])
      expect(() => mergeNullStates([state, other])).toThrow("States of different plans");
    expect(() => mergeNullStates([])).toThrow("Nothing is to be merged.");
  });
  it("have the same defaults when every bit is the same", () => {
    const state = makeState({ nElements: 3, nHypotheses: 2, ranges: [[0, 9]], enhanced: false, seed: 1 });
    const other = state.hypotheses.map((own, h) => ({
      ...own,
      defaults: own.defaults.map((value, i) => (h === 1 && i === 2 ? value * (1 + 2 ** -52) : value)),
    }));
    expect(haveSameDefaults(state, { ...state })).toBe(true);
    expect(haveSameDefaults(state, { ...state, hypotheses: other })).toBe(false);
  });
});
