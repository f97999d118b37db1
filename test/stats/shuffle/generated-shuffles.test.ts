import { describe, expect, test } from "vitest";
import { planShuffles } from "../../../src/stats/shuffle/generated-shuffles.js";
import type { ErrorModel, ShufflePlan } from "../../../src/stats/shuffle/shuffle-plan.js";
import { withoutIdentity } from "../../../src/stats/shuffle/without-identity.js";
import { fc } from "../../support/seeded-check.js";

const seed = 20260417;

function labels(plan: ShufflePlan, index: number): number[] {
  const out = new Int32Array(plan.nSubjects);
  plan.labelsInto(index, out);
  return [...out];
}

function signs(plan: ShufflePlan, index: number): number[] {
  const out = new Int8Array(plan.nSubjects);
  plan.signsInto(index, out);
  return [...out];
}

const key = (plan: ShufflePlan, index: number) => `${labels(plan, index)}|${signs(plan, index)}`;
const all = (plan: ShufflePlan) => Array.from({ length: plan.count }, (_, i) => key(plan, i));
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

/** n, errors, S and blocks that fit them. */
const anyPlan = fc
  .record({
    nBlocks: fc.integer({ min: 1, max: 5 }),
    size: fc.integer({ min: 2, max: 4 }),
    kind: fc.constantFrom("free", "within", "whole"),
    errors: fc.constantFrom<ErrorModel>("ee", "ise", "both"),
    nShuffles: fc.integer({ min: 1, max: 60 }),
    seed: fc.maxSafeNat(),
    from: fc.constantFrom(0, 1),
  })
  .map(({ nBlocks, size, kind, errors, nShuffles, seed, from }) => {
    const nSubjects = nBlocks * size;
    const blocks = Int32Array.from({ length: nSubjects }, (_, i) => (i % nBlocks) + from);
    return {
      options: { nSubjects, nShuffles, errors, seed, ...(kind === "free" ? {} : { blocks: { [kind]: blocks } }) },
      kind,
      blocks,
    };
  });

describe("laws of every plan", () => {
  test("a shuffle is a permutation with signs, number 0 is the identity, no two are the same", () => {
    fc.assert(
      fc.property(anyPlan, ({ options }) => {
        const plan = planShuffles(options);
        expect(plan.count).toBeLessThanOrEqual(options.nShuffles);
        expect(plan.exhaustive || plan.count === options.nShuffles).toBe(true);
        expect(plan.startsWithIdentity).toBe(true);
        expect(labels(plan, 0)).toEqual(upTo(plan.nSubjects));
        expect(signs(plan, 0)).toEqual(Array(plan.nSubjects).fill(1));
        for (let i = 0; i < plan.count; i++) {
          expect(labels(plan, i).sort((a, b) => a - b)).toEqual(upTo(plan.nSubjects));
          expect(signs(plan, i).every((sign) => sign * sign === 1)).toBe(true);
          if (options.errors === "ise") expect(labels(plan, i)).toEqual(upTo(plan.nSubjects));
          if (options.errors === "ee") expect(signs(plan, i)).not.toContain(-1);
        }
        expect(new Set(all(plan)).size).toBe(plan.count);
      }),
      { seed, numRuns: 150 },
    );
  });

  test("within blocks stay inside, whole blocks move as one with one sign and keep their order", () => {
    fc.assert(
      fc.property(anyPlan, ({ options, kind, blocks }) => {
        const plan = planShuffles(options);
        for (let i = 0; i < plan.count; i++) {
          const sources = labels(plan, i);
          const flips = signs(plan, i);
          if (kind === "within")
            for (const [row, source] of sources.entries()) expect(blocks[source]).toBe(blocks[row]);
          if (kind !== "whole") continue;
          for (const block of new Set(blocks)) {
            const rows = upTo(plan.nSubjects).filter((row) => blocks[row] === block);
            const from = rows.map((row) => sources[row]!);
            expect(new Set(from.map((row) => blocks[row])).size).toBe(1);
            expect(from).toEqual([...from].sort((a, b) => a - b));
            expect(new Set(rows.map((row) => flips[row])).size).toBe(1);
          }
        }
      }),
      { seed, numRuns: 100 },
    );
  });

  test("the same from another process, in any order of calls", () => {
    fc.assert(
      fc.property(anyPlan, ({ options }) => {
        const forwards = all(planShuffles(options));
        const again = planShuffles(options);
        for (let i = again.count - 1; i >= 0; i--) {
          // signs before labels, and a stray call in between
          const flips = signs(again, i);
          labels(again, (i * 7) % again.count);
          expect(`${labels(again, i)}|${flips}`).toBe(forwards[i]);
        }
      }),
      { seed, numRuns: 50 },
    );
  });
});

describe("all distinct shuffles", () => {
  test.each([
    { name: "permutations", options: { nSubjects: 5, errors: "ee" as const }, count: 120 },
    { name: "sign flips", options: { nSubjects: 6, errors: "ise" as const }, count: 64 },
    { name: "pairs", options: { nSubjects: 4, errors: "both" as const }, count: 24 * 16 },
    {
      name: "within",
      options: { nSubjects: 7, errors: "ee" as const, blocks: { within: Int32Array.of(0, 1, 0, 1, 1, 0, 1) } },
      count: 6 * 24,
    },
    {
      name: "whole",
      options: { nSubjects: 6, errors: "both" as const, blocks: { whole: Int32Array.of(1, 2, 3, 3, 2, 1) } },
      count: 6 * 8,
    },
    { name: "one subject", options: { nSubjects: 1, errors: "ee" as const }, count: 1 },
  ])("are enumerated when no more exist than wanted: $name", ({ options, count }) => {
    const plan = planShuffles({ ...options, nShuffles: count, seed });
    expect(plan.exhaustive).toBe(true);
    expect(plan.count).toBe(count);
    expect(new Set(all(plan)).size).toBe(count);
    expect(all(planShuffles({ ...options, nShuffles: count + 1000, seed: 1 }))).toEqual(all(plan));
  });

  test("come in the order of MRtrix3: lexicographic, signs in binary and fastest, first block of a restriction fastest", () => {
    const ee = planShuffles({ nSubjects: 3, errors: "ee", nShuffles: 6, seed });
    expect(ee.count).toBe(6);
    expect([0, 1, 2, 3, 4, 5].map((i) => labels(ee, i).join(""))).toEqual(["012", "021", "102", "120", "201", "210"]);
    const ise = planShuffles({ nSubjects: 3, errors: "ise", nShuffles: 8, seed });
    expect([0, 1, 2, 3].map((i) => signs(ise, i))).toEqual([
      [1, 1, 1],
      [1, 1, -1],
      [1, -1, 1],
      [1, -1, -1],
    ]);
    const both = planShuffles({ nSubjects: 2, errors: "both", nShuffles: 8, seed });
    expect(all(both).slice(3, 6)).toEqual(["0,1|-1,-1", "1,0|1,1", "1,0|1,-1"]);
    const within = planShuffles({
      nSubjects: 4,
      errors: "ee",
      nShuffles: 4,
      seed,
      blocks: { within: Int32Array.of(1, 1, 2, 2) },
    });
    expect([0, 1, 2, 3].map((i) => labels(within, i).join(""))).toEqual(["0123", "1023", "0132", "1032"]);
    const whole = planShuffles({
      nSubjects: 4,
      errors: "both",
      nShuffles: 8,
      seed,
      blocks: { whole: Int32Array.of(1, 1, 2, 2) },
    });
    expect(all(whole).slice(1, 3)).toEqual(["0,1,2,3|-1,-1,1,1", "0,1,2,3|1,1,-1,-1"]);
  });

  test("one fewer wanted than exist: drawn, still all different", () => {
    const plan = planShuffles({ nSubjects: 5, errors: "ee", nShuffles: 119, seed });
    expect(plan.exhaustive).toBe(false);
    expect(new Set(all(plan)).size).toBe(119);
  });
});

test("a reference list: a change here changes every published p-value", () => {
  const plan = planShuffles({ nSubjects: 8, nShuffles: 100, errors: "both", seed: 42 });
  expect([1, 2, 99].map((i) => [labels(plan, i), signs(plan, i)])).toMatchInlineSnapshot(`
    [
      [
        [
          2,
          6,
          5,
          0,
          3,
          7,
          4,
          1,
        ],
        [
          -1,
          1,
          -1,
          -1,
          -1,
          1,
          1,
          1,
        ],
      ],
      [
        [
          4,
          3,
          5,
          6,
          0,
          7,
          1,
          2,
        ],
        [
          -1,
          -1,
          -1,
          -1,
          -1,
          1,
          1,
          -1,
        ],
      ],
      [
        [
          4,
          3,
          5,
          1,
          7,
          6,
          2,
          0,
        ],
        [
          1,
          1,
          1,
          -1,
          1,
          -1,
          1,
          -1,
        ],
      ],
    ]
  `);
});

test("drawn permutations are uniform over all of them (chi-square, fixed seed)", () => {
  const counts = new Map<string, number>();
  const nSeeds = 2400;
  for (let s = 0; s < nSeeds; s++) {
    const plan = planShuffles({ nSubjects: 4, nShuffles: 2, errors: "ee", seed: s });
    counts.set(key(plan, 1), (counts.get(key(plan, 1)) ?? 0) + 1);
  }
  // 24 permutations but the identity, which shuffle 0 already is
  expect(counts.size).toBe(23);
  const expected = nSeeds / 23;
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  expect(chiSquare).toBeLessThan(22 + 4 * Math.sqrt(44));
});

test("the first shuffles do not depend on how many are wanted", () => {
  const few = planShuffles({ nSubjects: 12, nShuffles: 20, errors: "both", seed });
  const many = planShuffles({ nSubjects: 12, nShuffles: 300, errors: "both", seed });
  expect(all(many).slice(0, 20)).toEqual(all(few));
});

test("without the identity the same list starts one later", () => {
  const plan = planShuffles({ nSubjects: 9, nShuffles: 30, errors: "both", seed });
  const rest = withoutIdentity(plan);
  expect(all(rest)).toEqual(all(plan).slice(1));
  expect(rest.startsWithIdentity).toBe(false);
});

test("signs twice are the identity", () => {
  const plan = planShuffles({ nSubjects: 33, nShuffles: 50, errors: "ise", seed });
  for (let i = 0; i < 50; i++) expect(signs(plan, i).map((sign, row) => sign * signs(plan, i)[row]!)).not.toContain(-1);
});
