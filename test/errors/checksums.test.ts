// One test a message: what is no longer as it was written. CRC-32 stands as .. here.
import fs from "node:fs";
import path from "node:path";
import { crc32 } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { convertFixels } from "../../src/app/convert/convert.js";
import { runInProcess } from "../support/in-process-cli.js";
import { partialsOf } from "../support/partials.js";
import { makeSmallAnalysis, type SmallAnalysis } from "../support/small-analysis.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { bytesOf, npyBytes, zipBytes } from "../support/write-npy.js";

const directory = temporaryDirectory();
let small: SmallAnalysis;

const run = async (...tokens: string[]) => {
  const { status, stderr } = await runInProcess([...tokens, "-quiet"]);
  const hidden = small
    .relative(stderr)
    .replace(/CRC-32 [0-9a-f]{8}/g, "CRC-32 ..")
    .replace(/(got |got others \(|got other contents \()[0-9a-f]{8}\b/g, "$1..")
    .replace(/[0-9a-f]{24}\.fxc/g, "KEY.fxc");
  return `${status} ${hidden}`;
};
const QUICK = ["-nshuffles", "20", "--seed", "1", "-nthreads", "0", "-force"];
const fixels = (...inputs: string[]) => {
  const files = ["design.txt", "contrast.txt", "matrix"].map((name) => small.at(name));
  return run("fixelcfestats", ...inputs, ...files, small.at("out"), ...QUICK, "--cache", small.at("cache"));
};
/** Flips a bit while `work` runs; the file's time stays. */
async function flipped(file: string, byte: number, work: () => Promise<string>): Promise<string> {
  const bytes = fs.readFileSync(file);
  const { atime, mtime } = fs.statSync(file);
  const changed = Buffer.from(bytes);
  changed[byte < 0 ? bytes.length + byte : byte]! ^= 4;
  fs.writeFileSync(file, changed);
  fs.utimesSync(file, atime, mtime);
  try {
    return await work();
  } finally {
    fs.writeFileSync(file, bytes);
    fs.utimesSync(file, atime, mtime);
  }
}

beforeAll(async () => {
  const gap = (subject: number, fixel: number) =>
    subject === 1 && fixel === 3 ? Number.NaN : Math.sin(subject * 5 + fixel);
  small = makeSmallAnalysis(path.join(directory, "small"), { value: gap });
  for (const name of fs.readdirSync(small.at("fd"))) fs.utimesSync(small.at("fd", name), 1_700_000_000, 1_700_000_000);
  const inputs = [small.at("fd"), small.at("subjects.txt")];
  expect(await run("convert", "fixels", ...inputs, small.at("s.fxs"))).toBe("0 ");
  expect(await run("convert", "fixels", ...inputs, small.at("c.h5"))).toBe("0 ");
  expect(await fixels(...inputs)).toMatch(/^0 /);
  fs.renameSync(small.at("out"), small.at("results"));
});

test("a block of a store", async () => {
  expect(await flipped(small.at("s.fxs", "FD.f32"), 4099, () => fixels(small.at("s.fxs"), "-"))).toBe(
    "1 fixelstream: error: Cannot use s.fxs/FD.f32: expected block 0 (elements 0 to 23, counted from 0) as it was written, CRC-32 .., got ... " +
      "The store is damaged: fixelstream verify s.fxs says where, and whose values. Copy it again, or convert the cohort again (one in the cache: delete it).\n",
  );
});

test.each(["index.mif", "directions.mif", "FD.missing"])("%s of a store", async (name) => {
  expect(await flipped(small.at("s.fxs", name), -3, () => fixels(small.at("s.fxs"), "-"))).toBe(
    `1 fixelstream: error: Cannot use s.fxs/${name}: expected it as it was written, CRC-32 .., got ... ` +
      "The store is damaged: copy it again, or convert the cohort again (one in the cache: delete it).\n",
  );
});

test("store.json", async () => {
  const file = small.at("s.fxs", "store.json");
  const place = fs.readFileSync(file).indexOf("sub-3.mif") + 4;
  for (const read of [() => fixels(small.at("s.fxs"), "-"), () => run("info", small.at("s.fxs"))])
    expect(await flipped(file, place, read)).toBe(
      "1 fixelstream: error: Cannot open s.fxs as a store: expected store.json as it was written (CRC-32 ..), got other contents (..). " +
        "It is damaged: copy it again, or convert the cohort again. If you changed it on purpose, take out its last key, crc32.\n",
    );
});

test("a prepared connectivity", async () => {
  const fxc = fs.readdirSync(small.at("cache")).find((name) => name.endsWith(".fxc"))!;
  expect(await flipped(small.at("cache", fxc, "norms.f32"), 1, () => fixels(small.at("s.fxs"), "-"))).toBe(
    "1 fixelstream: error: Cannot use the prepared connectivity cache/KEY.fxc: expected norms.f32 as it was written, CRC-32 .., got ... " +
      "It is damaged: delete the directory, and it is made again from the matrix directory.\n",
  );
});

test.each(["index.mif", "directions.mif", "sub-1.mif"])(
  "%s, of which results of a converted cohort have something",
  async (name) => {
    const inputs = [small.at("fd"), small.at("subjects.txt")];
    const touched = name.startsWith("sub")
      ? `fixelstream: warning: fd/${name} was touched since what is in the cache was made, with the same size and time: contents are compared with what was read then.\n`
      : "";
    // in the data: a header that is damaged may say so itself
    expect(await flipped(small.at("fd", name), name === "index.mif" ? 250 : -2, () => fixels(...inputs))).toBe(
      `1 ${touched}fixelstream: error: Cannot use fd/${name}: expected the bytes that were converted, CRC-32 .., got others (..), though its size and time are the same. ` +
        "It is damaged: restore it. If it was changed on purpose, give it a new time (touch), and it is converted again.\n",
    );
  },
);

test("a .npz, stored and deflated", async () => {
  const values = Float32Array.from({ length: 60 }, (_, i) => i);
  const array = npyBytes({ shape: [6, 10], data: bytesOf(values) });
  for (const deflate of [false, true]) {
    const zip = zipBytes({ "a.npy": array }, deflate);
    // the checksum that the archive has of it
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(array));
    zip[zip.lastIndexOf(sum)]! ^= 1;
    fs.writeFileSync(small.at("a.npz"), zip);
    expect(await run("convert", "vectors", small.at("a.npz"), small.at("a.fxs"))).toBe(
      "1 fixelstream: error: Cannot read a.npz: expected an array of CRC-32 .., as the archive says, got CRC-32 ... It is damaged: copy or save it again.\n".replace(
        "got CRC-32 ..",
        "got ..",
      ),
    );
    expect(fs.existsSync(small.at("a.fxs"))).toBe(false);
  }
});

test("an .h5: rows that are converted, names, fixels", async () => {
  const bytes = fs.readFileSync(small.at("c.h5"));
  const row = bytes.indexOf(fs.readFileSync(small.at("fd", "sub-4.mif")).subarray(256)) + 8;
  const convert = () => run("convert", "modelarray", small.at("c.h5"), small.at("c.fxs"));
  expect(await flipped(small.at("c.h5"), row, convert)).toBe(
    "1 fixelstream: error: Cannot use /scalars/FD/values of c.h5: expected subject 3 (sub-4.mif, counted from 0) as fixelstream wrote it, got values with another checksum. " +
      "The file is damaged or was changed: convert it again, or, if you changed it, delete /scalars/FD/row_crc32 in it.\n",
  );
  expect(fs.existsSync(small.at("c.fxs"))).toBe(false);
  const changed = (what: string, place: string) =>
    `1 fixelstream: error: Cannot use ${what} of c.h5: expected CRC-32 .., as fixelstream wrote it, got ... ` +
    `The file is damaged or was changed: make it again, or, if you changed it, delete the attribute fixelstream_crc32 of ${place}.\n`;
  // the dataset and the attribute: the one that is read
  const names = await Promise.all(
    [bytes.indexOf("sub-4.mif"), bytes.lastIndexOf("sub-4.mif")].map(async (place) => place + 4),
  );
  const told: string[] = [];
  for (const place of names) told.push(await flipped(small.at("c.h5"), place, () => fixels(small.at("c.h5"), "-")));
  expect(told).toContain(changed("the subjects' names of FD", "/scalars/FD/values"));
  const ones = bytes.indexOf(Buffer.from(Float64Array.from({ length: 24 }, () => 1).buffer));
  expect(await flipped(small.at("c.h5"), ones + 6, () => fixels(small.at("c.h5"), "-"))).toBe(
    changed("/fixels and /voxels", "/fixels"),
  );
});

test("a conversion that was stopped, and a row of it damaged: mended, and said", async () => {
  const many = makeSmallAnalysis(path.join(directory, "many"), { nFixels: 3000, nSubjects: 20 });
  const inputs = { inputDirectory: many.at("fd"), subjectList: many.at("subjects.txt"), command: "test" };
  const output = many.at("stopped.fxs");
  await convertFixels({ ...inputs, output: many.at("whole.fxs") });
  const stopped = new Error("stopped");
  const onProgress = ({ phase, done }: { phase: string; done: number }) => {
    if (phase === "read" && done === 18) throw stopped;
  };
  // some six subjects at a time
  const conversion = convertFixels({ ...inputs, output, memoryBytes: 2 ** 18 + 6 * 3000 * 4, onProgress });
  await expect(conversion).rejects.toBe(stopped);
  const data = path.join(partialsOf(output)[0]!, "FD.f32");
  const bytes = fs.readFileSync(data);
  bytes[(1 * 1024 + 7) * 4 + 2]! ^= 1; // subject 1, fixel 7
  fs.writeFileSync(data, bytes);
  const { status, stderr } = await runInProcess(["convert", "fixels", ...Object.values(inputs).slice(0, 2), output]);
  expect([status, ...many.relative(stderr).split("\n").slice(0, 2)]).toEqual([
    0,
    "fixelstream: stopped.fxs: continued from a run that was stopped: 13 of 20 subjects had been converted already",
    "fixelstream: stopped.fxs: values that a stopped run had converted were damaged on the disk: 1 of its subjects read again",
  ]);
  expect(fs.readFileSync(path.join(output, "FD.f32"))).toEqual(fs.readFileSync(many.at("whole.fxs", "FD.f32")));
});

test("results that are exported", async () => {
  const size = fs.statSync(small.at("results", "Zstat.mif")).size;
  const exported = () => run("export", small.at("results"), small.at("r.h5"), "--analysis", "a");
  expect(await flipped(small.at("results", "Zstat.mif"), -1, exported)).toBe(
    `1 fixelstream: error: Cannot export results: expected Zstat.mif as the run wrote it, ${size} bytes with CRC-32 .., got ${size} bytes with CRC-32 ... ` +
      "It is damaged or was changed: restore it, or, if you changed it on purpose, take run.json away.\n",
  );
  expect(fs.existsSync(small.at("r.h5"))).toBe(false);
});

test("nothing of all this when nothing is damaged", async () => {
  expect(await fixels(small.at("s.fxs"), "-")).toMatch(/^0 /);
});
