// Deviation: for F-tests of rank above 1 with variance groups MRtrix3 3.0.3 truncates the second degrees of freedom of G to an integer; we keep them
// real, as its development branch does. So G itself agrees, and Z differs, by as much as the truncation explains and not more.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runInDirectory } from "../support/in-process-cli.js";
import { testVariable } from "../support/oracle-glm.js";
import { layOutPeerCase, peerCaseDirectory, readNumbers, readSmallImage } from "../support/peer.js";

test.each(["fixelcfestats-variance", "fixelcfestats-missing-variance"])("%s: real degrees of freedom", async (name) => {
  const { directory, manifest } = layOutPeerCase(name);
  const path = (file: string) => join(directory, file);
  const result = await runInDirectory(["fixelcfestats", ...manifest.arguments, "-notest"], directory);
  expect(result.status, result.stderr).toBe(0);
  const ours = readSmallImage(path("output/Zstat_F1.mif")).values;
  const stored = readSmallImage(join(peerCaseDirectory(name), "output", "Zstat_F1.mif")).values;
  const subjects = readNumbers(path("design.txt"));
  const list = manifest.arguments[1]!;
  const data = readList(path(list)).map((file) => readSmallImage(path(join("fd", file))).values);
  const contrast = readNumbers(path("contrast.txt"));
  const rows = contrast.filter((_, i) => readNumbers(path("ftests.txt"))[0]![i] === 1);
  const groups = readNumbers(path("groups.txt"))
    .flat()
    .map((g, _, all) => g - Math.min(...all));
  let largest = 0;
  for (let f = 0; f < ours.length; f += 7) {
    const y = data.map((values) => values[f]!);
    const shuffle = { perm: y.map((_, i) => i) };
    const z = (truncateDofOfG: boolean) => testVariable(y, subjects, rows, shuffle, { groups, truncateDofOfG }).z;
    expect(Math.abs(ours[f]! - z(false)), `fixel ${f}`).toBeLessThan(1e-6 * (1 + Math.abs(z(false))));
    expect(Math.abs(stored[f]! - z(true)), `fixel ${f}`).toBeLessThan(5e-6 * (1 + Math.abs(z(true))));
    largest = Math.max(largest, Math.abs(ours[f]! - stored[f]!));
  }
  expect(largest).toBeGreaterThan(1e-4);
  expect(largest).toBeLessThan(5e-2);
});

function readList(path: string): string[] {
  return readFileSync(path, "utf8").split("\n").filter(Boolean);
}
