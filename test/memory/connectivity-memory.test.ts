// fixelconnectivity's peak memory is its budget and the program itself, whatever the number of streamlines. Needs `npm run build`.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { fixedBytesOf } from "../../src/system-memory.js";
import { fixturesDirectory, makeTemporaryDirectory } from "../support/peer.js";
import { runCli } from "../support/run-cli.js";

const MiB = 2 ** 20;
const folder = makeTemporaryDirectory();
const reporter = path.join(import.meta.dirname, "../support/report-peak.mjs");

/** 36,501 fixels, about 90 of them a streamline. */
function peakOf(nStreamlines: number, memoryMiB: number) {
  const at = (...names: string[]) => path.join(folder, `${nStreamlines}`, ...names);
  if (!fs.existsSync(at("tracks.tck"))) {
    const generator = path.join(fixturesDirectory, "make", "generate-tracks.mjs");
    execFileSync(process.execPath, [generator, at(), "23", `${nStreamlines}`], { stdio: "pipe" });
  }
  const tokens = ["fixelconnectivity", "fixels", "tracks.tck", `matrix-${memoryMiB}`, "-nthreads", "2", "--prepare"];
  const environment = { PEAK_FILE: at("peak"), NODE_OPTIONS: `--import ${reporter}` };
  const { status, stdout, stderr } = runCli(
    [...tokens, "--memory", `${memoryMiB}MiB`, "--json", "-quiet"],
    at(),
    environment,
  );
  expect(status, stderr).toBe(0);
  const { nPasses, nVisits } = JSON.parse(stdout);
  const peakBytes = Number(fs.readFileSync(at("peak"), "utf8"));
  process.stderr.write(
    `${nStreamlines} streamlines, ${nVisits} visits, ${memoryMiB} MiB: ${nPasses} passes, peak ${(peakBytes / MiB).toFixed(0)} MiB\n`,
  );
  return {
    peakBytes,
    nPasses,
    nVisits,
    values: fs.readFileSync(at(`matrix-${memoryMiB}`, "values.mif")).subarray(1024),
  };
}

it.skipIf(process.platform !== "linux")("stays below --memory and the program's size", () => {
  const [few, many] = [peakOf(5_000, 32), peakOf(40_000, 32)];
  for (const { peakBytes } of [few, many]) expect(peakBytes).toBeLessThan(32 * MiB + fixedBytesOf(2));
  // the visits and their places alone would be more than is left for them
  expect(4 * many.nVisits).toBeGreaterThan(12 * MiB);
  expect(many.nPasses).toBeGreaterThan(1);
  expect(many.peakBytes - few.peakBytes).toBeLessThan(32 * MiB);
  const wide = peakOf(40_000, 512);
  expect(wide.nPasses).toBe(1);
  expect(wide.values.equals(many.values)).toBe(true);
});
