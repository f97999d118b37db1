// Every type of value that HDF5 knows: numbers are what numpy makes of them, and everything else is refused by its name, before a byte is read.
import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { convertModelArray } from "../../../converters/modelarray.js";
import { openMatrixReader } from "../../../src/formats/hdf5/matrix-reader.js";
import { describeScalar } from "../../../src/formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../../../src/formats/hdf5/open.js";
import { hasH5py, hdf5Fixtures, PYTHON, readStoreMatrix } from "../../support/hdf5-fixtures.js";
import { runInProcess } from "../../support/in-process-cli.js";
import { writeTemplate } from "../../support/make-cohort.js";
import { fixturesDirectory } from "../../support/peer.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const directory = temporaryDirectory();
const template = join(directory, "template");
writeTemplate(template, 5);

const READ: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [2, 4, 8].flatMap((size) =>
      ["", "be"].flatMap((order) => [
        [`f${size}${order}`, `float${8 * size}`],
        [`i${size}${order}`, `int${8 * size}`],
        [`u${size}${order}`, `uint${8 * size}`],
      ]),
    ),
  ),
  i1: "int8",
  u1: "uint8",
  bool: "an enumeration of int8",
  half_extremes: "float16",
  enumeration: "an enumeration of int16",
  committed_type: "float32",
  half_chunks: "float16",
  scale_offset: "int32",
  r_integers: "int32",
};
const REFUSED: Readonly<Record<string, RegExp>> = {
  int12: /got int12 in 2 bytes, from bit 0 on\. If they may become float64: python3 -c/,
  shifted: /got uint16 in 4 bytes, from bit 8 on\. If they may become float64: python3 -c/,
  bfloat16: /got bfloat16\. If they may become float64/,
  long_double: /got long double \(\d+ bits in 16 bytes\)\. If they may become float64/,
  big_enumeration: /got an enumeration of int16 in big-endian order\. If they may/,
  complex: /got 3 x 5 of records \(a compound type\)/,
  compound: /got 3 x 5 of records \(a compound type\)/,
  strings: /got 3 x 5 of text/,
  opaque: /got 3 x 5 of opaque bytes/,
  bits: /got 3 x 5 of bit fields/,
  references: /got 3 x 5 of references/,
  arrays: /got 3 x 5 of arrays/,
  lists: /got 3 x 5 of lists of variable length/,
};

async function readAll(path: string, name: string): Promise<{ values: number[]; typeName: string; nMissing: number }> {
  const file = await openHdf5(path);
  try {
    const scalar = await describeScalar(file, name);
    const reader = await openMatrixReader(file, scalar, { partBytes: 2 ** 20, scratchPath: join(directory, "chunk") });
    const values: number[] = [];
    for await (const part of reader.parts()) values.push(...part.values);
    reader.close();
    return { values, typeName: scalar.values.typeName, nMissing: reader.nMissing };
  } finally {
    await file.close();
  }
}

async function expectedOf(path: string, name: string): Promise<number[]> {
  const file = await openHdf5(path);
  const found = await file.readRectangle(await file.describe(`/expected/${name}`), [0, 0], [3, 5]);
  await file.close();
  return Array.from(found, Number);
}

function expectTypes(path: string): void {
  test.each(Object.entries(READ))(
    `%s is read (${path.includes("fixtures") ? "committed" : "made now"})`,
    async (name, type) => {
      const { values, typeName, nMissing } = await readAll(path, name);
      expect(typeName).toBe(type);
      expect(values).toEqual(await expectedOf(path, name));
      expect(nMissing).toBe(name === "r_integers" ? 2 : 0);
    },
  );
  test.each(Object.entries(REFUSED))(
    `%s is refused (${path.includes("fixtures") ? "committed" : "made now"})`,
    async (name, expected) => {
      await expect(readAll(path, name)).rejects.toThrow(expected);
    },
  );
}

expectTypes(join(hdf5Fixtures, "h5py-types.h5"));

if (hasH5py) {
  const script = join(fixturesDirectory, "make", "hdf5-foreign.py");
  execFileSync(PYTHON, [script, directory], { stdio: "pipe" });
  expectTypes(join(directory, "h5py-types.h5"));
}

test("float16 and small integers need no float64 in a store, and R's missing integers are counted", async () => {
  for (const name of ["f2", "half_extremes", "i2", "bool", "r_integers"]) {
    const path = join(directory, "types.h5");
    copyFileSync(join(hdf5Fixtures, "h5py-types.h5"), path);
    const output = join(directory, `${name}.fxs`);
    const { warnings, scalars } = await convertModelArray({
      ...{ input: path, output, scalar: name, template, gzipLevel: undefined, memoryBytes: 2 ** 26 },
      ...{ force: false, command: "test" },
    });
    expect(scalars[0]!.elementType).toBe("f32");
    expect(readStoreMatrix(output, name).values).toEqual(await expectedOf(path, name));
    expect(warnings).toEqual(
      name === "r_integers"
        ? [`2 values of r_integers of ${path} are the least int32, which R writes for NA: NaN is written.`]
        : [],
    );
  }
});

test("the command says so on standard error", async () => {
  const input = join(hdf5Fixtures, "h5py-types.h5");
  const tokens = ["convert", "modelarray", input, join(directory, "r.h5"), "--scalar", "r_integers", "-quiet"];
  expect(await runInProcess(tokens)).toEqual({
    status: 0,
    stdout: "",
    stderr: `fixelstream: warning: 2 values of r_integers of ${input} are the least int32, which R writes for NA: NaN is written.\n`,
  });
});

test("info lists what can be used, and what cannot with the reason", async () => {
  const { stdout, status } = await runInProcess(["info", join(hdf5Fixtures, "h5py-types.h5")]);
  expect(status).toBe(0);
  expect(stdout).toContain("scalar       f2be: 3 subjects x 5 elements, contiguous, float16 big-endian\n");
  expect(stdout).toMatch(/^scalar {7}bfloat16 cannot be used: Cannot read .*, got bfloat16\./m);
  expect(stdout.match(/^scalar {7}\w+: /gm)).toHaveLength(Object.keys(READ).length);
  expect(stdout.match(/ cannot be used: /g)).toHaveLength(Object.keys(REFUSED).length);
});
