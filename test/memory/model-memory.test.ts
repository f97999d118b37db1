// Resident memory of whole runs of every model: below the budget plus what Node takes, whatever the number of subjects and threads. Measured from
// outside; run.json must say the same.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixedBytesOf } from "../../src/system-memory.js";
import { rawFixelData, writeCohort } from "../support/make-cohort.js";
import { writeMatrixDirectory, writeRows } from "../support/make-problem.js";
import { makeTemporaryDirectory, repositoryRoot } from "../support/peer.js";
import { runCli } from "../support/run-cli.js";
import { createRandom } from "../support/seeded-random.js";

const MIB = 2 ** 20;
/**
 * What may come on top with ten times the subjects: garbage between two collections of three heaps, which begin at 64 MiB of arrays each. Of all models together 27 to
 * 47 MiB were seen (27 November, five commits whose plans differ by less than 1 MiB).
 */
const GARBAGE_BYTES = 56 * MIB;

interface Peak {
  readonly plannedBytes: number;
  readonly peakBytes: number;
}

/** Runs the command and measures its process; results are to go to `out/`. */
function peakOf(directory: string, tokens: readonly string[], nThreads: number, budgetMiB: number): Peak {
  const file = join(directory, "peak.txt");
  const reporter = pathToFileURL(join(repositoryRoot, "test/support/report-peak.mjs"));
  // the page is made after the record, which could not count it
  const resources = [
    ...["-nthreads", String(nThreads), "--memory", `${budgetMiB}MiB`, "--seed", "1", "-force", "--no-report"],
  ];
  // what is converted or prepared first may take all of --memory, more than the plan of so small a run
  const prepared = runCli([...tokens, ...resources, "-notest"], directory);
  expect(prepared.status, prepared.stderr).toBe(0);
  const environment = { NODE_OPTIONS: `--import ${reporter}`, PEAK_FILE: file };
  const result = runCli([...tokens, ...resources], directory, environment);
  expect(result.status, result.stderr).toBe(0);
  const record = join(directory, tokens[0] === "fixelcfestats" ? "out/run.json" : "out/x_run.json");
  const { memory } = JSON.parse(readFileSync(record, "utf8")) as {
    memory: { plannedBytes: number; peakResidentBytes: number };
  };
  const peakBytes = Number(readFileSync(file, "utf8"));
  // the record is written near the end, and the system counts pages in batches
  expect(Math.abs(memory.peakResidentBytes / peakBytes - 1)).toBeLessThan(0.05);
  expect(memory.plannedBytes).toBeLessThanOrEqual(budgetMiB * MIB);
  const besideMiB = (peakBytes - memory.plannedBytes) / MIB;
  const allowedMiB = fixedBytesOf(nThreads) / MIB;
  expect.soft(besideMiB, `MiB beside the plan: ${tokens.join(" ")}`).toBeLessThan(allowedMiB);
  return { plannedBytes: memory.plannedBytes, peakBytes };
}

/** Neighbours in a ring: every fixel has the same number, the pattern is symmetric. */
function ring(nFixels: number, nConnections: number) {
  const c = { count: [] as number[], offset: [] as number[], fixels: [] as number[], values: [] as number[] };
  for (let f = 0; f < nFixels; f++) {
    c.offset.push(c.fixels.length);
    c.count.push(nConnections);
    for (let i = 0; i < nConnections; i++) {
      c.fixels.push((f + i) % nFixels);
      c.values.push(1 - i / nConnections);
    }
  }
  return c;
}

/** cohort.fxs; missing.fxs, whose fixels lack up to half of their subjects, each its own; column.fxs; matrix/, design and contrasts, groups. */
function makeAnalyses(nSubjects: number, nFixels: number, nConnections: number): string {
  const directory = makeTemporaryDirectory();
  const at = (name: string) => join(directory, name);
  const random = createRandom(nSubjects);
  const noise = Float32Array.from({ length: 2 * nFixels }, () => random.normal());
  const missingShare = Float64Array.from({ length: nFixels }, () => random.uniform() / 2);
  /** Every subject another stretch of the same noise: cheap to make, and no two columns alike. */
  const values = () => noise.slice(random.integer(nFixels)).subarray(0, nFixels);
  const withHoles = () => values().map((value, f) => (random.uniform() < missingShare[f]! ? Number.NaN : value));
  const convert = (name: string, draw: () => Float32Array) => {
    function* files() {
      for (let i = 0; i < nSubjects; i++) yield [`sub-${i}.mif`, rawFixelData(draw())] as const;
    }
    mkdirSync(at(name));
    writeCohort(at(name), nFixels, files());
    const tokens = ["convert", "fixels", name, `${name}/subjects.txt`, `${name}.fxs`, "-quiet"];
    const converted = runCli(tokens, directory);
    expect(converted.status, converted.stderr).toBe(0);
  };
  convert("cohort", values);
  convert("missing", withHoles);
  convert("column", values);
  writeMatrixDirectory(at("matrix"), ring(nFixels, nConnections));
  const perSubject = (row: (i: number) => number[]) => Array.from({ length: nSubjects }, (_, i) => row(i));
  writeRows(
    at("design.txt"),
    perSubject((i) => [1, i % 2, (i * 7919) % 101]),
  );
  writeRows(
    at("groups.txt"),
    perSubject((i) => [(i >> 1) % 2]),
  );
  writeRows(at("contrast.txt"), [[0, 1, 0]]);
  writeRows(at("contrast-column.txt"), [[0, 1, 0, 0]]);
  mkdirSync(at("out"));
  return directory;
}

const SIZES = [200, 2000] as const;
const THREADS = [0, 2] as const;

/** One analysis of 200 and of 2,000 subjects. */
function describeSizes(nFixels: number, nConnections: number, run: (peaksOf: PeaksOf) => void): void {
  const directories: string[] = [];
  beforeAll(() => {
    for (const nSubjects of SIZES) directories.push(makeAnalyses(nSubjects, nFixels, nConnections));
  });
  afterAll(() => {
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  });
  run((tokens, nThreads, budgetMiB) => {
    const [small, large] = directories.map((directory) => peakOf(directory, tokens, nThreads, budgetMiB));
    const beside = ({ peakBytes, plannedBytes }: Peak) => peakBytes - plannedBytes;
    expect(beside(large!) - beside(small!), "growth with the subjects").toBeLessThan(GARBAGE_BYTES);
  });
}
type PeaksOf = (tokens: readonly string[], nThreads: number, budgetMiB: number) => void;

const fixelRun = (cohort: string, contrast: string, nShuffles: number) => [
  ...["fixelcfestats", cohort, "-", "design.txt", contrast, "matrix", "out", "-nshuffles", String(nShuffles), "-quiet"],
];
const vectorRun = (cohort: string, contrast: string, nShuffles: number) => [
  ...["vectorstats", cohort, "design.txt", contrast, "out/x_", "-nshuffles", String(nShuffles), "-quiet"],
];

describe.skipIf(process.platform !== "linux")("one design for 20,000 fixels", () => {
  describeSizes(20_000, 60, (peaksOf) => {
    test.each(THREADS)("fixelcfestats, %i threads", (nThreads) =>
      peaksOf(fixelRun("cohort.fxs", "contrast.txt", 300), nThreads, 256),
    );
    test.each(THREADS)("vectorstats, %i threads", (nThreads) =>
      peaksOf(vectorRun("cohort.fxs", "contrast.txt", 300), nThreads, 256),
    );
  });
});

// fewer: each has a design of its own
describe.skipIf(process.platform !== "linux")("other models of 1,500 fixels", () => {
  const ofSubjects = ["-variance", "groups.txt"];
  const models = [
    ["missing values", "missing.fxs", "contrast.txt", []],
    ["variance groups", "cohort.fxs", "contrast.txt", ofSubjects],
    ["a column", "cohort.fxs", "contrast-column.txt", ["-column", "COLUMN"]],
    ["all of them", "missing.fxs", "contrast-column.txt", ["-column", "COLUMN", ...ofSubjects]],
  ] as const;
  describeSizes(1500, 20, (peaksOf) => {
    for (const [name, cohort, contrast, options] of models) {
      const withColumn = (column: string) => options.map((option) => (option === "COLUMN" ? column : option));
      test.each(THREADS)(`fixelcfestats, ${name}, %i threads`, (nThreads) =>
        peaksOf([...fixelRun(cohort, contrast, 60), ...withColumn("column/subjects.txt")], nThreads, 64),
      );
      test(`vectorstats, ${name}, 2 threads`, () =>
        peaksOf([...vectorRun(cohort, contrast, 60), ...withColumn("column.fxs")], 2, 64));
    }
  });
});
