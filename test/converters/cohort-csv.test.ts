// ModelArray's tables as people have them: whatever separates cells, whoever wrote the header; one order of subjects for all scalars, or a refusal by name.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { readCohort } from "../../converters/cohort-csv.js";
import { fc } from "../support/seeded-check.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const file = path.join(temporaryDirectory(), "cohort.csv");

async function read(text: string, wanted?: readonly string[]) {
  fs.writeFileSync(file, text);
  const cohort = await readCohort(file, wanted).catch((error: Error) => {
    throw new Error(error.message.replaceAll(path.dirname(file), "").replaceAll("/cohort.csv", "cohort.csv"));
  });
  const scalars = Object.fromEntries(cohort.scalars.map(({ name, sourceFiles }) => [name, sourceFiles]));
  return { ...cohort, scalars, joined: cohort.joined?.replace(file, "cohort.csv") };
}

const FD = ["fd/a.mif", "fd/b.mif"];

describe("who wrote the table", () => {
  it.each([
    ["semicolons", "id;scalar_name;source_file\ns1;FD;fd/a.mif\ns2;FD;fd/b.mif\n"],
    ["tabs", "scalar_name\tsource_file\nFD\tfd/a.mif\nFD\tfd/b.mif\n"],
    ["R's write.table, with row names", '"scalar_name" "source_file"\n"1" "FD" "fd/a.mif"\n"2" "FD" "fd/b.mif"\n'],
    ["old line ends", "scalar_name,source_file\rFD,fd/a.mif\rFD,fd/b.mif\r"],
    ["capitals and blanks in the header", "Scalar_Name,Source File\nFD,fd/a.mif\nFD,fd/b.mif\n"],
    ["a comma in a cell that tabs separate", "note\tscalar_name\tsource_file\na, b\tFD\tfd/a.mif\n\tFD\tfd/b.mif\n"],
  ])("%s", async (_, text) => expect((await read(text)).scalars).toEqual({ FD }));

  it.each([
    [
      "a list of files",
      "sub-01.mif\nsub-02.mif\n",
      "Cannot use cohort.csv: expected a first line with names of columns, got the file sub-01.mif in it. A list of files is for convert fixels; a table needs its header line.",
    ],
    ["a table without a header", "FD,a.mif\nFD,b.mif\n", "got the file a.mif in it"],
    [
      "half of the long form",
      "id,source_file\n1,a.mif\n",
      "Cannot use cohort.csv: expected columns scalar_name and source_file, got source_file alone. Add scalar_name, or name the columns of paths with --scalar.",
    ],
    [
      "two columns of one name",
      "FD,FD\na.mif,b.mif\n",
      'expected columns of different names, got two named "FD". Rename one of them.',
    ],
    ["an open quote", 'FD\n"a.mif\nb.mif\n', "expected quotes that are closed, got one that is open at the end"],
    [
      "a gap in a wide table",
      "id,FD,FC\n1,a.mif,c.mif\n2,,d.mif\n3,NA,e.mif\n",
      "Cannot use cohort.csv: expected a file for every subject of FD, got an empty cell in column FD, row 2, 3 after the header. Fill it, or leave the row out.",
    ],
    [
      "something else among images",
      "id,FD\n1,a.mif\n2,b.npy\n",
      'Cannot use cohort.csv: expected the name of an image (.mif, .nii) in every row of column FD, got "b.npy" in row 2 after the header. Correct it, or name the columns of paths with --scalar.',
    ],
    ["no images at all", "id,FD\n1,a.npy\n2,b.npy\n", "got id, FD. Name the columns of paths with --scalar."],
    [
      "an empty source_file",
      "scalar_name,source_file\nFD,a.mif\nFD,\n",
      "expected a file for every row of FD, got an empty cell in column source_file, row 2 after the header",
    ],
    [
      "an empty scalar_name",
      "scalar_name,source_file\nFD,a.mif\n,b.mif\n",
      "expected the name of a scalar, got an empty cell in column scalar_name, row 2 after the header",
    ],
  ])("refuses %s", async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it("columns that are no images are told; one that is asked for is not silently dropped", async () => {
    const text = "id,age,FD\n1,30,a.mif\n2,31,b.mif\n";
    expect((await read(text)).unused).toEqual(["id", "age"]);
    await expect(read(text, ["age"])).rejects.toThrow('in every row of column age, got "30" in row 1');
  });
});

describe("one order of subjects", () => {
  const long = (rows: readonly string[], header = "scalar_name,source_file") => `${header}\n${rows.join("\n")}\n`;
  const withIds = "scalar_name,source_file,subject_id";

  it("by a column of subjects", async () => {
    const rows = ["FD,x1.mif,s2", "FD,x2.mif,s1", "FC,y9.mif,s1", "FC,y3.mif,s2"];
    const { scalars, joined } = await read(long(rows, withIds));
    expect(scalars).toEqual({ FD: ["x1.mif", "x2.mif"], FC: ["y3.mif", "y9.mif"] });
    expect(joined).toBe(
      "Rows of FC are in another order in cohort.csv than those of FD: all are written in the order of FD, joined by the column subject_id. Rows of a design follow that order.",
    );
  });
  it("by subject and session", async () => {
    const rows = ["FD,1.mif,s1,a", "FD,2.mif,s1,b", "FC,3.mif,s1,b", "FC,4.mif,s1,a"];
    const { scalars, joined } = await read(long(rows, `${withIds},session`));
    expect(scalars).toEqual({ FD: ["1.mif", "2.mif"], FC: ["4.mif", "3.mif"] });
    expect(joined).toContain("joined by the columns subject_id and session.");
  });
  it.each([
    [
      "folders",
      ["FD,fd/sub-1.mif", "FD,fd/sub-11.mif", "FC,fc/sub-11.mif", "FC,fc/sub-1.mif"],
      ["fc/sub-1.mif", "fc/sub-11.mif"],
    ],
    [
      "endings of names",
      ["FD,sub-1_fd.mif", "FD,sub-2_fd.mif", "FC,sub-2_log_fc.mif", "FC,sub-1_log_fc.mif"],
      ["sub-1_log_fc.mif", "sub-2_log_fc.mif"],
    ],
    [
      "folders of subjects",
      ["FD,s1/fd.mif", "FD,s2/fd.mif", "FC,s2/fc.mif", "FC,s1/fc.mif"],
      ["s1/fc.mif", "s2/fc.mif"],
    ],
    [
      "BIDS",
      [
        "FD,x/sub-a/ses-1/sub-a_ses-1_FD.mif",
        "FD,x/sub-b/ses-1/sub-b_ses-1_FD.mif",
        "FC,sub-b/sub-b_ses-1.mif",
        "FC,sub-a/sub-a_ses-1.mif",
      ],
      ["sub-a/sub-a_ses-1.mif", "sub-b/sub-b_ses-1.mif"],
    ],
  ])("by file names: %s", async (_, rows, FC) => {
    const { scalars, joined } = await read(long(rows));
    expect(scalars.FC).toEqual(FC);
    expect(joined).toContain("joined by what tells their file names apart");
  });
  it("says nothing where the orders are the same, and asks nothing of one scalar", async () => {
    expect((await read(long(["FD,a1.mif", "FC,b1.mif", "FD,a2.mif", "FC,b2.mif"]))).joined).toBeUndefined();
    expect((await read(long(["FD,a.mif", "FC,x.mif", "FD,b.mif"]), ["FD"])).joined).toBeUndefined();
  });
  it.each([
    [
      "nothing that joins",
      ["FD,a.mif", "FD,b.mif", "FC,x.mif", "FC,y.mif"],
      "scalar_name,source_file",
      "Cannot use cohort.csv: expected the same subjects for every scalar, each once, got FD 2 (a.mif the first), FC 2 (x.mif the first), which neither a column of subjects nor their file names join. Add a column subject_id, or convert one scalar at a time with --scalar.",
    ],
    [
      "other subjects",
      ["FD,a.mif,s1", "FD,b.mif,s2", "FC,x.mif,s1", "FC,y.mif,s3"],
      withIds,
      "Cannot use cohort.csv: expected the same subjects for FD and FC (by the column subject_id), got s2 of FD alone and s3 of FC alone. Complete the table, or convert one scalar at a time with --scalar.",
    ],
    [
      "fewer subjects",
      ["FD,fd/a.mif", "FD,fd/b.mif", "FC,fc/a.mif"],
      "scalar_name,source_file",
      "got FD 2 (fd/a.mif the first), FC 1 (fc/a.mif the first), which neither",
    ],
  ])("refuses %s", async (_, rows, header, message) => {
    await expect(read(long(rows, header))).rejects.toThrow(message);
  });

  it("whatever the rows' order is, a place is the same subject's in every scalar", async () => {
    const scalarNames = ["FD", "log_FC", "FDC"];
    const subjects = Array.from({ length: 12 }, (_, i) => `sub-${i + 1}`);
    const rows = scalarNames.flatMap((name) => subjects.map((subject) => ({ name, subject })));
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(rows, { minLength: rows.length }), fc.boolean(), async (order, hasIds) => {
        const lines = order.map(({ name, subject }) => `${name},${name}/${subject}.mif${hasIds ? `,${subject}` : ""}`);
        const { scalars } = await read(long(lines, hasIds ? withIds : undefined));
        const [first, ...others] = Object.values(scalars).map((files) => files.map((name) => path.basename(name)));
        expect(new Set(first).size).toBe(subjects.length);
        for (const other of others) expect(other).toEqual(first);
      }),
      { numRuns: 100 },
    );
  });
});
