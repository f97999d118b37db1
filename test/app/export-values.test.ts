// Values in files of other programs: the bytes of .npy and tables against the images and stores they are of.
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { readImageVector, writeImage } from "../../src/formats/image.js";
import { runInProcess } from "../support/in-process-cli.js";
import { fixturesDirectory } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const demo = join(fixturesDirectory, "demo");
const folder = temporaryDirectory();
const at = (name: string) => join(folder, name);
const run = (...tokens: string[]) => runInProcess(["export", ...tokens]);

function readNpy(path: string) {
  const bytes = readFileSync(path);
  expect(bytes.subarray(0, 8)).toEqual(Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]));
  const start = 10 + bytes.readUInt16LE(8);
  expect(start % 64).toBe(0);
  const header = bytes.subarray(10, start).toString("latin1");
  expect(header.endsWith("\n")).toBe(true);
  const body = new Uint8Array(bytes.subarray(start)).buffer;
  return { header: header.trim(), values: header.includes("<f4") ? new Float32Array(body) : new Float64Array(body) };
}

const sub1 = join(demo, "fd", "sub-01.mif");

it("a fixel image is a vector, bit for bit", async () => {
  const { status, stderr } = await run(sub1, at("a.npy"));
  expect({ status, stderr }).toEqual({ status: 0, stderr: `fixelstream: ${at("a.npy")}: 2244 values, float32\n` });
  const { header, values } = readNpy(at("a.npy"));
  expect(header).toBe("{'descr': '<f4', 'fortran_order': False, 'shape': (2244,), }");
  expect(values).toEqual((await readImageVector(sub1)).values);
});

it("an image of voxels keeps its axes, the first fastest", async () => {
  const values = Float64Array.from({ length: 24 }, (_, i) => i / 3);
  writeImage(at("v.mif"), { dimensions: [2, 3, 4], voxelSizes: [1, 1, 1], dataType: "Float64LE" }, values);
  expect((await run(at("v.mif"), at("v.npy"), "--json")).stdout).toBe(
    `${JSON.stringify({ output: at("v.npy"), shape: [2, 3, 4], type: "float64" })}\n`,
  );
  const found = readNpy(at("v.npy"));
  expect(found.header).toBe("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3, 4), }");
  expect(found.values).toEqual(values);
  expect((await run(at("v.mif"), at("v.csv"), "-quiet")).stderr).toBe("");
  const lines = readFileSync(at("v.csv"), "utf8").split("\n");
  expect(lines.slice(0, 4)).toEqual(["i,j,k,value", "0,0,0,0", `1,0,0,${1 / 3}`, `0,1,0,${2 / 3}`]);
  expect(lines[24]).toBe(`1,2,3,${23 / 3}`);
  expect(lines).toHaveLength(26);
});

it("text says every float32 again, as short as it can", async () => {
  const values = Float32Array.from([
    0.1,
    1 / 3,
    16777216,
    1e-40,
    -0.25,
    3.4028234e38,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ]);
  writeImage(at("f.mif"), { dimensions: [8, 1, 1], voxelSizes: [1, 1, 1], dataType: "Float32LE" }, values);
  expect((await run(at("f.mif"), at("f.tsv"))).status).toBe(0);
  const rows = readFileSync(at("f.tsv"), "utf8").trim().split("\n");
  expect(rows.slice(0, 3)).toEqual(["index\tvalue", "0\t0.1", "1\t0.33333334"]);
  expect(Float32Array.from(rows.slice(1), (row) => Number(row.split("\t")[1]))).toEqual(values);
});

describe("a store", () => {
  const store = at("cohort.fxs");
  const convert = (scalar: string) =>
    runInProcess([
      "convert",
      "fixels",
      join(demo, "fd"),
      join(demo, "subjects.txt"),
      store,
      "--scalar",
      scalar,
      "-quiet",
    ]);

  it("is a matrix of subjects and elements", async () => {
    expect((await convert("FD")).status).toBe(0);
    expect((await run(store, at("s.npy"))).status).toBe(0);
    const { header, values } = readNpy(at("s.npy"));
    expect(header).toBe("{'descr': '<f4', 'fortran_order': False, 'shape': (40, 2244), }");
    for (const i of [0, 39]) {
      const name = readFileSync(join(demo, "subjects.txt"), "utf8").split("\n")[i]!;
      const { values: expected } = await readImageVector(join(demo, "fd", name));
      expect(values.subarray(i * 2244, (i + 1) * 2244)).toEqual(expected);
    }
    expect((await run(store, at("s.tsv"))).status).toBe(0);
    const lines = readFileSync(at("s.tsv"), "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(41);
    const [subject, ...cells] = lines[40]!.split("\t");
    expect([subject, cells.length, lines[0]!.split("\t").at(-1)]).toEqual(["sub-40.mif", 2244, "2243"]);
    expect(Float32Array.from(cells, Number)).toEqual(values.subarray(39 * 2244));
  });

  it("of several scalars needs a name", async () => {
    expect((await convert("log_FC")).status).toBe(0);
    expect(await run(store, at("t.npy"))).toEqual({
      status: 2,
      stdout: "",
      stderr: `fixelstream: error: Cannot export ${store}: expected --scalar NAME, because it has FD, log_FC, got none.\n`,
    });
    expect((await run(store, at("t.npy"), "--scalar", "log_FC")).status).toBe(0);
    expect(readFileSync(at("t.npy"))).toEqual(readFileSync(at("s.npy")));
  });

  it("that is damaged is refused, and nothing is left", async () => {
    const damaged = at("damaged.fxs");
    cpSync(store, damaged, { recursive: true });
    const data = readFileSync(join(damaged, "FD.f32"));
    data[1000] = data[1000]! ^ 1;
    writeFileSync(join(damaged, "FD.f32"), data);
    const { status, stderr } = await run(damaged, at("d.npy"), "--scalar", "FD");
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `fixelstream: error: Cannot export ${damaged}: expected it as it was written, got 1 damage. \`fixelstream verify\` names them.\n`,
    });
    expect(existsSync(at("d.npy"))).toBe(false);
  });
});

it("what exists is replaced with -force alone, and never a directory", async () => {
  writeFileSync(at("mine.npy"), "mine");
  expect(await run(sub1, at("mine.npy"))).toEqual({
    status: 1,
    stdout: "",
    stderr: `fixelstream: error: Cannot write ${at("mine.npy")}: it exists. Give another name, or -force to replace it.\n`,
  });
  expect(readFileSync(at("mine.npy"), "utf8")).toBe("mine");
  expect((await run(sub1, at("mine.npy"), "-force")).status).toBe(0);
  expect(readNpy(at("mine.npy")).values).toHaveLength(2244);
  cpSync(join(demo, "matrix"), at("folder.npy"), { recursive: true });
  expect(await run(sub1, at("folder.npy"), "-force")).toMatchObject({ status: 1 });
  expect(existsSync(join(at("folder.npy"), "index.mif"))).toBe(true);
});

it.each([
  [
    [sub1, "x.npy", "--analysis", "a"],
    "Cannot use --analysis with x.npy: expected it with an .h5, got a file of values. Leave it out.",
  ],
  [
    [sub1, "x.tsv", "--template", "a"],
    "Cannot use --template with x.tsv: expected it with an .h5, got a file of values. Leave it out.",
  ],
  [
    [sub1, "x.txt", "--analysis", "a"],
    `Cannot export ${sub1} to x.txt: expected one of them to end in .h5, got neither. Values of an image or a store are exported to .npy, .tsv or .csv.`,
  ],
])("%j is refused", async (tokens, message) =>
  expect(await run(...tokens)).toEqual({ status: 2, stdout: "", stderr: `fixelstream: error: ${message}\n` }),
);

it("four axes are no table", async () => {
  writeImage(
    at("4.mif"),
    { dimensions: [2, 2, 2, 2], voxelSizes: [1, 1, 1, 1], dataType: "Float32LE" },
    new Float32Array(16),
  );
  expect((await run(at("4.mif"), at("4.tsv"))).stderr).toBe(
    `fixelstream: error: Cannot export ${at("4.mif")} as text: expected at most three axes, got 2 x 2 x 2 x 2. Export it to .npy, or one volume of it.\n`,
  );
  expect((await run(at("4.mif"), at("4.npy"))).status).toBe(0);
});
