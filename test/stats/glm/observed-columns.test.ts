// Elements side by side beside one at a time (element-test.ts), and statistics of one design beside their formulas: the same bits.
import { describe, expect, test } from "vitest";
import type { Hypothesis } from "../../../src/stats/design/hypothesis.js";
import { matrixOf } from "../../../src/stats/design/matrix.js";
import { partitionDesign } from "../../../src/stats/design/partition.js";
import { factoriseShared, hasEffects, resolveElementDesign } from "../../../src/stats/glm/element-design.js";
import { elementEffects, fitElement, observeTest } from "../../../src/stats/glm/element-test.js";
import type { GlmModel } from "../../../src/stats/glm/model.js";
import { observeColumns } from "../../../src/stats/glm/observed.js";
import { coefficientColumns, deviationColumns, observeTestColumns } from "../../../src/stats/glm/observed-columns.js";
import { fToZ, tToZ } from "../../../src/stats/glm/z-transform.js";
import { randomProblem } from "../../support/random-problem.js";
import { createRandom } from "../../support/seeded-random.js";

const columnsFor = (count: number) => {
  const column = () => new Float64Array(count).fill(Number.NaN);
  return { statistic: column(), z: column(), effect: column(), standardisedEffect: column() };
};

describe("a design of the observations that are left", () => {
  for (let seed = 1; seed <= 40; seed++) {
    test(`seed ${seed}`, () => {
      const { n, shared, y, contrasts } = randomProblem({ nColumns: 0, nGroups: 0, missing: seed % 4 > 0, seed });
      const k = shared[0]!.length;
      const hypotheses: Hypothesis[] = contrasts.map(({ rows, kind }, h) => ({
        ...{ name: `${kind}${h}`, kind, rank: rows.length },
        contrast: matrixOf(rows.length, k, (i, j) => rows[i]![j]!),
      }));
      const design = matrixOf(n, k, (i, j) => shared[i]![j]!);
      const model: GlmModel = { design, nElementColumns: 0, hypotheses, variable: true, groups: undefined };
      const keep = Uint8Array.from(y, (v) => Number(Number.isFinite(v)));
      const found = resolveElementDesign(model, keep, factoriseShared(model, keep), []);
      if (!hasEffects(found.verdict)) return;
      const { normal } = createRandom(seed);
      // constant; explained by the design; with large means; as it is
      const elements = [
        () => 7,
        (i: number) => shared[i]![1]! * 3 + 1,
        () => 300 + normal(),
        normal,
        (i: number) => y[i]!,
      ];
      const values = elements.map((value) => Float64Array.from(keep, (kept, i) => (kept === 1 ? value(i) : 0)));
      const fits = values.map((value) => fitElement(found, value));
      const count = fits.length;
      const stride = 8;
      const fitted = new Float64Array(found.rank * stride).fill(Number.NaN);
      for (const [c, fit] of fits.entries()) for (const [j, w] of fit.fitted.entries()) fitted[j * stride + c] = w;
      const sse = Float64Array.from(fits, (fit) => fit.sse);
      const fit = { count, stride, fitted, sse, sumSquares: Float64Array.from(fits, (one) => one.sumSquares) };

      const effects = fits.map((one) => elementEffects(model, found, one));
      const column = new Float64Array(count);
      for (let l = 0; l < k; l++) {
        coefficientColumns(found, l, fit, column);
        expect([...column]).toEqual(effects.map(({ beta }) => beta[l]));
      }
      const deviations = new Float64Array(count);
      deviationColumns(found, fit, deviations);
      expect([...deviations]).toEqual(effects.map(({ deviations }) => deviations[0]));
      for (const hypothesis of found.hypotheses) {
        const columns = columnsFor(count);
        const isTested = new Uint8Array(count).fill(1);
        observeTestColumns(found, hypothesis, fit, deviations, columns, isTested);
        for (const [c, one] of fits.entries()) {
          const stated = observeTest(model, found, hypothesis, one, deviations[c]!);
          const { statistic, z, effect, standardisedEffect } = columns;
          const got = {
            statistic: statistic[c],
            z: z[c],
            effect: effect[c],
            standardisedEffect: standardisedEffect[c],
          };
          expect({ ...got, isTested: isTested[c] === 1 }).toEqual(stated);
        }
      }
    });
  }
});

test("one design: t and F by their formulas, 0 where a residual is rounding", () => {
  const n = 20;
  const random = createRandom(11);
  const design = matrixOf(n, 4, (i, j) => [1, i % 2, random.normal(), random.normal()][j]!);
  const hypotheses: Hypothesis[] = [
    { name: "t1", kind: "t", rank: 1, contrast: matrixOf(1, 4, (_, j) => [0, 2, 0, -1][j]!) },
    { name: "F1", kind: "F", rank: 3, contrast: matrixOf(3, 4, (i, j) => Number(j === i + 1)) },
  ];
  const { dof, hypotheses: parts } = partitionDesign(design, hypotheses);
  const sse = Float64Array.of(3, 0, 1e-310, 1e300, 12);
  const count = sse.length;
  for (const [h, part] of parts.entries()) {
    const s = hypotheses[h]!.rank;
    const u = Float64Array.from({ length: s * count }, (_, i) => (i % count === 4 ? 0 : random.normal()));
    const { statistic, z, effect, standardisedEffect } = columnsFor(count);
    observeColumns(dof, part, u, sse, { statistic, z, effect, standardisedEffect });
    const finite = (v: number) => (Number.isFinite(v) ? v : 0);
    for (let c = 0; c < count; c++) {
      const variance = sse[c]! / dof;
      if (s === 1) {
        const size = u[c]! * Math.hypot(...part.toEffect.values);
        const t = finite(u[c]! / Math.sqrt(variance));
        const stated = [t, tToZ(t, dof), size, finite(size / Math.sqrt(variance))];
        expect([statistic[c], z[c], effect[c], standardisedEffect[c]]).toEqual(stated);
        continue;
      }
      const squares = Array.from({ length: s }, (_, q) => u[q * count + c]! ** 2);
      const F = finite(squares.reduce((sum, v) => sum + v, 0) / s / variance);
      expect([statistic[c], z[c], effect[c], standardisedEffect[c]]).toEqual([
        F,
        sse[c] === 0 ? 0 : fToZ(F, s, dof),
        0,
        0,
      ]);
    }
  }
});
