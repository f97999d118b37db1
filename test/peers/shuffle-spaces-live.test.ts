// Sign flips, blocks and both together beside MRtrix3's own, in every command where all shuffles that exist are done: then both do the same ones, in an order of
// their own. Maps, null distributions and p-values.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openImage } from "../../src/formats/image.js";
import { makeConnectomes } from "../support/connectomes.js";
import { runInDirectory } from "../support/in-process-cli.js";
import { writeRows } from "../support/make-problem.js";
import { differences, hasCommand, readNumbers } from "../support/peer.js";
import { createRandom } from "../support/seeded-random.js";
import { makeSmallAnalysis } from "../support/small-analysis.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { makeVolumes } from "../support/volumes.js";

const N = 8;
const root = temporaryDirectory();

interface Study {
  readonly at: (name: string) => string;
  readonly command: string;
  /** Arguments before the output, options after it. */
  readonly inputs: readonly string[];
  readonly options: readonly string[];
}

const STUDIES: Readonly<Record<string, (directory: string, seed: number) => Study>> = {
  "mrclusterstats TFCE": (directory, seed) => ({
    at: makeVolumes(directory, { seed, nSubjects: N, size: [5, 4, 4] }).at,
    ...{ command: "mrclusterstats", inputs: ["images.txt", "design.txt", "contrast.txt", "mask.mif"], options: [] },
  }),
  "mrclusterstats clusters": (directory, seed) => ({
    at: makeVolumes(directory, { seed, nSubjects: N, size: [5, 4, 4] }).at,
    ...{ command: "mrclusterstats", inputs: ["images.txt", "design.txt", "contrast.txt", "mask.mif"] },
    options: ["-threshold", "1.1", "-connectivity"],
  }),
  "connectomestats nbs": (directory, seed) => ({
    at: makeConnectomes(directory, { seed, nSubjects: N, nNodes: 6 }).at,
    ...{ command: "connectomestats", inputs: ["list.txt", "nbs", "design.txt", "contrast.txt"] },
    options: ["-threshold", "1.1"],
  }),
  "connectomestats tfnbs": (directory, seed) => ({
    at: makeConnectomes(directory, { seed, nSubjects: N, nNodes: 6 }).at,
    ...{ command: "connectomestats", inputs: ["list.txt", "tfnbs", "design.txt", "contrast.txt"], options: [] },
  }),
  "mrclusterstats corrected": (directory, seed) => ({
    at: makeVolumes(directory, { seed, nSubjects: N, size: [5, 4, 4] }).at,
    ...{ command: "mrclusterstats", inputs: ["images.txt", "design.txt", "contrast.txt", "mask.mif"] },
    options: ["-nonstationarity"],
  }),
  "connectomestats nbs corrected": (directory, seed) => ({
    at: makeConnectomes(directory, { seed, nSubjects: N, nNodes: 6 }).at,
    ...{ command: "connectomestats", inputs: ["list.txt", "nbs", "design.txt", "contrast.txt"] },
    options: ["-threshold", "1.1", "-nonstationarity"],
  }),
  fixelcfestats: (directory, seed) => {
    const random = createRandom(seed);
    const { at } = makeSmallAnalysis(directory, { nSubjects: N, value: () => 5 + random.normal() });
    writeDesign(at, seed);
    const inputs = ["fd", "subjects.txt", "design.txt", "contrast.txt", "matrix"];
    return { at, command: "fixelcfestats", inputs, options: [] };
  },
  vectorstats: (directory, seed) => {
    mkdirSync(directory);
    const at = (name: string) => join(directory, name);
    const random = createRandom(seed);
    const names = Array.from({ length: N }, (_, s) => `v${s}.txt`);
    for (const name of names) writeRows(at(name), [Array.from({ length: 12 }, () => 5 + random.normal())]);
    writeFileSync(at("list.txt"), names.map((name) => `${name}\n`).join(""));
    writeDesign(at, seed);
    return { at, command: "vectorstats", inputs: ["list.txt", "design.txt", "contrast.txt"], options: [] };
  },
};

function writeDesign(at: (name: string) => string, seed: number): void {
  const random = createRandom(1000 + seed);
  writeRows(
    at("design.txt"),
    Array.from({ length: N }, (_, s) => [1, s % 2, Math.round(random.normal() * 1e4) / 1e4]),
  );
  writeRows(at("contrast.txt"), [
    [0, 1, 0],
    [0, 0, -1],
  ]);
  writeFileSync(at("ftests.txt"), "1 1\n");
}

const BLOCKS = {
  halves: (s: number) => Math.floor(s / 4),
  uneven: (s: number) => Number(s >= 3),
  pairs: (s: number) => Math.floor(s / 2),
  mixed: (s: number) => s % 2,
};
/** `count`: of shuffles. */
const SPACES = [
  { name: "ee within uneven", tokens: ["-exchange_within", "uneven"], count: 720 },
  { name: "ee within, not in the file's order", tokens: ["-exchange_within", "mixed"], count: 576 },
  { name: "ee whole", tokens: ["-exchange_whole", "pairs"], count: 24 },
  { name: "ise", tokens: ["-errors", "ise"], count: 256 },
  { name: "ise within", tokens: ["-errors", "ise", "-exchange_within", "halves"], count: 256 },
  { name: "ise whole", tokens: ["-errors", "ise", "-exchange_whole", "pairs"], count: 16 },
  { name: "both within", tokens: ["-errors", "both", "-exchange_within", "pairs"], count: 4096 },
  { name: "both whole", tokens: ["-errors", "both", "-exchange_whole", "pairs"], count: 384 },
  { name: "both whole, not in the file's order", tokens: ["-errors", "both", "-exchange_whole", "mixed"], count: 8 },
] as const;

/** Every command has every fourth space, the next command the next ones; with FIXELSTREAM_SEEDS each has all of them. */
const spacesOf = (iStudy: number) =>
  SPACES.filter((_, i) => process.env.FIXELSTREAM_SEEDS !== undefined || i % 4 === iStudy % 4);
const SEEDS = (process.env.FIXELSTREAM_SEEDS ?? "31").split(" ").map(Number);

function read(path: string): number[] {
  if (/\.(txt|csv)$/.test(path)) return readNumbers(path).flat();
  const image = openImage(path);
  const values = new Float64Array(image.nElements);
  image.copyValuesInto(values, 0, values.length);
  image.close();
  return Array.from(values);
}

/** `Deviation:` MRtrix3's mrclusterstats and connectomestats count a shuffle in which nothing is enhanced for the first element, here it counts for none. */
function countEmpty(theirs: string, file: string): number {
  const [from] = readdirSync(theirs).filter(
    (name) => name.replace(/\..*/, "") === file.replace("contributions", "dist").replace(/\..*/, ""),
  );
  return read(join(theirs, from!)).filter((value) => value === 0).length;
}

describe.each(Object.keys(STUDIES).map((what, i) => [what, i] as const))("%s beside MRtrix3's", (what, iStudy) => {
  for (const seed of SEEDS) {
    test.skipIf(!hasCommand(what.split(" ")[0]!)).each(spacesOf(iStudy))(
      `$name, seed ${seed}`,
      async ({ name, tokens, count }) => {
        const { at, command, inputs, options } = STUDIES[what]!(join(root, `${what} ${name} ${seed}`), seed);
        for (const [blocks, of] of Object.entries(BLOCKS))
          writeRows(
            at(blocks),
            Array.from({ length: N }, (_, s) => [of(s)]),
          );
        for (const folder of ["ours", "theirs"]) mkdirSync(at(folder), { recursive: true });
        const line = (out: string) => [
          ...inputs,
          command === "fixelcfestats" ? out : `${out}/`,
          ...options,
          ...["-ftests", "ftests.txt", ...tokens, "-nthreads", "0", "-quiet", "-force"],
        ];
        const cwd = at(".");
        execFileSync(command, line("theirs"), { cwd, stdio: "pipe" });
        const { status, stderr } = await runInDirectory([command, ...line("ours")], cwd);
        expect(status, stderr).toBe(0);
        const compared = readdirSync(at("theirs")).filter((file) =>
          /^(fwe_1mpvalue|uncorrected|null_dist|null_contributions|tfce|clustersize|enhanced|cfe)/.test(file),
        );
        expect(compared.length).toBeGreaterThan(10);
        const problems = compared.flatMap((file) => {
          const own = existsSync(at(`ours/${file}`))
            ? file
            : file.replace("uncorrected_pvalue", "uncorrected_1mpvalue");
          const [got, expected] = [read(at(`ours/${own}`)), read(at(`theirs/${file}`))];
          if (file.startsWith("null_contributions") && /^(mrc|conn)/.test(command))
            expected[0]! -= countEmpty(at("theirs"), file);
          if (file.startsWith("null_dist")) {
            expect(expected.length, file).toBe(count);
            for (const values of [got, expected]) values.sort((a, b) => a - b);
          }
          const [relative, absolute] = /pvalue/.test(file) ? [0, 1e-7] : [1e-6, 2e-6];
          return differences(got, expected, { relative, absolute, reason: "Z from a table" }).map(
            (at_) => `${file} ${at_}`,
          );
        });
        expect(problems).toEqual([]);
      },
    );
  }
});
