// Rounded Z of many scores: always the exact one, rounded.
import { expect, test } from "vitest";
import { zOfStatistic } from "../../../src/stats/glm/scores.js";
import { createZCurve } from "../../../src/stats/glm/z-curve.js";
import { createRandom } from "../../support/seeded-random.js";

const CURVES = [
  ...[1, 2, 5, 17, 58, 400, 20_000].map((dof) => ["t", 1, dof] as const),
  ...[1, 2, 3, 7].flatMap((rank) => [2, 30, 1000].map((dof) => ["F", rank, dof] as const)),
];

test.each(CURVES)("%s of rank %i with %i degrees of freedom", (kind, rank, dof) => {
  const { zOf } = createZCurve(kind, rank, dof);
  const random = createRandom(dof);
  const wanted = (x: number) => Math.fround(Math.max(0, zOfStatistic(kind, rank, x, dof)));
  const scores = [
    ...Array.from({ length: 3000 }, () => Math.abs(random.normal()) * 3),
    ...Array.from({ length: 500 }, () => 2 ** (40 * random.uniform() - 20)),
    ...[2 ** -12, 2 ** -12 * (1 - 2 ** -53), 1, 1 - 2 ** -53, 2, 2 ** 12, 4095.999, 1e-300, 1e150],
  ];
  const { zOf: withoutCurve } = createZCurve(kind, rank, dof, false);
  for (const x of scores) expect([zOf(x), withoutCurve(x)], `${x}`).toEqual([wanted(x), wanted(x)]);
  expect([0, -0, -1, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY].map(zOf)).toEqual([
    0, 0, 0, 0, 0, 0,
  ]);
});
