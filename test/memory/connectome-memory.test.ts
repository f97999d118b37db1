// Resident memory of connectomestats, as child processes: within the plan plus what Node takes, and the same for 60 subjects as for 600.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fixedBytesOf } from "../../src/system-memory.js";
import { writeRows } from "../support/make-problem.js";
import { makeTemporaryDirectory } from "../support/peer.js";
import { runCli } from "../support/run-cli.js";
import { createRandom } from "../support/seeded-random.js";
import { bytesOf, npyBytes } from "../support/write-npy.js";

const N_NODES = 160;
const MIB = 2 ** 20;
const BUDGET = 64 * MIB;
const directory = makeTemporaryDirectory();
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Peak resident bytes of the analysis of a converted store. */
function peakOf(nSubjects: number): { plannedBytes: number; peakResidentBytes: number } {
  const folder = join(directory, `${nSubjects}`);
  const at = (name: string) => join(folder, name);
  mkdirSync(at("out"), { recursive: true });
  const random = createRandom(nSubjects);
  const noise = Float32Array.from({ length: 3 * N_NODES ** 2 }, () => random.normal());
  const names = Array.from({ length: nSubjects }, (_, s) => {
    const from = random.integer(2 * N_NODES ** 2);
    const values = new Float32Array(N_NODES ** 2);
    for (let i = 0; i < N_NODES; i++)
      for (let j = i; j < N_NODES; j++) values[i * N_NODES + j] = noise[from + i * N_NODES + j]!;
    writeFileSync(at(`c${s}.npy`), npyBytes({ shape: [N_NODES, N_NODES], data: bytesOf(values) }));
    return `c${s}.npy`;
  });
  writeFileSync(at("list.txt"), `${names.join("\n")}\n`);
  const design = names.map((_, s) => [1, s % 2, (s * 7919) % 101]);
  writeRows(at("design.txt"), design);
  writeRows(at("contrast.txt"), [[0, 1, 0]]);
  const converted = runCli(["convert", "edges", "list.txt", "edges.fxs", "--memory", "64MiB", "-quiet"], folder);
  expect(converted.status, converted.stderr).toBe(0);
  const tokens = ["edges.fxs", "nbs", "design.txt", "contrast.txt", "out/", "-threshold", "2", "--seed", "1"];
  const resources = ["-nshuffles", "300", "-nthreads", "1", "--memory", "64MiB", "-quiet"];
  const result = runCli(["connectomestats", ...tokens, ...resources], folder);
  expect(result.status, result.stderr).toBe(0);
  return JSON.parse(readFileSync(at("out/run.json"), "utf8")).memory;
}

test("60 and 600 subjects", () => {
  const [few, many] = [peakOf(60), peakOf(600)];
  for (const { plannedBytes, peakResidentBytes } of [few, many]) {
    expect(plannedBytes).toBeLessThanOrEqual(BUDGET);
    expect(peakResidentBytes).toBeLessThan(plannedBytes + fixedBytesOf(1));
  }
  // the data themselves grow by 27 MiB; what plans differ in is planned
  const grown = many.peakResidentBytes - few.peakResidentBytes - Math.max(0, many.plannedBytes - few.plannedBytes);
  expect(grown).toBeLessThan(20 * MIB);
});
