// The exact oracle beside the plain one, where that has digits to spare; and its whole-number arithmetic.
import { expect, it } from "vitest";
import { exactRank, exactTest, ratio } from "../support/oracle-exact.js";
import { createOracleModel, testVariable } from "../support/oracle-glm.js";
import { randomProblem } from "../support/random-problem.js";

it("ratios of any size", () => {
  expect(ratio(1n, 3n)).toBe(1 / 3);
  expect(ratio(-(10n ** 400n), 3n * 10n ** 399n)).toBe(-10 / 3);
  expect(ratio(1n, 2n ** 1000n)).toBe(2 ** -1000);
  expect(ratio(0n, -5n)).toBe(0);
});

it("rank of the doubles themselves", () => {
  expect(exactRank([1, 2, 3].map((x) => [1, x, x + 1]))).toBe(2);
  expect(exactRank([1, 2, 3].map((x) => [1, 1e15 + x]))).toBe(2);
  // 0.1 + 0.2 is not 0.3
  expect(
    exactRank([
      [0.1, 0.2, 0.3],
      [1, 0, 1],
      [0, 1, 1],
    ]),
  ).toBe(3);
});

it.each([0, 2, 3])("as the plain oracle, %i variance groups", (nGroups) => {
  for (let seed = 1; seed <= 8; seed++) {
    const { shared, columns, y, contrasts, groups, shuffles } = randomProblem({
      ...{ seed, nColumns: 1, nGroups, missing: false },
    });
    const design = shared.map((row, i) => [...row, columns[0]![i]!]);
    for (const { rows, kind } of contrasts) {
      const isF = kind === "F";
      const effects = createOracleModel(design, rows, { groups, isF }).effects(y);
      for (const [i, { perm, sign }] of shuffles.entries()) {
        const found = exactTest(design, rows, y, { groups, isF, ...(i === 0 ? {} : { perm, sign }) });
        const { statistic } = testVariable(y, design, rows, shuffles[i]!, { groups, isF });
        expect(Math.abs(found.statistic - statistic)).toBeLessThan(1e-9 * (1 + Math.abs(statistic)));
        for (const [j, value] of effects.beta.entries()) expect(found.beta[j]).toBeCloseTo(value, 8);
        for (const [j, value] of effects.absEffect.entries()) expect(found.effect[j]).toBeCloseTo(value, 8);
      }
    }
  }
});
