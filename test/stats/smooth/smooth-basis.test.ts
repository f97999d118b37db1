// Against mgcv: fixtures/smooth is made by fixtures/make/smooths.R; the peer's own bases are read where they are.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Basis } from "../../../src/stats/smooth/basis.js";
import { smoothBasis } from "../../../src/stats/smooth/smooth-basis.js";
import { fixturesDirectory, modelArrayPeer } from "../../support/peer.js";

const read = (path: string) =>
  readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(","));
const numbers = (path: string) => read(path).map((row) => row.map(Number));
const column = (rows: string[][], name: string) => rows.slice(1).map((row) => row[rows[0]!.indexOf(name)]!);

/** Largest difference of columns and penalty, relative to the largest value of each, with the columns' signs turned where that is nearer. */
function differences({ columns, penalty }: Basis, X: number[][], S: number[][] | undefined): number[] {
  expect(columns.length).toBe(X[0]!.length);
  const signs = columns.map((mine, j) => {
    const theirs = X.map((row) => row[j]!);
    return mine.reduce((sum, value, i) => sum + value * theirs[i]!, 0) < 0 ? -1 : 1;
  });
  const worst = columns.map((mine, j) => {
    const size = Math.max(...X.map((row) => Math.abs(row[j]!)));
    return Math.max(...X.map((row, i) => Math.abs(row[j]! - signs[j]! * mine[i]!))) / size;
  });
  if (S === undefined) return worst;
  const size = Math.max(...S.flat().map(Math.abs));
  const c = columns.length;
  const ofS = S.flatMap((row, i) =>
    row.map((value, j) => Math.abs(value - signs[i]! * signs[j]! * penalty[i * c + j]!) / size),
  );
  return [...worst, Math.max(...ofS)];
}

const folder = join(fixturesDirectory, "smooth");
const CASES: [name: string, k: number | undefined, bs: string | undefined, by?: string][] = [
  ["tied_tp3", 3, undefined],
  ["tied_tp4", 4, "tp"],
  ["tied_tp", undefined, undefined],
  ["tied_cr3", 3, "cr"],
  ["tied_cr", undefined, "cr"],
  ["tied_tp5_z", 5, "tp", "z"],
  ["tied_tp5_g1", 5, "tp", "a"],
  ["tied_tp5_g3", 5, "tp", "c"],
  ["tied_cr4_g2", 4, "cr", "b"],
  ["wide_tp5", 5, "tp"],
  ["wide_tp12", 12, "tp"],
  ["wide_cr6", 6, "cr"],
];
test.each(CASES)("%s is mgcv's basis and penalty", (name, k, bs, by) => {
  const rows = read(join(folder, `${name.split("_")[0]}.csv`));
  const x = Float64Array.from(column(rows, "x"), Number);
  const values = by === "z" ? column(rows, "z").map(Number) : column(rows, "g").map((level) => Number(level === by));
  const basis = smoothBasis({
    ...{ label: "s(x)", x, k, bs },
    by: by === undefined ? undefined : { values: Float64Array.from(values), isDummy: by !== "z" },
  });
  for (const difference of differences(
    basis,
    numbers(join(folder, `${name}_X.csv`)),
    numbers(join(folder, `${name}_S.csv`)),
  ))
    expect(difference).toBeLessThan(1e-9); // LAPACK's eigenvectors are as far from those of mgcv's Lanczos iteration
  // mgcv's covariate z: no constraint, and the line is a function beside the constant
  expect(basis.nullDimension).toBe(by === "z" ? 2 : 1);
  for (const values of basis.columns)
    if (by === undefined) expect(Math.abs(values.reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-9);
});

test.skipIf(modelArrayPeer === undefined)("bases that ModelArray's models had", () => {
  const table = read(join(modelArrayPeer!, "phenotypes.csv"));
  const x = Float64Array.from(column(table, "age"), Number);
  const columnsOf = (file: string, pattern: RegExp) => {
    const rows = read(join(modelArrayPeer!, file));
    const taken = rows[0]!.flatMap((name, j) => (pattern.test(name) ? [j] : []));
    return rows.slice(1).map((row) => taken.map((j) => Number(row[j])));
  };
  const label = "s(age)";
  const isMale = Float64Array.from(column(table, "sex"), (sex) => Number(sex === "M"));
  const all = [
    ...differences(smoothBasis({ label, x, k: 4 }), columnsOf("basis_fx_X.csv", /^s\(/), undefined),
    ...differences(
      smoothBasis({ label, x, k: 6 }),
      columnsOf("basis_reml_X.csv", /^s\(/),
      numbers(join(modelArrayPeer!, "basis_reml_S1.csv")),
    ),
    ...differences(
      smoothBasis({ label, x, k: 4, by: { values: isMale, isDummy: true } }),
      columnsOf("basis_by_fx_X.csv", /oSexM/),
      undefined,
    ),
  ];
  expect(all.length).toBe(3 + 6 + 3);
  expect(Math.max(...all)).toBeLessThan(1e-11);
});

test("what cannot be made is refused", () => {
  const x = Float64Array.from({ length: 20 }, (_, i) => i % 5);
  expect(() => smoothBasis({ label: "s(x)", x })).toThrow(
    "Cannot make s(x): expected at least k = 10 different values of its covariate, got 5. Write k = 5 or less.",
  );
  expect(() => smoothBasis({ label: "s(x)", x, k: 4, bs: "gp" })).toThrow(
    'Cannot make s(x): expected bs = "tp" (thin-plate) or "cr" (cubic regression), got "gp". Write one of these.',
  );
  expect(() => smoothBasis({ label: "s(x)", x, k: 4.5 })).toThrow(
    "Cannot make s(x): expected a whole number for k, got 4.5. Write k = 3 or more.",
  );
  expect(() => smoothBasis({ label: "s(x)", x: Float64Array.from({ length: 2001 }, (_, i) => i), k: 4 })).toThrow(
    'Cannot make s(x): expected at most 2000 different values of its covariate, got 2001: mgcv draws knots at random then. Round the covariate, or write bs = "cr".',
  );
  // less than there can be is the least, as in mgcv
  expect(smoothBasis({ label: "s(x)", x, k: 2 }).columns.length).toBe(2);
});
