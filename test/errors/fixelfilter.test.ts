// One test a message of fixelfilter.
import fs from "node:fs";
import path from "node:path";
import { beforeAll, expect, it } from "vitest";
import { listing, newAnalysis } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { rawFixelData, rawMif } from "../support/make-cohort.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

let input: SmallAnalysis;
beforeAll(() => {
  input = newAnalysis();
});

/** Paths are of the folder of the analysis; nothing in it may change. */
async function refused(tokens: readonly string[], status = 1): Promise<string> {
  const before = listing(input.root);
  const isPath = /^(fd|matrix|out|mask|cohort|.*\.(mif|fxs|h5|nii))/;
  const absolute = tokens.map((token) => (isPath.test(token) ? input.at(token) : token));
  const result = await runInProcess(["fixelfilter", ...absolute, "-nthreads", "0", "-quiet"]);
  expect([result.status, listing(input.root)]).toEqual([status, before]);
  return input.relative(result.stderr).replace(/^fixelstream: error: /, "");
}

const MATRIX = ["-matrix", "matrix"];

it("no such filter", async () => {
  expect(await refused(["fd", "smoth", "out", ...MATRIX], 2)).toBe(
    "Unknown filter smoth. Did you mean smooth? Use one of: smooth, connect, cfe.\n",
  );
});

it("no matrix", async () => {
  expect(await refused(["fd", "smooth", "out"], 2)).toBe(
    "Cannot run fixelfilter: expected -matrix DIRECTORY, the connectivity that smooth runs over, got none. fixelconnectivity makes it.\n",
  );
});

it("a width below 0, a weight below 0", async () => {
  expect(await refused(["fd", "smooth", "out", ...MATRIX, "-fwhm", "-1"], 2)).toBe(
    "Cannot use -fwhm -1: expected mm of 0 or more.\n",
  );
  expect(await refused(["fd", "smooth", "out", ...MATRIX, "-minweight", "-0.5"], 2)).toBe(
    "Cannot use -minweight -0.5: expected a weight of 0 or more.\n",
  );
});

it("an option that is not quite one", async () => {
  expect(await refused(["fd", "smooth", "out", ...MATRIX, "-fwmh", "3"], 2)).toBe(
    "Unknown option -fwmh. Did you mean -fwhm? `fixelstream fixelfilter -help` lists the options.\n",
  );
});

it("an option of the other filter is not used, as in the peer", async () => {
  const tokens = [input.at("fd"), "smooth", input.at("other"), "-matrix", input.at("matrix"), "-threshold_value", "3"];
  const { status, stderr } = await runInProcess(["fixelfilter", ...tokens, "-nthreads", "0", "-quiet"]);
  expect([status, stderr]).toEqual([
    0,
    "fixelstream: warning: -threshold_value is not used: it is an option of connect, not of smooth.\n",
  ]);
  fs.rmSync(input.at("other"), { recursive: true });
});

it("nothing of that name, nothing in a fixel directory, --template of no .h5", async () => {
  expect(await refused(["fd/none.mif", "smooth", "out.mif", ...MATRIX])).toBe(
    "Cannot filter fd/none.mif: there is no such file or directory. Correct the name.\n",
  );
  fs.writeFileSync(input.at("alone.mif"), rawFixelData(new Float32Array(24)));
  expect(await refused(["alone.mif", "smooth", "out.mif", ...MATRIX])).toBe(
    "Cannot filter alone.mif: expected a data file in its fixel directory, beside index and directions, got no index there. Give the file where it lies in the fixel directory.\n",
  );
  expect(await refused(["cohort.fxs", "smooth", "out.fxs", ...MATRIX, "--template", "fd"], 2)).toBe(
    "Cannot use --template fd: expected an .h5, got cohort.fxs. Leave it out.\n",
  );
});

it("no data file in the directory", async () => {
  fs.mkdirSync(input.at("fd-empty"));
  for (const name of ["index.mif", "directions.mif"]) fs.copyFileSync(input.at("fd", name), input.at("fd-empty", name));
  expect(await refused(["fd-empty", "smooth", "out", ...MATRIX])).toBe(
    "Cannot filter fd-empty: expected data files beside index and directions (fixels x 1 x 1 values), got index and directions alone. Is it the right directory?\n",
  );
  fs.writeFileSync(input.at("fd-empty", "read.me"), "");
  expect(await refused(["fd-empty", "smooth", "out", ...MATRIX])).toContain("got none of read.me (not an image).");
});

it("data files of another number of fixels, all of them named", async () => {
  const odd = { "odd.mif": 23, "other.mif": 25 };
  for (const [name, size] of Object.entries(odd))
    fs.writeFileSync(input.at("fd", name), rawFixelData(new Float32Array(size)));
  const message = await refused(["fd", "smooth", "out", ...MATRIX]);
  expect(message).toMatch(/^2 of 10 subject files cannot be used:\n/);
  expect(message).toMatch(/odd.mif: expected 24 x 1 x 1 values, one a fixel of the template, got 23 x 1 x 1/);
  expect(message).toMatch(/other.mif: .* got 25 x 1 x 1/);
  for (const name of Object.keys(odd)) fs.rmSync(input.at("fd", name));
});

it("an output of another kind than the input", async () => {
  expect(await refused(["fd/sub-1.mif", "smooth", "out", ...MATRIX], 2)).toBe(
    "Cannot write out: expected a name ending in .mif, .mif.gz, .nii or .nii.gz, as the input is a data file, got one without an ending. Correct the name.\n",
  );
  expect(await refused(["fd", "smooth", "out.mif", ...MATRIX], 2)).toBe(
    "Cannot write out.mif: expected the name of a directory, as the input is a fixel directory, got that of a file. Filter into a directory, or convert the cohort first and filter the store.\n",
  );
  expect(await refused(["fd", "smooth", "out.fxs", ...MATRIX], 2)).toContain("got that of a store.");
});

it("the input as output, under another name too", async () => {
  fs.symlinkSync(input.at("fd"), input.at("fd-link"));
  expect(await refused(["fd", "smooth", "fd-link", ...MATRIX, "-force"], 2)).toBe(
    "Cannot write fd-link: it is the input. Give the output another name.\n",
  );
  for (const name of ["fd", "fd/sub-1.mif"]) {
    expect(await refused([name, "smooth", name, ...MATRIX, "-force"], 2)).toBe(
      `Cannot write ${name}: it is the input. Give the output another name.\n`,
    );
  }
});

it("an output that exists", async () => {
  fs.copyFileSync(input.at("fd", "sub-1.mif"), input.at("there.mif"));
  expect(await refused(["fd/sub-1.mif", "smooth", "there.mif", ...MATRIX])).toBe(
    "Cannot write there.mif: 1 of 1 images exist already, there.mif the first. Give another name, or -force to overwrite.\n",
  );
  expect(await refused(["fd/sub-1.mif", "smooth", "there.mif", ...MATRIX, "-force"])).toBe(
    "Cannot write there.mif: expected there.mif to be an image that fixelstream fixelfilter wrote, got another file. -force replaces only what fixelstream wrote, and knows it by its header (.mif): move it away, or choose another name.\n",
  );
  fs.mkdirSync(input.at("dir.mif"));
  expect(await refused(["fd/sub-1.mif", "smooth", "dir.mif", ...MATRIX])).toBe(
    "Cannot write dir.mif: expected a new name, got a directory. Choose another name.\n",
  );
  expect(await refused(["fd/sub-1.mif", "smooth", "no/where.mif", ...MATRIX])).toBe(
    "Cannot write no/where.mif: there is no directory no. Make it first.\n",
  );
});

it("a directory of another template", async () => {
  fs.mkdirSync(input.at("out-other"));
  fs.writeFileSync(input.at("out-other", "index.mif"), "another");
  expect(await refused(["fd", "smooth", "out-other", ...MATRIX])).toBe(
    "Cannot write out-other: expected a new directory, an empty one or one of the same template, got another index.mif in it. Choose another name.\n",
  );
});

it("two files that would have one name", async () => {
  const mih = fs
    .readFileSync(input.at("fd", "sub-1.mif"), "latin1")
    .split("\nEND\n")[0]!
    .replace(/file: .*/, "file: sub-1.dat");
  fs.writeFileSync(input.at("fd", "sub-1.mih"), `${mih}\nEND\n`);
  fs.writeFileSync(input.at("fd", "sub-1.dat"), new Uint8Array(96));
  expect(await refused(["fd", "smooth", "out", ...MATRIX], 1)).toBe(
    "Cannot write out: two of the data files would be sub-1.mif. Rename one of them in fd.\n",
  );
  for (const ending of ["mih", "dat"]) fs.rmSync(input.at("fd", `sub-1.${ending}`));
});

it("a matrix of another template, or one that is none", async () => {
  expect(await refused(["fd", "smooth", "out", "-matrix", "fd"])).toContain(
    "Cannot read the connectivity fd: expected",
  );
  expect(await refused(["fd", "smooth", "out", "-matrix", "matrix-none"])).toContain(
    "Cannot read the connectivity matrix-none",
  );
});

it("connections that cannot be", async () => {
  fs.cpSync(input.at("matrix"), input.at("matrix-odd"), { recursive: true });
  const file = input.at("matrix-odd", "fixels.mif");
  const bytes = fs.readFileSync(file);
  const first = Number(/file: \. (\d+)/.exec(bytes.toString("latin1"))![1]);
  bytes.writeUInt32LE(24, first + 8);
  fs.writeFileSync(file, bytes);
  fs.writeFileSync(input.at("ones.mif"), rawFixelData(new Float32Array(24).fill(1)));
  const stated =
    "Cannot read the connectivity matrix-odd: expected fixels below 24, the number in the template, got fixel 24 connected to fixel 1 in fixels.mif (counted from 0). Make the matrix again with fixelconnectivity.\n";
  for (const filter of ["smooth", "connect"])
    expect(await refused(["fd", filter, "out", "-matrix", "matrix-odd"])).toBe(stated);
  expect(await refused(["fd", "smooth", "out", "-matrix", "matrix-odd", "-mask", "ones.mif"])).toBe(stated);
});

it("too little memory", async () => {
  for (const filter of ["smooth", "connect"]) {
    expect(await refused(["fd", filter, "out", ...MATRIX, "--memory", "1kB"])).toMatch(
      /^Cannot filter 24 fixels in 1000 B: expected at least .*\. Give --memory \d+MiB or more\.\n$/,
    );
  }
});

it("a scalar of what is no store, and one that a store has not", async () => {
  expect(await refused(["fd", "smooth", "out", ...MATRIX, "--scalar", "FD"], 2)).toBe(
    "Cannot use --scalar FD: expected a store or an .h5, got fd. Leave it out.\n",
  );
  const convert = ["convert", "fixels", input.at("fd"), input.at("subjects.txt"), input.at("cohort.fxs"), "-quiet"];
  expect((await runInProcess(convert)).status).toBe(0);
  expect(await refused(["cohort.fxs", "smooth", "out.fxs", ...MATRIX, "--scalar", "FC"], 2)).toBe(
    "Cannot use scalar FC: cohort.fxs holds FD. Choose one with --scalar.\n",
  );
  expect(await refused(["cohort.fxs", "smooth", "out.mif", ...MATRIX], 2)).toBe(
    "Cannot write out.mif: expected the name of a store such as smooth.fxs, as the input is a store, got that of a file. Correct the name.\n",
  );
  expect(await refused(["cohort.fxs", "smooth", "cohort.fxs", ...MATRIX, "-force"], 2)).toBe(
    "Cannot write cohort.fxs: it is the input. Give the output another name.\n",
  );
});

it("a store of something else than fixels", async () => {
  fs.writeFileSync(input.at("vectors.txt"), "1 2 3\n4 5 6\n");
  const convert = ["convert", "vectors", input.at("vectors.txt"), input.at("vectors.fxs"), "-quiet"];
  expect((await runInProcess(convert)).status).toBe(0);
  expect(await refused(["vectors.fxs", "smooth", "out.fxs", ...MATRIX])).toBe(
    "Cannot filter vectors.fxs: expected a store of fixels, got one of kind vector. Connections are of fixels.\n",
  );
});

it("voxels of a size that nobody knows", async () => {
  fs.cpSync(input.at("fd"), input.at("fd-place"), { recursive: true });
  const index = new Uint32Array(48).map((_, i) => (i < 24 ? 1 : i - 24));
  const bytes = rawMif([24, 1, 1, 2], "UInt32LE", new Uint8Array(index.buffer), 512);
  const marked = (text: string) => {
    const header = bytes
      .subarray(0, 512)
      .toString("latin1")
      .replace(/\nfile: /, `\n${text}\nfile: `)
      .slice(0, 512);
    fs.writeFileSync(
      path.join(input.at("fd-place"), "index.mif"),
      Buffer.concat([Buffer.from(header, "latin1"), bytes.subarray(512)]),
    );
  };
  marked("fixelstream_place: unknown, a grid of 1 mm at the origin");
  expect(await refused(["fd-place", "smooth", "out", ...MATRIX])).toBe(
    "Cannot smooth fd-place: expected a template with the size of its voxels, got one made from tables, without it. Convert again with --template and the real fixel directory.\n",
  );
});
