// Size and memory of reports in the shape of a brain, of many significant fixels and of none: a page that can be mailed, made in a process that grows by a
// few hundred bytes an element. Measured from outside.
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { makeTemporaryDirectory, repositoryRoot } from "../support/peer.js";
import { runCli } from "../support/run-cli.js";

const MIB = 2 ** 20;
/** Of the page: a mail takes no more. */
const MOST_BYTES = 10e6;
/** Two hypotheses: values of each, the picture's arrays, and garbage. 270 to 330 were seen. */
const BYTES_AN_ELEMENT = 420;

describe.skipIf(process.platform !== "linux")("two t-tests", () => {
  const root = makeTemporaryDirectory();
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  async function reportOf(nFixels: number, affected: number): Promise<{ bytes: number; peak: number; rows: number }> {
    const place = pathToFileURL(join(repositoryRoot, "test/bench/tools/brain.mjs")).href;
    const { brain } = (await import(place)) as { brain(dir: string, m: number, affected: number): string };
    const input = brain(root, nFixels, affected);
    const made = runCli(
      [
        ...["fixelcfestats", "fd", "subjects.txt", "design.tsv", "contrast.txt", "matrix", "stats", "--no-report"],
        ...["-nshuffles", "40", "--seed", "1", "-nthreads", "2", "-quiet"],
      ],
      input,
    );
    expect(made.status, made.stderr).toBe(0);
    const peakFile = join(input, "peak.txt");
    const reporter = pathToFileURL(join(repositoryRoot, "test/support/report-peak.mjs")).href;
    const environment = { NODE_OPTIONS: `--import ${reporter}`, PEAK_FILE: peakFile };
    const { status, stderr } = runCli(["report", "stats", "-quiet"], input, environment);
    expect(status, stderr).toBe(0);
    const rows = readFileSync(join(input, "stats/clusters_t1.tsv"), "utf8").split("\n").length - 2;
    const found = { bytes: statSync(join(input, "stats/report.html")).size, rows };
    const peak = Number(readFileSync(peakFile, "utf8"));
    rmSync(input, { recursive: true, force: true });
    return { ...found, peak };
  }

  it("of 500,000 fixels have less than 10 MB, and take memory by their elements alone", async () => {
    const small = await reportOf(2000, 0.3);
    expect(small.bytes).toBeLessThan(0.5e6);
    for (const affected of [0, 0.3]) {
      const large = await reportOf(500_000, affected);
      expect(large.rows > 0).toBe(affected > 0);
      expect(large.bytes).toBeLessThan(MOST_BYTES);
      const growth = (large.peak - small.peak) / MIB;
      expect(growth, `MiB with ${large.rows} clusters`).toBeLessThan((BYTES_AN_ELEMENT * 500_000) / MIB);
    }
  });
});
