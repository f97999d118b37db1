// Subjects whose headers MRtrix3 reads and repairs: the same numbers as of good files, and one warning that names them.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { newAnalysis } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { hasCommand, readSmallImage } from "../support/peer.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

const CHANGES: readonly (readonly [from: RegExp, to: string])[] = [
  [/file:/, "a line of a comment\nfile:"],
  [/vox: .*/, "vox: ,,"],
  [/dim:/, "Dim:"],
  [/dim: (\d+),1,1/, "dim: $1 1 1"],
  [/vox: .*/, "vox: 1,1,1,1,1"],
  [/END\n/, "END\0"],
];

/** The header anew, its data further behind. */
function change(bytes: Buffer, [from, to]: readonly [RegExp, string]): Buffer {
  const end = bytes.indexOf("END\n") + 4;
  const offset = Number(/file: \. (\d+)/.exec(bytes.toString("latin1", 0, end))![1]);
  const text = bytes.toString("latin1", 0, end).replace(`. ${offset}`, ". 600").replace(from, to);
  return Buffer.concat([Buffer.from(text.padEnd(600, "\0"), "latin1"), bytes.subarray(offset)]);
}

function spoil(input: SmallAnalysis): void {
  for (const [i, how] of CHANGES.entries()) {
    const file = input.at("fd", `sub-${i + 1}.mif`);
    writeFileSync(file, change(readFileSync(file), how));
  }
  // not compressed, and compressed with something behind
  const [plain, packed] = [input.at("fd", "sub-7.mif"), input.at("fd", "sub-8.mif")].map((file) => readFileSync(file));
  writeFileSync(input.at("fd", "sub-7.mif.gz"), plain!);
  writeFileSync(input.at("fd", "sub-8.mif.gz"), Buffer.concat([gzipSync(packed!), Buffer.from("behind")]));
  const list = readFileSync(input.at("subjects.txt"), "utf8");
  writeFileSync(
    input.at("subjects.txt"),
    list.replace("sub-7.mif", "sub-7.mif.gz").replace("sub-8.mif", "sub-8.mif.gz"),
  );
}

const WARNING =
  'Headers of 3 of 8 subject files are not as they should be, and are read as MRtrix3 reads them. sub-1.mif: "a line of a comment", which is no `key: value`, is left out (line 6 of the header); sub-2.mif: 1 stands for what is no number in the voxel sizes ",," (line 3 of the header); sub-5.mif: of the voxel sizes "1,1,1,1,1" 3 are used, one an axis (line 3 of the header). mrconvert writes a file with a good one.';

it("fixelcfestats reads them as it reads good ones, and as the peer does", async () => {
  const [good, bad] = [newAnalysis(), newAnalysis()];
  spoil(bad);
  const more = ["-notest", "-nthreads", "0", "-quiet"];
  for (const { positionals } of [good, bad]) {
    const { status, stderr } = await runInProcess(["fixelcfestats", ...positionals, ...more]);
    expect(status, stderr).toBe(0);
    expect(stderr).toBe(positionals === good.positionals ? "" : `fixelstream: warning: ${WARNING}\n`);
  }
  expect(JSON.parse(readFileSync(bad.at("out/run.json"), "utf8")).warnings).toEqual([
    { tag: "header-repaired", message: WARNING },
  ]);
  const values = (input: SmallAnalysis, folder: string) => readSmallImage(input.at(folder, "tvalue.mif")).values;
  expect(values(bad, "out")).toEqual(values(good, "out"));
  if (!hasCommand("fixelcfestats")) return;
  execFileSync("fixelcfestats", [...bad.positionals.slice(0, 5), bad.at("peer"), ...more], { stdio: "pipe" });
  const peer = values(bad, "peer");
  expect(values(bad, "out").every((value, i) => Math.abs(value - peer[i]!) <= 1e-5 * Math.abs(value))).toBe(true);
});

it("convert says so too, and a store has the values", async () => {
  const input = newAnalysis();
  spoil(input);
  for (const output of ["x.fxs", "x.h5"]) {
    const tokens = ["convert", "fixels", ...input.positionals.slice(0, 2), input.at(output), "-quiet"];
    expect(await runInProcess(tokens)).toEqual({ status: 0, stdout: "", stderr: `fixelstream: warning: ${WARNING}\n` });
  }
});

it("an index of floats is one of integers", async () => {
  const [good, bad] = [newAnalysis(), newAnalysis()];
  const file = bad.at("fd", "index.mif");
  const bytes = readFileSync(file);
  const end = bytes.indexOf("END\n") + 4;
  const text = bytes.toString("latin1", 0, end);
  const offset = Number(/file: \. (\d+)/.exec(text)![1]);
  const whole = new Uint32Array(Uint8Array.from(bytes.subarray(offset)).buffer);
  expect(text).toContain("datatype: UInt32LE");
  const data = Buffer.from(Float32Array.from(whole).buffer);
  const header = text.replace("UInt32LE", "Float32LE").replace(`. ${offset}`, ". 600").padEnd(600, "\0");
  writeFileSync(file, Buffer.concat([Buffer.from(header, "latin1"), data]));
  for (const { positionals } of [good, bad]) {
    const run = await runInProcess(["fixelcfestats", ...positionals, "-notest", "-nthreads", "0", "-quiet"]);
    expect(run).toEqual({ status: 0, stdout: "", stderr: "" });
  }
  const values = [good, bad].map((input) => readSmallImage(input.at("out/cfe.mif")).values);
  expect(values[1]).toEqual(values[0]);
});
