// Which draws repeat an earlier one is found by the first numbers of each: the same list as by whole shuffles in a set.
import { describe, expect, test } from "vitest";
import type { Block } from "../../../src/stats/shuffle/block-tree.js";
import { KeyMixer } from "../../../src/stats/shuffle/distinct-shuffles.js";
import { planShuffles } from "../../../src/stats/shuffle/generated-shuffles.js";
import { PURPOSE, RandomStream } from "../../../src/stats/shuffle/random-stream.js";
import type { ErrorModel } from "../../../src/stats/shuffle/shuffle-plan.js";
import {
  createShuffleSpace,
  drawPermutationInto,
  drawSignsInto,
  expandLabelsInto,
  expandSignsInto,
  firstLimits,
  type ShuffleBlocks,
} from "../../../src/stats/shuffle/shuffle-space.js";

const SEED = 77;

interface Given {
  readonly n: number;
  readonly errors: ErrorModel;
  readonly count: number;
  readonly blocks?: ShuffleBlocks;
}

/** Attempt after attempt until the whole shuffle is new. */
function listOf({ n, errors, count, blocks }: Given): { list: string[]; nRedrawn: number } {
  const space = createShuffleSpace(n, errors, blocks);
  const stream = new RandomStream(SEED);
  const sources = new Int32Array(n);
  const flips = new Int8Array(space.flips.length);
  const [labels, signs] = [new Int32Array(n), new Int8Array(n)];
  const draw = (index: number, attempt: number): string => {
    for (let u = 0; u < n; u++) sources[u] = u;
    flips.fill(1);
    if (index > 0 && errors !== "ise") {
      stream.start(PURPOSE.permutation, index, attempt);
      drawPermutationInto(space, stream, sources);
    }
    if (index > 0 && errors !== "ee") {
      stream.start(PURPOSE.signs, index, attempt);
      drawSignsInto(flips.length, stream, flips);
    }
    expandLabelsInto(space, sources, labels);
    expandSignsInto(space, flips, signs);
    return `${labels}|${signs}`;
  };
  const list = new Set<string>();
  let nRedrawn = 0;
  for (let index = 0; index < count; index++) {
    let attempt = 0;
    while (list.has(draw(index, attempt))) attempt++;
    list.add(draw(index, attempt));
    if (attempt > 0) nRedrawn++;
  }
  return { list: [...list], nRedrawn };
}

function planned({ n, errors, count, blocks }: Given): string[] {
  const plan = planShuffles({ nSubjects: n, nShuffles: count, errors, seed: SEED, ...(blocks && { blocks }) });
  expect({ count: plan.count, exhaustive: plan.exhaustive }).toEqual({ count, exhaustive: false });
  const [labels, signs] = [new Int32Array(n), new Int8Array(n)];
  return Array.from({ length: count }, (_, i) => {
    plan.labelsInto(i, labels);
    plan.signsInto(i, signs);
    return `${labels}|${signs}`;
  });
}

/** A block that stays, of one that stays with 2 rows that trade and one whose 3 pairs trade places, and their members. */
const TREE: Block = {
  name: "all",
  exchanges: false,
  units: [
    { name: "1", exchanges: true, units: [4, 7] },
    {
      name: "pairs",
      exchanges: true,
      units: [
        { name: "2", exchanges: true, units: [0, 1] },
        { name: "3", exchanges: true, units: [6, 2] },
        { name: "4", exchanges: true, units: [5, 3] },
      ],
    },
  ],
};

describe("shuffles that are drawn again", () => {
  const within = Int32Array.from({ length: 12 }, (_, i) => i % 4);
  test.each<[string, Given, number]>([
    ["nearly all permutations", { n: 6, errors: "ee", count: 719 }, 300],
    ["nearly all sign flips", { n: 10, errors: "ise", count: 1023 }, 400],
    ["pairs of both", { n: 4, errors: "both", count: 380 }, 150],
    ["of a space of some size", { n: 8, errors: "ee", count: 5000 }, 200],
    ["within blocks", { n: 12, errors: "ee", count: 1290, blocks: { within } }, 500],
    ["of whole blocks", { n: 12, errors: "both", count: 380, blocks: { whole: within } }, 150],
    ["of a tree", { n: 8, errors: "ee", count: 95, blocks: { tree: TREE } }, 35],
    ["of a tree, with signs", { n: 8, errors: "both", count: 1500, blocks: { tree: TREE } }, 200],
  ])("%s", (_, given, least) => {
    const { list, nRedrawn } = listOf(given);
    expect(nRedrawn).toBeGreaterThanOrEqual(least);
    expect(planned(given)).toEqual(list);
  });

  test.each<[string, Given]>([
    ["permutations of more than a key holds", { n: 60, errors: "ee", count: 300 }],
    ["sign flips of more than a key holds", { n: 100, errors: "ise", count: 300 }],
    ["sign flips of more than a word and less than a key", { n: 40, errors: "ise", count: 300 }],
  ])("%s: none", (_, given) => {
    expect(planned(given)).toEqual(listOf(given).list);
  });
});

describe("keys", () => {
  test("have the first numbers of a draw alone", () => {
    const limits = firstLimits(createShuffleSpace(1000, "ee"), 64);
    expect(limits).toEqual([1000, 999, 998, 997, 996, 995, 994]);
    expect(firstLimits(createShuffleSpace(4, "ee"), 64)).toEqual([4, 3, 2]);
    expect(firstLimits(createShuffleSpace(8, "ee", { tree: TREE }), 64)).toEqual([2, 3, 2, 2, 2, 2]);
  });

  test("of different numbers differ", () => {
    const keys = new Set<number>();
    for (let a = 0; a < 60; a++) {
      for (let b = 0; b < 60; b++) {
        for (let c = 0; c < 60; c++) {
          const mixer = new KeyMixer();
          for (const number of [a, b, c]) mixer.add(number);
          keys.add(mixer.key);
        }
      }
    }
    expect(keys.size).toBe(60 ** 3);
    expect(Math.max(...[...keys].slice(0, 1000))).toBeLessThan(2 ** 53);
  });
});
