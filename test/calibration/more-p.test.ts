// Error rates of the p-values that are asked for beside those of every run: both directions, fits of the null, several measures, counts that stop.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { VectorStatsOptions } from "../../src/app/analyse/options.js";
import { joinRuns } from "../../src/app/joint/joint.js";
import { binomialBand } from "../support/calibration.js";
import { makeNullData, N_ELEMENTS, N_SUBJECTS, writeNullDesign } from "../support/null-cohort.js";
import { makeTemporaryDirectory, readNumbers } from "../support/peer.js";
import { runVectors } from "../support/run-inference.js";
import { bytesOf, npyBytes } from "../support/write-npy.js";

const N_DATA_SETS = 200;
const N_SHUFFLES = 400;
/** Of a group of elements where there are effects: the first of them. */
const N_EFFECTS = 15;
const HALF = N_ELEMENTS / 2;
const [LEAST, MOST] = binomialBand(N_DATA_SETS);

interface Study {
  readonly at: (name: string) => string;
  /** Elements first..end of data set d, with `effect` on the first ones of them. */
  run(
    d: number,
    of: { readonly first: number; readonly end: number; readonly effect: number },
    options: Partial<VectorStatsOptions> & { readonly prefix: string },
  ): ReturnType<typeof runVectors>;
}

function newStudy(): Study {
  const directory = makeTemporaryDirectory();
  const at = (name: string) => join(directory, name);
  const { design } = writeNullDesign(directory, {});
  const rows = readNumbers(design);
  writeFileSync(at("one.txt"), `0 1${" 0".repeat(rows[0]!.length - 2)}\n`);
  const data = makeNullData(N_DATA_SETS, {}, 31);
  mkdirSync(at("out"));
  return {
    at,
    run(d, { first, end, effect }, options) {
      const values = new Float32Array(N_SUBJECTS * (end - first));
      for (let i = 0; i < N_SUBJECTS; i++)
        for (let e = first; e < end; e++)
          values[i * (end - first) + e - first] =
            data[(d * N_SUBJECTS + i) * N_ELEMENTS + e]! + (e - first < N_EFFECTS ? effect * rows[i]![1]! : 0);
      writeFileSync(at("data.npy"), npyBytes({ shape: [N_SUBJECTS, end - first], data: bytesOf(values) }));
      const shared = { force: true, nShuffles: N_SHUFFLES, seed: 5000 + d, kernels: "simd" } as const;
      return runVectors(directory, {
        ...{ input: at("data.npy"), cache: at("cache"), design, contrast: at("one.txt"), ...shared },
        ...options,
      });
    },
  };
}

const ALL = { first: 0, end: N_ELEMENTS };

test("no effect: both directions, a fitted tail, a gamma distribution: errors in as many data sets as the level says", async () => {
  const study = newStudy();
  const errors = { both: 0, tail: 0, gamma: 0 };
  for (let d = 0; d < N_DATA_SETS; d++) {
    const asked = { prefix: study.at("out/x_"), twoTailed: true, tail: true, gamma: true };
    const { hypotheses } = await study.run(d, { ...ALL, effect: 0 }, asked);
    if (hypotheses.some(({ significant }) => significant! > 0)) errors.both++;
    if (hypotheses.some(({ tail }) => tail!.nBelow > 0)) errors.tail++;
    if (hypotheses.some(({ gamma }) => gamma!.nBelow > 0)) errors.gamma++;
  }
  process.stdout.write(`no effect, of ${N_DATA_SETS} (${LEAST} to ${MOST}): ${JSON.stringify(errors)}\n`);
  for (const way of ["both", "tail", "gamma"] as const) {
    expect(errors[way], way).toBeGreaterThanOrEqual(LEAST);
    expect(errors[way], way).toBeLessThanOrEqual(MOST);
  }
}, 600_000);

test("effects in some elements: both directions and fits find them, and err in the others no more often than promised", async () => {
  const study = newStudy();
  const errors = { both: 0, tail: 0, gamma: 0 };
  let nFound = 0;
  const names = { both: "fwe_1mpvalue", tail: "fwe_tail_1mpvalue", gamma: "fwe_gamma_1mpvalue" } as const;
  for (let d = 0; d < N_DATA_SETS; d++) {
    const asked = { prefix: study.at("out/x_"), twoTailed: true, tail: true, gamma: true };
    await study.run(d, { ...ALL, effect: 1.5 }, asked);
    for (const way of ["both", "tail", "gamma"] as const) {
      const found = ["positive", "negative"].map((direction) =>
        readNumbers(study.at(`out/x_${names[way]}_t1_${direction}.csv`))
          .flat()
          .map((value) => value > 0.95),
      );
      if (found.some((of) => of.slice(N_EFFECTS).some(Boolean))) errors[way]++;
      if (way === "both") nFound += found[0]!.slice(0, N_EFFECTS).filter(Boolean).length;
    }
  }
  process.stdout.write(`mixed, of ${N_DATA_SETS} (${MOST} at most): ${JSON.stringify(errors)}, found ${nFound}\n`);
  for (const [way, n] of Object.entries(errors)) expect(n, way).toBeLessThanOrEqual(MOST);
  expect(nFound).toBeGreaterThan(N_DATA_SETS);
}, 600_000);

test.each([0, 1.5])(
  "two measures, an effect of %d in one of them: joint p-values err as often as the level says, or less",
  async (effect) => {
    const study = newStudy();
    let [nErrors, nSeparate, nFound] = [0, 0, 0];
    for (let d = 0; d < N_DATA_SETS; d++) {
      const one = await study.run(d, { first: 0, end: HALF, effect }, { prefix: study.at("out/a_") });
      const two = await study.run(d, { first: HALF, end: N_ELEMENTS, effect: 0 }, { prefix: study.at("out/b_") });
      const { runs } = await joinRuns({
        ...{ runs: [study.at("out/a_"), study.at("out/b_")], output: study.at("joint"), force: true, command: "joint" },
      });
      const [a, b] = runs.map(({ hypotheses }) => hypotheses[0]!.significant) as [number, number];
      if (b > 0 || (effect === 0 && a > 0)) nErrors++;
      if ([one, two].some(({ hypotheses }) => hypotheses[0]!.significant! > 0)) nSeparate++;
      nFound += a;
    }
    process.stdout.write(
      `joint, effect ${effect}, of ${N_DATA_SETS} (${LEAST} to ${MOST}): ${nErrors}; either by itself ${nSeparate}; found ${nFound}\n`,
    );
    expect(nErrors).toBeLessThanOrEqual(MOST);
    if (effect === 0) expect(nErrors).toBeGreaterThanOrEqual(LEAST);
    else expect(nFound).toBeGreaterThan(N_DATA_SETS);
  },
  600_000,
);

test("counts that stop: p at most x in a share x of the cases", async () => {
  const study = newStudy();
  const p: number[] = [];
  for (let d = 0; d < N_DATA_SETS; d++) {
    await study.run(d, { ...ALL, effect: 0 }, { prefix: study.at("out/x_"), negativeBinomial: 5 });
    const image = readNumbers(study.at("out/x_uncorrected_pvalue.csv")).flat();
    // far enough from each other to have nothing in common
    p.push(1 - image[5]!, 1 - image[25]!, 1 - image[45]!);
  }
  // levels that a count of five, or of all shuffles, can have: 5/100, 5/20, 5/10
  for (const level of [0.05, 0.25, 0.5]) {
    const n = p.filter((value) => value < level + 1e-9).length;
    const [least, most] = binomialBand(p.length, level);
    process.stdout.write(`--negbin 5, p <= ${level}: ${n} of ${p.length} (${least} to ${most})\n`);
    expect(n, `${level}`).toBeGreaterThanOrEqual(least);
    expect(n, `${level}`).toBeLessThanOrEqual(most);
  }
}, 600_000);
