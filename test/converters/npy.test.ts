// numpy's arrays of every type, byte order and order of axes, alone and in archives: a store has what numpy reads, or the array is refused by name.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { convertVectorInput } from "../../src/app/convert/convert-vectors.js";
import { hasH5py, PYTHON, readStoreMatrix } from "../support/hdf5-fixtures.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { bytesOf, npyBytes, zipBytes } from "../support/write-npy.js";

const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);

let nStores = 0;
async function convert(input: string, { scalar = "values", memoryBytes = 2 ** 24 } = {}) {
  const output = at(`${nStores++}.fxs`);
  const summary = await convertVectorInput({
    ...{ input: at(input), output, scalar, memoryBytes, force: false, command: "test" },
  });
  return { ...summary, ...readStoreMatrix(output, scalar) };
}
const refusal = (input: string, scalar?: string): Promise<string> =>
  convert(input, scalar === undefined ? {} : { scalar }).then(
    () => "accepted",
    (error: Error) => error.message.replaceAll(`${directory}/`, ""),
  );
const write = (name: string, bytes: Uint8Array) => writeFileSync(at(name), bytes);

describe.skipIf(!hasH5py)("as numpy reads it", () => {
  const TYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"];
  beforeAll(() => {
    execFileSync(
      PYTHON,
      [
        "-c",
        `import sys, numpy as n
v = n.arange(7 * 11).reshape(7, 11)
for t in sys.argv[1:]:
  a = (v % 2 if t == "?" else v - 30 if t[0] == "i" else v / 8 if t[0] == "f" else v).astype(t)
  if t[0] in "iu":
    i = n.iinfo(t); a[1, 2] = i.max >> 11 << 11 if t[1] == "8" else i.max; a[2, 3] = i.min + 1 if t in ("i1", "i2", "i4") else i.min >> 11 << 11 if t == "u8" else 2 ** 53 if t == "i8" else i.min
  if t[0] == "f":
    f = n.finfo(t); a[0, :5] = [f.max, -f.max, f.tiny, n.nan, n.inf]; a[1, 0] = f.smallest_subnormal; a[1, 1] = -0.0
  a.astype("f8").tofile(t.replace("?", "b") + ".bin")
  for order in "<>":
    for layout in "CF":
      name = (t + order + layout).replace("?", "b").replace("<", "l").replace(">", "g")
      b = n.array(a, dtype=n.dtype(t).newbyteorder(order), order=layout)
      n.save(name + ".npy", b); n.savez(name + "-stored.npz", b); n.savez_compressed(name + "-deflated.npz", values=b)
`,
        ...TYPES,
      ],
      { cwd: directory, stdio: "pipe" },
    );
  });
  test.each(TYPES)("%s", async (type) => {
    const base = type.replace("?", "b");
    const expected = new Float64Array(Uint8Array.from(readFileSync(at(`${base}.bin`))).buffer);
    for (const order of ["l", "g"])
      for (const layout of ["C", "F"])
        for (const form of [".npy", "-stored.npz", "-deflated.npz"]) {
          const { values, elementType, nSubjects, nElements, warnings } = await convert(base + order + layout + form);
          expect([nSubjects, nElements, warnings]).toEqual([7, 11, []]);
          expect(values).toEqual(Array.from(expected));
          expect(elementType).toBe(["i4", "u4", "i8", "u8", "f8"].includes(type) ? "f64" : "f32");
        }
  });
});

describe("Fortran order", () => {
  /** [rows][columns], as they lie: column by column. */
  const fortran = (nRows: number, nColumns: number) =>
    Float32Array.from({ length: nRows * nColumns }, (_, i) => (i % nRows) * nColumns + Math.floor(i / nRows));
  test.each([false, true])("in groups of subjects, each a pass over the file; deflated: %s", async (deflate) => {
    const [nRows, nColumns] = [9, 70_000];
    const array = npyBytes({ shape: [nRows, nColumns], fortran: true, data: bytesOf(fortran(nRows, nColumns)) });
    write("f.npz", zipBytes({ "f.npy": array }, deflate));
    // of 280 KB a subject: a few at a time
    const { values } = await convert("f.npz", { memoryBytes: 2 ** 21 + 2 ** 20 });
    expect(values.every((value, i) => value === i)).toBe(true);
    expect(values).toHaveLength(nRows * nColumns);
  });
});

test("what R and pandas write for a missing value becomes NaN, and is counted", async () => {
  const r = Int32Array.from([1, -(2 ** 31), 3, -(2 ** 31), -(2 ** 31) + 1, 6]);
  write("r.npy", npyBytes({ descr: "<i4", shape: [2, 3], data: new Uint8Array(r.buffer) }));
  expect(await convert("r.npy")).toMatchObject({
    values: [1, Number.NaN, 3, Number.NaN, -(2 ** 31) + 1, 6],
    missing: { nElements: 2, nValues: 2 },
    warnings: [`2 values of ${at("r.npy")} are the least int32, which R writes for NA: NaN is used.`],
  });
  const pandas = BigInt64Array.from([1n, -(2n ** 63n)]);
  write("p.npy", npyBytes({ descr: "<i8", shape: [1, 2], data: new Uint8Array(pandas.buffer) }));
  const { values, warnings } = await convert("p.npy");
  expect(values).toEqual([1, Number.NaN]);
  expect(warnings).toEqual([
    `1 value of ${at("p.npy")} is the least int64, which R and pandas write for a missing value: NaN is used.`,
  ]);
});

describe("values that no float64 equals", () => {
  const big = BigInt64Array.from([1n, 2n, 2n ** 53n + 1n, 4n, -(2n ** 53n) - 1n, 2n ** 60n]);
  test.each([
    ["C", false, "row 1, column 3"],
    ["Fortran", true, "row 1, column 2"],
  ])("are counted, the first is named: %s order", async (_, fortran, where) => {
    write("i.npy", npyBytes({ descr: "<i8", shape: [2, 3], fortran, data: new Uint8Array(big.buffer) }));
    expect(await refusal("i.npy")).toBe(
      `Cannot read i.npy: expected integers that float64 holds exactly, as all within 2^53 are, got 2 of 6 that are not, first 9007199254740993 (${where}). If they may be rounded: python3 -c "import numpy as n,sys; a=n.load(sys.argv[1]); n.save(sys.argv[2],a.astype('f8'))" ${directory}/i.npy ${directory}/i-plain.npy`.replaceAll(
        `${directory}/`,
        "",
      ),
    );
  });
  test("bytes of a boolean that are neither 0 nor 1", async () => {
    write("b.npy", npyBytes({ descr: "|b1", shape: [1, 3], data: Uint8Array.of(0, 1, 2) }));
    expect(await refusal("b.npy")).toMatch(
      /expected 0 or 1 in the byte of a boolean, got 1 of 3 that are not, first 2 \(row 1, column 3\)\. It is damaged/,
    );
  });
});

describe("archives", () => {
  const array = (first: number) =>
    npyBytes({ shape: [2, 3], data: bytesOf(Float32Array.from({ length: 6 }, (_, i) => first + i)) });
  test("of several arrays the one that is named, with .npy or without, or without an ending there", async () => {
    write("two.npz", zipBytes({ "FA.npy": array(0), "MD.npy": array(10), bare: array(20) }, true));
    for (const [scalar, first] of [
      ["FA", 0],
      ["MD", 10],
      ["MD.npy", 10],
      ["bare", 20],
    ] as const)
      expect((await convert("two.npz", { scalar })).values[0]).toBe(first);
    expect(await refusal("two.npz", "FC")).toBe(
      "Cannot read two.npz: expected one array in it, or one called FC, got 3 (FA.npy, MD.npy, bare). Choose one: --scalar FA",
    );
  });
  test("two of one name, as zip allows", async () => {
    const bytes = zipBytes({ "FA.npy": array(0), "FB.npy": array(10) }, false);
    write("twice.npz", Buffer.from(bytes.toString("latin1").replaceAll("FB.npy", "FA.npy"), "latin1"));
    expect(await refusal("twice.npz", "FA")).toBe(
      "Cannot read twice.npz: expected one array of a name, got 2 called FA. Save the one that is meant alone: numpy.savez.",
    );
  });
  test("a folder in front, one array behind it", async () => {
    write("folder.npz", zipBytes({ "data/": new Uint8Array(0), "data/FA.npy": array(5) }, true));
    expect((await convert("folder.npz")).values[0]).toBe(5);
  });
  test("encrypted, or compressed as numpy does not", async () => {
    const bytes = zipBytes({ "a.npy": array(0) }, false);
    const central = bytes.indexOf("PK\x01\x02", 0, "latin1");
    const encrypted = Buffer.from(bytes);
    encrypted[6]! |= 1;
    encrypted[central + 8]! |= 1;
    encrypted.writeUInt32LE(bytes.readUInt32LE(central + 20) + 12, central + 20); // what the cipher puts in front
    write("encrypted.npz", encrypted);
    expect(await refusal("encrypted.npz")).toBe(
      "Cannot read encrypted.npz: expected a.npy stored or deflated, as numpy writes it, got an encrypted one. Unpack it with its password (unzip), and give the .npy.",
    );
    const zstd = Buffer.from(bytes);
    zstd[8] = 93;
    zstd[central + 10] = 93;
    write("zstd.npz", zstd);
    expect(await refusal("zstd.npz")).toMatch(
      /got one compressed by method 93\. Unpack the archive, and give the \.npy\.$/,
    );
  });
  test.skipIf(!hasH5py)("zip64, from a pipe, with comments: as Python's zipfile writes them", async () => {
    execFileSync(
      PYTHON,
      [
        "-c",
        `import io, numpy as n, zipfile
b = io.BytesIO(); n.save(b, n.arange(6.).reshape(2, 3))
class Pipe(io.RawIOBase):
  def __init__(self, f): self.f = f
  def writable(self): return True
  def write(self, b): return self.f.write(b)
with open("pipe.npz", "wb") as f, zipfile.ZipFile(Pipe(f), "w", zipfile.ZIP_DEFLATED) as z: z.writestr("a.npy", b.getvalue())
with zipfile.ZipFile("big.npz", "w") as z:
  with z.open("a.npy", "w", force_zip64=True) as m: m.write(b.getvalue())
  z.comment = b"made by hand"
with open("front.npz", "wb") as f: f.write(b"#!/bin/sh\\n")
with zipfile.ZipFile("front.npz", "a") as z: z.writestr("a.npy", b.getvalue())
`,
      ],
      { cwd: directory, stdio: "pipe" },
    );
    for (const name of ["pipe.npz", "big.npz"]) expect((await convert(name)).values).toEqual([0, 1, 2, 3, 4, 5]);
    // something in front: offsets are those of the file in Python's archives
    expect((await convert("front.npz")).values).toEqual([0, 1, 2, 3, 4, 5]);
  });
  test("cut anywhere: refused by name", async () => {
    const bytes = zipBytes({ "a.npy": array(0) }, true);
    for (let length = 0; length < bytes.length; length += 7) {
      write("cut.npz", bytes.subarray(0, length));
      expect(await refusal("cut.npz")).toMatch(/^Cannot read cut\.npz: expected/);
    }
  });
});

test("several arrays in one .npy, as numpy.save twice writes them: the first is not taken silently", async () => {
  const one = npyBytes({ shape: [1, 3], data: bytesOf(Float32Array.of(1, 2, 3)) });
  write("appended.npy", Buffer.concat([one, one]));
  expect(await refusal("appended.npy")).toMatch(
    /expected 140 bytes for 1 x 3 values of float32, got 280\. Something follows, perhaps another array\. The first one alone: python3 -c /,
  );
});

test("a header of Python 2, and one with blanks", async () => {
  const bytes = npyBytes({ shape: [1, 3], data: bytesOf(Float32Array.of(1, 2, 3)) });
  write("old.npy", Buffer.from(bytes.toString("latin1").replace("(1, 3), }  ", "(1L, 3L), }"), "latin1"));
  expect((await convert("old.npy")).values).toEqual([1, 2, 3]);
});
