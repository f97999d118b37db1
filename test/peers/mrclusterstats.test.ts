// Our mrclusterstats beside MRtrix3's own, with the same permutations: every image and every null distribution, of data drawn for the test where it is
// installed, and of the stored cases (fixtures/make/run-peer-mrclusterstats.mjs) everywhere.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openImage, readImageHeader } from "../../src/formats/image.js";
import { runInDirectory } from "../support/in-process-cli.js";
import { layOutGenerated, peerCaseDirectory, peerDataDirectory } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { makeVolumes, type Volumes } from "../support/volumes.js";

const isInstalled = ((process.env.PATH ?? "").split(":") as string[]).some((folder) =>
  existsSync(join(folder, "mrclusterstats")),
);
const root = temporaryDirectory();

function valuesOf(path: string): Float64Array {
  const image = openImage(path);
  const values = new Float64Array(image.nElements);
  image.copyValuesInto(values, 0, values.length);
  image.close();
  return values;
}

const numbersOf = (path: string): number[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join(" ")
    .split(/\s+/)
    .filter((text) => text !== "")
    .map(Number);

/** |ours - theirs| <= absolute + relative |theirs|; the peer's Z comes out of a table, good to some 1e-6. */
const TOLERANCES: readonly (readonly [RegExp, relative: number, absolute: number])[] = [
  [/^(fwe_1mpvalue|uncorrected_pvalue)/, 0, 1e-7],
  [/^null_contributions|^clustersize/, 0, 0],
  [/^Zstat/, 1e-6, 2e-6],
  [/^(tfce|null_dist|empirical)/, 1e-6, 1e-6],
  [/./, 1e-5, 2e-6],
];

/** Names of results that differ, with the first difference. */
function compare(ours: string, theirs: string, except: RegExp): string[] {
  const problems: string[] = [];
  const names = readdirSync(theirs).filter((name) => !except.test(name));
  expect(names.length).toBeGreaterThan(8);
  for (const name of names) {
    if (!existsSync(join(ours, name))) {
      problems.push(`${name}: not written`);
      continue;
    }
    const read = name.endsWith(".txt") ? numbersOf : valuesOf;
    const [got, expected] = [read(join(ours, name)), read(join(theirs, name))];
    const [, relative, absolute] = TOLERANCES.find(([pattern]) => pattern.test(name))!;
    expect(got.length, name).toBe(expected.length);
    const at = Array.from(expected).findIndex(
      (value, i) => got[i] !== value && !(Math.abs(got[i]! - value) <= absolute + relative * Math.abs(value)),
    );
    if (at >= 0) problems.push(`${name} [${at}]: ${got[at]} instead of ${expected[at]}`);
    if (name.endsWith(".txt")) continue;
    // of what a header says, all but who wrote it
    const [own, peer] = [ours, theirs].map((directory) => {
      const { dimensions, voxelSizes, layout, entries } = readImageHeader(join(directory, name));
      const kept = entries.filter(([key]) => key !== "command_history" && key !== "mrtrix_version");
      return { dimensions, voxelSizes, layout, entries: [...kept].sort(([a], [b]) => (a < b ? -1 : 1)) };
    });
    expect(own, name).toEqual(peer);
  }
  return problems;
}

async function runBoth(volumes: Volumes, tokens: readonly string[], name: string, except = /^$/): Promise<string[]> {
  for (const folder of ["ours", "theirs"]) mkdirSync(volumes.at(`${folder}-${name}`), { recursive: true });
  const paths = ["images.txt", "design.txt", "contrast.txt", "mask.mif"];
  const common = [...tokens, "-permutations", "perms.txt", "-nthreads", "0", "-quiet", "-force"];
  execFileSync("mrclusterstats", [...paths, `theirs-${name}/`, ...common], { cwd: volumes.directory });
  const result = await runInDirectory(["mrclusterstats", ...paths, `ours-${name}/`, ...common], volumes.directory);
  expect(result.status, result.stderr).toBe(0);
  return compare(volumes.at(`ours-${name}`), volumes.at(`theirs-${name}`), except);
}

/** 3.0.3 writes the deviations of all groups into one file. */
const ONE_DEVIATION = /^std_dev/;
const CORRECTED = ["-nonstationarity", "-permutations_nonstationarity", "others.txt"];
const CASES = [
  { name: "tfce-6", tokens: ["-ftests", "ftests.txt"] },
  { name: "tfce-26", tokens: ["-connectivity", "-ftests", "ftests.txt", "-strong"] },
  { name: "other-powers", tokens: ["-tfce_dh", "0.07", "-tfce_e", "1.2", "-tfce_h", "1", "-connectivity"] },
  { name: "no-powers", tokens: ["-tfce_e", "0", "-tfce_h", "0"] },
  { name: "clusters-6", tokens: ["-threshold", "1.3", "-ftests", "ftests.txt"] },
  { name: "clusters-26", tokens: ["-threshold", "2.05", "-connectivity", "-ftests", "ftests.txt", "-fonly"] },
  { name: "sign-of-groups", tokens: ["-variance", "groups.txt"], except: ONE_DEVIATION },
  { name: "no-test", tokens: ["-notest"] },
  { name: "corrected-6", tokens: [...CORRECTED, "-ftests", "ftests.txt"] },
  { name: "corrected-26", tokens: [...CORRECTED, "-skew_nonstationarity", "1.7", "-connectivity", "-strong"] },
  { name: "corrected-few", tokens: ["-nonstationarity", "-permutations_nonstationarity", "few-others.txt"] },
  { name: "skew-0", tokens: [...CORRECTED, "-skew_nonstationarity", "0"] },
  { name: "corrected-groups", tokens: [...CORRECTED, "-variance", "groups.txt"], except: ONE_DEVIATION },
  { name: "corrected-no-test", tokens: [...CORRECTED, "-notest"] },
];

describe.skipIf(!isInstalled)("beside MRtrix3's mrclusterstats", () => {
  for (const seed of [11, 12]) {
    const volumes = makeVolumes(join(root, `seed-${seed}`), { seed, nShuffles: 40, nSubjects: 15 + seed - 10 });
    test.each(CASES)(`$name, seed ${seed}`, async ({ name, tokens, except }) => {
      expect(await runBoth(volumes, tokens, name, except)).toEqual([]);
    });
  }
});

test.skipIf(!isInstalled)("few subjects: every shuffle of the correction, the unshuffled data among them", async () => {
  const { at, directory } = makeVolumes(join(root, "few"), { seed: 13, nSubjects: 5 });
  for (const folder of ["ours", "theirs"]) mkdirSync(at(folder));
  const paths = ["images.txt", "design.txt", "contrast.txt", "mask.mif"];
  const options = ["-nonstationarity", "-notest", "-nthreads", "0", "-quiet"];
  execFileSync("mrclusterstats", [...paths, "theirs/", ...options], { cwd: directory, stdio: "ignore" });
  const { status, stderr } = await runInDirectory(["mrclusterstats", ...paths, "ours/", ...options], directory);
  expect(status, stderr).toBe(0);
  expect(stderr).toContain("Only 120 different shuffles exist for -nonstationarity, the unshuffled data among them");
  expect(compare(at("ours"), at("theirs"), /^$/)).toEqual([]);
});

interface StoredCase {
  readonly arguments: readonly string[];
  readonly inputs: { readonly from: string; readonly sha256: string };
  readonly outputs: Readonly<Record<string, readonly (number | null)[]>>;
}
const storedFolder = peerCaseDirectory("mrclusterstats");

describe.each(readdirSync(storedFolder))("stored: %s", (file) => {
  const kept = JSON.parse(readFileSync(join(storedFolder, file), "utf8")) as StoredCase;
  const work = join(root, file);
  mkdirSync(work);
  layOutGenerated(kept.inputs.from, work);
  const hash = createHash("sha256");
  for (const name of readdirSync(work).sort()) hash.update(readFileSync(join(work, name)));
  test("the inputs are those that the peer had", () => expect(hash.digest("hex")).toBe(kept.inputs.sha256));

  test.each([
    ["simd", "1"],
    ["reference", "0"],
  ] as const)("%s kernels, %s threads", async (kernels, nThreads) => {
    const tokens = kept.arguments.map((token) => (token === "peer_" ? `${kernels}_` : token));
    const line = ["mrclusterstats", ...tokens, "-nthreads", nThreads, "--kernels", kernels];
    const result = await runInDirectory(line, work);
    expect(result.status, result.stderr).toBe(0);
    expect(Object.keys(kept.outputs).length).toBeGreaterThan(8);
    const problems: string[] = [];
    for (const [name, values] of Object.entries(kept.outputs)) {
      expect(values, name).not.toContain(null);
      const expected = [...(values as number[])];
      if (name.startsWith("null_contributions")) expected[0]! -= emptyShuffles(kept, name);
      const got = (name.endsWith(".txt") ? numbersOf : valuesOf)(join(work, `${kernels}_${name}`));
      const isCount = kept.arguments.includes("-threshold") && name.startsWith("null_dist");
      const [, relative, absolute] = isCount ? [0, 0, 0] : TOLERANCES.find(([pattern]) => pattern.test(name))!;
      expect(got.length, name).toBe(expected.length);
      const at = expected.findIndex(
        (value, i) => !(Math.abs(got[i]! - value) <= absolute + relative * Math.abs(value)),
      );
      if (at >= 0) problems.push(`${name} [${at}]: ${got[at]} instead of ${expected[at]}`);
    }
    expect(problems).toEqual([]);
  });
});

/** `Deviation:` the peer counts a shuffle without any cluster for the first voxel, here for none. No stored case of -strong has such a shuffle. */
const emptyShuffles = ({ outputs }: StoredCase, name: string): number =>
  (outputs[name.replace("null_contributions", "null_dist").replace("mif", "txt")] ?? []).filter((value) => value === 0)
    .length;

const data = peerDataDirectory();
const stored = data === undefined ? undefined : join(data, "mrclusterstats");
/** Null distributions there are of unknown shuffles: the rest is compared, and which voxels are significant. */
describe.skipIf(stored === undefined || !existsSync(stored))("the peer's own test data", () => {
  const run = async (name: string, options: readonly string[]) => {
    const out = join(root, `stored-${name}`);
    mkdirSync(out);
    const files = ["subjects.txt", "design.txt", "contrast.txt"].map((file) => `mrclusterstats/${file}`);
    const paths = [...files, "SIFT_phantom/mask.mif", `${out}/`];
    const result = await runInDirectory(["mrclusterstats", ...paths, "--seed", "1", ...options], data!);
    expect(result.status, result.stderr).toBe(0);
    return out;
  };
  const near = (out: string, name: string, expected: string) => {
    const [ours, theirs] = [valuesOf(join(out, `${name}.mif`)), valuesOf(expected)];
    const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeGreaterThan(0);
    expect(ours.length).toBe(theirs.length);
    for (const [i, value] of theirs.entries())
      expect(Math.abs(ours[i]! - value), `${name} [${i}]`).toBeLessThanOrEqual(2e-6 * largest);
  };

  test("default: TFCE, 6 neighbours", async () => {
    const out = await run("default", []);
    for (const name of ["beta0", "beta1", "abs_effect", "std_effect", "std_dev", "tvalue", "Zstat", "tfce"])
      near(out, name, join(stored!, "default", `${name}.mif`));
    const upper = valuesOf(join(data!, "SIFT_phantom", "upper.mif"));
    const fwe = valuesOf(join(out, "fwe_1mpvalue.mif"));
    expect(Array.from(fwe, (value) => Number(value > 0.95))).toEqual(Array.from(upper, Number));
  }, 60_000);

  test("threshold: sizes of clusters", async () => {
    const out = await run("threshold", ["-threshold", "3.5", "-nshuffles", "50"]);
    near(out, "clustersize", join(stored!, "threshold", "cluster_sizes.mif"));
  });
});
