import { expect, test } from "vitest";
import { describeShuffles } from "../../../src/stats/shuffle/describe-shuffles.js";
import { planShuffles } from "../../../src/stats/shuffle/generated-shuffles.js";

test("enough shuffles: nothing to warn of", () => {
  const plan = planShuffles({ nSubjects: 20, nShuffles: 100, errors: "ee", seed: 1 });
  expect(describeShuffles(plan)).toEqual({ count: 100, exhaustive: false, smallestP: 0.01, warnings: [] });
});

test("all shuffles used: the smallest p-value is stated", () => {
  const plan = planShuffles({ nSubjects: 5, nShuffles: 5000, errors: "ee", seed: 1 });
  expect(describeShuffles(plan, 5000).warnings).toEqual([
    {
      tag: "all-shuffles-used",
      message:
        "Only 120 different permutations exist (5000 were asked for): each is used once, and the smallest possible p-value is 1/120 = 0.00833.",
    },
  ]);
});

test("p = 0.05 out of reach", () => {
  const few = describeShuffles(planShuffles({ nSubjects: 20, nShuffles: 10, errors: "ee", seed: 1 }));
  expect(few.warnings.map(({ tag }) => tag)).toEqual(["too-few-shuffles"]);
  expect(few.warnings[0]?.message).toBe(
    "With 10 shuffles no p-value can reach 0.05: the smallest possible one is 1/10 = 0.1. Use more shuffles (-nshuffles) for an inference.",
  );
  const tiny = describeShuffles(planShuffles({ nSubjects: 4, nShuffles: 5000, errors: "ise", seed: 1 }));
  expect(tiny.warnings.map(({ tag }) => tag)).toEqual(["all-shuffles-used", "too-few-shuffles"]);
});
