// Families: what is exchanged must be exchangeable. Free permutation finds effects of families that are none; blocks that hold the families together do not.
import fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inferVectors } from "../../src/app/analyse/kinds.js";
import { ANALYSIS_DEFAULTS } from "../../src/app/analyse/options.js";
import { binomialBand, expectCalibrated, N_SHUFFLES, type NullOutcome } from "../support/calibration.js";
import { makeTemporaryDirectory } from "../support/peer.js";
import { createRandom } from "../support/seeded-random.js";
import { bytesOf, npyBytes } from "../support/write-npy.js";

const N_DATA_SETS = 200;
// of four, half of whose variance is their family's: a mean of families varies 2.5 times as much as free permutation thinks, and the four elements are found in
// some 28 % of the data sets in place of 5 %
const N_FAMILIES = 10;
const SIZE = 4;
const N = SIZE * N_FAMILIES;
const N_ELEMENTS = 4;
const familyOf = (subject: number) => Math.floor(subject / SIZE);
const memberOf = (subject: number) => subject % SIZE;

/** `eb` of each subject; undefined: free. */
async function run(eb: ((subject: number) => number[]) | undefined, within: boolean): Promise<NullOutcome[]> {
  const directory = makeTemporaryDirectory();
  const at = (name: string) => join(directory, name);
  const rows = (name: string, of: (subject: number) => number[]) =>
    fs.writeFileSync(at(name), Array.from({ length: N }, (_, i) => `${of(i).join(" ")}\n`).join(""));
  if (eb !== undefined) rows("eb.txt", eb);
  fs.writeFileSync(at("contrast.txt"), "0 1\n");
  const outcomes: NullOutcome[] = [];
  for (let seed = 1; seed <= N_DATA_SETS; seed++) {
    const random = createRandom(seed);
    const age = Array.from({ length: N_FAMILIES }, () => random.normal());
    const own = Array.from({ length: N }, () => random.normal());
    // of families, or of subjects within them
    rows("design.txt", (i) => [1, within ? own[i]! : age[familyOf(i)]!]);
    const values = new Float64Array(N * N_ELEMENTS);
    for (let e = 0; e < N_ELEMENTS; e++) {
      const effect = Array.from({ length: N_FAMILIES }, () => random.normal());
      for (let i = 0; i < N; i++) values[i * N_ELEMENTS + e] = effect[familyOf(i)]! + random.normal();
    }
    fs.writeFileSync(at("values.npy"), npyBytes({ descr: "<f8", shape: [N, N_ELEMENTS], data: bytesOf(values) }));
    const { hypotheses } = await inferVectors({
      ...ANALYSIS_DEFAULTS,
      ...{ memoryBytes: 2 ** 26, nThreads: 0, seed, nShuffles: N_SHUFFLES, command: "vectorstats", kernels: "simd" },
      ...{
        input: at("values.npy"),
        design: at("design.txt"),
        contrast: at("contrast.txt"),
        prefix: at("out_"),
        force: true,
      },
      cache: at("cache"),
      ...(eb && { exchangeabilityBlocks: at("eb.txt") }),
    });
    const read = (name: string) => fs.readFileSync(at(name), "utf8").trim().split("\n").at(-1)!.split(",").map(Number);
    outcomes.push({ largestFwe: hypotheses[0]!.largestFwe!, uncorrected: read("out_uncorrected_pvalue.csv")[0]! });
  }
  return outcomes;
}

const countFound = (outcomes: readonly NullOutcome[]) => outcomes.filter(({ largestFwe }) => largestFwe > 0.95).length;

test("a regressor of families: free permutation finds too much, families as wholes what they should", async () => {
  const [, most] = binomialBand(N_DATA_SETS);
  const free = await run(undefined, false);
  const whole = await run((i) => [1, familyOf(i) + 1, memberOf(i) + 1], false);
  const fixed = await run((i) => [1, -(familyOf(i) + 1), memberOf(i) + 1], false);
  expect(countFound(free)).toBeGreaterThan(most);
  expectCalibrated("families and their members", whole, 0);
  expectCalibrated("families as wholes", fixed, 0);
});

test("a regressor that differs within families: subjects within them", async () => {
  expectCalibrated("within families", await run((i) => [-1, familyOf(i) + 1, memberOf(i) + 1], true), 0);
});
