// One test a message about names beside the numbers of a table: they are compared, never used to move anything.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { listing, newAnalysis, refuses, write } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { readSmallImage } from "../support/peer.js";
import { fileOfSubject, type SmallAnalysis } from "../support/small-analysis.js";

const subjects = Array.from({ length: 8 }, (_, i) => fileOfSubject(i).replace(".mif", ""));
const groups = [0, 0, 0, 0, 1, 1, 1, 1];
/** A design with names; `names` as its first column. */
const design = (names: readonly string[], columns = "intercept,group") =>
  `subject,${columns}\n${names.map((name, i) => `${name},1,${groups[i] ?? 1}\n`).join("")}`;
const swapped = subjects.with(2, "sub-5").with(4, "sub-3");

describe("names of subjects", () => {
  refuses([
    [
      "in another order",
      (input) => write(input, "design.txt", design(swapped)),
      "Cannot use design.txt: expected its rows in the order of the subjects of subjects.txt, got sub-5 in row 3, where sub-3.mif belongs. Sort the rows: they are not moved for you.",
    ],
    [
      "that the list does not have, has one missing and one twice",
      (input) => write(input, "design.txt", design([...subjects.slice(0, 6), "sub-1", "sub-9"])),
      "Cannot use design.txt: expected the subjects of subjects.txt, each once, in its first column, got not among the subjects: sub-9; more than once: sub-1; subjects without a row: sub-7.mif, sub-8.mif. Write every subject as there, or leave the column out if it has something else.",
    ],
    [
      "one too few: the row that is missing is named",
      (input) => write(input, "design.txt", design(subjects.slice(1))),
      "Cannot use design.txt: expected 8 rows (one per subject of subjects.txt), got 7. Rows follow the order of the subjects.",
      "Cannot use design.txt: expected the subjects of subjects.txt, each once, in its first column, got subjects without a row: sub-1.mif. Write every subject as there, or leave the column out if it has something else.",
    ],
    [
      "in the files of blocks and groups, both at once",
      (input) => {
        write(input, "blocks.csv", `subject,block\n${swapped.map((name, i) => `${name},${i % 2}\n`).join("")}`);
        write(input, "groups.csv", `subject,site\n${swapped.map((name, i) => `${name},${i % 2}\n`).join("")}`);
        return ["-exchange_within", input.at("blocks.csv"), "-variance", input.at("groups.csv")];
      },
      "Cannot use groups.csv: expected its rows in the order of the subjects of subjects.txt, got sub-5 in row 3, where sub-3.mif belongs. Sort the rows: they are not moved for you.",
      "Cannot use blocks.csv: expected its rows in the order of the subjects of subjects.txt, got sub-5 in row 3, where sub-3.mif belongs. Sort the rows: they are not moved for you.",
    ],
  ]);
});

describe("numbers of subjects", () => {
  const numbered = (title: string, order: readonly number[]) => (input: SmallAnalysis) =>
    write(input, "design.txt", `${title},intercept,group\n${order.map((n, i) => `${n},1,${groups[i]}\n`).join("")}`);
  refuses([
    [
      "below a title are compared with those in the files' names",
      numbered("subject", [1, 2, 5, 4, 3, 6, 7, 8]),
      "Cannot use design.txt: expected its rows in the order of the subjects of subjects.txt, got 5 in row 3, where sub-3.mif belongs. Sort the rows: they are not moved for you.",
    ],
    [
      "though they count, where the list is in another order",
      (input) => {
        write(input, "subjects.txt", swapped.map((name) => `${name}.mif\n`).join(""));
        numbered("subject", [1, 2, 3, 4, 5, 6, 7, 8])(input);
      },
      "Cannot use design.txt: expected its rows in the order of the subjects of subjects.txt, got 3 in row 3, where sub-5.mif belongs. Sort the rows: they are not moved for you.",
    ],
  ]);
});

describe("names of columns", () => {
  refuses([
    [
      "contrasts in another order than the design",
      (input) => {
        write(input, "design.txt", design(subjects));
        write(input, "contrast.txt", "group,intercept\n-1,0\n");
      },
      "Cannot use contrast.txt: expected its columns named as those of design.txt are, intercept at place 1, got group. Put the columns into the design's order, or leave their names out.",
    ],
    [
      "F-tests in another order than the contrasts",
      (input) => {
        write(input, "contrast.txt", "patients 0 -1\nmean 1 0\n");
        write(input, "f.csv", "mean,patients\n1,1\n");
        return ["-ftests", input.at("f.csv")];
      },
      "Cannot use f.csv: expected its columns named as the rows of contrast.txt are, patients at place 1, got mean. Put the columns into that order, or leave their names out.",
    ],
    [
      "a value that cannot be used is named with its column",
      (input) => write(input, "design.txt", design(subjects).replace("sub-2,1,0", "sub-2,1,NA")),
      "Cannot use design.txt: expected finite numbers, got NaN in row 2, column 2 (counted from 1, group).",
    ],
    [
      "a word in a column that has a name",
      (input) => write(input, "design.txt", design(subjects).replace("sub-2,1,0", "sub-2,1,patient")),
      'Cannot read design.txt: expected a number, got "patient" (line 3, column group). Write a number there: groups as numbers of their own, each in the way that the model needs.',
    ],
  ]);
});

describe("what is read and how is said and kept", () => {
  async function run(input: SmallAnalysis, ...options: string[]) {
    const tokens = [
      "fixelcfestats",
      ...input.positionals,
      "-nthreads",
      "0",
      "--seed",
      "1",
      "-nshuffles",
      "5",
      ...options,
    ];
    const { status, stderr } = await runInProcess(tokens);
    expect(status, stderr).toBe(0);
    return { said: input.relative(stderr), record: JSON.parse(fs.readFileSync(input.at("out", "run.json"), "utf8")) };
  }
  it("names of factors, hypotheses and subjects", async () => {
    const input = newAnalysis();
    write(input, "design.txt", design(subjects));
    write(input, "contrast.txt", "name,intercept,group\nless in patients,0,-1\n");
    const { said, record } = await run(input);
    expect(said).toContain(
      "fixelstream: 24 fixels, 8 subjects (sub-1.mif .. sub-8.mif, found in fd), 2 factors (intercept, group, condition number 1.000), hypotheses t1 (less in patients)\n",
    );
    expect(said).toContain(
      "fixelstream: design.txt is read as 8 rows of 2 columns, separated by commas, the first row has names (intercept, group), the first column has names (sub-1 .. sub-8).\n",
    );
    expect(said).toContain("  t1 (less in patients): largest Z ");
    expect(record.problem).toMatchObject({
      factors: ["intercept", "group"],
      hypotheses: [{ name: "t1", label: "less in patients" }],
    });
    expect(record.inputs.design).toMatchObject({ columnNames: ["intercept", "group"], rowNames: subjects });
    expect(record.inputs.notes).toHaveLength(2);
  });
  it("FSL's files give the numbers of the plain ones", async () => {
    const [plain, fsl] = [newAnalysis(), newAnalysis()];
    const vest = (rows: string[], count: string) =>
      `/NumWaves\t${rows[0]!.split(" ").length}\n/${count}\t${rows.length}\n\n/Matrix\n${rows.map((row) => `${row.replaceAll(" ", "\t")}\t\n`).join("")}`;
    write(
      fsl,
      "design.txt",
      vest(
        groups.map((group) => `1 ${group}`),
        "NumPoints",
      ),
    );
    write(fsl, "contrast.txt", vest(["0 -1"], "NumContrasts"));
    write(fsl, "design.fts", vest(["1"], "NumContrasts"));
    write(
      fsl,
      "design.grp",
      vest(
        groups.map((group) => `${group + 1}`),
        "NumPoints",
      ),
    );
    write(plain, "f.txt", "1\n");
    write(plain, "g.txt", groups.map((group) => `${group + 1}\n`).join(""));
    await run(
      plain,
      "-ftests",
      plain.at("f.txt"),
      "-variance",
      plain.at("g.txt"),
      "-exchange_within",
      plain.at("g.txt"),
    );
    const group = fsl.at("design.grp");
    await run(fsl, "-ftests", fsl.at("design.fts"), "-variance", group, "-exchange_within", group);
    const images = listing(plain.at("out")).filter((name) => name.endsWith(".mif"));
    expect(images.length).toBeGreaterThan(10);
    const values = (input: SmallAnalysis, name: string) => readSmallImage(input.at("out", name)).values;
    for (const name of images) expect(values(fsl, name), name).toEqual(values(plain, name));
  });
  it("an index of R or pandas is no name of a subject", async () => {
    const input = newAnalysis();
    write(
      input,
      "subjects.txt",
      subjects
        .toReversed()
        .map((name) => `${name}.mif\n`)
        .join(""),
    );
    write(input, "design.txt", `"","intercept","group"\n${groups.map((group, i) => `"${i}",1,${group}\n`).join("")}`);
    const { said } = await run(input);
    expect(said).toContain("The first column of design.txt numbers its rows: subjects are not compared.");
  });
});
