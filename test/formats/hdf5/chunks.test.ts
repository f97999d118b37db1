// Chunks by every index that h5py can write: values are h5py's, what was never written is counted, and a chunk that is not what its index says is refused, where
// libhdf5 gives whatever its memory holds.
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openMatrixReader } from "../../../src/formats/hdf5/matrix-reader.js";
import { describeScalar } from "../../../src/formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../../../src/formats/hdf5/open.js";
import { askPython, hasH5py, hdf5Fixtures, PYTHON } from "../../support/hdf5-fixtures.js";
import { runInProcess } from "../../support/in-process-cli.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);

async function readMatrix(path: string, name = "FD", partBytes = 2 ** 20) {
  const file = await openHdf5(path);
  try {
    const scalar = await describeScalar(file, name);
    const reader = await openMatrixReader(file, scalar, { partBytes, scratchPath: at("scratch") });
    const values = new Float64Array(scalar.nSubjects * scalar.nElements).fill(-1);
    try {
      for await (const { rectangle, values: part } of reader.parts()) {
        const { firstElement, nElements, firstSubject } = rectangle;
        for (const [i, value] of part.entries())
          values[(firstSubject + Math.floor(i / nElements)) * scalar.nElements + firstElement + (i % nElements)] =
            value;
      }
    } finally {
      reader.close();
    }
    return { values: Array.from(values), unwritten: reader.unwritten, nMissing: reader.nMissing };
  } finally {
    await file.close();
  }
}

test("a chunk without filters whose index gives another size is refused: libhdf5 reads as much, and its memory for the rest", async () => {
  const path = at("size.h5");
  copyFileSync(join(hdf5Fixtures, "h5py-chunks-plain.h5"), path);
  expect((await readMatrix(path)).unwritten).toBeUndefined();
  const bytes = readFileSync(path);
  const node = bytes.indexOf(Buffer.from("TREE\x01\x00", "latin1"));
  const key = node + 24;
  expect(bytes.readUInt32LE(key)).toBe(2 * 7 * 4);
  bytes.writeUInt32LE(8, key);
  writeFileSync(path, bytes);
  await expect(readMatrix(path)).rejects.toThrow(
    /^Cannot read .*size\.h5: expected an HDF5 file as libhdf5 .* write it, got a chunk of 8 bytes where each has 56\. It is damaged/,
  );
});

describe.skipIf(!hasH5py)("chunks of h5py", () => {
  /** [name, values never written, fill]; a: 9 x 50 values in chunks of 4 x 20. */
  const CASES = ["tree", "single", "fixed", "extensible", "tree2"].flatMap((kind) =>
    ["plain", "gzip", "shuffle"].map((filter) => `${kind}-${filter}`),
  );
  const SCATTERED = ["levels", "pages"];
  const OTHERS = ["shrunk", "big-endian", "int16", "unfiltered"];
  const MISSING = [
    ["logical", 2, 150],
    ["factor", 2, 150],
    ["bit64", -(2 ** 63), 1],
  ] as const;
  /** By name. */
  let h5pyReads: Readonly<Record<string, number[]>>;
  beforeAll(() => {
    execFileSync(
      PYTHON,
      [
        "-c",
        `import h5py, numpy as n, zlib
v = n.arange(450).reshape(9, 50) * 0.5
names = [f"s{i}" for i in range(9)]
def make(path, fill, shape=(9, 50), names=names, libver="earliest", **options):
  with h5py.File(path, "w", libver=libver) as f:
    d = f.create_dataset("scalars/FD/values", shape, options.pop("dtype", "f4"), **options); d.attrs["column_names"] = names; fill(d)
def most(d):
  d[:, 20:] = v[:, 20:]; d[4:, :20] = v[4:, :20]
for name, f in (("plain", {}), ("gzip", dict(compression="gzip")), ("shuffle", dict(compression="gzip", shuffle=True))):
  make(f"tree-{name}.h5", most, chunks=(4, 20), fillvalue=7, **f)
  make(f"single-{name}.h5", lambda d: d.__setitem__(..., v), chunks=(9, 50), libver="latest", **f)
  make(f"fixed-{name}.h5", most, chunks=(4, 20), fillvalue=7, libver="latest", **f)
  make(f"extensible-{name}.h5", most, chunks=(4, 20), fillvalue=7, maxshape=(None, 50), libver="latest", **f)
  make(f"tree2-{name}.h5", most, chunks=(4, 20), fillvalue=7, maxshape=(None, None), libver="latest", **f)
many = [f"s{i}" for i in range(60)]
def scattered(d):
  for i in n.random.default_rng(1).permutation(60 * 50)[:2500]: d[i // 50, i % 50] = i
make("levels.h5", scattered, (60, 50), many, chunks=(1, 1))
make("pages.h5", scattered, (60, 50), many, chunks=(1, 1), libver="latest")
def shrunk(d):
  d[:] = n.arange(4000).reshape(80, 50); d.resize((60, 50))
make("shrunk.h5", shrunk, (80, 50), many, chunks=(7, 9), maxshape=(None, None))
make("big-endian.h5", lambda d: d.__setitem__(..., v), chunks=(4, 20), compression="gzip", shuffle=True, dtype=">f8")
make("int16.h5", lambda d: d.__setitem__(..., v), chunks=(4, 20), compression="gzip", shuffle=True, dtype=">i2")
make("never.h5", lambda d: None, chunks=(4, 20), compression="gzip")
def direct(path, change, mask=0):
  def fill(d):
    d[:] = v
    d.id.write_direct_chunk((4, 20), change(n.ascontiguousarray(v[4:8, 20:40].astype("f4")).tobytes()), filter_mask=mask)
  make(path, fill, chunks=(4, 20), compression="gzip")
direct("short.h5", lambda b: zlib.compress(b[:100])); direct("long.h5", lambda b: zlib.compress(b + b)); direct("unfiltered.h5", lambda b: b, 1)
direct("short-unfiltered.h5", lambda b: b[:100], 1)
na = h5py.enum_dtype({"FALSE": 0, "TRUE": 1, "NA": 2}, "u1")
make("logical.h5", lambda d: d.__setitem__(..., n.arange(450).reshape(9, 50) % 3), chunks=(4, 20), dtype=na)
make("factor.h5", lambda d: d.__setitem__(..., n.arange(450).reshape(9, 50) % 3), dtype=h5py.enum_dtype({"low": 0, "mid, a longer name": 1, "NA": 2}, "i4"), libver="latest")
make("bit64.h5", lambda d: d.__setitem__(..., n.where(v == 3, -2 ** 63, v * 2)), dtype="i8")
`,
      ],
      { cwd: directory, stdio: "pipe" },
    );
    // all at once: to start Python and h5py takes longer than to read
    h5pyReads = askPython(
      `import h5py, sys, json, os
read = lambda name: h5py.File(os.path.join(sys.argv[1], name + ".h5"))["scalars/FD/values"][:].astype("f8").ravel().tolist()
print(json.dumps({name: read(name) for name in sys.argv[2:]}))`,
      directory,
      ...[...CASES, ...SCATTERED, ...OTHERS, ...MISSING.map(([name]) => name)],
    );
  });

  test.each(CASES)("%s", async (name) => {
    const { values, unwritten } = await readMatrix(at(`${name}.h5`));
    expect(values).toEqual(h5pyReads[name]);
    // extensible arrays and trees of version 2 are not looked at
    const isCounted = /^(tree|fixed)-/.test(name);
    expect(unwritten).toEqual(isCounted ? { nValues: 4 * 20, fill: 7 } : undefined);
  });
  test.each(SCATTERED)("3,000 chunks written in any order, 500 never: %s", async (name) => {
    const { values, unwritten } = await readMatrix(at(`${name}.h5`));
    expect(values).toEqual(h5pyReads[name]);
    expect(unwritten).toEqual({ nValues: 500, fill: 0 });
  });
  test.each(OTHERS)("%s", async (name) => {
    for (const partBytes of [2 ** 20, 4000]) {
      const { values, unwritten } = await readMatrix(at(`${name}.h5`), "FD", partBytes);
      expect(values).toEqual(h5pyReads[name]);
      expect(unwritten).toBeUndefined();
    }
  });
  test.each([
    ["short", /expected a chunk that unpacks to 320 bytes, got 100 bytes \(the chunk at 4, 20\)\. The file is damaged/],
    ["long", /expected a chunk that unpacks to 320 bytes, got more \(the chunk at 4, 20\)/],
    ["short-unfiltered", /expected a chunk that unpacks to 320 bytes, got 100 bytes \(the chunk at 4, 20\)/],
    ["never", /values of .*never\.h5: its values were never written\. Make the file again\.$/],
  ])("%s is refused", async (name, message) => {
    await expect(readMatrix(at(`${name}.h5`))).rejects.toThrow(message);
  });
  test.each(MISSING)("R's NA in %s is missing", async (name, missing, count) => {
    const { values, nMissing } = await readMatrix(at(`${name}.h5`));
    expect(values).toEqual(h5pyReads[name]!.map((value) => (value === missing ? Number.NaN : value)));
    expect(nMissing).toBe(count);
  });
  test("convert modelarray says what it found", async () => {
    const warningsOf = async (name: string) =>
      (await runInProcess(["convert", "modelarray", at(`${name}.h5`), at(`${name}-plain.h5`), "-quiet"])).stderr;
    expect(await warningsOf("tree-gzip")).toBe(
      `fixelstream: warning: 80 values of FD of ${at("tree-gzip.h5")} are in chunks that were never written: 7 is written, which the file gives for them. If the program that made it was stopped, make it again.\n`,
    );
    expect(await warningsOf("logical")).toBe(
      `fixelstream: warning: 150 values of FD of ${at("logical.h5")} are NA by name: NaN is written.\n`,
    );
    expect(await warningsOf("bit64")).toBe(
      `fixelstream: warning: 1 value of FD of ${at("bit64.h5")} is the least int64, which R writes for NA: NaN is written.\n`,
    );
  });
});
