// Every model, one element and one shuffle at a time, beside the plain oracle (which imports nothing of src).
import { describe, expect, test } from "vitest";
import type { Hypothesis } from "../../../src/stats/design/hypothesis.js";
import { matrixOf } from "../../../src/stats/design/matrix.js";
import { factoriseShared, resolveElementDesign } from "../../../src/stats/glm/element-design.js";
import {
  elementEffects,
  fitElement,
  nullResidual,
  observeTest,
  shuffledStatistic,
  zOf,
} from "../../../src/stats/glm/element-test.js";
import type { GlmModel } from "../../../src/stats/glm/model.js";
import { maskShuffleInto } from "../../../src/stats/shuffle/mask-shuffle.js";
import { testVariable } from "../../support/oracle-glm.js";
import { randomProblem } from "../../support/random-problem.js";

const CASES = [0, 1, 2].flatMap((nColumns) =>
  [0, 2, 3].flatMap((nGroups) => [false, true].map((missing) => ({ nColumns, nGroups, missing }))),
);

describe.each(CASES)("$nColumns columns, $nGroups variance groups, missing: $missing", (options) => {
  for (let seed = 1; seed <= 6; seed++) {
    test(`seed ${seed}`, () => {
      const problem = randomProblem({ ...options, seed });
      const { n, shared, columns, y, contrasts, groups, shuffles } = problem;
      const k = shared[0]!.length + options.nColumns;
      const hypotheses: Hypothesis[] = contrasts.map(({ rows, kind }, h) => ({
        name: `${kind}${h}`,
        kind,
        contrast: matrixOf(rows.length, k, (i, j) => rows[i]![j]!),
        rank: rows.length,
      }));
      const model: GlmModel = {
        design: matrixOf(n, shared[0]!.length, (i, j) => shared[i]![j]!),
        nElementColumns: options.nColumns,
        hypotheses,
        variable: true,
        groups: groups === undefined ? undefined : { count: options.nGroups, of: Int32Array.from(groups) },
      };
      const keep = Uint8Array.from(y, (v, i) =>
        Number(Number.isFinite(v) && columns.every((x) => Number.isFinite(x[i]))),
      );
      const zeroed = (values: readonly number[]) => Float64Array.from(values, (v, i) => (keep[i] === 1 ? v : 0));
      const design = resolveElementDesign(model, keep, factoriseShared(model, keep), columns.map(zeroed));
      const full = shared.map((row, i) => [...row, ...columns.map((x) => x[i]!)]);
      for (const [h, { rows, kind }] of contrasts.entries()) {
        const oracle = (index: number) => testVariable(y, full, rows, shuffles[index]!, { groups, isF: kind === "F" });
        const { cond, effects } = oracle(0);
        expect(design.condition).toBeCloseTo(cond, -Math.log10(1e-9 * (1 + cond)));
        if (design.verdict === "dependent-columns" || design.verdict === "fewer-than-factors") {
          expect(effects.beta.every((v) => v === 0)).toBe(true);
          continue;
        }
        const fit = fitElement(design, zeroed(y));
        const found = elementEffects(model, design, fit);
        closeAll(found.beta, effects.beta, 1e-9);
        // a group that the design fits exactly has a deviation of rounding over rounding
        const estimable = (g: number) => !design.groups || design.groups.sizes[g] === 0 || design.groups.rnn[g]! > 0;
        closeAll(
          found.deviations.filter((_, g) => estimable(g)),
          effects.stdDev.filter((_, g) => estimable(g)),
          1e-9,
        );
        const hypothesis = design.hypotheses[h]!;
        const observed = observeTest(model, design, hypothesis, fit, found.deviations[0]!);
        if (design.verdict === "testable") {
          close(observed.statistic, oracle(0).statistic, 1e-8);
          close(observed.z, oracle(0).z, 1e-8);
        } else expect([oracle(0).statistic, observed.statistic, observed.z]).toEqual([0, 0, 0]);
        // effects need no degree of freedom; standardised by the first deviation
        close(observed.effect, kind === "t" ? effects.absEffect[0]! : 0, 1e-9);
        const standardised = observed.effect / found.deviations[0]!;
        expect(observed.standardisedEffect).toBe(Number.isFinite(standardised) ? standardised : 0);
        const e = nullResidual(design, hypothesis, fit);
        const labels = new Int32Array(n);
        const signs = new Int8Array(n);
        for (const [index, { perm, sign }] of shuffles.entries()) {
          maskShuffleInto(keep, Int32Array.from(perm), Int8Array.from(sign ?? perm.map(() => 1)), labels, signs);
          const statistic = shuffledStatistic(model, design, hypothesis, e, labels, signs);
          const expected = oracle(index);
          if (design.verdict !== "testable") continue;
          close(statistic.statistic, expected.statistic, 1e-8);
          close(zOf(statistic, hypothesis), expected.z, 1e-8);
        }
      }
    });
  }
});

test("adding a combination of nuisance columns to the data changes no statistic", () => {
  for (const nGroups of [0, 2]) {
    const { n, shared, columns, y, groups, shuffles } = randomProblem({ seed: 3, nColumns: 1, nGroups, missing: true });
    const k = shared[0]!.length + 1;
    const contrast = matrixOf(1, k, (_, j) => Number(j === 1));
    const model: GlmModel = {
      design: matrixOf(n, k - 1, (i, j) => shared[i]![j]!),
      nElementColumns: 1,
      hypotheses: [{ name: "t1", kind: "t", contrast, rank: 1 }],
      variable: true,
      groups: groups === undefined ? undefined : { count: nGroups, of: Int32Array.from(groups) },
    };
    const x = columns[0]!;
    const keep = Uint8Array.from(y, (v, i) => Number(Number.isFinite(v) && Number.isFinite(x[i])));
    const zeroed = (value: (i: number) => number) => Float64Array.from(y, (_, i) => (keep[i] === 1 ? value(i) : 0));
    const design = resolveElementDesign(model, keep, factoriseShared(model, keep), [zeroed((i) => x[i]!)]);
    expect(design.verdict).toBe("testable");
    const hypothesis = design.hypotheses[0]!;
    const residualOf = (data: Float64Array) => nullResidual(design, hypothesis, fitElement(design, data));
    const plain = residualOf(zeroed((i) => y[i]!));
    const moved = residualOf(zeroed((i) => y[i]! + 300 - 20 * x[i]!));
    const labels = new Int32Array(n);
    const signs = new Int8Array(n);
    for (const { perm, sign } of shuffles) {
      maskShuffleInto(keep, Int32Array.from(perm), Int8Array.from(sign ?? perm.map(() => 1)), labels, signs);
      const [a, b] = [plain, moved].map(
        (e) => shuffledStatistic(model, design, hypothesis, e, labels, signs).statistic,
      );
      close(b!, a!, 1e-10);
    }
  }
});

function close(found: number, expected: number, tolerance: number): void {
  if (Number.isNaN(expected)) expect(found).toBeNaN();
  else
    expect(Math.abs(found - expected), `${found} beside ${expected}`).toBeLessThanOrEqual(
      tolerance * (1 + Math.abs(expected)),
    );
}

function closeAll(found: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(found.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) close(found[i]!, value, tolerance);
}
