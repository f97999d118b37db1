import { expect, test } from "vitest";
import { planFromPermutations } from "../../../src/stats/shuffle/permutations-file.js";

const matrix = (...rows: number[][]) => ({ nRows: rows.length, nColumns: rows[0]!.length, values: rows.flat() });
const options = { nSubjects: 3, errors: "ee" as const, seed: 1, path: "perms.csv" };

test("columns are shuffles, from 0 or from 1, used as given", () => {
  for (const from of [0, 1]) {
    // shuffle 2 is the identity, shuffle 3 repeats shuffle 1: no objection
    const rows = [
      [2, 0, 2],
      [0, 1, 0],
      [1, 2, 1],
    ].map((row) => row.map((value) => value + from));
    const plan = planFromPermutations(matrix(...rows), options);
    expect(plan).toMatchObject({ nSubjects: 3, count: 3, startsWithIdentity: false, exhaustive: false });
    const out = new Int32Array(3);
    plan.labelsInto(0, out);
    expect([...out]).toEqual([2, 0, 1]);
    plan.labelsInto(1, out);
    expect([...out]).toEqual([0, 1, 2]);
    const signs = new Int8Array(3);
    plan.signsInto(2, signs);
    expect([...signs]).toEqual([1, 1, 1]);
  }
});

test("the first row may hold any minimum: the columns decide", () => {
  const plan = planFromPermutations(matrix([2, 2], [1, 3], [3, 1]), options);
  const out = new Int32Array(3);
  plan.labelsInto(0, out);
  expect([...out]).toEqual([1, 0, 2]);
});

test("with errors both signs are drawn, none for the first shuffle", () => {
  const n = 40;
  const rows = Array.from({ length: n }, (_, i) => [i, n - 1 - i]);
  const both = { ...options, nSubjects: n, errors: "both" as const };
  const signs = new Int8Array(n);
  const plan = planFromPermutations(matrix(...rows), both);
  plan.signsInto(0, signs);
  expect(signs).not.toContain(-1);
  plan.signsInto(1, signs);
  expect(signs).toContain(-1);
  expect(signs).toContain(1);
  const again = new Int8Array(n);
  planFromPermutations(matrix(...rows), both).signsInto(1, again);
  expect(again).toEqual(signs);
});

test("negative indices are sign flips of what is moved, as PALM writes them", () => {
  const rows = [
    [1, -2, 3, -1],
    [2, 1, -1, -2],
    [3, 3, -2, -3],
  ];
  const labels = new Int32Array(3);
  const signs = new Int8Array(3);
  for (const errors of ["ee", "both"] as const) {
    const plan = planFromPermutations(matrix(...rows), { ...options, errors });
    expect(plan).toMatchObject({ count: 4, errors: "both", base: 1, nFlipped: 3, nUnshuffled: 1 });
    plan.labelsInto(2, labels);
    plan.signsInto(2, signs);
    expect([[...labels], [...signs]]).toEqual([
      [2, 0, 1],
      [1, -1, -1],
    ]);
    plan.signsInto(0, signs);
    expect([...signs]).toEqual([1, 1, 1]);
  }
});

test("sign flips alone, of a list", () => {
  const rows = [
    [1, -1],
    [2, 2],
    [3, -3],
  ];
  expect(planFromPermutations(matrix(...rows), { ...options, errors: "ise" })).toMatchObject({
    ...{ errors: "ise", nFlipped: 1, nUnshuffled: 1 },
  });
});

test("how often the unshuffled data are listed", () => {
  const of = (rows: number[][], errors: "ee" | "both" = "ee") =>
    planFromPermutations(matrix(...rows), { ...options, errors }).nUnshuffled;
  expect(
    of([
      [1, 1],
      [2, 2],
      [3, 3],
    ]),
  ).toBe(2);
  expect(
    of([
      [2, 1],
      [1, 3],
      [3, 2],
    ]),
  ).toBe(0);
  // moved by nothing but signs
  expect(
    of([
      [-1, 1],
      [2, 3],
      [3, 2],
    ]),
  ).toBe(0);
  // drawn for all shuffles but the first
  const n = 30;
  const rows = Array.from({ length: n }, (_, i) => [i, i]);
  const plan = planFromPermutations(matrix(...rows), { ...options, nSubjects: n, errors: "both" });
  expect(plan.nUnshuffled).toBe(1);
});
