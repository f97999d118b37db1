// Against what ModelArray.gam itself answered (R, mgcv). Skipped where its reference is not there.
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
import { cellsOf, readCells, readPeerScalar } from "../../support/modelarray-peer.js";
import { modelArrayPeer } from "../../support/peer.js";

interface Case {
  readonly name: string;
  readonly formula: string;
  readonly spec?: Partial<ElementModelSpec>;
  /** Of R's corrections. */
  readonly correct: readonly string[];
  readonly term: number;
  /** Largest relative differences by statistic; `rest`: of all others. Below `floor` differences are absolute. */
  readonly most: Readonly<Record<string, number>>;
}
const CASES: Case[] = [
  // mgcv's F of a whole rank has rounding of its own: its rank is 3 - 1e-14, and the root of that part is 1e-7
  {
    name: "gam_fx",
    formula: "FD ~ s(age, k = 4, fx = TRUE) + motion + sex",
    correct: ["fdr", "bonferroni"],
    term: 1,
    most: { statistic: 1e-6, "p.value": 1e-5, rest: 1e-8 },
  },
  {
    name: "gam_by_fx",
    formula: "FD ~ oSex + s(age, k = 4, fx = TRUE) + s(age, by = oSex, k = 4, fx = TRUE) + motion",
    ...{ correct: ["fdr"], term: 3, most: { statistic: 1e-6, "p.value": 1e-5, rest: 1e-8 } },
  },
  {
    name: "gam_reml",
    formula: "FD ~ s(age, k = 6) + motion + sex",
    spec: { method: "REML" },
    ...{ correct: ["fdr", "bonferroni"], term: 1, most: { statistic: 1e-3, "p.value": 2e-2, rest: 1e-3 } },
  },
];

test.skipIf(modelArrayPeer === undefined).each(CASES)(
  "$name",
  { timeout: 180_000 },
  ({ name, formula, spec = {}, correct, term, most }) => {
    const folder = modelArrayPeer!;
    const phenotypes = readCells(join(folder, "phenotypes.csv"));
    const reference = readCells(join(folder, `${name}.csv`));
    const ids = cellsOf(reference, "element_id").map(Number);
    const data = readPeerScalar(folder, "fd");
    const sex = phenotypes.columns.indexOf("sex");
    const plain = tableOf(
      [...phenotypes.columns, "oSex"],
      phenotypes.rows.map((row) => [...row, row[sex]!]),
    );
    const table = {
      ...plain,
      columns: plain.columns.map((column) =>
        column.name === "oSex" && column.kind === "factor" ? { ...column, ordered: true } : column,
      ),
    };
    const model = createElementModel({
      ...{ kind: "gam", formula, table, scalars: ["FD"], notInDot: [], weights: undefined, moreThan: 10, coding: {} },
      ...{
        termStatistics: TERM_STATISTICS,
        smoothStatistics: SMOOTH_STATISTICS,
        modelStatistics: GAM_MODEL_STATISTICS,
      },
      ...{ method: "GCV.Cp", changedRsq: [term], ...spec },
    });
    const corrected = model.pValues.flatMap((group) =>
      correct.flatMap((method) => group.map((at) => `${model.statistics[at]}.${method}`)),
    );
    const nFirst = model.statistics.length - model.nLast;
    expect([
      "element_id",
      ...model.statistics.slice(0, nFirst),
      ...corrected,
      ...model.statistics.slice(nFirst),
    ]).toEqual(reference.columns);
    const out = new Float64Array(model.statistics.length);
    const worst = new Map<string, [number, string]>();
    for (const [i, element] of ids.entries()) {
      model.fit([Float64Array.from(data, (values) => values[element]!)], out);
      for (const [s, statistic] of model.statistics.entries()) {
        const theirs = Number(reference.rows[i]![reference.columns.indexOf(statistic)]);
        const mine = out[s]!;
        if (element === 43) continue; // constant: all but whether there are numbers is rounding
        if (Number.isNaN(theirs)) {
          expect(mine, `${statistic} of element ${element}`).toBeNaN();
          continue;
        }
        expect(mine, `${statistic} of element ${element}`).not.toBeNaN();
        // an estimate far below its standard error has lost the digits in which mgcv's Lanczos basis and LAPACK's differ
        const error = /\.estimate$/.test(statistic)
          ? Number(reference.rows[i]![reference.columns.indexOf(statistic.replace("estimate", "std.error"))])
          : /^(?!s_).*\.statistic$/.test(statistic)
            ? 1
            : 1e-300;
        const own = Math.abs(mine - theirs) / Math.max(Math.abs(theirs), error);
        const absolute = Math.abs(mine - theirs);
        // p-values of a smooth are right to 1e-6 in mgcv: Davies' algorithm
        // a difference of two fits that mgcv ends short of their minima (docs/modelarray.md) is right to 1e-5 of the variance
        const isRight =
          (/^s_.*p\.value/.test(statistic) && absolute < 1.5e-6) ||
          (name === "gam_reml" && statistic.endsWith(".rsq") && absolute < 1e-5);
        const difference = isRight ? 0 : own;
        if (difference > (worst.get(statistic)?.[0] ?? 0))
          worst.set(statistic, [difference, `${element}: ${mine}, not ${theirs}`]);
      }
    }
    for (const [statistic, [difference, what]] of worst) {
      const last = /^s_/.test(statistic) ? (/(statistic|p\.value)$/.exec(statistic)?.[1] ?? "rest") : "rest";
      expect(difference, `${statistic} of element ${what}`).toBeLessThan(most[last] ?? most["rest"]!);
    }
  },
);
