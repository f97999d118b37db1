// Resident memory of whole runs: below the budget plus what Node takes, whatever the number of subjects and threads.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { boundThreads } from "../../src/system-cores.js";
import { fixedBytesOf } from "../../src/system-memory.js";
import { rawFixelData, writeCohort } from "../support/make-cohort.js";
import { writeMatrixDirectory, writeRows } from "../support/make-problem.js";
import { makeTemporaryDirectory } from "../support/peer.js";
import { runCli } from "../support/run-cli.js";
import { createRandom } from "../support/seeded-random.js";

const N_FIXELS = 20_000;
const N_CONNECTIONS = 60;
const MIB = 2 ** 20;
const BUDGET = 256 * MIB;

/** Neighbours in a ring: every fixel has the same number, the pattern is symmetric. */
function ring() {
  const c = { count: [] as number[], offset: [] as number[], fixels: [] as number[], values: [] as number[] };
  for (let f = 0; f < N_FIXELS; f++) {
    c.offset.push(c.fixels.length);
    c.count.push(N_CONNECTIONS);
    for (let i = 0; i < N_CONNECTIONS; i++) {
      c.fixels.push((f + i) % N_FIXELS);
      c.values.push(1 - i / N_CONNECTIONS);
    }
  }
  return c;
}

describe.each([200, 2000])("%i subjects", (nSubjects) => {
  const directory = makeTemporaryDirectory();
  const at = (name: string) => join(directory, name);
  beforeAll(() => {
    const random = createRandom(nSubjects);
    const noise = Float32Array.from({ length: 2 * N_FIXELS }, () => random.normal());
    function* files() {
      for (let i = 0; i < nSubjects; i++) {
        // every subject another stretch of the same noise: cheap to make, and no two columns alike
        const start = random.integer(N_FIXELS);
        yield [`sub-${i}.mif`, rawFixelData(noise.slice(start, start + N_FIXELS))] as const;
      }
    }
    mkdirSync(at("fd"));
    writeCohort(at("fd"), N_FIXELS, files());
    writeMatrixDirectory(at("matrix"), ring());
    writeRows(
      at("design.txt"),
      Array.from({ length: nSubjects }, (_, i) => [1, i % 2, (i * 7919) % 101]),
    );
    writeRows(at("contrast.txt"), [[0, 1, 0]]);
    const converted = runCli(["convert", "fixels", "fd", "fd/subjects.txt", "cohort.fxs", "-quiet"], directory);
    expect(converted.status, converted.stderr).toBe(0);
    rmSync(at("fd"), { recursive: true });
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.each([1, 2, 500])("%i threads", (asked) => {
    const { nThreads } = boundThreads(asked); // 500: as many as help
    const tokens = ["cohort.fxs", "-", "design.txt", "contrast.txt", "matrix", "out", "-force", "--seed", "1"];
    const resources = ["-nshuffles", "300", "-nthreads", String(asked), "--memory", "256MiB", "-quiet"];
    const result = runCli(["fixelcfestats", ...tokens, ...resources], directory);
    expect(result.status, result.stderr).toBe(0);
    const { memory } = JSON.parse(readFileSync(at("out/run.json"), "utf8")) as {
      memory: { plannedBytes: number; peakResidentBytes: number };
    };
    const fixed = fixedBytesOf(nThreads);
    expect(memory.plannedBytes).toBeLessThanOrEqual(BUDGET);
    expect(memory.peakResidentBytes).toBeLessThan(memory.plannedBytes + fixed);
    expect(memory.peakResidentBytes).toBeLessThan(BUDGET + fixed);
  });
});
