// Against what ModelArray itself answered (R): every number and every name. Skipped where its reference is not there; fixtures/linear-models stands for it in CI.
import { join } from "node:path";
import { expect, test } from "vitest";
import { createElementModel } from "../../../src/stats/elementwise/element-model.js";
import { type ElementModelSpec, MODEL_STATISTICS, TERM_STATISTICS } from "../../../src/stats/elementwise/model-spec.js";
import { tableOf } from "../../../src/stats/formula/data-table.js";
import { adjustPValues, type Correction } from "../../../src/stats/linear/adjust-p-values.js";
import { cellsOf, readCells, readPeerScalar } from "../../support/modelarray-peer.js";
import { modelArrayPeer } from "../../support/peer.js";

const DEFAULTS = {
  kind: "lm",
  notInDot: ["source_file", "subject"],
  weights: undefined,
  moreThan: 10,
  termStatistics: ["estimate", "statistic", "p.value"],
  modelStatistics: ["adj.r.squared", "p.value"],
  smoothStatistics: [],
  coding: {},
  method: "GCV.Cp",
  changedRsq: [],
} as const;
const FULL = { termStatistics: TERM_STATISTICS, modelStatistics: MODEL_STATISTICS };

interface Case {
  readonly name: string;
  readonly formula: string;
  readonly spec?: Partial<ElementModelSpec>;
  readonly correct?: readonly Correction[];
}
const CASES: Case[] = [
  { name: "lm_interaction", formula: "FD ~ age * sex + motion + site", spec: FULL, correct: ["fdr", "bonferroni"] },
  { name: "lm_defaults", formula: "FD ~ age + motion" },
  {
    name: "lm_corrections",
    formula: "FD ~ age + sex",
    spec: { termStatistics: ["estimate", "p.value"], modelStatistics: ["p.value"] },
    correct: ["fdr", "bonferroni", "holm", "hochberg", "hommel", "BY"],
  },
  { name: "lm_poly", formula: "FD ~ age + I(age^2) + log(motion)" },
  { name: "lm_scalar", formula: "FD ~ age + FC", spec: { scalars: ["FD", "FC"] } },
  { name: "lm_level_missing", formula: "FD ~ age + site", spec: FULL },
  { name: "lm_threshold", formula: "FD ~ age", spec: { moreThan: 36 } },
  { name: "lm_subset", formula: "FD ~ age" },
];

test.skipIf(modelArrayPeer === undefined).each(CASES)(
  "$name",
  { timeout: 60_000 },
  ({ name, formula, spec = {}, correct = ["fdr"] }) => {
    const folder = modelArrayPeer!;
    const phenotypes = readCells(join(folder, "phenotypes.csv"));
    const reference = readCells(join(folder, `${name}.csv`));
    const ids = cellsOf(reference, "element_id").map(Number);
    const scalars = spec.scalars ?? ["FD"];
    const data = scalars.map((scalar) => readPeerScalar(folder, scalar === "FD" ? "fd" : "fc"));
    const table = tableOf(phenotypes.columns, phenotypes.rows);
    const model = createElementModel({ ...DEFAULTS, formula, table, scalars, ...spec });
    const results = ids.map((element) => {
      const out = new Float64Array(model.statistics.length);
      const given = data.map((subjects) => Float64Array.from(subjects, (values) => values[element]!));
      if (name === "lm_level_missing" && element === 1)
        cellsOf(phenotypes, "site").forEach((site, i) => {
          if (site === "Zurich") given[0]![i] = Number.NaN;
        });
      model.fit(given, out);
      return out;
    });
    const corrected = model.pValues.flatMap((group) =>
      correct.flatMap((method) => group.map((at) => ({ method, at, name: `${model.statistics[at]}.${method}` }))),
    );
    expect(["element_id", ...model.statistics, ...corrected.map(({ name }) => name)]).toEqual(reference.columns);
    let nCompared = 0;
    for (const [i, element] of ids.entries()) {
      // ModelArray shifts what comes behind the level that is missing
      const isShifted = name === "lm_level_missing" && element === 1;
      for (const [s, statistic] of model.statistics.entries()) {
        const shift =
          !isShifted ||
          statistic.startsWith("Intercept") ||
          statistic.startsWith("age") ||
          statistic.startsWith("sitePh")
            ? 0
            : 4;
        const theirs = Number(reference.rows[i]![s + 1 - shift]);
        const mine = results[i]![s]!;
        const what = `${statistic} of element ${element}`;
        if (isShifted && statistic.startsWith("siteZurich")) expect(mine, what).toBeNaN();
        else if (Number.isNaN(theirs)) expect(mine, what).toBeNaN();
        // a constant element: R's numbers are rounding
        else if (element === 43) expect(mine, what).not.toBeNaN();
        else {
          expect(Math.abs(mine - theirs), `${what}: ${mine}, not ${theirs}`).toBeLessThanOrEqual(
            1e-10 * Math.abs(theirs) + 1e-300,
          );
          nCompared++;
        }
      }
    }
    expect(nCompared).toBeGreaterThan(20);
    // corrections of their own p-values: those of the constant element are rounding, and count
    for (const { method, at, name: column } of corrected) {
      if (name === "lm_level_missing") break;
      const adjusted = adjustPValues(Float64Array.from(cellsOf(reference, model.statistics[at]!), Number), method);
      for (const [i, text] of cellsOf(reference, column).entries()) {
        const theirs = Number(text);
        if (Number.isNaN(theirs)) expect(adjusted[i], column).toBeNaN();
        else expect(Math.abs(adjusted[i]! - theirs), column).toBeLessThanOrEqual(1e-12 * theirs);
      }
    }
  },
);
