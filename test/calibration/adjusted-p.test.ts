// False discovery rates and family-wise error rates of adjusted p-values, where there is no effect and where some elements have one.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { adjustP } from "../../src/stats/inference/adjust.js";
import { withoutTurns } from "../../src/turns.js";
import { binomialBand } from "../support/calibration.js";
import { makeNullData, N_ELEMENTS, N_SUBJECTS, writeNullDesign } from "../support/null-cohort.js";
import { makeTemporaryDirectory, readNumbers } from "../support/peer.js";
import { runVectors } from "../support/run-inference.js";
import { bytesOf, npyBytes } from "../support/write-npy.js";

const N_DATA_SETS = 400;
const N_SHUFFLES = 1000;
const LEVEL = 0.05;
/** Elements with an effect in the mixed data: the first ones. */
const N_EFFECTS = 15;
const METHODS = ["bh", "by", "holm", "bonferroni"] as const;
const KINDS = ["parametric", "uncorrected"] as const;
type Found = Record<(typeof KINDS)[number], { readonly all: number; readonly wrong: number }[]>;

/** t1: the group. Of each method what it finds in each data set, and how much of it is wrong. The same p-values are adjusted by every method; that the images are this is in test/app/p-values.test.ts. */
async function run(effect: number): Promise<Record<(typeof METHODS)[number], Found>> {
  const directory = makeTemporaryDirectory();
  const at = (name: string) => join(directory, name);
  const { design } = writeNullDesign(directory, {});
  const columns = readNumbers(design);
  writeFileSync(at("one.txt"), `0 1${" 0".repeat(columns[0]!.length - 2)}\n`);
  const data = makeNullData(N_DATA_SETS, {});
  mkdirSync(at("out"));
  const found = Object.fromEntries(
    METHODS.map((method) => [method, { parametric: [], uncorrected: [] }]),
  ) as never as Record<(typeof METHODS)[number], Found>;
  const nWithout = effect === 0 ? 0 : N_EFFECTS;
  for (let d = 0; d < N_DATA_SETS; d++) {
    const values = data.slice(d * N_SUBJECTS * N_ELEMENTS, (d + 1) * N_SUBJECTS * N_ELEMENTS);
    for (let i = 0; i < N_SUBJECTS; i++)
      for (let e = 0; e < N_EFFECTS; e++) values[i * N_ELEMENTS + e]! += effect * columns[i]![1]!;
    writeFileSync(at("data.npy"), npyBytes({ shape: [N_SUBJECTS, N_ELEMENTS], data: bytesOf(values) }));
    const places = { input: at("data.npy"), prefix: at("out/x_"), cache: at("cache"), design, contrast: at("one.txt") };
    const asked = { parametric: true, kernels: "simd" } as const;
    await runVectors(directory, { ...places, ...asked, force: true, nShuffles: N_SHUFFLES, seed: d });
    for (const kind of KINDS) {
      const name = kind === "parametric" ? "parametric_1mpvalue" : "uncorrected_pvalue";
      const p = Float64Array.from(readNumbers(at(`out/x_${name}.csv`)).flat(), (value) => 1 - value);
      for (const method of METHODS) {
        const isFound = Array.from(withoutTurns(adjustP(p, method)), (value) => value < LEVEL);
        const all = isFound.filter(Boolean).length;
        found[method][kind].push({ all, wrong: isFound.slice(nWithout).filter(Boolean).length });
      }
    }
  }
  return found;
}

const [, MOST] = binomialBand(N_DATA_SETS);

test("no effect: anything is found in no more data sets than promised", async () => {
  const found = await run(0);
  for (const method of METHODS) {
    const counts = KINDS.map((kind) => found[method][kind].filter(({ all }) => all > 0).length);
    process.stdout.write(
      `${method}, no effect: ${counts.join(" parametric, ")} uncorrected of ${N_DATA_SETS} (${MOST} at most)\n`,
    );
    for (const n of counts) expect(n, method).toBeLessThanOrEqual(MOST);
    // neighbours agree, so that fewer errors are made than of independent elements; but some are
    if (method === "bh") expect(counts[0]).toBeGreaterThan(0);
  }
}, 600_000);

test("a quarter of the elements with an effect: the share of false ones among those found, and the chance of any", async () => {
  const found = await run(1.5);
  // four standard errors of a mean of shares from 0 to 1 whose mean is 0.05 at most
  const most = LEVEL + 4 * Math.sqrt((LEVEL * (1 - LEVEL)) / N_DATA_SETS);
  for (const method of METHODS) {
    for (const kind of KINDS) {
      const of = found[method][kind];
      const rate = of.reduce((sum, { all, wrong }) => sum + (all === 0 ? 0 : wrong / all), 0) / of.length;
      const nAny = of.filter(({ wrong }) => wrong > 0).length;
      const nRight = of.reduce((sum, { all, wrong }) => sum + all - wrong, 0);
      process.stdout.write(
        `${method}, mixed, ${kind}: false share ${rate.toFixed(4)}, any ${nAny} of ${N_DATA_SETS}, found ${nRight}\n`,
      );
      expect(rate, `${method}, ${kind}`).toBeLessThan(most);
      if (method === "holm" || method === "bonferroni") expect(nAny, `${method}, ${kind}`).toBeLessThanOrEqual(MOST);
      // p of 1000 shuffles has a floor above what 60 elements need of these two
      if (kind === "parametric") expect(nRight, method).toBeGreaterThan(N_DATA_SETS);
    }
  }
}, 600_000);
