// What `npm run bench -- --compare` says: a ratio that became worse is seen, whichever side of it is better, and drift is not.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

// plain JavaScript, as all of the bench
const { asLines, betterOf, compare, entriesOf, readHistory } = await import(
  new URL("./history.mjs", import.meta.url).href
);

const machine = { processor: "P", date: "2026-11-27" };
const ratio = (value: number, more: object = {}) => ({ name: "r", value, unit: "ratio", ...more });
const entriesWith = (figure: object, processor = "P") =>
  entriesOf([{ group: "g", name: "c", figures: [figure] }], { ...machine, processor }, "full", "abc");
const changeOf = (now: object, then: object) => compare(entriesWith(now), entriesWith(then))[0]!;

test.each([
  ["more is better, and there is less", 2, 1, { atLeast: 0.5 }, true],
  ["more is better, and there is more", 1, 2, { atLeast: 0.5 }, false],
  ["less is better, and there is more", 1, 2, { atMost: 5 }, true],
  ["less is better, and there is less", 2, 1, { better: "less" }, false],
  ["a drift of a tenth", 1, 1.1, { better: "less" }, false],
])("%s", (_, then, now, more, slower) => {
  expect(changeOf(ratio(now, more), ratio(then, more)).slower).toBe(slower);
});

test("only ratios are kept, and only those that were measured", () => {
  const figures = [
    { name: "t", value: 3, unit: "ms" },
    ratio(Number.NaN, { better: "more" }),
    ratio(0.01, { better: "neither" }),
    ratio(1.23456, { better: "more" }),
  ];
  expect(entriesOf([{ group: "g", name: "c", figures }], machine, "quick", "abc")).toEqual([
    {
      ...{ date: "2026-11-27", commit: "abc", processor: "P", mode: "quick" },
      ...{ group: "g", case: "c", figure: "r", value: 1.235, better: "more" },
    },
  ]);
});

test("a ratio that does not say which side is better is a mistake of the case", () => {
  expect(() => betterOf(ratio(1))).toThrow('the ratio "r" neither has a target nor says');
});

test("the last run on such a processor counts, else the last one of any", () => {
  const less = { better: "less" };
  const history = [...entriesWith(ratio(1, less)), ...entriesWith(ratio(3, less)), ...entriesWith(ratio(9, less), "Q")];
  expect(compare(entriesWith(ratio(3, less)), history)[0]).toMatchObject({ before: { value: 3 }, change: 1 });
  expect(compare(entriesWith(ratio(9, less), "R"), history)[0]).toMatchObject({ before: { value: 9 }, change: 1 });
  expect(compare(entriesWith(ratio(3, less)), [])[0]).toMatchObject({ before: undefined, slower: false });
});

test("the history of the repository is read, and written as it was", () => {
  const path = new URL("../history.jsonl", import.meta.url).pathname;
  const history = readHistory(path);
  expect(history.length).toBeGreaterThan(0);
  expect(asLines(history)).toBe(readFileSync(path, "utf8"));
});
