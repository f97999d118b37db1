// ModelArray files through the commands: the same analysis from a store and from an .h5 in both types, files that Python and R read, results that
// come back as they were.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { exportHdf5 } from "../../src/app/export/export-hdf5.js";
import { exportImages } from "../../src/app/export/export-images.js";
import { openHdf5 } from "../../src/formats/hdf5/open.js";
import { describeResults, readResults } from "../../src/formats/hdf5/results-matrix.js";
import {
  askPython,
  askR,
  hasH5py,
  hasRhdf5,
  hdf5Fixtures,
  nFixels,
  readStoreMatrix,
} from "../support/hdf5-fixtures.js";
import { runInProcess } from "../support/in-process-cli.js";
import { writeTemplate } from "../support/make-cohort.js";
import { fixturesDirectory, readNullDistribution, readSmallImage } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const demo = join(fixturesDirectory, "demo");
const inputs = ["design.txt", "contrast.txt", "matrix"].map((name) => join(demo, name));
const subjectList = join(demo, "subjects.txt");
const names = readFileSync(subjectList, "utf8").trim().split("\n");
const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);

async function run(...tokens: string[]): Promise<string> {
  const { status, stdout, stderr } = await runInProcess([...tokens, "-quiet"]);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout;
}

const demoValues = () => names.flatMap((name) => Array.from(readSmallImage(join(demo, "fd", name)).values));

beforeAll(async () => {
  await run("convert", "fixels", join(demo, "fd"), subjectList, at("cohort.fxs"));
  await run("convert", "fixels", join(demo, "fd"), subjectList, at("float32.h5"));
  await run("convert", "fixels", join(demo, "fd"), subjectList, at("gzip.h5"), "--gzip", "4");
});

describe("one cohort as a store, as contiguous float32 and as float64", () => {
  const analyse = (input: string, output: string, ...more: string[]) =>
    run("fixelcfestats", input, "-", ...inputs, output, "--seed", "1", "-nshuffles", "60", "-nthreads", "0", ...more);
  const expectSame = (ours: string, expected: string) => {
    for (const name of readdirSync(expected).filter((file) => file.endsWith(".mif"))) {
      expect(readSmallImage(join(ours, name)).values, name).toEqual(readSmallImage(join(expected, name)).values);
    }
    const nulls = [ours, expected].map((folder) => readNullDistribution(join(folder, "null_dist.txt")));
    expect(nulls[0]).toEqual(nulls[1]);
  };
  beforeAll(() => analyse(at("cohort.fxs"), at("from-store")));
  test.each(["read", "mmap", "auto"])("float32 where it lies, --io %s: every value bit for bit", async (io) => {
    await analyse(at("float32.h5"), at(`from-float32-${io}`), "--io", io);
    expectSame(at(`from-float32-${io}`), at("from-store"));
  });
  test.skipIf(!hasH5py)("the same as float64, written by h5py", async () => {
    askPython(
      `import h5py, sys
a, b = h5py.File(sys.argv[1]), h5py.File(sys.argv[2], "w")
for name in ("fixels", "voxels"): a.copy(name, b)
b.create_dataset("scalars/FD/values", data=a["scalars/FD/values"][:].astype("f8")).attrs["column_names"] = a["scalars/FD/values"].attrs["column_names"]
print("null")`,
      at("float32.h5"),
      at("float64.h5"),
    );
    await analyse(at("float64.h5"), at("from-float64"));
    expectSame(at("from-float64"), at("from-store"));
    await run("convert", "modelarray", at("float64.h5"), at("narrow.fxs"));
    expect(readFileSync(at("narrow.fxs/FD.f32"))).toEqual(readFileSync(at("cohort.fxs/FD.f32")));
  });
  test("through gzip and back to a store and to a contiguous file", async () => {
    await run("convert", "modelarray", at("gzip.h5"), at("again.fxs"));
    expect(readFileSync(at("again.fxs/FD.f32"))).toEqual(readFileSync(at("cohort.fxs/FD.f32")));
    await run("convert", "modelarray", at("gzip.h5"), at("again.h5"));
    await analyse(at("again.h5"), at("from-again"));
    expectSame(at("from-again"), at("from-store"));
    const { status, stderr } = await runInProcess(["fixelcfestats", at("gzip.h5"), "-", ...inputs, at("refused")]);
    expect(status).toBe(1);
    expect(stderr).toContain(`fixelstream convert modelarray ${at("gzip.h5")} ${at("gzip.fxs")} --scalar FD`);
  });
});

test("vectorstats of a file where it lies is that of the store", async () => {
  const analyse = (input: string, prefix: string) =>
    run("vectorstats", input, ...inputs.slice(0, 2), prefix, "--scalar", "FD", "--seed", "1", "-nshuffles", "40");
  await analyse(at("cohort.fxs"), at("store-"));
  await analyse(at("float32.h5"), at("hdf5-"));
  const outputs = readdirSync(directory).filter((name) => name.startsWith("store-") && name.endsWith(".csv"));
  expect(outputs.length).toBeGreaterThan(3);
  const values = (name: string) => readFileSync(at(name), "utf8").replace(/^#.*\n/, "");
  for (const name of outputs) expect(values(name.replace("store-", "hdf5-")), name).toBe(values(name));
});

test("info of a file: what is in it, and its subjects as a list", async () => {
  expect(await run("info", at("float32.h5"), "--subjects")).toBe(`${names.join("\n")}\n`);
  const text = await run("info", at("gzip.h5"));
  expect(text).toContain("scalar       FD: 40 subjects x 2244 fixels, gzip, chunks of 40 x 2244, float32");
  expect(text).toContain("index and directions can be rebuilt");
});

describe("files of ours", () => {
  const files = ["float32.h5", "gzip.h5"];
  test.skipIf(!hasH5py).each(files)("h5py reads %s value for value", (name) => {
    const program = `import h5py, json, sys
f = h5py.File(sys.argv[1]); v = f["scalars/FD/values"]
text = lambda x: [t.decode() if isinstance(t, bytes) else t for t in x]
print(json.dumps(dict(values=v[:].ravel().tolist(), dtype=v.dtype.str, chunks=v.chunks, attribute=text(v.attrs["column_names"]), dataset=text(f["scalars/FD/column_names"][:]), fixels=f["fixels"][:].tolist(), voxels=f["voxels"][:].tolist(), columns=text(f["fixels"].attrs["column_names"]) + text(f["voxels"].attrs["column_names"]))))`;
    const found = askPython<Record<string, number[][]> & Record<string, unknown>>(program, at(name));
    expect(found["values"]).toEqual(demoValues());
    expect(found["dtype"]).toBe("<f4");
    expect(found["chunks"]).toEqual(name === "gzip.h5" ? [40, 2244] : null);
    expect(found["attribute"]).toEqual(names);
    expect(found["dataset"]).toEqual(names);
    expect(found["columns"]).toEqual(["fixel_id", "voxel_id", "x", "y", "z", "voxel_id", "i", "j", "k"]);
    const directions = readSmallImage(join(demo, "fd", "directions.mif")).values;
    expect(found["fixels"]!.slice(2).flat()).toEqual(Array.from(directions));
    expect(found["fixels"]![0]).toEqual(Array.from({ length: 2244 }, (_, i) => i));
    const index = readSmallImage(join(demo, "fd", "index.mif"));
    const [nx, ny, nz] = index.dim as [number, number, number];
    const [, i, j, k] = found["voxels"] as [number[], number[], number[], number[]];
    for (const [fixel, voxel] of found["fixels"]![1]!.entries()) {
      const place = i[voxel]! + nx * (j[voxel]! + ny * k[voxel]!);
      const first = index.values[nx * ny * nz + place]!;
      expect(fixel >= first && fixel < first + index.values[place]!).toBe(true);
    }
  });
  test.skipIf(!hasRhdf5).each(files)("rhdf5 reads %s value for value", { timeout: 60_000 }, (name) => {
    const program = `con <- file(args[2], "wb"); writeBin(as.vector(h5read(args[1], "scalars/FD/values")), con, size = 4, endian = "little"); close(con); cat(0)`;
    askR(program, at(name), at("from-r.bin"));
    const bytes = readFileSync(at("from-r.bin"));
    const values = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
    expect(values).toEqual(demoValues());
    const same = askR(
      `a <- h5readAttributes(args[1], "scalars/FD/values")$column_names; b <- h5read(args[1], "scalars/FD/column_names"); n <- readLines(args[2]); cat(as.integer(c(identical(as.character(a), n), identical(as.character(b), n), dim(h5read(args[1], "fixels")))))`,
      at(name),
      subjectList,
    );
    expect(same).toEqual([1, 1, 2244, 5]);
  });
  test("a template rebuilt from the tables is the one they were made of", async () => {
    await run("export", at("from-store"), at("float32.h5"), "--analysis", "cfe");
    await run("export", at("float32.h5"), at("rebuilt"), "--analysis", "cfe");
    for (const name of ["index.mif", "directions.mif"]) {
      const [ours, given] = [at("rebuilt"), join(demo, "fd")].map((folder) => readSmallImage(join(folder, name)));
      expect(ours!.values).toEqual(given!.values);
      expect(ours!.dim.slice(0, 3)).toEqual(given!.dim.slice(0, 3));
    }
    const value = readSmallImage(join(directory, "rebuilt", "cfe_tvalue.mif")).values;
    expect(value).toEqual(readSmallImage(join(directory, "from-store", "tvalue.mif")).values);
  });
});

describe("ModelArray's table of images", () => {
  const long = `scalar_name,source_file,age\n${names.map((name, i) => `FD,${name},${i}\nlog_FC,"${name}",${i}`).join("\n")}\n`;
  const wide = `id,FD,log_FC\n${names.map((name, i) => `${i},${name},${name}`).join("\n")}\n`;
  test.each([
    ["long", long],
    ["wide", wide],
  ])("%s form, both scalars into one store and one .h5", async (form, text) => {
    writeFileSync(at(`${form}.csv`), text);
    for (const ending of ["fxs", "h5"]) {
      const output = at(`${form}.${ending}`);
      await run("convert", "cohort", at(`${form}.csv`), output, "--template", join(demo, "fd"));
    }
    await run("convert", "modelarray", at(`${form}.h5`), at(`${form}-2.fxs`), "--scalar", "log_FC");
    const found = [
      readStoreMatrix(at(`${form}.fxs`), "FD"),
      readStoreMatrix(at(`${form}.fxs`), "log_FC"),
      readStoreMatrix(at(`${form}-2.fxs`), "log_FC"),
    ];
    for (const { values, names: listed } of found) {
      expect(listed).toEqual(names);
      expect(values).toEqual(demoValues());
    }
    const { stderr } = await runInProcess(["verify", at(`${form}.fxs`)]);
    expect(stderr).not.toContain("error");
  });
  test.each([
    ["no columns of paths", "id,age\n1,2\n", /expected columns scalar_name and source_file, or columns of image paths/],
    [
      "an empty cell",
      "scalar_name,source_file\nFD,sub-01.mif\nFD,\n",
      /got an empty cell in column source_file, row 2 after the header/,
    ],
    ["uneven rows", "scalar_name,source_file\nFD,sub-01.mif,3\n", /expected 2 cells in every row, .* got 3 in row 1/],
    ["a missing file", "scalar_name,source_file\nFD,sub-99.mif\n", /the first one missing is sub-99\.mif/],
  ])("%s", async (name, text, expected) => {
    writeFileSync(at("bad.csv"), text);
    const tokens = ["convert", "cohort", at("bad.csv"), at("bad.h5"), "--template", join(demo, "fd")];
    const { status, stderr } = await runInProcess(tokens);
    expect(status, name).toBe(1);
    expect(stderr).toMatch(expected);
  });
});

describe("results of ModelArray", () => {
  const template = at("small-template");
  beforeAll(() => writeTemplate(template, nFixels));
  const read = async (path: string, analysis: string) => {
    const file = await openHdf5(path);
    const results = await describeResults(file, analysis);
    const rows: number[][] = [];
    for await (const row of readResults(file, results, { memoryBytes: 2 ** 20, scratchPath: at("chunk") }))
      rows.push(Array.from(row));
    await file.close();
    return { names: results.names, rows };
  };
  const images = (input: string, output: string, analysis: string) =>
    exportImages({ input, output, analysis, template, force: false, memoryBytes: 2 ** 24, command: "test" });

  test.each(["h5py", "rhdf5"])(
    "a matrix of 17 statistics that %s wrote goes through images and comes back",
    async (tool) => {
      const input = join(hdf5Fixtures, `${tool}-results.h5`);
      const before = await read(input, "lm_age");
      expect(before.names).toHaveLength(17);
      expect(before.names[0]).toBe("element_id");
      expect(before.rows[0]).toEqual(Array.from({ length: nFixels }, (_, i) => i));
      expect(before.rows[1]!.map(Number.isNaN).flatMap((is, i) => (is ? [i] : []))).toEqual([3, 17, 49]);
      expect(before.rows[1]![10]).toBeCloseTo(Math.sin(60 * 0.7) ** 2, 12);
      const { images: written } = await images(input, at(`${tool}-images`), "lm_age");
      const output = at(`${tool}-back.h5`);
      await exportHdf5({ results: at(`${tool}-images`), output, analysis: "lm_age" });
      const after = await read(output, "lm_age");
      expect(after.names).toEqual(before.names);
      expect(after.rows).toEqual(before.rows);
      const p = written.filter((name) => name.includes("1m.p.value"));
      expect(p.length).toBe(before.names.filter((name) => name.includes("p.value")).length);
      const given = readSmallImage(join(directory, `${tool}-images`, p[0]!.replace("1m.p.value", "p.value"))).values;
      const complement = readSmallImage(join(directory, `${tool}-images`, p[0]!)).values;
      expect(complement).toEqual(given.map((value) => 1 - value));
    },
  );
  test("names with blanks and slashes become file names as ModelArrayIO writes them", () => {
    const found = readdirSync(at("h5py-images"));
    expect(found).toContain("lm_age_sex_male.p.value.mif");
    expect(found).toContain("lm_age_sex_male.1m.p.value.mif");
    expect(found).toContain("lm_age_age_delta.mif");
    expect(found).toContain("lm_age_element_id.mif");
  });
  test("statistics named by a dataset", async () => {
    const { names: found, rows } = await read(join(hdf5Fixtures, "h5py-results.h5"), "modern");
    expect(found).toEqual(["element_id", "Intercept.estimate", "Intercept.statistic"]);
    expect(rows).toHaveLength(3);
  });
  test.skipIf(!hasH5py)("h5py reads what export wrote into a file that existed, which keeps the rest", () => {
    const program = `import h5py, json, sys
f = h5py.File(sys.argv[1]); r = f["results/cfe"]
print(json.dumps(dict(shape=r["results_matrix"].shape, dtype=r["results_matrix"].dtype.str, names=list(r["results_matrix"].attrs["colnames"]), dataset=[t.decode() for t in r["column_names"][:]], t=r["results_matrix"][list(r["results_matrix"].attrs["colnames"]).index("tvalue")].tolist(), scalars=list(f["scalars"]))))`;
    const found = askPython<{ shape: number[]; dtype: string; names: string[]; dataset: string[]; t: number[] }>(
      program,
      at("float32.h5"),
    );
    expect(found.shape).toEqual([found.names.length, 2244]);
    expect(found.dtype).toBe("<f8");
    expect(found.names[0]).toBe("element_id");
    expect(found.dataset).toEqual(found.names);
    expect(found.t).toEqual(Array.from(readSmallImage(join(directory, "from-store", "tvalue.mif")).values));
  });
  test("an analysis is never overwritten, and one that is not there is named", async () => {
    const again = exportHdf5({ results: at("from-store"), output: at("float32.h5"), analysis: "cfe" });
    await expect(again).rejects.toThrow(/it has an analysis of that name, and results are never overwritten/);
    await expect(images(join(hdf5Fixtures, "h5py-results.h5"), at("none"), "lm")).rejects.toThrow(
      /expected \/results\/lm\/results_matrix in .*, got lm_age, modern\. Choose with --analysis/,
    );
    await expect(images(join(hdf5Fixtures, "h5py-results.h5"), at("h5py-images"), "lm_age")).rejects.toThrow(
      /images exist already, lm_age_element_id\.mif the first/,
    );
  });
});
