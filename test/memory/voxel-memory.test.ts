// Resident memory of mrclusterstats, as child processes: within the plan plus what Node takes, and the same for 60 subjects as for 600.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeImage } from "../../src/formats/image.js";
import { fixedBytesOf } from "../../src/system-memory.js";
import { writeRows } from "../support/make-problem.js";
import { makeTemporaryDirectory } from "../support/peer.js";
import { runCli } from "../support/run-cli.js";
import { createRandom } from "../support/seeded-random.js";

const SIZE = [32, 30, 26] as const;
const MIB = 2 ** 20;
const BUDGET = 64 * MIB;
const directory = makeTemporaryDirectory();
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Peak resident bytes of the analysis of a converted store. */
function peakOf(nSubjects: number, extra: readonly string[]): { plannedBytes: number; peakResidentBytes: number } {
  const folder = join(directory, `${nSubjects}${extra.join("")}`);
  const at = (name: string) => join(folder, name);
  mkdirSync(at("out"), { recursive: true });
  const random = createRandom(nSubjects);
  const count = SIZE[0] * SIZE[1] * SIZE[2];
  const noise = Float32Array.from({ length: 3 * count }, () => random.normal());
  const names = Array.from({ length: nSubjects }, (_, s) => {
    const from = random.integer(2 * count);
    writeImage(at(`v${s}.mif`), { dimensions: SIZE, dataType: "Float32LE" }, noise.subarray(from, from + count));
    return `v${s}.mif`;
  });
  writeImage(at("mask.mif"), { dimensions: SIZE, dataType: "UInt8" }, new Uint8Array(count).fill(1));
  writeFileSync(at("list.txt"), `${names.join("\n")}\n`);
  const design = names.map((_, s) => [1, s % 2, (s * 7919) % 101]);
  writeRows(at("design.txt"), design);
  writeRows(at("contrast.txt"), [[0, 1, 0]]);
  const converted = runCli(
    ["convert", "voxels", "list.txt", "mask.mif", "v.fxs", "--memory", "64MiB", "-quiet"],
    folder,
  );
  expect(converted.status, converted.stderr).toBe(0);
  const tokens = ["v.fxs", "design.txt", "contrast.txt", "mask.mif", "out/", "-connectivity", "--seed", "1", ...extra];
  const resources = ["-nshuffles", "300", "-nthreads", "1", "--memory", "64MiB", "-quiet"];
  const result = runCli(["mrclusterstats", ...tokens, ...resources], folder);
  expect(result.status, result.stderr).toBe(0);
  return JSON.parse(readFileSync(at("out/run.json"), "utf8")).memory;
}

test.each([
  ["TFCE", []],
  ["every height", ["--tfce-exact"]],
  ["divided by the empirical one", ["-nonstationarity", "-nshuffles_nonstationarity", "50"]],
])("60 and 600 subjects: %s", (_, extra) => {
  const [few, many] = [peakOf(60, extra), peakOf(600, extra)];
  for (const { plannedBytes, peakResidentBytes } of [few, many]) {
    expect(plannedBytes).toBeLessThanOrEqual(BUDGET);
    expect(peakResidentBytes).toBeLessThan(plannedBytes + fixedBytesOf(1));
  }
  // the data themselves grow by 51 MiB; what plans differ in is planned
  const grown = many.peakResidentBytes - few.peakResidentBytes - Math.max(0, many.plannedBytes - few.plannedBytes);
  expect(grown).toBeLessThan(20 * MIB);
});
