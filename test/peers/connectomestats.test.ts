// Our connectomestats beside MRtrix3's own, with the same permutations: every matrix and every null distribution, of data drawn for the test where it is
// installed, and of the stored cases (fixtures/make/run-peer-connectomestats.mjs) everywhere.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Connectomes, makeConnectomes } from "../support/connectomes.js";
import { runInDirectory } from "../support/in-process-cli.js";
import { layOutGenerated, peerCaseDirectory } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const isInstalled = ((process.env.PATH ?? "").split(":") as string[]).some((folder) =>
  existsSync(join(folder, "connectomestats")),
);
const root = temporaryDirectory();

const textOf = (path: string): string => readFileSync(path, "utf8");
const numbersOf = (path: string): number[] =>
  textOf(path)
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join(" ")
    .split(/[\s,]+/)
    .filter((text) => text !== "")
    .map((text) => Number(text.replace("inf", "Infinity")));

/** |ours - theirs| <= absolute + relative |theirs|; the peer's Z comes out of a table, good to some 1e-6. */
const TOLERANCES: readonly (readonly [RegExp, relative: number, absolute: number])[] = [
  [/^(fwe_1mpvalue|uncorrected_1mpvalue)/, 0, 1e-14],
  [/^null_contributions/, 0, 0],
  [/^Zstat/, 1e-6, 2e-6],
  [/^(enhanced|null_dist|empirical)/, 1e-6, 2e-6],
  [/./, 1e-9, 1e-9],
];

/** What 3.0.3 calls otherwise. */
const ownName = (name: string): string => name.replace(/^uncorrected_pvalue/, "uncorrected_1mpvalue");
/** 3.0.3 writes these without the prefix, into the working directory; and a condition number of 0 for every edge. */
const WITHOUT_PREFIX = /^(abs_effect|std_effect|std_dev)/;

/** `Deviation:` the peer counts a shuffle in which nothing is enhanced for the first edge; with -strong, under the first hypothesis. Here it counts for none. */
function countEmpty(theirs: string, name: string): number {
  const strong = existsSync(join(theirs, "null_dist.txt")) && name.includes("_t") !== name.includes("_F");
  const isFirst = name.includes("_t1") || !existsSync(join(theirs, "null_contributions_t1.csv"));
  const file = strong ? "null_dist.txt" : name.replace("null_contributions", "null_dist").replace("csv", "txt");
  return strong && !isFirst ? 0 : numbersOf(join(theirs, file)).filter((value) => value === 0).length;
}

/** Names of results that differ, with the first difference. `exact`: values are numbers of edges. */
function compare(ours: string, theirs: string, names: readonly string[], exact: boolean): string[] {
  const problems: string[] = [];
  for (const name of names) {
    const own = ownName(name);
    if (!existsSync(join(ours, own))) {
      problems.push(`${own}: not written`);
      continue;
    }
    const [got, expected] = [numbersOf(join(ours, own)), numbersOf(join(theirs, name))];
    if (/^null_contributions/.test(name)) expected[0]! -= countEmpty(theirs, name);
    // 0 / 0 of an edge that is the same in all
    if (/^std_effect/.test(name)) for (const [i, value] of expected.entries()) if (Number.isNaN(value)) expected[i] = 0;
    const [, relative, absolute] =
      exact && /^(enhanced|null_dist)/.test(name) ? [0, 0, 0] : TOLERANCES.find(([pattern]) => pattern.test(own))!;
    expect(got.length, name).toBe(expected.length);
    const at = expected.findIndex(
      (value, i) => got[i] !== value && !(Math.abs(got[i]! - value) <= absolute + relative * Math.abs(value)),
    );
    if (at >= 0) problems.push(`${name} [${at}]: ${got[at]} instead of ${expected[at]}`);
    // rows, separators and the first line
    const shape = (text: string) => text.split("\n").map((line) => line.replace(/[^,\s#]+/g, "x"));
    const [ownShape, peerShape] = [shape(textOf(join(ours, own))), shape(textOf(join(theirs, name)))];
    expect(ownShape.slice(1), name).toEqual(peerShape.slice(1));
    expect(textOf(join(ours, own))).toMatch(/^# command_history: .*connectomestats .* \(version=[^)]*\)\n/);
  }
  return problems;
}

async function runBoth(
  made: Connectomes,
  algorithm: string,
  tokens: readonly string[],
  name: string,
): Promise<string[]> {
  const [ours, theirs, beside] = ["ours", "theirs", "beside"].map((folder) => made.at(`${folder}-${name}`)) as [
    string,
    string,
    string,
  ];
  for (const folder of [ours, theirs, beside]) mkdirSync(folder, { recursive: true });
  const common = [...tokens, "-permutations", made.at("perms.txt"), "-nthreads", "0", "-quiet", "-force"];
  const paths = [made.at("list.txt"), algorithm, made.at("design.txt"), made.at("contrast.txt")];
  execFileSync("connectomestats", [...paths, `${theirs}/`, ...common], { cwd: beside, stdio: "pipe" });
  const result = await runInDirectory(["connectomestats", ...paths, `${ours}/`, ...common], made.directory);
  expect(result.status, result.stderr).toBe(0);
  const names = readdirSync(theirs);
  expect(names.length).toBeGreaterThan(5);
  const lost = readdirSync(beside).filter((file) => WITHOUT_PREFIX.test(file));
  expect(lost.length).toBeGreaterThan(tokens.includes("-fonly") ? 0 : 1);
  const exact = algorithm.toLowerCase() === "nbs" && !tokens.includes("-nonstationarity");
  return [...compare(ours, theirs, names, exact), ...compare(ours, beside, lost, exact)];
}

const F = ["-ftests", "ftests.txt"];
const CORRECTED = ["-nonstationarity", "-permutations_nonstationarity", "others.txt"];
const CASES = [
  { name: "nbs", algorithm: "nbs", tokens: ["-threshold", "1.3", ...F] },
  { name: "nbs-high", algorithm: "nbs", tokens: ["-threshold", "2.6", ...F, "-strong"] },
  { name: "nbs-low", algorithm: "nbs", tokens: ["-threshold", "0.05", ...F, "-fonly"] },
  { name: "tfnbs", algorithm: "tfnbs", tokens: F },
  { name: "tfnbs-powers", algorithm: "tfnbs", tokens: ["-tfce_dh", "0.07", "-tfce_e", "1.2", "-tfce_h", "1"] },
  { name: "tfnbs-no-powers", algorithm: "tfnbs", tokens: ["-tfce_e", "0", "-tfce_h", "0", ...F] },
  { name: "none", algorithm: "none", tokens: F },
  { name: "none-strong", algorithm: "none", tokens: ["-strong", ...F] },
  { name: "no-test", algorithm: "tfnbs", tokens: ["-notest"] },
  { name: "variance", algorithm: "tfnbs", tokens: ["-variance", "groups.txt"] },
  { name: "tfnbs-corrected", algorithm: "tfnbs", tokens: [...CORRECTED, ...F] },
  { name: "tfnbs-skewed", algorithm: "tfnbs", tokens: [...CORRECTED, "-skew_nonstationarity", "1.7", ...F, "-strong"] },
  { name: "nbs-corrected", algorithm: "nbs", tokens: [...CORRECTED, "-threshold", "1.3", ...F] },
  { name: "nbs-corrected-high", algorithm: "nbs", tokens: [...CORRECTED, "-threshold", "2.6"] },
  { name: "corrected-no-test", algorithm: "tfnbs", tokens: [...CORRECTED, "-notest"] },
  { name: "capitals", algorithm: "NBS", tokens: ["-threshold", "1.5", "-fonly", ...F] },
];

describe.skipIf(!isInstalled)("beside MRtrix3's connectomestats", () => {
  for (const seed of [21, 22]) {
    const made = makeConnectomes(join(root, `seed-${seed}`), {
      seed,
      nShuffles: 40,
      nSubjects: seed - 6,
      nNodes: seed - 13,
    });
    test.each(CASES)(`$name, seed ${seed}`, async ({ name, algorithm, tokens }) => {
      const absolute = tokens.map((token) => (token.endsWith(".txt") ? made.at(token) : token));
      expect(await runBoth(made, algorithm, absolute, name)).toEqual([]);
    });
  }
});

interface StoredCase {
  readonly arguments: readonly string[];
  readonly inputs: { readonly from: string; readonly sha256: string };
  readonly outputs: Readonly<Record<string, readonly (number | null)[]>>;
}
const storedFolder = peerCaseDirectory("connectomestats");

describe.each(readdirSync(storedFolder))("stored: %s", (file) => {
  const stored = JSON.parse(textOf(join(storedFolder, file))) as StoredCase;
  const work = join(root, file);
  mkdirSync(work);
  layOutGenerated(stored.inputs.from, work);
  const hash = createHash("sha256");
  for (const name of readdirSync(work).sort()) hash.update(readFileSync(join(work, name)));
  test("the inputs are those that the peer had", () => expect(hash.digest("hex")).toBe(stored.inputs.sha256));

  test.each([
    ["simd", "1"],
    ["reference", "0"],
  ] as const)("%s kernels, %s threads", async (kernels, nThreads) => {
    const tokens = stored.arguments.map((token) => (token === "peer_" ? `${kernels}_` : token));
    const line = ["connectomestats", ...tokens, "-nthreads", nThreads, "--kernels", kernels];
    const result = await runInDirectory(line, work);
    expect(result.status, result.stderr).toBe(0);
    expect(Object.keys(stored.outputs).length).toBeGreaterThan(10);
    const problems: string[] = [];
    for (const [name, values] of Object.entries(stored.outputs)) {
      const own = ownName(name);
      const numbers = numbersOf(join(work, `${kernels}_${own}`));
      const n = Math.round(Math.sqrt(numbers.length));
      const got = name.endsWith(".txt") ? numbers : numbers.filter((_, i) => Math.floor(i / n) <= i % n);
      const expected = values.map((value) => value ?? 0); // 0 / 0 of std_effect
      if (/^null_contributions/.test(name)) expected[0]! -= emptyShuffles(stored, name);
      const exact = stored.arguments[1] === "nbs" && /^(enhanced|null_dist)/.test(name);
      const [, relative, absolute] = exact ? [0, 0, 0] : TOLERANCES.find(([pattern]) => pattern.test(own))!;
      expect(got.length, name).toBe(expected.length);
      const at = expected.findIndex(
        (value, i) => !(Math.abs(got[i]! - value) <= absolute + relative * Math.abs(value)),
      );
      if (at >= 0) problems.push(`${name} [${at}]: ${got[at]} instead of ${expected[at]}`);
    }
    expect(problems).toEqual([]);
  });
});

/** As countEmpty; only of nbs there are any, and none of the stored cases of it has -strong. */
const emptyShuffles = ({ outputs }: StoredCase, name: string): number =>
  (outputs[name.replace("null_contributions", "null_dist").replace("csv", "txt")] ?? []).filter((value) => value === 0)
    .length;
