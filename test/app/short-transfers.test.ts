// A system call may move fewer bytes than it was asked for. Nothing may take that for the end of a file, for equality, or for a full disk:
// the same commands on a system that always does so leave the same bytes.
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { isSameContent } from "../../src/results/same-content.js";
import { runInProcess } from "../support/in-process-cli.js";
import { endsAsReport } from "../support/report-files.js";
import { withShortTransfers } from "../support/short-transfers.js";
import { makeSmallAnalysis } from "../support/small-analysis.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { bytesOf, npyBytes } from "../support/write-npy.js";

const directory = temporaryDirectory();

it("files that differ anywhere differ, however the system reads", async () => {
  const [one, other] = [path.join(directory, "one"), path.join(directory, "other")];
  const bytes = new Uint8Array(200_000).fill(7);
  fs.writeFileSync(one, bytes);
  for (const place of [undefined, 0, 40_000, 65_535, 65_536, 131_072, 199_999]) {
    fs.writeFileSync(other, bytes.with(place ?? 0, place === undefined ? 7 : 8));
    for (let seed = 0; seed < 8; seed++) {
      const nShort = await withShortTransfers(seed, async () => {
        expect(isSameContent(one, other), `byte ${place}`).toBe(place === undefined);
      });
      expect(nShort).toBeGreaterThan(0);
    }
  }
});

const COMMANDS = [
  ["convert", "fixels", "fd", "subjects.txt", "cohort.fxs"],
  ["convert", "fixels", "fd", "subjects.txt", "cohort.h5"],
  ["convert", "fixels", "fd", "subjects.txt", "packed.h5", "--gzip", "4"],
  ["convert", "modelarray", "packed.h5", "again.fxs"],
  ["convert", "vectors", "m.npy", "vectors.fxs"],
  ["verify", "cohort.fxs"],
  ["fixelcfestats", "fd", "subjects.txt", "design.txt", "contrast.txt", "matrix", "out"],
  ["fixelcfestats", "cohort.fxs", "-", "design.txt", "contrast.txt", "matrix", "out", "-force", "--io", "read"],
  ["fixelcfestats", "cohort.h5", "-", "design.txt", "contrast.txt", "matrix", "out-h5"],
  ["vectorstats", "m.npy", "design.txt", "contrast.txt", "v_"],
  ["export", "out", "cohort.h5", "--analysis", "a"],
  ["export", "cohort.h5", "images", "--analysis", "a"],
];

/** Runs the commands below `root`; every file that they leave. */
async function runAll(root: string): Promise<Map<string, string>> {
  const before = process.cwd();
  process.chdir(root);
  try {
    for (const tokens of COMMANDS) {
      const shuffles = tokens[0]!.endsWith("stats") ? ["-nshuffles", "20", "-nthreads", "0", "--seed", "1"] : [];
      const result = await runInProcess([...tokens, ...shuffles, "-quiet"]);
      expect(result, `${tokens.join(" ")}: ${result.stderr}`).toMatchObject({ status: 0 });
    }
  } finally {
    process.chdir(before);
  }
  const found = new Map<string, string>();
  for (const name of fs.readdirSync(root, { recursive: true }) as string[]) {
    const file = path.join(root, name);
    // Times and paths stand in the .json files, times in HDF5: what is read out of those is compared.
    if (fs.statSync(file).isFile() && !/\.json$|\.h5$|^\.fixelstream/.test(name) && !endsAsReport(name)) {
      found.set(name, fs.readFileSync(file).toString("latin1"));
    }
  }
  return found;
}

it("every command leaves the same bytes", async () => {
  const make = (name: string) => {
    const { root } = makeSmallAnalysis(path.join(directory, name));
    const values = Float32Array.from({ length: 8 * 24 }, (_, i) => Math.sin(i * i));
    fs.writeFileSync(path.join(root, "m.npy"), npyBytes({ shape: [8, 24], data: bytesOf(values) }));
    return root;
  };
  const whole = await runAll(make("whole"));
  expect(whole.size).toBeGreaterThan(40);
  let short = new Map<string, string>();
  const nShort = await withShortTransfers(3, async () => {
    short = await runAll(make("short"));
  });
  expect(nShort).toBeGreaterThan(1000);
  expect([...short.keys()].sort()).toEqual([...whole.keys()].sort());
  for (const [name, contents] of whole) expect(short.get(name) === contents, name).toBe(true);
});
