// Our fixelcfestats beside MRtrix3's own on data drawn for the test, where it is installed: -nonstationarity with permutations of the test and of the
// correction from files, t and F. Every image and every null distribution. (Stored outputs: fixelcfestats.test.ts.)
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runInDirectory } from "../support/in-process-cli.js";
import { writeRows } from "../support/make-problem.js";
import { differences, hasCommand, readNullDistribution, readSmallImage } from "../support/peer.js";
import { createRandom } from "../support/seeded-random.js";
import { makeSmallAnalysis, type SmallAnalysis } from "../support/small-analysis.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const N_FIXELS = 180;
const root = temporaryDirectory();

/** Fixels in bundles of 30, each smooth in its own way: so that what is divided by differs. An effect in one of them; some fixels have no neighbours. */
function drawStudy(name: string, seed: number): SmallAnalysis {
  const random = createRandom(seed);
  const nSubjects = 13 + random.integer(6);
  const reachOf = (fixel: number) => Math.floor(fixel / 30) % 4;
  const values = Array.from({ length: nSubjects }, (_, s) => {
    const noise = Array.from({ length: N_FIXELS }, () => random.normal());
    return noise.map((_v, f) => {
      const near = noise.slice(Math.max(0, f - reachOf(f)), f + reachOf(f) + 1);
      const sum = near.reduce((total, value) => total + value, 0) / Math.sqrt(near.length);
      return 8 + sum + (f >= 60 && f < 75 && s % 2 === 1 ? 1.2 : 0);
    });
  });
  const study = makeSmallAnalysis(join(root, name), {
    ...{ nFixels: N_FIXELS, nSubjects },
    value: (s, f) => values[s]![f]!,
    connections: (fixel) => {
      if (fixel % 41 === 7) return [];
      const near = Array.from({ length: 9 }, (_, i) => fixel + i - 4).filter((f) => f >= 0 && f < N_FIXELS);
      return near.map((f) => [f, f === fixel ? 1 : Math.fround(0.05 + 0.9 * random.uniform())] as const);
    },
  });
  const { at } = study;
  const ages = Array.from({ length: nSubjects }, () => Math.round(random.normal() * 1e4) / 1e4);
  writeRows(
    at("design.txt"),
    ages.map((age, s) => [1, s % 2, age]),
  );
  writeRows(at("contrast.txt"), [
    [0, 1, 0],
    [0, 0, -1],
  ]);
  writeFileSync(at("ftests.txt"), "1 1\n");
  writeRows(
    at("groups.txt"),
    ages.map((_, s) => [Number(s >= nSubjects / 2)]),
  );
  const identity = ages.map((_, s) => s);
  const listed = (lists: readonly (readonly number[])[]) => identity.map((s) => lists.map((list) => list[s]!));
  const tested = Array.from({ length: 70 }, (_, i) => (i === 0 ? identity : random.permutation(nSubjects)));
  writeRows(at("perms.txt"), listed(tested));
  const others = Array.from({ length: 25 }, () => random.permutation(nSubjects));
  // MRtrix3 looks for the base of the indices in the first row
  others[0] = [0, ...others[0]!.filter((subject) => subject !== 0)];
  writeRows(at("others.txt"), listed(others));
  return study;
}

/** The peer's Z comes out of a table, good to some 1e-6; it and what is made of it: maps and nulls 1e-6. */
const TOLERANCES: readonly (readonly [RegExp, relative: number, absolute: number])[] = [
  [/^(fwe_1mpvalue|uncorrected_pvalue)/, 0, 1e-7],
  [/^null_contributions/, 0, 0],
  [/^(cfe|null_dist)/, 1e-6, 1e-6],
  [/^Zstat/, 1e-6, 2e-6],
  [/./, 1e-5, 2e-6],
];
const SEEDS = (process.env.FIXELSTREAM_SEEDS ?? "21 22").split(" ").map(Number);
const CASES = [
  { name: "t and F", tokens: ["-ftests", "ftests.txt"] },
  { name: "-strong", tokens: ["-ftests", "ftests.txt", "-strong"] },
  { name: "skewed, other powers", tokens: ["-skew_nonstationarity", "1.7", "-cfe_e", "1.1", "-cfe_h", "2.4"] },
  { name: "-cfe_legacy", tokens: ["-cfe_legacy"] },
  { name: "variance groups", tokens: ["-variance", "groups.txt"], except: /^std_dev/ },
  { name: "-notest", tokens: ["-notest"] },
] as const;

describe.skipIf(!hasCommand("fixelcfestats"))("-nonstationarity beside MRtrix3's fixelcfestats", () => {
  for (const seed of SEEDS) {
    test.each(CASES)(`$name, seed ${seed}`, async ({ name, tokens, ...of }) => {
      const study = drawStudy(`${name} ${seed}`, seed);
      const { at, root: cwd } = study;
      const common = ["-nonstationarity", "-permutations_nonstationarity", "others.txt", "-permutations", "perms.txt"];
      const line = (out: string) => [
        ...["fd", "subjects.txt", "design.txt", "contrast.txt", "matrix", out, ...common, ...tokens],
        ...["-nthreads", "0", "-quiet"],
      ];
      execFileSync("fixelcfestats", line("theirs"), { cwd, stdio: "pipe" });
      const { status, stderr } = await runInDirectory(["fixelcfestats", ...line("ours")], cwd);
      expect(status, stderr).toBe(0);
      const except = "except" in of ? of.except : /^$/;
      const names = readdirSync(at("theirs")).filter((file) => !/^(index|directions)\./.test(file));
      const compared = names.filter((file) => !except.test(file));
      const problems = compared.flatMap((file) => {
        const [, relative, absolute] = TOLERANCES.find(([pattern]) => pattern.test(file))!;
        const read = (of_: string) =>
          file.endsWith(".txt") ? readNullDistribution(at(of_, file)) : readSmallImage(at(of_, file)).values;
        const found = differences(read("ours"), read("theirs"), { relative, absolute, reason: "as above" });
        return found.map((difference) => `${file} ${difference}`);
      });
      expect(problems).toEqual([]);
      // something is divided, and by more than one number
      const by = names.filter((file) => file.startsWith("cfe_empirical"));
      expect(by.length).toBeGreaterThan(0);
      for (const file of by) expect(new Set(readSmallImage(at("theirs", file)).values).size).toBeGreaterThan(100);
    });
  }
});
