import { describe, expect, test } from "vitest";
import {
  describeShuffles,
  type ShuffleContext,
  type TestRelabellings,
} from "../../../src/stats/shuffle/describe-shuffles.js";
import { planShuffles } from "../../../src/stats/shuffle/generated-shuffles.js";
import type { ErrorModel } from "../../../src/stats/shuffle/shuffle-plan.js";

const planOf = (nSubjects: number, nShuffles: number, errors: ErrorModel = "ee") =>
  planShuffles({ nSubjects, nShuffles, errors, seed: 1 });
const testOf = (own: Partial<TestRelabellings>): TestRelabellings => ({
  ...{ name: "t1", testsMean: false, nDifferent: undefined, nSame: 1, nExist: undefined },
  ...own,
});
const said = (plan: ReturnType<typeof planOf>, context?: ShuffleContext) =>
  describeShuffles(plan, context).map(({ tag, message }) => `${tag}: ${message}`);

test("enough shuffles: nothing to warn of", () => {
  expect(said(planOf(20, 100))).toEqual([]);
  // the odd repeat
  expect(said(planOf(20, 100), { tests: [testOf({ nDifferent: 97, nSame: 2 })] })).toEqual([]);
  // the luck of a short draw
  expect(said(planOf(20, 20), { tests: [testOf({ nDifferent: 17, nSame: 3, nExist: 70 })] })).toEqual([]);
  // of too many to be counted
  expect(said(planOf(20, 20), { tests: [testOf({ nDifferent: 19, nSame: 1 })] })).toEqual([]);
  expect(said(planOf(20, 20), { tests: [testOf({ nDifferent: 19, nSame: 2 })] })).toEqual([]);
});

test("all shuffles used: the smallest p-value is stated", () => {
  expect(said(planOf(5, 5000), { wanted: 5000 })).toEqual([
    "all-shuffles-used: Only 120 different permutations exist (5000 were asked for): each is used once, and the smallest possible p-value is 1/120 = 0.00833.",
  ]);
});

test("p = 0.05 out of reach", () => {
  expect(said(planOf(20, 10))).toEqual([
    "too-few-shuffles: With 10 shuffles no p-value can reach 0.05: the smallest possible one is 1/10 = 0.1. Use more shuffles (-nshuffles) for an inference.",
  ]);
  expect(said(planOf(4, 5000, "ise"))[1]).toBe(
    "too-few-shuffles: With 16 shuffles no p-value can reach 0.05: the smallest possible one is 1/16 = 0.0625. Use more subjects, or fewer restrictions on the shuffles.",
  );
});

test("what can be reached is never said to be out of reach", () => {
  const tests = [testOf({ nDifferent: 19, nSame: 240, nExist: 19 })];
  expect(said(planOf(12, 5000), { tests })[0]).toMatch(/^repeated-relabellings: .* 240\/5000 = 6\/125 = 0\.048\.$/);
});

describe("shuffles that repeat relabellings", () => {
  test("of all that exist: 3 against 3", () => {
    const tests = [testOf({ nDifferent: 20, nSame: 36, nExist: 20 })];
    expect(said(planOf(6, 5000), { wanted: 5000, tests })).toEqual([
      "all-shuffles-used: Only 720 different permutations exist (5000 were asked for): each is used once.",
      "repeated-relabellings: For t1 the 720 permutations are 20 different relabellings, each 36 times, and the smallest possible p-value is 36/720 = 1/20 = 0.05.",
    ]);
  });

  test("too few of them: 1 against 6; of two hypotheses alike, and one that is not", () => {
    const few = { nDifferent: 7, nSame: 720, nExist: 7 };
    const tests = [
      testOf(few),
      testOf({ ...few, name: "F1" }),
      testOf({ name: "t3", nDifferent: 5000, nSame: 2, nExist: 5000 }),
    ];
    expect(said(planOf(7, 5040), { wanted: 5040, tests })).toEqual([
      "all-shuffles-used: Only 5040 different permutations exist (5040 were asked for): each is used once.",
      "too-few-shuffles: No p-value of t1 and F1 can reach 0.05: the 5040 permutations are 7 different relabellings, each 720 times, and the smallest possible one is 720/5040 = 1/7 = 0.143. Use more subjects, or fewer restrictions on the shuffles.",
      "repeated-relabellings: For t3 the 5040 permutations are 5000 different relabellings, twice that of the unshuffled data, and the smallest possible p-value is 2/5040 = 1/2520 = 0.000397.",
    ]);
  });

  test("a draw of too few is said once, whatever differs between the hypotheses", () => {
    const tests = [
      testOf({ nDifferent: 10, nSame: 1, nExist: 720 }),
      testOf({ name: "F1", nDifferent: 10, nSame: 1, nExist: undefined }),
    ];
    expect(said(planOf(12, 10), { tests })).toEqual([
      "too-few-shuffles: With 10 shuffles no p-value can reach 0.05: the smallest possible one is 1/10 = 0.1. Use more shuffles (-nshuffles) for an inference.",
    ]);
  });

  test("of a draw, where all are known, and where they are not", () => {
    expect(said(planOf(12, 5000), { tests: [testOf({ nDifferent: 919, nSame: 6, nExist: 924 })] })).toEqual([
      "repeated-relabellings: For t1 only 924 different relabellings exist: the 5000 permutations drawn are 919 of them, 6 times that of the unshuffled data, and the smallest possible p-value is 6/5000 = 3/2500 = 0.0012.",
    ]);
    expect(said(planOf(12, 5000), { tests: [testOf({ nDifferent: 2400, nSame: 1 })] })).toEqual([
      "repeated-relabellings: For t1 the 5000 permutations drawn are 2400 different relabellings (at least so many exist), once that of the unshuffled data, and the smallest possible p-value is 1/5000 = 0.0002.",
    ]);
    expect(said(planOf(8, 5000), { tests: [testOf({ nDifferent: 8, nSame: 640, nExist: 8 })] })).toEqual([
      "too-few-shuffles: No p-value of t1 can reach 0.05: only 8 different relabellings exist: the 5000 permutations drawn are 8 of them, 640 times that of the unshuffled data, and the smallest possible one is 640/5000 = 16/125 = 0.128. Use more subjects, or fewer restrictions on the shuffles.",
    ]);
  });
});

describe("no shuffle changes anything: what to do", () => {
  const tests = [testOf({ nDifferent: 1, nSame: 100, nExist: 1 })];
  const what =
    "unchanged-by-shuffles: No shuffle changes the statistic of t1: the 100 permutations drawn only exchange observations that are alike in what is tested, so every p-value is 1.";

  test("a mean", () => {
    expect(said(planOf(9, 100), { tests: [{ ...tests[0]!, testsMean: true }] })).toEqual([
      `${what} A mean is the same in any order: use -errors ise (sign flips) to test one.`,
    ]);
  });

  test("blocks", () => {
    expect(said(planOf(9, 100), { tests, blocks: { kind: "within", path: "eb.txt" } })).toEqual([
      `${what} The members of each block of eb.txt are alike: give -exchange_whole if whole blocks may be exchanged, or blocks whose members differ in what is tested.`,
    ]);
    expect(said(planOf(9, 100), { tests, blocks: { kind: "whole", path: "eb.txt" } })).toEqual([
      `${what} The blocks of eb.txt are alike: give -exchange_within if the members of each may be exchanged, or blocks that differ in what is tested.`,
    ]);
  });

  test("a list", () => {
    const listed = { path: "perms.csv", nUnshuffled: 1, nFlipped: 0, asksForSigns: false };
    expect(said(planOf(9, 100), { tests, listed })).toEqual([
      "unchanged-by-shuffles: No shuffle changes the statistic of t1: the 100 shuffles of perms.csv only exchange observations that are alike in what is tested, so every p-value is 1. List shuffles that exchange others, or leave -permutations out.",
    ]);
  });
});

describe("a list", () => {
  const listed = { path: "perms.csv", nUnshuffled: 1, nFlipped: 0, asksForSigns: false };

  test("with sign flips", () => {
    const flipped = { ...listed, nFlipped: 99 };
    const message =
      "listed-sign-flips: 99 of the 100 shuffles of perms.csv have negative indices: the signs of these observations are flipped, as in PALM.";
    expect(said(planOf(9, 100), { listed: flipped })).toEqual([message]);
    expect(said(planOf(9, 100), { listed: { ...flipped, asksForSigns: true } })).toEqual([
      `${message} No other signs are drawn (-errors both).`,
    ]);
  });

  test("without the unshuffled data, which count all the same", () => {
    const without = { ...listed, nUnshuffled: 0 };
    const message =
      "unshuffled-not-listed: The unshuffled data are not among the 100 shuffles of perms.csv: p-values of exactly 0 (fwe_1mpvalue 1) are possible in the results. The unshuffled data belong in the null once: put a column 1, 2, 3, .. in front. The summary counts them in.";
    expect(said(planOf(9, 100), { listed: without })).toEqual([message]);
    expect(said(planOf(9, 18), { listed: without })[1]).toBe(
      "too-few-shuffles: With 18 shuffles no p-value can reach 0.05: the smallest possible one is 1/19 = 0.0526. List more shuffles for an inference.",
    );
  });
});
