// A ModelArray file of voxels: its elements stand in the order of its table /voxels, which is not that of the mask. Wherever a voxel stands, its results
// are those of the images; what would be taken for another voxel is refused.
import fs from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { convertVoxels } from "../../src/app/convert/convert-voxels.js";
import { openImage, writeImage } from "../../src/formats/image.js";
import { runInProcess } from "../support/in-process-cli.js";
import { listNonzero, valuesAt, writeModelArrayFile } from "../support/modelarray-file.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const SIZE = [6, 5, 4] as const;
const N = 120;
const N_SUBJECTS = 12;
type Voxel = [number, number, number];

/** What a scanner may put there: MRtrix3 presents all of them with axes along x, y and z. */
const TRANSFORMS = {
  "as MRtrix3 presents it": [
    [1, 0, 0, -5],
    [0, 1, 0, 3],
    [0, 0, 1, 2],
  ],
  "left-handed": [
    [-1, 0, 0, 5],
    [0, 1, 0, 3],
    [0, 0, 1, 2],
  ],
  "sagittal, upside down": [
    [0, 0, 1, 5],
    [1, 0, 0, 3],
    [0, -1, 0, 2],
  ],
} as const;

function study(directory: string, transform: readonly (readonly number[])[]) {
  fs.mkdirSync(join(directory, "out"), { recursive: true });
  const at = (name: string) => join(directory, name);
  const random = createRandom(11);
  const spec = { dimensions: SIZE, voxelSizes: [2, 2, 2.5], dataType: "Float32LE", transform } as const;
  writeImage(
    at("mask.nii"),
    spec,
    Float32Array.from({ length: N }, () => Number(random.uniform() < 0.7)),
  );
  const names = Array.from({ length: N_SUBJECTS }, (_, s) => `s${s}.nii`);
  for (const [s, name] of names.entries()) {
    const noise = Float32Array.from({ length: N }, () => random.normal());
    const values = noise.map((value, i) => 5 + value + (noise[i + 1] ?? 0) + (i < 40 && s % 2 === 1 ? 2 : 0));
    writeImage(at(name), spec, values);
  }
  fs.writeFileSync(at("images.txt"), names.map((name) => `${name}\n`).join(""));
  fs.writeFileSync(at("design.txt"), names.map((_, s) => `1 ${s % 2}\n`).join(""));
  fs.writeFileSync(at("contrast.txt"), "0 1\n");
  const run = (input: string, prefix: string, ...tokens: string[]) =>
    runInProcess([
      ...["mrclusterstats", at(input), at("design.txt"), at("contrast.txt"), at("mask.nii"), at(`out/${prefix}`)],
      ...["-nshuffles", "60", "--seed", "3", "-nthreads", "0", "-quiet", "--cache", at("cache"), ...tokens],
    ]);
  const write = (name: string, voxels: readonly Voxel[], dtype: "f4" | "f8" = "f4") => {
    const values = names.flatMap((image) => valuesAt(at(image), voxels));
    const typed = dtype === "f4" ? Float32Array.from(values) : Float64Array.from(values);
    return writeModelArrayFile(at(name), { values: typed, names, voxels });
  };
  const results = (prefix: string) => {
    const files = fs.readdirSync(at("out")).filter((name) => name.startsWith(prefix) && name.endsWith(".mif"));
    return Object.fromEntries(files.map((name) => [name.slice(prefix.length), valuesIn(at(`out/${name}`))]));
  };
  const nulls = (prefix: string) => fs.readFileSync(at(`out/${prefix}null_dist.txt`), "utf8").split("\n")[1];
  return { at, run, write, results, nulls, voxels: listNonzero(at("mask.nii")) };
}

function valuesIn(path: string): number[] {
  const image = openImage(path);
  const found = new Float64Array(image.nElements);
  image.copyValuesInto(found, 0, found.length);
  image.close();
  return [...found];
}

const root = temporaryDirectory();
const OK = { status: 0, stderr: "" };

describe.each(Object.keys(TRANSFORMS) as (keyof typeof TRANSFORMS)[])("images %s", (name) => {
  const { run, write, results, nulls, voxels } = study(join(root, name), TRANSFORMS[name]);
  beforeAll(async () => {
    await write("numpy.h5", voxels);
    const shuffled = createRandom(5)
      .permutation(voxels.length)
      .map((i) => voxels[i]!);
    await write("shuffled.h5", shuffled, "f8");
  });
  test.each([
    ["TFCE, 6 neighbours", []],
    ["TFCE, 26 neighbours, not stationary", ["-connectivity", "-nonstationarity", "-nshuffles_nonstationarity", "30"]],
    ["every height", ["--tfce-exact"]],
    ["sizes of clusters", ["-threshold", "1.2"]],
  ])("%s: of each voxel what the images give, in numpy's order and in any", async (_, tokens) => {
    expect(await run("images.txt", "list_", "-force", ...tokens)).toMatchObject({ status: 0 });
    const expected = results("list_");
    expect(Object.keys(expected).length).toBeGreaterThan(8);
    expect(expected["tvalue.mif"]!.filter((value) => value !== 0)).toHaveLength(voxels.length);
    const { "null_contributions.mif": contributions, ...others } = expected;
    for (const [input, more] of [
      ["numpy.h5", []],
      ["numpy.h5", ["--io", "mmap", "--memory", "3MiB"]],
      ["shuffled.h5", []],
    ] as const) {
      const { stderr } = await run(input, "h5_", "-force", ...tokens, ...more);
      expect(stderr.replace(/^fixelstream: warning: \d+ results of an earlier run.*\n/, "")).toBe("");
      const { "null_contributions.mif": ours, ...same } = results("h5_");
      expect(same).toEqual(others);
      expect(nulls("h5_")).toBe(nulls("list_"));
      // of equal maxima the first element counts, and the elements stand in another order
      const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
      expect(sum(ours!)).toBe(sum(contributions!));
    }
  });
});

test("in shards, merged elsewhere; the page knows which column is which voxel", async () => {
  const { at, run, write, results, nulls, voxels } = study(join(root, "shards"), TRANSFORMS["left-handed"]);
  await write("numpy.h5", voxels);
  for (const [prefix, input] of [
    ["whole_", "numpy.h5"],
    ["list_", "images.txt"],
  ] as const)
    expect(await run(input, prefix, "--report")).toMatchObject({ status: 0 });
  for (const part of ["1/2", "2/2"])
    expect(await run("numpy.h5", "parts_", "--shard", part)).toMatchObject({ status: 0 });
  expect(await runInProcess(["merge", at("out/parts_"), "-nthreads", "0", "-quiet"])).toMatchObject({ status: 0 });
  expect(results("parts_")).toEqual(results("whole_"));
  expect(nulls("parts_")).toBe(nulls("whole_"));
  // clusters of one size come in the order of their elements
  const clusters = (prefix: string) =>
    fs
      .readFileSync(at(`out/${prefix}clusters_t1.tsv`), "utf8")
      .split("\n")
      .map((line) => line.split("\t").filter((_, column) => column !== 0 && column !== 2))
      .sort();
  expect(clusters("whole_").length).toBeGreaterThan(2);
  expect(clusters("whole_")).toEqual(clusters("list_"));
  const effects = (prefix: string) => {
    const page = fs.readFileSync(at(`out/${prefix}report.html`), "utf8");
    const [head, ...rows] = /<pre id="effects-t1"[^>]*>(.*?)<\/pre>/s.exec(page)![1]!.trim().split("\n");
    const table = [head!, ...rows].map((line) => line.split("\t"));
    return table[0]!.map((_, column) => table.slice(1).map((row) => row[column])).sort();
  };
  expect(effects("whole_").flat().length).toBeGreaterThan(3 * N_SUBJECTS);
  expect(effects("whole_")).toEqual(effects("list_"));
});

describe("what could be other voxels", () => {
  const { at, run, write, results, voxels } = study(join(root, "refused"), TRANSFORMS["left-handed"]);
  const plain = async (input: string, ...tokens: string[]) => {
    const { status, stderr } = await run(input, "no_", ...tokens);
    return { status, stderr: stderr.replaceAll(`${at("")}/`, "") };
  };
  const refused = (sentence: string) => ({ status: 1, stderr: `fixelstream: error: ${sentence}\n` });

  test("a file of other voxels, as many", async () => {
    const outside = [0, 1, 2, 3, 4, 5]
      .map((i): Voxel => [i, 0, 0])
      .find((at_) => !voxels.some((v) => `${v}` === `${at_}`))!;
    await write("other.h5", [outside, ...voxels.slice(1)]);
    expect(await plain("other.h5")).toEqual(
      refused(
        `Cannot use other.h5 with the mask mask.nii: expected the voxels of the mask in /voxels, got ${outside.join(", ")} (i, j, k from 0) outside it. Give the mask that other.h5 was made with.`,
      ),
    );
    await write("twice.h5", [voxels[3]!, ...voxels.slice(1)]);
    expect(await plain("twice.h5")).toEqual(
      refused(
        `Cannot use twice.h5 with the mask mask.nii: expected the voxels of the mask in /voxels, got ${voxels[3]!.join(", ")} (i, j, k from 0) twice. Give the mask that twice.h5 was made with.`,
      ),
    );
    await write("far.h5", [[17, 0, 0], ...voxels.slice(1)]);
    expect((await plain("far.h5")).stderr).toContain("got 17, 0, 0 (i, j, k from 0) outside it.");
    await write("few.h5", voxels.slice(1));
    expect(await plain("few.h5")).toEqual(
      refused(
        `Cannot use few.h5 with the mask mask.nii: expected ${voxels.length} voxels, those of the mask, got ${voxels.length - 1} voxels in /voxels. Give the mask that few.h5 was made with.`,
      ),
    );
  });

  test("a file without places", async () => {
    const names = Array.from({ length: N_SUBJECTS }, (_, s) => `s${s}.nii`);
    const values = new Float32Array(N_SUBJECTS * voxels.length);
    await writeModelArrayFile(at("nowhere.h5"), { values, names });
    expect(await plain("nowhere.h5")).toEqual(
      refused(
        "Cannot use nowhere.h5 with the mask mask.nii: expected voxels, in /voxels without /fixels, and it has no /voxels, so that nothing says where its elements lie. Test it with vectorstats.",
      ),
    );
  });

  test("a regressor in another order than the input's; in the same it is that of the images", async () => {
    await write("numpy.h5", voxels);
    fs.writeFileSync(at("contrast.txt"), "0 1 0\n");
    const column = voxels.length; // of images: the subjects in reverse
    const reversed = Array.from({ length: N_SUBJECTS }, (_, s) => `s${N_SUBJECTS - 1 - s}.nii`);
    fs.writeFileSync(at("column.txt"), reversed.map((name) => `${name}\n`).join(""));
    const values = Float32Array.from(reversed.flatMap((name) => valuesAt(at(name), voxels)));
    expect(values).toHaveLength(column * N_SUBJECTS);
    await writeModelArrayFile(at("column.h5"), { values, names: reversed, voxels });
    expect(await plain("images.txt", "-column", at("column.h5"))).toEqual(
      refused(
        "Cannot use column.h5 for -column: expected its voxels in the order that the input has them in, got another (of /voxels). Give the input as such a file too, or the regressor as a list of images.",
      ),
    );
    expect((await run("images.txt", "a_", "-column", at("column.txt"))).status).toBe(0);
    for (const [prefix, given] of [
      ["b_", "column.h5"],
      ["c_", "column.txt"],
    ] as const) {
      expect((await run("numpy.h5", prefix, "-column", at(given))).status).toBe(0);
      const { "null_contributions.mif": _, ...ours } = results(prefix);
      const { "null_contributions.mif": __, ...expected } = results("a_");
      expect(ours).toEqual(expected);
    }
    fs.writeFileSync(at("contrast.txt"), "0 1\n");
  });

  test("a store of another mask with as many voxels, and of the same ones in another order", async () => {
    const convert = async (mask: string, output: string) =>
      expect(await runInProcess(["convert", "voxels", at("images.txt"), at(mask), at(output), "-quiet"])).toMatchObject(
        OK,
      );
    const inside = (path: string) => {
      const image = openImage(path);
      const found = new Uint32Array(image.nElements);
      image.copyValuesInto(found, 0, found.length);
      const { dimensions, voxelSizes, transform } = image.header;
      image.close();
      return { found, spec: { dimensions, voxelSizes, transform, dataType: "UInt8" } as const };
    };
    const { found, spec } = inside(at("mask.nii"));
    const layout = [2, 1, 0].map((rank) => ({ rank, reversed: false }));
    writeImage(at("other-order.mif"), { ...spec, layout }, found);
    const moved = found.slice();
    const [out, into] = [moved.indexOf(1), moved.indexOf(0)];
    [moved[out], moved[into]] = [0, 1];
    writeImage(at("other-voxels.mif"), spec, moved);
    await convert("mask.nii", "same.fxs");
    await convert("other-order.mif", "order.fxs");
    await convert("other-voxels.mif", "voxels.fxs");
    for (const store of ["order.fxs", "voxels.fxs"])
      expect(await plain(store)).toEqual(
        refused(
          `Cannot use the store ${store}: expected the voxels of mask.nii in their order, got others, or in another order (the mask's, by its strides). Give the mask that it was made with, or make it again: convert voxels LIST MASK OUT.fxs.`,
        ),
      );
    expect((await run("same.fxs", "same_")).status).toBe(0);
    const manifest = JSON.parse(fs.readFileSync(at("same.fxs/store.json"), "utf8"));
    manifest.voxels.dimensions = [9, 9, 9];
    delete manifest.crc32;
    fs.writeFileSync(at("same.fxs/store.json"), JSON.stringify(manifest));
    expect((await plain("same.fxs")).stderr).toContain(
      "expected the voxels of mask.nii in their order, got some of a grid of 9 x 9 x 9 (the mask's is 6 x 5 x 4).",
    );
    delete manifest.voxels;
    fs.writeFileSync(at("same.fxs/store.json"), JSON.stringify(manifest));
    const { status, stderr } = await plain("same.fxs", "-force");
    expect(status).toBe(0);
    expect(stderr).toContain(
      "fixelstream: warning: same.fxs was made by a version that did not keep which voxels it has: they are taken for those of mask.nii, in its order. If it may be another mask, convert the images again (convert voxels).\n",
    );
  });

  test("a conversion that was stopped is not continued with another mask of as many voxels", async () => {
    const from = (mask: string, output: string, stopAt = Number.POSITIVE_INFINITY) =>
      convertVoxels({
        ...{ list: at("images.txt"), mask: at(mask), output: at(output), scalar: "values", memoryBytes: 136 * 1024 },
        ...{ force: false, command: "test" },
        onProgress(phase, done) {
          if (phase === "read" && done >= stopAt) throw new Error("stopped");
        },
      });
    await expect(from("mask.nii", "stopped.fxs", 6)).rejects.toThrow("stopped");
    await expect(from("mask.nii", "again.fxs", 6)).rejects.toThrow("stopped");
    expect((await from("mask.nii", "again.fxs")).nResumed).toBeGreaterThan(0);
    expect((await from("other-voxels.mif", "stopped.fxs")).nResumed).toBe(0);
    const values = (store: string) => fs.readFileSync(at(`${store}/values.f32`));
    expect(values("stopped.fxs")).toEqual(values("voxels.fxs"));
  });

  test("a store of something else", async () => {
    fs.writeFileSync(
      at("matrix.txt"),
      `${Array.from({ length: N_SUBJECTS }, (_, s) => voxels.map((__, e) => (s * 7 + e) % 5).join(" ")).join("\n")}\n`,
    );
    expect(await runInProcess(["convert", "vectors", at("matrix.txt"), at("vector.fxs"), "-quiet"])).toMatchObject(OK);
    expect(await plain("vector.fxs")).toEqual(
      refused(
        `Cannot use the store vector.fxs: expected voxels, got ${voxels.length} elements of kind vector. Make one of the images: convert voxels LIST MASK OUT.fxs.`,
      ),
    );
  });
});
