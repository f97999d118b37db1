import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { syncPaths } from "../../src/publish/publish.js";
import { checksumOf, checksumsOf, identifyOurs, readEarlierRun } from "../../src/results/earlier-run.js";
import { RUN_RECORD_FORMAT } from "../../src/results/run-record.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();

function earlierIn(name: string) {
  const directory = join(root, name);
  mkdirSync(directory);
  const path = join(directory, "x_Z.csv");
  writeFileSync(path, "1,2,3\n");
  const checksums = { "x_Z.csv": checksumOf(path) };
  const record = { format: RUN_RECORD_FORMAT, files: ["x_Z.csv"], checksums };
  writeFileSync(join(directory, "x_run.json"), JSON.stringify(record));
  const place = { directory, purpose: "Cannot write results to x_*.csv", remedy: "Choose another prefix." };
  return { ...place, path, earlier: readEarlierRun({ ...place, record: "x_run.json", base: "x_" }) };
}

it("a file that is changed after it was found as it was written is not taken for the run's", () => {
  const { path, earlier, ...place } = earlierIn("changed");
  expect(earlier.files).toEqual(["x_Z.csv"]);
  expect(identifyOurs(["x_Z.csv"], earlier, place).size).toBe(1);
  writeFileSync(path, "1,2,4\n");
  utimesSync(path, new Date(), new Date(Date.now() + 5000));
  expect(earlier.obstacle("x_Z.csv")).toBe("a file that was changed since");
  expect(() => identifyOurs(["x_Z.csv"], earlier, place)).toThrow(/got a file that was changed since/);
  writeFileSync(path, "1,2,3\n");
  expect(earlier.obstacle("x_Z.csv")).toBeUndefined();
});

it("checksums are of what lies there, and tell when it cannot be brought to the disk", async () => {
  const { directory, path } = earlierIn("checksums");
  const names = Array.from({ length: 11 }, (_, i) => `${i}.csv`);
  for (const name of names) writeFileSync(join(directory, name), name.repeat(1000));
  const found = await checksumsOf(directory, [...names, "x_Z.csv"], undefined);
  expect(Object.keys(found)).toEqual([...names, "x_Z.csv"]);
  for (const [name, checksum] of Object.entries(found)) expect(checksum).toEqual(checksumOf(join(directory, name)));
  await expect(checksumsOf(directory, [...names, "gone.csv"], undefined)).rejects.toThrow("ENOENT");
  await expect(syncPaths([path, join(directory, "gone.csv")])).rejects.toThrow("ENOENT");
  await expect(syncPaths([])).resolves.toBeUndefined();
});
