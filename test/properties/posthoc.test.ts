// -posthoc: the null distribution and the p-values are those of the fixels in that mask; enhancement knows nothing of it. Beside the plain oracle.

import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readMatrix } from "../../src/formats/text/matrix.js";
import { rawFixelData } from "../support/make-cohort.js";
import { writeProblem, writeRows } from "../support/make-problem.js";
import { enhanceByConnectivity } from "../support/oracle-cfe.js";
import { createOracleModel, type Shuffle } from "../support/oracle-glm.js";
import { makeTemporaryDirectory, readSmallImage } from "../support/peer.js";
import { runProblem } from "../support/run-inference.js";
import { createRandom } from "../support/seeded-random.js";

const N = { subjects: 15, fixels: 37, shuffles: 18 };
const TESTED = ["fwe_1mpvalue", "uncorrected_pvalue", "null_contributions"] as const;
const DESIGN = Array.from({ length: N.subjects }, (_, i) => [1, i % 2]);

const directory = makeTemporaryDirectory();
const at = (...names: string[]) => join(directory, ...names);
const random = createRandom(20260);
const problem = writeProblem(directory, { nSubjects: N.subjects, nFixels: N.fixels, nConnections: 9 }, random);
const permutations = Array.from({ length: N.shuffles }, () => random.permutation(N.subjects));
const paths = {
  design: writeRows(at("design.txt"), DESIGN),
  contrast: writeRows(at("contrast.txt"), [[0, 1]]),
  permutations: writeRows(
    at("permutations.txt"),
    DESIGN.map((_, i) => permutations.map((perm) => perm[i]!)),
  ),
};

function writeMask(name: string, isInside: (fixel: number) => boolean, nFixels: number = N.fixels): string {
  fs.writeFileSync(at(name), rawFixelData(Float32Array.from({ length: nFixels }, (_, f) => (isInside(f) ? 1 : 0))));
  return at(name);
}

/** The oracle's enhanced statistic of every shuffle: [shuffle][fixel]. */
function oracleEnhanced(shuffles: readonly Shuffle[], mask?: readonly number[]): Float64Array[] {
  const model = createOracleModel(DESIGN, [[0, 1]], { isF: false });
  const columns = Array.from({ length: N.fixels }, (_, f) => problem.data.map((row) => row[f]!));
  return shuffles.map((shuffle) =>
    enhanceByConnectivity(
      columns.map((y) => model.test(y, shuffle).z),
      problem.connectivity,
      { mask },
    ),
  );
}

const nullOf = async (output: string) => Array.from((await readMatrix(join(output, "null_dist.txt"))).values);
const imageOf = (output: string, name: string) => Array.from(readSmallImage(join(output, `${name}.mif`)).values);

describe("-posthoc", () => {
  test("of every fixel changes nothing", async () => {
    await runProblem(directory, { ...paths, output: at("plain") });
    await runProblem(directory, { ...paths, output: at("all"), posthoc: writeMask("all.mif", () => true) });
    expect(await nullOf(at("all"))).toEqual(await nullOf(at("plain")));
    for (const name of ["cfe", "Zstat", ...TESTED])
      expect(imageOf(at("all"), name)).toEqual(imageOf(at("plain"), name));
  });

  test.each([
    ["simd", 0],
    ["simd", 2],
    ["reference", 0],
  ] as const)("is the maximum over its fixels: %s kernels, %i threads", async (kernels, nThreads) => {
    const inside = (fixel: number) => fixel % 3 === 1;
    const output = at(`subset-${kernels}-${nThreads}`);
    const posthoc = writeMask("subset.mif", inside);
    const summary = await runProblem(directory, { ...paths, output, posthoc, kernels, nThreads });
    const enhanced = oracleEnhanced(permutations.map((perm) => ({ perm })));
    const fixels = Array.from({ length: N.fixels }, (_, f) => f).filter(inside);
    const expected = enhanced.map((values) => Math.max(...fixels.map((f) => values[f]!)));
    const found = await nullOf(output);
    expect(found).toHaveLength(N.shuffles);
    for (const [i, value] of found.entries())
      expect(value).toBeCloseTo(expected[i]!, 3 - Math.floor(Math.log10(value + 1e-9)));
    // Enhancement is that of all fixels.
    const plain = imageOf(at("plain"), "cfe");
    for (const [f, value] of imageOf(output, "cfe").entries())
      expect(value / (plain[f]! || 1)).toBeCloseTo(plain[f] ? 1 : 0, 5);
    for (const name of TESTED) {
      const values = imageOf(output, name);
      expect(values.map((value) => !Number.isNaN(value))).toEqual(values.map((_, fixel) => inside(fixel)));
    }
    const contributions = imageOf(output, "null_contributions").filter((value) => !Number.isNaN(value));
    expect(contributions.reduce((sum, value) => sum + value, 0)).toBe(expected.filter((value) => value > 0).length);
    const cfe = imageOf(output, "cfe");
    const fwe = imageOf(output, "fwe_1mpvalue");
    for (const fixel of fixels) {
      const below = found.filter((value) => value <= cfe[fixel]! * (1 + 1e-6)).length;
      expect(fwe[fixel]).toBeCloseTo(cfe[fixel]! > 0 ? below / N.shuffles : 0, 6);
    }
    expect(summary.hypotheses[0]!.significant).toBe(fwe.filter((value) => value > 0.95).length);
  });

  test("outside -mask is left out, with a warning, and hashed into the run record", async () => {
    const mask = writeMask("left.mif", (fixel) => fixel < 20);
    const posthoc = writeMask("across.mif", (fixel) => fixel >= 15 && fixel < 25);
    const output = at("masked");
    const summary = await runProblem(directory, { ...paths, output, mask, posthoc });
    expect(summary.warnings.map(({ message }) => message).join()).toContain(
      `5 of 10 fixels in -posthoc ${posthoc} are not in -mask ${mask}: they are not tested.`,
    );
    const tested = imageOf(output, "fwe_1mpvalue").flatMap((value, fixel) => (Number.isNaN(value) ? [] : [fixel]));
    expect(tested).toEqual([15, 16, 17, 18, 19]);
    const analysed = Array.from({ length: N.fixels }, (_, f) => (f < 20 ? 1 : 0));
    const expected = oracleEnhanced(
      permutations.map((perm) => ({ perm })),
      analysed,
    ).map((values) => Math.max(...tested.map((f) => values[f]!)));
    for (const [i, value] of (await nullOf(output)).entries()) expect(value).toBeCloseTo(expected[i]!, 3);
    const record = JSON.parse(fs.readFileSync(join(output, "run.json"), "utf8"));
    expect(record.inputs.posthoc).toEqual({ path: posthoc, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(record.problem.nPosthoc).toBe(5);
  });

  test("with -notest warns that it has no effect", async () => {
    const posthoc = writeMask("half.mif", (fixel) => fixel < 20);
    const { permutations: _, ...rest } = paths;
    const summary = await runProblem(directory, { ...rest, output: at("notest"), posthoc, notest: true });
    expect(summary.warnings.map(({ tag }) => tag)).toContain("posthoc-without-test");
  });

  test("refuses a mask of another template, an empty one, and one that misses -mask", async () => {
    const run = (options: { posthoc: string; mask?: string }) =>
      runProblem(directory, { ...paths, output: at("refused"), ...options });
    await expect(run({ posthoc: writeMask("other.mif", () => true, 36) })).rejects.toThrow(
      /^Cannot use .*other.mif: expected 37 x 1 x 1 values, one a fixel of the template, got 36 x 1 x 1/,
    );
    await expect(run({ posthoc: writeMask("none.mif", () => false) })).rejects.toThrow(
      /none.mif: .*expected at least one value that is not 0/,
    );
    const [mask, posthoc] = [writeMask("low.mif", (f) => f < 10), writeMask("high.mif", (f) => f >= 10)];
    await expect(run({ mask, posthoc })).rejects.toThrow(
      /^Cannot use -posthoc .*high.mif: expected fixels that are in -mask .*low.mif too, got 27 of which none is. Give masks that overlap.$/,
    );
  });
});
