// Integers of 64 bits in HDF5: as values of subjects, as results, in the tables of fixels, as names. Read exactly, or refused by dataset and value.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { convertModelArray } from "../../../converters/modelarray.js";
import { readFixelTables } from "../../../src/formats/hdf5/fixel-tables.js";
import { loadHdf5 } from "../../../src/formats/hdf5/library.js";
import { openHdf5 } from "../../../src/formats/hdf5/open.js";
import { describeResults, readResults } from "../../../src/formats/hdf5/results-matrix.js";
import { readStoreMatrix } from "../../support/hdf5-fixtures.js";
import { writeTemplate } from "../../support/make-cohort.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const directory = temporaryDirectory();
const template = join(directory, "template");
writeTemplate(template, 3);

type Integers = BigInt64Array | BigUint64Array;
type Made = { data: Integers | Float64Array | readonly string[]; shape: readonly number[]; attributes?: object };
const dtypeOf = (data: Made["data"]) =>
  data instanceof BigUint64Array
    ? "<Q"
    : data instanceof BigInt64Array
      ? "<q"
      : data instanceof Float64Array
        ? "<d"
        : "S";

let nFiles = 0;
async function fileOf(datasets: Readonly<Record<string, Made>>): Promise<string> {
  const path = join(directory, `${nFiles++}.h5`);
  const file = (await loadHdf5()).openFile(path, "x");
  for (const [objectPath, { data, shape, attributes = {} }] of Object.entries(datasets)) {
    const steps = objectPath.split("/").slice(1);
    let group: ReturnType<typeof file.create_group> = file;
    for (const step of steps.slice(0, -1)) group = group.create_group(step);
    const dataset = group.create_dataset({ name: steps.at(-1)!, data, shape, dtype: dtypeOf(data) });
    for (const [name, value] of Object.entries(attributes)) dataset.create_attribute(name, value);
  }
  file.close();
  return path;
}

const convert = async (path: string) => {
  const output = `${path}.fxs`;
  await convertModelArray({
    ...{ input: path, output, scalar: undefined, template, gzipLevel: undefined, memoryBytes: 2 ** 26 },
    ...{ force: true, command: "test" },
  });
  return readStoreMatrix(output, "FD");
};
const refusal = (path: string, objectPath: string, value: bigint) =>
  `Cannot read ${objectPath} of ${path}: expected integers that float64 holds exactly, as all within 2^53 are, got ${value}. Store it as float64 if it may be rounded.`;

const PLACES = [
  { way: "subjects x elements", shape: [2, 3], attributes: { column_names: ["a", "b"] } },
  { way: "elements x subjects", shape: [3, 2], attributes: { column_names: ["a", "b"] } },
];
describe.each(PLACES)("$way", ({ shape, attributes }) => {
  const transposed = shape[0] === 3;
  const of = (data: Integers) => fileOf({ "/scalars/FD/values": { data, shape, attributes } });
  test.each([
    ["int64", BigInt64Array.from([1n, -2n, 2n ** 53n, -(2n ** 53n) - 2n, 2n ** 62n, -(2n ** 62n)])],
    ["uint64", BigUint64Array.from([1n, 2n, 2n ** 53n, 2n ** 53n + 2n, 2n ** 62n, 2n ** 63n])],
  ])("%s that float64 holds", async (_, data) => {
    const { values, type } = await convert(await of(data));
    const order = transposed ? [0, 2, 4, 1, 3, 5] : [0, 1, 2, 3, 4, 5];
    expect(values.map(BigInt)).toEqual(order.map((i) => data[i]));
    expect(type).toBe("f64");
  });
  test.each([
    ["int64", 2n ** 53n + 1n],
    ["int64", -(2n ** 53n) - 1n],
    ["int64", 2n ** 63n - 1n],
    ["uint64", 2n ** 53n + 1n],
    ["uint64", 2n ** 64n - 1n],
  ])("%s that it does not: %d", async (type, value) => {
    const path = await of((type === "int64" ? BigInt64Array : BigUint64Array).from([1n, 2n, 3n, 4n, value, 6n]));
    await expect(convert(path)).rejects.toThrow(refusal(path, "/scalars/FD/values", value));
  });
});

test("results", async () => {
  const read = async (value: bigint) => {
    const data = BigInt64Array.from([0n, 1n, value, 3n]);
    const path = await fileOf({
      "/results/lm/results_matrix": { data, shape: [2, 2], attributes: { colnames: ["a", "b"] } },
    });
    const file = await openHdf5(path);
    try {
      const found: number[][] = [];
      const options = { memoryBytes: 2 ** 20, scratchPath: `${path}.chunk` };
      for await (const row of readResults(file, await describeResults(file, "lm"), options))
        found.push(Array.from(row));
      return found;
    } catch (error) {
      return (error as Error).message.replace(path, "lm.h5");
    } finally {
      await file.close();
    }
  };
  expect(await read(7n)).toEqual([
    [0, 1],
    [7, 3],
  ]);
  expect(await read(2n ** 53n + 1n)).toBe(refusal("lm.h5", "/results/lm/results_matrix", 2n ** 53n + 1n));
});

describe("/fixels and /voxels", () => {
  /** 3 fixels in 2 voxels; `change` spoils something. */
  const tablesOf = async (change: Partial<Record<"fixels" | "voxels", Made["data"]>>, attributes = {}) => {
    const fixels = Float64Array.from([0, 1, 2, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    const voxels = BigInt64Array.from([0n, 1n, 4n, 5n, 2n, 2n, 0n, 0n]);
    const path = await fileOf({
      "/fixels": { data: change.fixels ?? fixels, shape: [5, 3] },
      "/voxels": { data: change.voxels ?? voxels, shape: [4, 2], attributes },
    });
    const file = await openHdf5(path);
    try {
      return (await readFixelTables(file))!;
    } catch (error) {
      return (error as Error).message.replaceAll(path, "a.h5");
    } finally {
      await file.close();
    }
  };
  const sizes = (...dimensions: number[]) => ({
    dimensions: Float64Array.from(dimensions),
    voxel_sizes: Float64Array.from([1, 1, 1]),
  });
  test("whole numbers", async () => {
    expect(await tablesOf({}, sizes(6, 3, 1))).toMatchObject({
      voxelOfFixel: Uint32Array.from([0, 0, 1]),
      voxels: Uint32Array.from([4, 5, 2, 2, 0, 0]),
      geometry: { dimensions: [6, 3, 1] },
    });
  });
  const give = "Give the fixel directory with --template.";
  test.each([
    [
      "a voxel_id between two",
      { fixels: Float64Array.from([0, 1, 2, 0, 0.5, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]) },
      `Cannot use the fixels of a.h5: expected voxel_id of /fixels to rise from 0 to at most 1, with fixels of a voxel together, got 0.5 at fixel 1. ${give}`,
    ],
    [
      "a coordinate between two",
      { voxels: Float64Array.from([0, 1, 4, 5, 2, 2.5, 0, 0]) },
      `Cannot use the fixels of a.h5: expected whole coordinates of 0 and more in /voxels, got 2.5. ${give}`,
    ],
    [
      "a coordinate beyond 2^53",
      { voxels: BigInt64Array.from([0n, 1n, 4n, 2n ** 53n + 1n, 2n, 2n, 0n, 0n]) },
      refusal("a.h5", "/voxels", 2n ** 53n + 1n),
    ],
  ])("%s", async (_, change, message) => expect(await tablesOf(change)).toBe(message));
  test("voxels outside the image that the file describes", async () => {
    expect(await tablesOf({}, sizes(5, 3, 1))).toBe(
      `Cannot use the fixels of a.h5: expected coordinates inside 5 x 3 x 1 in /voxels, got 5 on axis 0 (counted from 0). ${give}`,
    );
    expect(await tablesOf({}, sizes(6.5, 3, 1))).toBe(
      `Cannot use the fixels of a.h5: expected whole sizes of at least 1 in the attribute dimensions of /voxels, got 6.5 x 3 x 1. ${give}`,
    );
  });
});

test("subjects whose names are numbers keep all their digits", async () => {
  const column_names = BigInt64Array.from([2n ** 53n, 2n ** 53n + 1n]);
  const data = Float64Array.from([1, 2, 3, 4, 5, 6]);
  const path = await fileOf({ "/scalars/FD/values": { data, shape: [2, 3], attributes: { column_names } } });
  expect((await convert(path)).names).toEqual(["9007199254740992", "9007199254740993"]);
});
