// Several scalars, one order of subjects: whatever order the rows of each have where they come from, a place is the same subject's in all of them.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { openFixelDirectory } from "../../src/formats/fixel-directory.js";
import { tablesOfDirectory } from "../../src/formats/hdf5/fixel-tables.js";
import { createModelArray } from "../../src/formats/hdf5/write-modelarray.js";
import { hdf5Fixtures, nFixels, readStoreMatrix, subjectNames } from "../support/hdf5-fixtures.js";
import { runInProcess } from "../support/in-process-cli.js";
import { rawFixelData, writeTemplate } from "../support/make-cohort.js";
import { fc } from "../support/seeded-check.js";
import { writeMatrix } from "../support/small-analysis.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const at = (...names: string[]) => path.join(root, ...names);
const relative = (text: string) => text.replaceAll(`${root}/`, "");
const nElements = 24;
writeTemplate(at("template"), nElements);

/** Value of a subject's fixel; of the second scalar 100 more. */
const valueAt = (subject: number, fixel: number, scalar: number) => 100 * scalar + subject + fixel / 32;
const rowOf = (subject: number, scalar: number) =>
  Float32Array.from({ length: nElements }, (_, fixel) => valueAt(subject, fixel, scalar));

async function run(...tokens: string[]) {
  const { status, stdout, stderr } = await runInProcess(tokens);
  return { status, stdout: relative(stdout), stderr: relative(stderr) };
}

/** A ModelArray file whose scalars have rows in orders of their own. */
async function makeH5(name: string, scalars: Readonly<Record<string, readonly string[]>>): Promise<string> {
  const output = at(name);
  const writer = await createModelArray({
    ...{ output, partial: output, tables: tablesOfDirectory(openFixelDirectory(at("template"))) },
    ...{ gzipLevel: undefined, creator: "test" },
    scalars: Object.entries(scalars).map(([scalar, names]) => ({
      ...{ name: scalar, subjectNames: names, nElements, elementType: "f32" as const },
    })),
  });
  for (const [i, [scalar, names]] of Object.entries(scalars).entries()) {
    for (const [row, subject] of names.entries()) {
      const values = rowOf(Number(/\d+/.exec(path.basename(subject))![0]), i);
      const place = { firstSubject: row, nSubjects: 1, firstElement: 0, nElements };
      writer.writeRectangle(scalar, new Uint8Array(values.buffer), place);
    }
  }
  await writer.finish();
  return output;
}

const fd = ["fd/sub-3.mif", "fd/sub-1.mif", "fd/sub-2.mif"];
const fc_ = ["fc/sub-1.mif", "fc/sub-2.mif", "fc/sub-3.mif"];
/** Of the subjects 3, 1, 2. */
const inOrder = (scalar: number) => [3, 1, 2].flatMap((subject) => Array.from(rowOf(subject, scalar)));

describe("a ModelArray file with an order for each scalar", () => {
  it("becomes a store, or a file, with one order, and that is said", async () => {
    const input = await makeH5("two.h5", { FD: fd, log_FC: fc_ });
    for (const name of ["two.fxs", "copy.h5"]) {
      const { status, stderr } = await run("convert", "modelarray", input, at(name));
      expect({ status, stderr }).toEqual({
        status: 0,
        stderr: expect.stringContaining(
          "fixelstream: warning: Rows of log_FC are in another order in two.h5 than those of FD: all are written in the order of FD, joined by what tells their names apart. Rows of a design follow that order.\n",
        ),
      });
      expect(stderr).toContain("FD 3 subjects, f32; log_FC 3 subjects, f32");
    }
    await run("convert", "modelarray", at("copy.h5"), at("again.fxs"));
    for (const store of ["two.fxs", "again.fxs"]) {
      expect(readStoreMatrix(at(store), "FD")).toMatchObject({ values: inOrder(0), names: fd });
      expect(readStoreMatrix(at(store), "log_FC")).toMatchObject({
        values: inOrder(1),
        names: ["fc/sub-3.mif", "fc/sub-1.mif", "fc/sub-2.mif"],
      });
      expect((await run("verify", at(store))).status).toBe(0);
    }
    expect((await run("verify", at("copy.h5"))).status).toBe(0);
    expect((await run("info", at("two.fxs"), "--subjects")).stdout).toBe(fd.map((name) => `${name}\n`).join(""));
  });
  it("a scalar that is asked for alone keeps its order", async () => {
    await makeH5("alone.h5", { FD: fd, log_FC: fc_ });
    const { stderr } = await run("convert", "modelarray", at("alone.h5"), at("alone.fxs"), "--scalar", "log_FC");
    expect(stderr).not.toContain("warning");
    expect(readStoreMatrix(at("alone.fxs"), "log_FC").names).toEqual(fc_);
  });
  it("is not printed as one list, but the scalar's that is named", async () => {
    await makeH5("printed.h5", { FD: fd, log_FC: fc_ });
    expect(await run("info", at("printed.h5"), "--subjects")).toMatchObject({
      status: 1,
      stdout: "",
      stderr:
        "fixelstream: error: Cannot print the subjects of printed.h5: expected one order for all scalars, got fd/sub-3.mif of FD and fc/sub-1.mif of log_FC in row 1. Name the scalar that is analysed: --scalar FD.\n",
    });
    expect((await run("info", at("printed.h5"), "--subjects", "--scalar", "log_FC")).stdout).toBe(
      fc_.map((name) => `${name}\n`).join(""),
    );
    expect(await run("info", at("printed.h5"), "--subjects", "--scalar", "FDC")).toMatchObject({
      status: 2,
      stderr: "fixelstream: error: Cannot use scalar FDC: printed.h5 holds FD, log_FC. Choose one with --scalar.\n",
    });
    expect((await run("info", at("printed.h5"), "--scalar", "FD")).stderr).toBe(
      "fixelstream: error: Cannot use --scalar: expected --subjects beside it, got none. Add --subjects.\n",
    );
  });
  it.each([
    [
      "other subjects",
      { FD: fd, FC: ["a1.mif", "b2.mif", "c4.mif"] },
      "expected the same subjects for every scalar, each once, got FC and FD whose names (a1.mif, fd/sub-3.mif) do not join. Convert one scalar at a time with --scalar.",
    ],
    [
      "fewer subjects",
      { FD: fd, FC: fc_.slice(1) },
      "expected scalars of the same subjects and elements, got FC 2 x 24, FD 3 x 24. Convert one scalar at a time with --scalar.",
    ],
  ])("is refused with %s", async (name, scalars, message) => {
    await makeH5(`${name}.h5`, scalars);
    for (const output of ["never.fxs", "never.h5"]) {
      const { status, stderr } = await run("convert", "modelarray", at(`${name}.h5`), at(output));
      expect(status).toBe(1);
      expect(stderr).toContain(message);
      expect(fs.existsSync(at(output))).toBe(false);
    }
  });
});

it("rows of a table in any order for each scalar give the same store", { timeout: 60_000 }, async () => {
  const subjects = [0, 1, 2, 3, 4];
  for (const [scalar, folder] of ["FD", "FC"].entries()) {
    fs.mkdirSync(at("table", folder), { recursive: true });
    for (const subject of subjects)
      fs.writeFileSync(at("table", folder, `sub-${subject}.mif`), rawFixelData(rowOf(subject, scalar)));
  }
  const order = fc.shuffledSubarray(subjects, { minLength: subjects.length });
  let made = 0;
  await fc.assert(
    fc.asyncProperty(order, order, async (first, second) => {
      const rows = [...first.map((i) => `FD,FD/sub-${i}.mif`), ...second.map((i) => `FC,FC/sub-${i}.mif`)];
      fs.writeFileSync(at("table", "cohort.csv"), `scalar_name,source_file\n${rows.join("\n")}\n`);
      const output = at(`table${made++}.fxs`);
      const tokens = ["convert", "cohort", at("table", "cohort.csv"), output, "--template", at("template"), "-quiet"];
      const { status, stderr } = await run(...tokens);
      expect(status, stderr).toBe(0);
      expect(stderr.includes("another order")).toBe(first.some((subject, i) => subject !== second[i]));
      for (const [scalar, name] of ["FD", "FC"].entries())
        expect(readStoreMatrix(output, name).values).toEqual(first.flatMap((i) => Array.from(rowOf(i, scalar))));
    }),
    { numRuns: 8 },
  );
});

describe("where the fixels are", () => {
  const [design, contrast, matrix] = ["design.txt", "contrast.txt", "matrix"].map((name) => at(name)) as [
    string,
    string,
    string,
  ];
  fs.writeFileSync(design, subjectNames.map((_, i) => `1 ${i % 2}\n`).join(""));
  fs.writeFileSync(contrast, "0 1\n");
  writeMatrix(matrix, nFixels, (fixel) => [[fixel, 1]]);
  const said =
    "index and directions come from tables without voxel size and position, so results lie on a grid of 1 mm at the origin.";
  const analyse = (input: string, out: string, ...more: string[]) =>
    run("fixelcfestats", input, "-", design, contrast, matrix, at(out), "-nshuffles", "5", "-nthreads", "0", ...more);

  it("is not known of ModelArray's files: the run, its record, its summary and info say so, a store of it too", async () => {
    const h5 = at("cohort.h5");
    fs.copyFileSync(path.join(hdf5Fixtures, "h5py-contiguous-float32.h5"), h5);
    expect((await run("convert", "modelarray", h5, at("cohort.fxs"))).status).toBe(0);
    for (const input of ["cohort.h5", "cohort.fxs"]) {
      const { status, stderr } = await analyse(at(input), `out-${input}`);
      expect(status, stderr).toBe(0);
      expect(stderr).toContain(`fixelstream: warning: Nobody knows where the fixels of ${input} are: ${said}`);
      expect(stderr).toMatch(
        / {2}results: out-cohort\.\w+, on a grid of 1 mm at the origin: their real place is not known\n/,
      );
      const record = JSON.parse(fs.readFileSync(at(`out-${input}`, "run.json"), "utf8"));
      expect(record.warnings).toContainEqual(expect.objectContaining({ tag: "place-unknown" }));
      expect((await run("info", at(input))).stdout).toMatch(/^place +unknown: /m);
    }
  });
  it("is known with --template", async () => {
    writeTemplate(at("real"), nFixels);
    const { status, stderr } = await analyse(at("cohort.h5"), "out-real", "--template", at("real"));
    expect(status, stderr).toBe(0);
    expect(stderr).not.toContain("Nobody knows");
  });
});

it("a list may name the subjects of a store as any of its scalars does", async () => {
  await makeH5("both.h5", { FD: fd, log_FC: ["fc/s3_fc.mif", "fc/s1_fc.mif", "fc/s2_fc.mif"] });
  expect((await run("convert", "modelarray", at("both.h5"), at("both.fxs"), "-quiet")).status).toBe(0);
  fs.writeFileSync(at("design3.txt"), "1 0\n1 1\n1 3\n");
  fs.writeFileSync(at("c3.txt"), "0 1\n");
  writeMatrix(at("m3"), nElements, (fixel) => [[fixel, 1]]);
  fs.writeFileSync(at("list3.txt"), "sub-1.mif\nsub-2.mif\nsub-3.mif\n");
  const tokens = [at("both.fxs"), at("list3.txt"), at("design3.txt"), at("c3.txt"), at("m3"), at("o3"), "-notest"];
  const { status, stderr } = await run("fixelcfestats", ...tokens, "-nthreads", "0", "--scalar", "log_FC");
  expect(status, stderr).toBe(0);
  expect(stderr).toContain("fixelstream: log_FC: 24 fixels, 3 subjects (fc/s1_fc.mif .. fc/s3_fc.mif), ");
});

it("what info prints is accepted as a list, base names too, and the first line names scalar and subjects", async () => {
  const names = ["/data/x/fd/sub-1.mif", "/data/x/fd/sub-2.mif", "/data/x/fd/sub-3.mif", "/data/x/fd/sub 4.mif"];
  await makeH5("long.h5", { FD: names });
  fs.writeFileSync(at("d.txt"), "1 0\n1 1\n1 1\n1 0\n");
  fs.writeFileSync(at("c.txt"), "0 1\n");
  writeMatrix(at("m"), nElements, (fixel) => [[fixel, 1]]);
  const { stdout } = await runInProcess(["info", at("long.h5"), "--subjects"]);
  fs.writeFileSync(at("all.txt"), stdout);
  fs.writeFileSync(at("base.txt"), "sub 4.mif\nsub-2.mif\nsub-3.mif\nsub-1.mif\n");
  for (const [list, first, last] of [
    ["all.txt", names[0], names[3]],
    ["base.txt", names[3], names[0]],
  ]) {
    const { status, stderr } = await run(
      ...[
        "fixelcfestats",
        at("long.h5"),
        at(list!),
        at("d.txt"),
        at("c.txt"),
        at("m"),
        at(`o-${list}`),
        "-notest",
        "-nthreads",
        "0",
      ],
    );
    expect(status, stderr).toBe(0);
    expect(stderr).toContain(`fixelstream: FD: 24 fixels, 4 subjects (${first} .. ${last}), 2 factors`);
  }
});
