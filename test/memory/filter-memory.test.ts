// Peak memory of fixelfilter is its plan and the program itself, whatever the numbers of subjects and connections. Needs `npm run build`.
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { fixedBytesOf } from "../../src/system-memory.js";
import { writeFilterCohort } from "../support/filter-cohort.js";
import { repositoryRoot } from "../support/peer.js";
import { runCli } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const MiB = 2 ** 20;
const directory = temporaryDirectory();
/** What V8 may keep of garbage between two collections. */
const GARBAGE_BYTES = 48 * MiB;

function peakOf(name: string, tokens: readonly string[], memory: number) {
  const cwd = path.join(directory, name);
  const file = path.join(cwd, "peak");
  const preload = path.join(repositoryRoot, "test/support/report-peak.mjs");
  const environment = { PEAK_FILE: file, NODE_OPTIONS: `--import ${preload}` };
  const all = ["fixelfilter", ...tokens, "-matrix", "matrix", "--memory", String(memory), "-quiet", "--json"];
  const { status, stdout, stderr } = runCli(all, cwd, environment);
  expect([status, stderr]).toEqual([0, ""]);
  const { heldBytes, groupSize } = JSON.parse(stdout) as { heldBytes: number; groupSize: number };
  return { peakBytes: Number(fs.readFileSync(file, "utf8")), heldBytes, groupSize };
}

function cohort(name: string, nSubjects: number, nConnections: number): void {
  writeFilterCohort(path.join(directory, name), { nFixels: 20_000, nSubjects, nConnections });
  const tokens = ["convert", "fixels", "fd", "subjects.txt", "cohort.fxs", "-quiet"];
  expect(runCli(tokens, path.join(directory, name)).status).toBe(0);
}

it.skipIf(process.platform !== "linux")("stays within --memory, and does not grow with subjects or connections", () => {
  cohort("few", 60, 20);
  cohort("many", 600, 200);
  const memory = 24 * MiB;
  for (const [nThreads, input, output] of [
    [0, "cohort.fxs", "smooth.fxs"],
    [2, "cohort.fxs", "smooth-2.fxs"],
    [2, "fd", "smooth"],
  ] as const) {
    const tokens = [input, "smooth", output, "-nthreads", String(nThreads)];
    const few = peakOf("few", tokens, memory);
    const many = peakOf("many", tokens, memory);
    process.stderr.write(
      `${input} ${nThreads} threads: ${few.peakBytes / MiB} ${many.peakBytes / MiB} MiB, ${many.groupSize} at a time\n`,
    );
    expect(many.groupSize).toBeLessThan(600 / 4);
    for (const { heldBytes, peakBytes } of [few, many]) {
      expect(heldBytes).toBeLessThanOrEqual(memory);
      expect(peakBytes).toBeLessThan(memory + fixedBytesOf(nThreads));
    }
    expect(many.peakBytes - few.peakBytes).toBeLessThan(GARBAGE_BYTES);
  }
});
