// Runs with the same shuffles, as --scalar A,B has them, look for repeats among them once; whatever else decides shuffles makes others.
import fs from "node:fs";
import { expect, test } from "vitest";
import { createInputFiles } from "../../src/app/analyse/input-files.js";
import { resolveShuffles } from "../../src/app/analyse/plan/resolve-shuffles.js";
import { createTurns } from "../../src/turns.js";
import { newAnalysis } from "../support/expect-refusal.js";

test("the same plan, and another for every other wish", async () => {
  const { at } = newAnalysis({ nSubjects: 12 });
  const files = () => createInputFiles({ memoryBytes: 2 ** 24, signal: undefined });
  const plan = async (changes: object = {}, seed = 4, nSubjects = 12) => {
    const options = { notest: false, errors: "ee", nShuffles: 50, ...changes } as const;
    const found = { nSubjects, seed, files: files(), turns: createTurns(undefined) };
    return (await resolveShuffles(options, found)).shuffles;
  };
  const blocks = (name: string, of: (i: number) => number) => {
    fs.writeFileSync(at(name), Array.from({ length: 12 }, (_, i) => `${of(i)}\n`).join(""));
    return { exchangeWithin: at(name) };
  };
  const labels = (of: Awaited<ReturnType<typeof plan>>) =>
    Array.from({ length: of.count }, (_, index) => {
      const out = new Int32Array(12);
      of.labelsInto(index, out);
      return out.join();
    }).join(" ");
  const one = await plan();
  expect(await plan()).toBe(one);
  const others = [
    await plan({}, 5),
    await plan({ errors: "both" }),
    await plan({ nShuffles: 51 }),
    await plan(blocks("a.txt", (i) => (i % 2) + 1)),
    await plan(blocks("b.txt", (i) => (i % 3) + 1)),
  ];
  expect(new Set([one, ...others]).size).toBe(6);
  expect(new Set([one, ...others].map(labels)).size).toBeGreaterThanOrEqual(5);
  // a file of the same name with other blocks
  const before = labels(await plan(blocks("c.txt", (i) => (i % 2) + 1)));
  expect(labels(await plan(blocks("c.txt", (i) => (i < 6 ? 1 : 2))))).not.toBe(before);
  // drawn again they are the same
  expect(labels(await plan())).toBe(labels(one));
});
