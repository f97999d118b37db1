// False discovery rates and family-wise error rates of adjusted p-values, where there is no effect and where some elements have one.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { binomialBand } from "../support/calibration.js";
import { makeNullData, N_ELEMENTS, N_SUBJECTS, writeNullDesign } from "../support/null-cohort.js";
import { makeTemporaryDirectory, readNumbers } from "../support/peer.js";
import { runVectors } from "../support/run-inference.js";
import { bytesOf, npyBytes } from "../support/write-npy.js";

const N_DATA_SETS = 400;
const N_SHUFFLES = 2000;
const LEVEL = 0.05;
/** Elements with an effect in the mixed data: the first ones. */
const N_EFFECTS = 15;
const METHODS = ["bh", "by", "holm", "bonferroni"] as const;
type Images = (of: "parametric" | "uncorrected") => number[];

/** t1: the group. */
async function run(effect: number, fdr: (typeof METHODS)[number], see: (images: Images) => void): Promise<void> {
  const directory = makeTemporaryDirectory();
  const at = (name: string) => join(directory, name);
  const { design } = writeNullDesign(directory, {});
  const columns = readNumbers(design);
  writeFileSync(at("one.txt"), `0 1${" 0".repeat(columns[0]!.length - 2)}\n`);
  const data = makeNullData(N_DATA_SETS, {});
  mkdirSync(at("out"));
  for (let d = 0; d < N_DATA_SETS; d++) {
    const values = data.slice(d * N_SUBJECTS * N_ELEMENTS, (d + 1) * N_SUBJECTS * N_ELEMENTS);
    for (let i = 0; i < N_SUBJECTS; i++)
      for (let e = 0; e < N_EFFECTS; e++) values[i * N_ELEMENTS + e]! += effect * columns[i]![1]!;
    writeFileSync(at("data.npy"), npyBytes({ shape: [N_SUBJECTS, N_ELEMENTS], data: bytesOf(values) }));
    const places = { input: at("data.npy"), prefix: at("out/x_"), cache: at("cache"), design, contrast: at("one.txt") };
    await runVectors(directory, { ...places, force: true, nShuffles: N_SHUFFLES, seed: d, parametric: true, fdr });
    see((of) => readNumbers(at(`out/x_${of}_${fdr}_1mpvalue.csv`)).flat());
  }
}

const isFound = (value: number) => value > 1 - LEVEL;

describe.each(METHODS)("%s", (method) => {
  test("no effect: anything is found in no more data sets than promised", async () => {
    const found = { parametric: 0, uncorrected: 0 };
    await run(0, method, (images) => {
      for (const of of ["parametric", "uncorrected"] as const) if (images(of).some(isFound)) found[of]++;
    });
    const [least, most] = binomialBand(N_DATA_SETS);
    process.stdout.write(`${method}, no effect: ${JSON.stringify(found)} of ${N_DATA_SETS} (${least} to ${most})\n`);
    for (const n of Object.values(found)) expect(n).toBeLessThanOrEqual(most);
    // neighbours agree, so that fewer errors are made than of independent elements; but some are
    if (method === "bh") expect(found.parametric).toBeGreaterThan(0);
  });

  test("a quarter of the elements with an effect: the share of false ones among those found, and the chance of any", async () => {
    const shares = { parametric: [] as number[], uncorrected: [] as number[] };
    let [nFound, nAny] = [0, 0];
    await run(1.5, method, (images) => {
      for (const of of ["parametric", "uncorrected"] as const) {
        const image = images(of);
        const all = image.filter(isFound).length;
        const wrong = image.slice(N_EFFECTS).filter(isFound).length;
        shares[of].push(all === 0 ? 0 : wrong / all);
        if (of === "parametric") {
          nFound += all - wrong;
          if (wrong > 0) nAny++;
        }
      }
    });
    const rates = Object.values(shares).map((of) => of.reduce((a, b) => a + b, 0) / of.length);
    process.stdout.write(
      `${method}, mixed: false share ${rates.map((rate) => rate.toFixed(4)).join(" parametric, ")} uncorrected; any ${nAny} of ${N_DATA_SETS}; found ${nFound}\n`,
    );
    expect(nFound).toBeGreaterThan(N_DATA_SETS);
    // four standard errors of a mean of shares from 0 to 1 whose mean is 0.05 at most
    for (const rate of rates) expect(rate).toBeLessThan(LEVEL + 4 * Math.sqrt((LEVEL * (1 - LEVEL)) / N_DATA_SETS));
    if (method === "holm" || method === "bonferroni") expect(nAny).toBeLessThanOrEqual(binomialBand(N_DATA_SETS)[1]);
  });
});
