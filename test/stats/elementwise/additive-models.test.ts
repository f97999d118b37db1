// Against mgcv: fixtures/additive-models, made by fixtures/make/additive-models.R.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createElementModel } from "../../../src/stats/elementwise/element-model.js";
import {
  type ElementModelSpec,
  GAM_MODEL_STATISTICS,
  SMOOTH_STATISTICS,
  TERM_STATISTICS,
} from "../../../src/stats/elementwise/model-spec.js";
import { tableOf } from "../../../src/stats/formula/data-table.js";
import { fixturesDirectory } from "../../support/peer.js";

const folder = join(fixturesDirectory, "additive-models");
const read = (name: string, separator: string) =>
  readFileSync(join(folder, name), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(separator));
const [columns, ...rows] = read("cohort.csv", ",");
const A = read("A.csv", ",").map((row) => row.map(Number));

function modelOf(formula: string, method: ElementModelSpec["method"], weights?: string) {
  return createElementModel({
    ...{ kind: "gam", formula, table: tableOf(columns!, rows), scalars: ["A"], notInDot: [], moreThan: 10, coding: {} },
    weights:
      weights === undefined ? undefined : Float64Array.from(rows, (row) => Number(row[columns!.indexOf(weights)])),
    ...{ termStatistics: TERM_STATISTICS, modelStatistics: GAM_MODEL_STATISTICS, smoothStatistics: SMOOTH_STATISTICS },
    ...{ method, changedRsq: [] },
  });
}

/** Relative, but of p-values of smooths: absolute, which in mgcv are right to 1e-6. `edf` absolute. */
const FIXED = { edf: 1e-8, statistic: 1e-6, pValue: 2e-6, rest: 1e-8 };

/** mgcv was told to search to the lowest minimum itself. */
const CHOSEN = { edf: 1e-4, statistic: 1e-3, pValue: 1e-3, rest: 1e-4 };

test.each<
  [name: string, formula: string, method: ElementModelSpec["method"], tolerance: typeof FIXED, weights?: string]
>([
  ["reml", "A ~ s(age, k = 8) + sex", "REML", CHOSEN],
  ["cubic", 'A ~ s(age, bs = "cr", k = 7) + sex + dose', "REML", CHOSEN, "w"],
  ["gcv", "A ~ s(age, k = 8) + sex", "GCV.Cp", CHOSEN],
  ["times", "A ~ s(age, k = 5, by = dose) + sex", "REML", CHOSEN],
  ["beside", "A ~ s(age, k = 7) + s(dose, k = 4, fx = TRUE) + sex", "REML", CHOSEN],
  ["two", "A ~ s(age, k = 8) + s(dose, k = 6) + sex", "REML", CHOSEN],
  ["two_gcv", "A ~ s(age, k = 8) + s(dose, k = 6) + sex", "GCV.Cp", CHOSEN],
  ["three", 'A ~ s(age, bs = "cr", k = 6) + s(dose) + s(w, k = 5) + sex', "REML", CHOSEN],
  ["weighed", 'A ~ s(age, k = 7) + s(dose, bs = "cr", k = 5) + sex', "REML", CHOSEN, "w"],
  ["levels", "A ~ sex + s(age, k = 5, by = sex) + s(dose, k = 4, fx = TRUE)", "REML", CHOSEN],
  ["differs", "A ~ s(age, k = 6) + s(age, k = 5, by = dose) + sex", "REML", CHOSEN],
  ["level", "A ~ sex + s(age, k = 5, by = sex, fx = TRUE)", "GCV.Cp", FIXED],
  ["none", "A ~ age + sex", "REML", FIXED, "w"],
])("%s: %s by %s", { timeout: 60_000 }, (name, formula, method, tolerance, weights) => {
  const [names, ...reference] = read(`${name}.csv`, ";");
  const model = modelOf(formula, method, weights);
  expect(["element_id", ...model.statistics]).toEqual(names);
  const out = new Float64Array(model.statistics.length);
  const worst = new Map<string, [difference: number, what: string]>();
  for (const [element, row] of reference.entries()) {
    model.fit([Float64Array.from(A, (values) => values[element]!)], out);
    for (const [s, statistic] of model.statistics.entries()) {
      const [mine, theirs] = [out[s]!, Number(row[s + 1])];
      const kind = /\.(edf|ref\.df)$/.test(statistic)
        ? "edf"
        : !statistic.startsWith("s_")
          ? "rest"
          : statistic.endsWith("p.value")
            ? "pValue"
            : "statistic";
      const absolute = Math.abs(mine - theirs);
      const relative = absolute / Math.abs(theirs);
      const ofP = Math.min(absolute, (tolerance.pValue * relative) / 0.02);
      const difference = kind === "edf" ? absolute : kind === "pValue" ? ofP : relative;
      if (!(difference / tolerance[kind] <= (worst.get(kind)?.[0] ?? 0)))
        worst.set(kind, [difference / tolerance[kind], `${statistic} of element ${element}: ${mine}, not ${theirs}`]);
    }
  }
  for (const [, [difference, what]] of worst) expect(difference, what).toBeLessThan(1);
});

test("a subject of weight 0 is as one that is not there, unlike in mgcv, which counts it", () => {
  const modelFor = (formula: string, some: readonly string[][], weights?: Float64Array) =>
    createElementModel({
      ...{
        kind: "gam",
        formula,
        table: tableOf(columns!, some),
        scalars: ["A"],
        notInDot: [],
        moreThan: 10,
        coding: {},
      },
      ...{
        termStatistics: TERM_STATISTICS,
        modelStatistics: GAM_MODEL_STATISTICS,
        smoothStatistics: SMOOTH_STATISTICS,
      },
      ...{ weights, method: "REML", changedRsq: [] },
    });
  const isOut = (i: number) => i % 9 === 2;
  const weights = Float64Array.from(rows, (_, i) => (isOut(i) ? 0 : 1));
  const values = Float64Array.from(A, (row) => row[0]!);
  const without = values.filter((_, i) => !isOut(i));
  const [weighed, cut] = [
    modelFor("A ~ age + sex", rows, weights),
    modelFor(
      "A ~ age + sex",
      rows.filter((_, i) => !isOut(i)),
    ),
  ];
  const [mine, theirs] = [new Float64Array(weighed.statistics.length), new Float64Array(cut.statistics.length)];
  expect(weighed.fit([values], mine)).toBe("fitted");
  expect(cut.fit([without], theirs)).toBe("fitted");
  for (const [s, name] of weighed.statistics.entries()) expect(mine[s]! / theirs[s]!, name).toBeCloseTo(1, 12);
  expect(mine[weighed.statistics.indexOf("model.nobs")]).toBe(40);
  // of several penalised smooths what the subject had says nothing
  const several = modelFor("A ~ s(age, k = 6) + s(dose, k = 5)", rows, weights);
  const [before, after] = [new Float64Array(several.statistics.length), new Float64Array(several.statistics.length)];
  several.fit([values], before);
  several.fit([values.map((value, i) => (isOut(i) ? 1e3 : value))], after);
  expect(after).toEqual(before);
});

test("what is not made is refused by name", () => {
  expect(() => modelOf("A ~ age + s(age, k = 4, fx = TRUE)", "REML")).toThrow(
    "Cannot fit an additive model: expected columns that do not depend on each other, got 1 of 5 that the others explain, among 45 subjects. Leave a term out, or write a smaller k.",
  );
  expect(() => modelOf("A ~ s(age, k = 40, fx = TRUE) + s(dose, k = 20, fx = TRUE)", "REML")).toThrow(
    "Cannot fit an additive model of 59 columns: expected more subjects than columns, got 45. Write a smaller k, or leave a term out.",
  );
});

test("smooths have ModelArray's names", () => {
  const namesOf = (formula: string) => {
    const { statistics } = modelOf(formula, "GCV.Cp");
    return [
      ...new Set(
        statistics
          .filter((name) => name.startsWith("s_"))
          .map((name) => name.replace(/\.(edf|ref\.df|statistic|p\.value)$/, "")),
      ),
    ];
  };
  expect(namesOf("A ~ s(age, k = 4, fx = TRUE) + s(age, k = 4, by = dose, fx = TRUE)")).toEqual([
    "s_age",
    "s_age_BYdose",
  ]);
  expect(namesOf("A ~ s(age, k = 4, by = sex, fx = TRUE)")).toEqual(["s_age_BYsexF", "s_age_BYsexM"]);
  // what its parentheses hold, without them
  expect(namesOf("A ~ s(log(age), k = 4, fx = TRUE)")).toEqual(["s_log_age"]);
});
