// How many shuffles differ, counted from the design, beside brute force: statistics of two random elements by the oracle, under every shuffle there is.
import { describe, expect, test } from "vitest";
import type { Hypothesis } from "../../src/stats/design/hypothesis.js";
import { matrixOf } from "../../src/stats/design/matrix.js";
import { partitionDesign } from "../../src/stats/design/partition.js";
import type { GlmModel } from "../../src/stats/glm/model.js";
import { createGenericTests } from "../../src/stats/inference/generic-statistics.js";
import { countRelabellings } from "../../src/stats/inference/relabellings.js";
import { planArrangements } from "../../src/stats/shuffle/arrangements.js";
import { planShuffles } from "../../src/stats/shuffle/generated-shuffles.js";
import type { ErrorModel, ShufflePlan } from "../../src/stats/shuffle/shuffle-plan.js";
import { createShuffleSpace, type ShuffleBlocks } from "../../src/stats/shuffle/shuffle-space.js";
import { withoutTurns } from "../../src/turns.js";
import { createOracleModel, type Rows, rankOf, type Shuffle } from "../support/oracle-glm.js";
import { createRandom, type SeededRandom } from "../support/seeded-random.js";

interface Problem {
  readonly design: Rows;
  readonly contrasts: readonly Rows[];
  readonly groups: readonly number[] | undefined;
  readonly errors: ErrorModel;
  readonly blocks: ShuffleBlocks;
}

const modelOf = ({ design, contrasts, groups }: Problem): GlmModel => ({
  design: matrixOf(design.length, design[0]!.length, (i, j) => design[i]![j]!),
  nElementColumns: 0,
  hypotheses: contrasts.map(
    (rows, h): Hypothesis => ({
      name: `h${h}`,
      kind: rows.length === 1 ? "t" : "F",
      contrast: matrixOf(rows.length, rows[0]!.length, (i, j) => rows[i]![j]!),
      rank: rows.length,
    }),
  ),
  variable: false,
  groups: groups && { count: Math.max(...groups) + 1, of: Int32Array.from(groups) },
});

function countOf(problem: Problem, shuffles: ShufflePlan, which: number | "strong") {
  const model = modelOf(problem);
  const tests = createGenericTests(model, partitionDesign(model.design, model.hypotheses))!;
  const { errors, blocks, design } = problem;
  const arrangements = planArrangements(
    createShuffleSpace(design.length, errors, blocks),
    model.design,
    model.groups?.of,
  );
  const chosen = which === "strong" ? tests.largestOf(model.hypotheses.map((_, h) => h)) : tests.hypotheses[which]!;
  return withoutTurns(countRelabellings({ test: chosen, shuffles, arrangements, isDrawn: true, cost: tests.cost }));
}

function allShuffles({ design, errors, blocks }: Problem): { plan: ShufflePlan; list: Shuffle[] } {
  const n = design.length;
  const plan = planShuffles({ nSubjects: n, nShuffles: 50_000, errors, seed: 1, blocks });
  expect(plan.exhaustive).toBe(true);
  const labels = new Int32Array(n);
  const signs = new Int8Array(n);
  const list = Array.from({ length: plan.count }, (_, index) => {
    plan.labelsInto(index, labels);
    plan.signsInto(index, signs);
    return { perm: [...labels], sign: [...signs] };
  });
  return { plan, list };
}

/** Classes of equal statistics of two elements under all shuffles, and how many are as the first. */
function bruteForce(problem: Problem, list: readonly Shuffle[], which: number | "strong", random: SeededRandom) {
  const n = problem.design.length;
  const models = problem.contrasts.map((contrast) =>
    createOracleModel(problem.design, contrast, { groups: problem.groups }),
  );
  const chosen = which === "strong" ? models : [models[which]!];
  const elements = Array.from({ length: 2 }, () => Array.from({ length: n }, () => random.normal()));
  const isSame = (one: readonly number[], two: readonly number[]) =>
    one.every((value, i) => Math.abs(value - two[i]!) <= 1e-7 * (1 + Math.abs(value)));
  const seen: number[][] = [];
  let nSame = 0;
  let first: number[] | undefined;
  for (const shuffle of list) {
    const own = elements.flatMap((y) => chosen.map((model) => model.test(y, shuffle).statistic).sort((a, b) => a - b));
    first ??= own;
    if (isSame(first, own)) nSame++;
    if (!seen.some((other) => isSame(other, own))) seen.push(own);
  }
  return { nDifferent: seen.length, nSame };
}

/** Few different rows, so that relabellings repeat. With one degree of freedom shuffles can fit exactly, and the oracle gives 0 / 0. */
function randomProblem(random: SeededRandom): Problem {
  for (;;) {
    const errors = (["ee", "ee", "ise", "both"] as const)[random.integer(4)]!;
    const n = errors === "both" ? 4 : 4 + random.integer(3);
    const k = 1 + random.integer(3);
    const columnKinds = Array.from({ length: k }, () => random.integer(4));
    const design = Array.from({ length: n }, () =>
      columnKinds.map((kind) => (kind === 0 ? 1 : kind === 3 ? random.integer(3) - 1 : random.integer(2))),
    );
    const nRows = 1 + random.integer(Math.min(2, k));
    const row = () => Array.from({ length: k }, () => random.integer(3) - 1);
    const contrasts = [[row()], Array.from({ length: nRows }, row)];
    if (rankOf(design) < k || n - k < 2 || contrasts.some((rows) => rankOf(rows) < rows.length)) continue;
    const blocks: ShuffleBlocks =
      n % 2 === 1 || random.integer(2) === 0
        ? {}
        : { [random.integer(2) === 0 ? "within" : "whole"]: Int32Array.from({ length: n }, (_, i) => i >> 1) };
    const groups = random.integer(4) > 0 || n < 6 ? undefined : design.map((_, i) => Number(i >= n / 2));
    return { design, contrasts, groups, errors, blocks };
  }
}

test("the count is that of brute force over all shuffles, for all of them and for a draw", () => {
  let repeated = 0;
  let drawnKnown = 0;
  for (let seed = 1; seed <= 80; seed++) {
    const random = createRandom(seed);
    const problem = randomProblem(random);
    const { plan, list } = allShuffles(problem);
    for (const which of [0, 1, "strong"] as const) {
      const expected = bruteForce(problem, list, which, random);
      const message = `seed ${seed}, ${which}: ${JSON.stringify(problem)}`;
      expect(countOf(problem, plan, which), message).toEqual({ ...expected, nExist: expected.nDifferent });
      if (expected.nDifferent < list.length) repeated++;
      if (list.length < 12) continue;
      const { errors, blocks } = problem;
      const half = Math.ceil(list.length / 2);
      const drawn = planShuffles({ nSubjects: problem.design.length, nShuffles: half, errors, seed, blocks });
      const found = countOf(problem, drawn, which);
      if (found.nExist !== undefined) drawnKnown++;
      expect([undefined, expected.nDifferent], message).toContain(found.nExist);
      expect(found.nDifferent, message).toBeLessThanOrEqual(expected.nDifferent);
      expect(found.nSame, message).toBeLessThanOrEqual(expected.nSame);
      if (found.nDifferent! < half) expect(found.nExist, message).toBe(expected.nDifferent);
    }
  }
  expect(repeated).toBeGreaterThan(100);
  expect(drawnKnown).toBeGreaterThan(30);
});

describe("designs that can be counted by hand", () => {
  const indicators = (...sizes: number[]) =>
    sizes.flatMap((size, g) => Array.from({ length: size }, () => sizes.map((_, j) => Number(j === g))));
  const ask = (
    design: Rows,
    contrast: Rows,
    { errors = "ee", nShuffles = 5000, ...rest }: Partial<Problem> & { nShuffles?: number } = {},
  ) => {
    const { blocks = {}, groups } = rest;
    const problem = {
      design,
      contrasts: [contrast, contrast.map((row) => row.map((v) => -v))],
      groups,
      errors,
      blocks,
    };
    const plan = planShuffles({ nSubjects: design.length, nShuffles, errors, seed: 1, blocks });
    return { one: countOf(problem, plan, 0), strong: countOf(problem, plan, "strong"), count: plan.count };
  };
  const difference = [[1, -1]];

  test("3 against 3: 20 of 720; both directions together 10", () => {
    const { one, strong, count } = ask(indicators(3, 3), difference);
    expect({ one, strong, count }).toEqual({
      one: { nDifferent: 20, nSame: 36, nExist: 20 },
      strong: { nDifferent: 10, nSame: 72, nExist: 10 },
      count: 720,
    });
  });

  test("1 against 7: 8, drawn or enumerated", () => {
    expect(ask(indicators(1, 7), difference).one).toMatchObject({ nDifferent: 8, nExist: 8 });
    expect(ask(indicators(1, 7), difference, { nShuffles: 50_000 }).one).toEqual({
      ...{ nDifferent: 8, nSame: 5040, nExist: 8 },
    });
  });

  test("three groups of two, F: relabelling whole groups changes nothing: 90 / 6", () => {
    const F = [
      [1, -1, 0],
      [0, 1, -1],
    ];
    expect(ask(indicators(2, 2, 2), F).one).toEqual({ nDifferent: 15, nSame: 48, nExist: 15 });
  });

  test("a mean: one relabelling by permutations, 2^n by sign flips", () => {
    const ones = Array.from({ length: 6 }, () => [1]);
    expect(ask(ones, [[1]]).one).toEqual({ nDifferent: 1, nSame: 720, nExist: 1 });
    expect(ask(ones, [[1]], { errors: "ise" }).one).toEqual({ nDifferent: 64, nSame: 1, nExist: 64 });
  });

  test("a regressor that is different everywhere: every permutation differs", () => {
    const design = [2, 3, 5, 7, 11].map((x) => [1, x]);
    expect(ask(design, [[0, 1]]).one).toEqual({ nDifferent: 120, nSame: 1, nExist: 120 });
  });

  test("a nuisance regressor besides two groups: the fit of the shuffled data tells the members of a group apart", () => {
    const design = [2, 3, 5, 7, 11, 13].map((x, i) => [1, Number(i < 3), x]);
    expect(ask(design, [[0, 1, 0]]).one).toEqual({ nDifferent: 720, nSame: 1, nExist: 720 });
  });

  test("exchangeability blocks that are the groups", () => {
    const within = Int32Array.of(0, 0, 0, 1, 1, 1);
    expect(ask(indicators(3, 3), difference, { blocks: { within } }).one.nDifferent).toBe(1);
  });

  test("whole blocks that are alike: pairs of the same two conditions, a column a pair", () => {
    const pairs = Array.from({ length: 8 }, (_, i) => [...[0, 1, 2, 3].map((p) => Number(p === i >> 1)), i % 2]);
    const whole = Int32Array.from({ length: 8 }, (_, i) => i >> 1);
    const condition = [[0, 0, 0, 0, 1]];
    expect(ask(pairs, condition, { blocks: { whole } }).one).toMatchObject({ nDifferent: 1, nSame: 24 });
    expect(ask(pairs, condition, { blocks: { within: whole } }).one).toMatchObject({ nDifferent: 16, nSame: 1 });
  });

  test("groups of unequal variance: the same relabellings of two groups", () => {
    const groups = [0, 0, 0, 1, 1, 1];
    const { one, strong } = ask(indicators(3, 3), difference, { groups });
    expect(one.nDifferent).toBe(20);
    expect(strong.nDifferent).toBe(10);
  });

  test("12 against 12, which have 2704156: the odd repeat among 5000 is no matter, and is not looked for", () => {
    const { one } = ask(indicators(12, 12), difference);
    expect(one).toEqual({ nDifferent: undefined, nSame: 1, nExist: undefined });
  });

  test("6 against 6: 924, of which 5000 draws have nearly all", () => {
    const { one } = ask(indicators(6, 6), difference);
    expect(one.nExist).toBe(924);
    expect(one.nDifferent).toBeGreaterThan(900);
    expect(one.nDifferent).toBeLessThanOrEqual(924);
  });
});
