// Results go where element_id says, whatever order the columns have; voxels into a grid like that of a reference image, as it is stored.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openFixelDirectory } from "../../src/formats/fixel-directory.js";
import { openDraft } from "../../src/formats/hdf5/draft.js";
import { tablesOfDirectory } from "../../src/formats/hdf5/fixel-tables.js";
import { ELEMENT_ID, writeResults } from "../../src/formats/hdf5/results-matrix.js";
import { writeFixelTables, writeVoxelTable } from "../../src/formats/hdf5/write-fixel-tables.js";
import { writeImage } from "../../src/formats/image.js";
import { askPython, hasH5py } from "../support/hdf5-fixtures.js";
import { runInProcess } from "../support/in-process-cli.js";
import { writeTemplate } from "../support/make-cohort.js";
import { hasCommand, readSmallImage } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const at = (...names: string[]) => join(directory, ...names);
const N = 12;
beforeAll(() => writeTemplate(at("fd"), N));

/** ids: of each column; the statistic is 10 times the id. */
async function writeFile(
  name: string,
  ids: readonly number[],
  options: { names?: string[]; voxels?: Uint32Array } = {},
) {
  const draft = await openDraft(at(name), at(name), "make");
  if (options.voxels !== undefined) await writeVoxelTable(draft, { voxels: options.voxels, geometry: undefined });
  const names = options.names ?? [ELEMENT_ID, "age.estimate", "age.p.value"];
  await writeResults(draft, { analysis: "lm", names, nElements: ids.length }, (i) =>
    Float64Array.from(ids, (id) => (names[i] === ELEMENT_ID ? id : names[i] === "age.p.value" ? id / 100 : 10 * id)),
  );
  await draft.close();
}

async function exportFixels(name: string) {
  const tokens = ["export", at(`${name}.h5`), at(name), "--analysis", "lm", "--template", at("fd")];
  const { status, stderr } = await runInProcess(tokens);
  return { status, stderr: stderr.replaceAll(`${directory}/`, "") };
}
const valuesOf = (name: string, image = "lm_age.estimate.mif") => Array.from(readSmallImage(at(name, image)).values);
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

test("whose tables have no geometry: images on a made-up grid are said to be that", async () => {
  const draft = await openDraft(at("no-place.h5"), at("no-place.h5"), "make");
  await writeFixelTables(draft, { ...tablesOfDirectory(openFixelDirectory(at("fd"))), geometry: undefined });
  await writeResults(draft, { analysis: "lm", names: ["age.estimate"], nElements: N }, () => new Float64Array(N));
  await draft.close();
  const exported = async (output: string, ...more: string[]) => {
    const tokens = ["export", at("no-place.h5"), at(output), "--analysis", "lm", ...more];
    return (await runInProcess(tokens)).stderr.replaceAll(`${directory}/`, "");
  };
  expect(await exported("no-place")).toBe(
    "fixelstream: warning: Nobody knows where the fixels of no-place.h5 are: index and directions come from tables without voxel size and position, so results lie on a grid of 1 mm at the origin. Give the real fixel directory with --template when a ModelArray file is converted, analysed or exported.\nfixelstream: no-place: 1 image of 12 fixels\n",
  );
  expect(await exported("placed", "--template", at("fd"))).toBe("fixelstream: placed: 1 image of 12 fixels\n");
});

describe("element_id", () => {
  test("in the order of the parts of a split analysis", async () => {
    const ids = [...range(N).slice(7), ...range(7)];
    await writeFile("split.h5", ids);
    const { status, stderr } = await exportFixels("split");
    expect([status, stderr]).toEqual([0, "fixelstream: split: 4 images of 12 fixels, in the order of element_id\n"]);
    expect(valuesOf("split")).toEqual(range(N).map((id) => 10 * id));
    expect(valuesOf("split", "lm_element_id.mif")).toEqual(range(N));
    expect(valuesOf("split", "lm_age.1m.p.value.mif")).toEqual(range(N).map((id) => 1 - id / 100));
  });
  test("of some elements: the others are NaN, and counted", async () => {
    await writeFile("some.h5", [9, 2, 5]);
    const { status, stderr } = await exportFixels("some");
    expect(status).toBe(0);
    expect(stderr).toBe(
      "fixelstream: warning: lm has values of 3 of 12 fixels (element_id): the other 9 are NaN in the images.\nfixelstream: some: 4 images of 12 fixels, in the order of element_id\n",
    );
    expect(valuesOf("some")).toEqual(range(N).map((id) => ([9, 2, 5].includes(id) ? 10 * id : Number.NaN)));
  });
  test("need not be the first statistic", async () => {
    await writeFile("last.h5", range(N).reverse(), { names: ["age.estimate", ELEMENT_ID] });
    expect((await exportFixels("last")).status).toBe(0);
    expect(valuesOf("last")).toEqual(range(N).map((id) => 10 * id));
  });
  test.each([
    [
      "twice",
      [0, 1, 2, 1, 4],
      "each element_id once, got 1 in columns 1 and 3. Join the parts of the analysis again, each element once.",
    ],
    [
      "beyond",
      [0, 1, 12],
      "an element_id from 0 to 11, a number of the 12 fixels in fd, got 12 in column 2. Give the right fixel directory with --template. It counts from 0, as ModelArray does.",
    ],
    [
      "fraction",
      [0, 1.5],
      "an element_id from 0 to 11, a number of the 12 fixels in fd, got 1.5 in column 1. Give the right fixel directory with --template.",
    ],
    [
      "missing",
      [0, Number.NaN],
      "an element_id from 0 to 11, a number of the 12 fixels in fd, got NaN in column 1. Give the right fixel directory with --template.",
    ],
    [
      "below",
      [-1, 0],
      "an element_id from 0 to 11, a number of the 12 fixels in fd, got -1 in column 0. Give the right fixel directory with --template.",
    ],
    ["more", range(N + 1), "13 fixels in fd, got 12. Give the right fixel directory with --template."],
  ])("%s is refused by name", async (name, ids, message) => {
    await writeFile(`${name}.h5`, ids);
    const { status, stderr } = await exportFixels(name);
    expect([status, stderr]).toEqual([1, `fixelstream: error: Cannot export lm of ${name}.h5: expected ${message}\n`]);
  });
  test("without it the number of values must be that of the elements", async () => {
    await writeFile("bare.h5", range(N), { names: ["age.estimate"] });
    expect((await exportFixels("bare")).stderr).toBe("fixelstream: bare: 1 image of 12 fixels\n");
    await writeFile("fewer.h5", range(N - 2), { names: ["age.estimate"] });
    expect(await exportFixels("fewer")).toEqual({
      status: 1,
      stderr:
        "fixelstream: error: Cannot export lm of fewer.h5: expected a value for each of the 12 fixels in fd, or a statistic element_id that says which it has, got 10 values and no element_id. Give the right fixel directory with --template.\n",
    });
  });
  test("what was put in place goes back into a file with element_id counted anew", async () => {
    const run = await runInProcess(["export", at("some"), at("back.h5"), "--analysis", "lm", "-quiet"]);
    expect(run).toEqual({ status: 0, stdout: "", stderr: "" });
    const { stderr } = await runInProcess(["export", at("back.h5"), at("forth"), "--analysis", "lm"]);
    expect(stderr).toContain("4 images of 12 fixels\n");
    expect(valuesOf("forth")).toEqual(valuesOf("some"));
    expect(valuesOf("forth", "lm_element_id.mif")).toEqual(range(N));
  });
});

describe("voxels", () => {
  /** Left-handed: MRtrix3 turns it, nibabel does not. */
  const transform = [
    [-1, 0, 0, 40],
    [0, 1, 0, -20],
    [0, 0, 1, 5],
  ];
  const places = [
    [0, 0, 0],
    [2, 1, 0],
    [3, 2, 1],
    [1, 0, 1],
  ];
  const voxels = Uint32Array.from([0, 1, 2].flatMap((axis) => places.map((place) => place[axis]!)));
  beforeAll(async () => {
    await writeFile("voxels.h5", [2, 0, 3, 1], { voxels });
    const spec = { dimensions: [4, 3, 2], voxelSizes: [2, 2, 2.5], dataType: "Float32LE", transform } as const;
    for (const ending of ["nii", "nii.gz", "mif"]) writeImage(at(`mask.${ending}`), spec, new Float32Array(24));
    writeImage(at("small.nii"), { ...spec, dimensions: [3, 3, 2] }, new Float32Array(18));
  });
  const exportVoxels = async (output: string, ...more: string[]) => {
    const { status, stderr } = await runInProcess(["export", at("voxels.h5"), at(output), "--analysis", "lm", ...more]);
    return { status, stderr: stderr.replaceAll(`${directory}/`, "") };
  };
  const expected = range(24).map((i) => {
    const found = places.findIndex(([x, y, z]) => x! + 4 * (y! + 3 * z!) === i);
    return found < 0 ? Number.NaN : 10 * found;
  });

  test.each(["nii", "nii.gz", "mif"])("into a grid like that of a reference in .%s", async (ending) => {
    const output = `grid-${ending}`;
    expect(await exportVoxels(output, "--template", at(`mask.${ending}`))).toEqual({
      status: 0,
      stderr: `fixelstream: ${output}: 4 images of 4 voxels, in the order of element_id\n`,
    });
    const path = at(output, `lm_age.estimate.${ending}`);
    if (ending === "mif") expect(Array.from(readSmallImage(path).values)).toEqual(expected);
    if (ending !== "mif" && hasH5py) {
      const program = `import gzip, json, numpy, sys
b = (gzip.open if sys.argv[1].endswith("gz") else open)(sys.argv[1], "rb").read()
print(json.dumps(dict(dim=numpy.frombuffer(b, "<i2", 4, 40).tolist(), sform=numpy.frombuffer(b, "<f4", 12, 280).tolist(), values=numpy.nan_to_num(numpy.frombuffer(b, "<f4", 24, 352), nan=-1).tolist())))`;
      const found = askPython<{ dim: number[]; sform: number[]; values: number[] }>(program, path);
      expect(found.dim).toEqual([3, 4, 3, 2]);
      expect(found.sform).toEqual([-2, 0, 0, 40, 0, 2, 0, -20, 0, 0, 2.5, 5]);
      expect(found.values).toEqual(expected.map((value) => (Number.isNaN(value) ? -1 : value)));
    }
    if (hasCommand("mrinfo")) {
      const info = (file: string) =>
        execFileSync("mrinfo", [file, "-transform", "-size", "-spacing", "-quiet"], { encoding: "utf8" });
      expect(info(path)).toBe(info(at(`mask.${ending}`)));
    }
  });
  test("not without a reference, nor into a smaller one", async () => {
    expect(await exportVoxels("none")).toEqual({
      status: 2,
      stderr:
        "fixelstream: error: Cannot export voxels.h5: it is voxel-wise (/voxels without /fixels) and does not say in which space. Give an image of the same grid, such as the group mask that it was made with: --template MASK.nii.gz.\n",
    });
    expect(await exportVoxels("small", "--template", at("small.nii"))).toEqual({
      status: 1,
      stderr:
        "fixelstream: error: Cannot export voxels.h5: expected all voxels of /voxels inside small.nii, 3 x 3 x 2, got 3, 2, 1 (i, j, k from 0). Give an image of the grid that the file was made with: --template MASK.nii.gz.\n",
    });
  });
  test.skipIf(!hasH5py)("by voxel_id where the table has another order, and no voxel twice", async () => {
    const program = `import h5py, shutil, sys
for name, ids in (("turned.h5", [3, 2, 1, 0]), ("twice.h5", [0, 1, 1, 3])):
  shutil.copy("voxels.h5", name)
  with h5py.File(name, "a") as f:
    v = f["voxels"][:]; v[0] = ids
    if name == "turned.h5": v[1:] = v[1:, ::-1]
    f["voxels"][:] = v
print("null")`;
    writeFileSync(at("turn.py"), program);
    execFileSync("/usr/bin/python3", ["turn.py"], { cwd: directory, stdio: "pipe" });
    const run = (name: string) =>
      runInProcess([
        "export",
        at(name),
        at(`out-${name.slice(0, -3)}`),
        "--analysis",
        "lm",
        "--template",
        at("mask.mif"),
        "-quiet",
      ]);
    expect(await run("turned.h5")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(Array.from(readSmallImage(at("out-turned", "lm_age.estimate.mif")).values)).toEqual(expected);
    expect((await run("twice.h5")).stderr).toContain(
      "expected each voxel_id of /voxels from 0 to 3 once, got 1 a second time at place 2",
    );
  });
});

test.skipIf(!hasH5py)("greyordinates are refused by name, with what makes images of them", async () => {
  execFileSync("/usr/bin/python3", [
    "-c",
    'import h5py,sys; f = h5py.File(sys.argv[1], "w"); f["greyordinates"] = [[0, 1], [0, 0]]; r = f.create_dataset("results/lm/results_matrix", data=[[0.0, 1.0]]); r.attrs["colnames"] = ["element_id"]',
    at("grey.h5"),
  ]);
  const { status, stderr } = await runInProcess(["export", at("grey.h5"), at("grey"), "--analysis", "lm"]);
  expect(status).toBe(2);
  expect(stderr).toContain("it is greyordinate-wise (/greyordinates)");
  expect(stderr).toContain("ModelArrayIO (ciftistats_write)");
});
