// Against R's lm: fixtures/linear-models, made by fixtures/make/linear-models.R.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createElementModel } from "../../../src/stats/elementwise/element-model.js";
import { MODEL_STATISTICS, TERM_STATISTICS } from "../../../src/stats/elementwise/model-spec.js";
import { tableOf } from "../../../src/stats/formula/data-table.js";
import { adjustPValues, type Correction } from "../../../src/stats/linear/adjust-p-values.js";
import { fixturesDirectory } from "../../support/peer.js";

const folder = join(fixturesDirectory, "linear-models");
const read = (name: string, separator: string) =>
  readFileSync(join(folder, name), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(separator));
const numbers = (name: string) =>
  read(name, ",").map((row) => row.map((cell) => (cell === "Inf" ? Infinity : Number(cell))));

const CASES: [name: string, formula: string, weights?: string][] = [
  ["interaction", "A ~ group * age + site"],
  ["noint", "A ~ 0 + site + age"],
  ["only", "A ~ 1"],
  ["none", "A ~ 0 + age"],
  ["poly", "A ~ poly(age, 3) + group"],
  ["splines", "A ~ ns(age, df = 3) + bs(dose, df = 4)"],
  ["dependent", "A ~ age + twice + group"],
  ["weighted", "A ~ age + group", "w"],
  ["zeros", "A ~ age + site", "w0"],
  ["scalar", "A ~ age * B + I(B^2)"],
  ["full", "A ~ site * group + poly(age, 4) + dose + poly(dose, 3)"],
  ["logged", "log(A) ~ age + log(dose + 1)"],
];

test.each(CASES)("%s: %s", (name, formula, weights) => {
  const [columns, ...rows] = read("cohort.csv", ",");
  const [A, B] = [numbers("A.csv"), numbers("B.csv")];
  const [names, ...reference] = read(`${name}.csv`, ";");
  const scalars = formula.includes("B") ? ["A", "B"] : ["A"];
  const model = createElementModel({
    ...{ kind: "lm", formula, table: tableOf(columns!, rows), scalars, notInDot: [], moreThan: 10, coding: {} },
    weights:
      weights === undefined ? undefined : Float64Array.from(rows, (row) => Number(row[columns!.indexOf(weights)])),
    ...{ termStatistics: TERM_STATISTICS, modelStatistics: MODEL_STATISTICS, smoothStatistics: [] },
    ...{ method: "GCV.Cp", changedRsq: [] },
  });
  expect(["element_id", ...model.statistics]).toEqual(names);
  const out = new Float64Array(model.statistics.length);
  let nCompared = 0;
  for (const [element, row] of reference.entries()) {
    const of = (matrix: number[][]) => Float64Array.from(matrix, (values) => values[element]!);
    model.fit([of(A), of(B)].slice(0, scalars.length), out);
    for (const [s, statistic] of model.statistics.entries()) {
      const cell = row[s + 1]!;
      const theirs = cell.endsWith("Inf") ? Number(`${cell}inity`) : Number(cell);
      const [mine, what] = [out[s]!, `${statistic} of element ${element}`];
      if (!Number.isFinite(theirs)) expect(mine, what).toBe(theirs);
      else {
        // numbers that are nothing but the rounding of R's: what is 0, or a share of 1 that is left
        const floor = /r\.squared$/.test(statistic) ? 1e-14 : 1e-300;
        expect(Math.abs(mine - theirs), `${what}: ${mine}, not ${theirs}`).toBeLessThanOrEqual(
          1e-10 * Math.abs(theirs) + floor,
        );
        nCompared++;
      }
    }
  }
  expect(nCompared).toBeGreaterThan(50);
});

test("corrections are those of p.adjust", () => {
  const [names, ...rows] = read("adjusted.csv", ";");
  const p = Float64Array.from(rows, (row) => Number(row[0]));
  for (const [i, method] of names!.slice(1).entries()) {
    const adjusted = adjustPValues(p, method as Correction);
    for (const [r, row] of rows.entries()) {
      if (row[i + 1] === "NaN") expect(adjusted[r]).toBeNaN();
      else expect(adjusted[r]! / Number(row[i + 1]), `${method} of ${p[r]}`).toBeCloseTo(1, 13);
    }
  }
  expect(adjustPValues(new Float64Array(0), "hommel").length).toBe(0);
  expect([...adjustPValues(Float64Array.of(0.04), "hommel")]).toEqual([0.04]);
});
