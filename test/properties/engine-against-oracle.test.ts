// Whole runs on small random problems beside the plain float64 GLM and CFE of test/support, with the same shuffles: every kind of
// partition the engine has a special way for (shared nuisance, corrections, dependent columns, no nuisance at all, F of several ranks).
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { planShuffles } from "../../src/stats/shuffle/generated-shuffles.js";
import { type Problem, writeProblem, writeRows } from "../support/make-problem.js";
import { enhanceByConnectivity } from "../support/oracle-cfe.js";
import { createOracleModel, type Rows, type Shuffle } from "../support/oracle-glm.js";
import { differences, makeTemporaryDirectory, readNullDistribution, readSmallImage } from "../support/peer.js";
import { runProblem } from "../support/run-inference.js";
import { createRandom, type SeededRandom } from "../support/seeded-random.js";

interface Case {
  readonly name: string;
  readonly mean: number;
  design(n: number, random: SeededRandom): number[][];
  readonly contrasts: Rows;
  readonly ftests?: Rows;
}

const CASES: readonly Case[] = [
  {
    name: "two groups, no intercept",
    mean: 300,
    design: (n) => Array.from({ length: n }, (_, i) => (i % 2 ? [1, 0] : [0, 1])),
    contrasts: [[1, -1]],
  },
  {
    name: "one-sample: nothing is nuisance",
    mean: 0.3,
    design: (n) => Array.from({ length: n }, () => [1]),
    contrasts: [[1]],
  },
  {
    name: "several hypotheses with different nuisance",
    mean: 5,
    design: (n, random) => Array.from({ length: n }, (_, i) => [1, i % 2, 70 + 5 * random.normal(), random.normal()]),
    contrasts: [
      [0, 1, 0, 0],
      [0, 0, -1, 0],
      [0, 0, 0, 1],
    ],
    ftests: [
      [1, 1, 0],
      [1, 1, 1],
      [0, 0, 1],
    ],
  },
  {
    name: "columns in very different units",
    mean: 1,
    design: (n, random) =>
      Array.from({ length: n }, (_, i) => [
        1,
        i < n / 2 ? 0 : 1,
        1.4e6 + 1e5 * random.normal(),
        1e-3 * random.normal(),
      ]),
    contrasts: [
      [0, 1, 0, 0],
      [0, 0, 0, 1],
    ],
  },
  {
    name: "dependent columns, estimable contrast",
    mean: 2,
    design: (n) => Array.from({ length: n }, (_, i) => (i % 2 ? [1, 1, 0] : [1, 0, 1])),
    contrasts: [[0, 1, -1]],
  },
];

const N_SHUFFLES = 21;

function oracleRun(problem: Problem, design: Rows, contrast: Rows, isF: boolean, shuffles: readonly Shuffle[]) {
  const model = createOracleModel(design, contrast, { isF });
  const columns = Array.from({ length: problem.nFixels }, (_, f) => problem.data.map((row) => row[f]!));
  const observed = columns.map((y) => model.test(y, { perm: y.map((_, i) => i) }));
  const enhance = (z: number[]) => enhanceByConnectivity(z, problem.connectivity);
  const nulls = shuffles.map((shuffle) => Math.max(...enhance(columns.map((y) => model.test(y, shuffle).z))));
  return {
    statistic: observed.map((o) => o.statistic),
    z: observed.map((o) => o.z),
    cfe: enhance(observed.map((o) => o.z)),
    effect: columns.map((y) => model.effects(y).absEffect[0]!),
    nulls,
  };
}

describe.each(CASES)("$name", ({ name, mean, design: makeDesign, contrasts, ftests }) => {
  test.each(["simd", "reference"] as const)("%s", async (kernels) => {
    const random = createRandom(name.length);
    const directory = makeTemporaryDirectory();
    const nSubjects = 17;
    const problem = writeProblem(directory, { nSubjects, nFixels: 43, nConnections: 12, mean }, random);
    const design = makeDesign(nSubjects, random);
    const permutations = Array.from({ length: N_SHUFFLES }, () => random.permutation(nSubjects));
    const at = (file: string) => join(directory, file);
    await runProblem(directory, {
      design: writeRows(at("design.txt"), design),
      contrast: writeRows(at("contrast.txt"), contrasts),
      ...(ftests === undefined ? {} : { ftests: writeRows(at("ftests.txt"), ftests) }),
      permutations: writeRows(
        at("permutations.txt"),
        Array.from({ length: nSubjects }, (_, i) => permutations.map((perm) => perm[i]!)),
      ),
      output: at("out"),
      kernels,
    });
    const hypotheses = [
      ...contrasts.map((row, i) => ({ name: `t${i + 1}`, contrast: [row], isF: false })),
      ...(ftests ?? []).map((selected, i) => ({
        name: `F${i + 1}`,
        contrast: contrasts.filter((_, j) => selected[j] === 1),
        isF: true,
      })),
    ];
    const found: string[] = [];
    const single = hypotheses.length === 1;
    for (const hypothesis of hypotheses) {
      const expected = oracleRun(
        problem,
        design,
        hypothesis.contrast,
        hypothesis.isF,
        permutations.map((perm) => ({ perm })),
      );
      const postfix = single ? "" : `_${hypothesis.name}`;
      const image = (file: string) => readSmallImage(at(`out/${file}${postfix}.mif`)).values;
      const compare = (
        what: string,
        ours: ArrayLike<number>,
        theirs: ArrayLike<number>,
        relative: number,
        absolute: number,
      ) =>
        found.push(
          ...differences(ours, theirs, { relative, absolute, reason: "" }).map(
            (d) => `${hypothesis.name} ${what} ${d}`,
          ),
        );
      compare("statistic", image(hypothesis.isF ? "Fvalue" : "tvalue"), expected.statistic, 2e-7, 1e-9);
      compare("Z", image("Zstat"), expected.z, 2e-7, 1e-8);
      compare("cfe", image("cfe"), expected.cfe, 2e-6, 1e-9);
      if (!hypothesis.isF) compare("effect", image("abs_effect"), expected.effect, 2e-7, 1e-9 * mean);
      compare("null", readNullDistribution(at(`out/null_dist${postfix}.txt`)), expected.nulls, 2e-6, 1e-9);
    }
    expect(found).toEqual([]);
  });
});

test.each(["ise", "both"] as const)("signs: -errors %s", async (errors) => {
  const random = createRandom(errors.length);
  const directory = makeTemporaryDirectory();
  const nSubjects = 15;
  const problem = writeProblem(directory, { nSubjects, nFixels: 30, nConnections: 9, mean: 0.2 }, random);
  const design = Array.from({ length: nSubjects }, () => [1, random.normal()]);
  const at = (file: string) => join(directory, file);
  await runProblem(directory, {
    design: writeRows(at("design.txt"), design),
    contrast: writeRows(at("contrast.txt"), [[1, 0]]),
    output: at("out"),
    errors,
    nShuffles: N_SHUFFLES,
    seed: 5,
  });
  const plan = planShuffles({ nSubjects, nShuffles: N_SHUFFLES, errors, seed: 5 });
  const shuffles = Array.from({ length: N_SHUFFLES }, (_, index) => {
    const perm = new Int32Array(nSubjects);
    const sign = new Int8Array(nSubjects);
    plan.labelsInto(index, perm);
    plan.signsInto(index, sign);
    return { perm: [...perm], sign: [...sign] };
  });
  const expected = oracleRun(problem, design, [[1, 0]], false, shuffles);
  const found = readNullDistribution(at("out/null_dist.txt"));
  expect(differences(found, expected.nulls, { relative: 2e-6, absolute: 1e-9, reason: "" })).toEqual([]);
});
