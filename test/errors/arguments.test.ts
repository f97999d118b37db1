// Mistakes of people who begin: arguments in another's place, the wrong file, several at once. What is probably meant is said, as a line to be pasted.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { lookAtArgument } from "../../src/app/arguments/path-kind.js";
import { runInProcess } from "../support/in-process-cli.js";
import { fixturesDirectory } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

// the first that asks loads most of the program
vi.setConfig({ testTimeout: 300_000 });

const demo = join(fixturesDirectory, "demo");
const folder = temporaryDirectory();
const at = (name: string) => join(folder, name);
cpSync(join(demo, "fd"), at("fd"), { recursive: true });
cpSync(join(demo, "matrix"), at("matrix"), { recursive: true });
for (const name of ["design.txt", "contrast.txt", "subjects.txt", "participants.tsv"])
  cpSync(join(demo, name), at(name));
const names = readFileSync(at("subjects.txt"), "utf8").trim().split("\n");
writeFileSync(at("noend.txt"), names.map((name) => `${name.replace(/\.mif$/, "")}\n`).join(""));
writeFileSync(at("all.txt"), ["directions.mif", "index.mif", ...names].map((name) => `${name}\n`).join(""));
writeFileSync(at("short.txt"), "1 0 1\n1 1 2\n");
writeFileSync(at("cohort.csv"), "source_file,age,group\nsub-01.mif,20,a\nsub-02.mif,31,b\n");
writeFileSync(at("narrow.txt"), "1 0\n");

const run = async (line: string) => {
  const tokens = line.split(" ").map((token) => (token.startsWith("@") ? at(token.slice(1)) : token));
  const { status, stdout, stderr } = await runInProcess([...tokens, "-quiet"]);
  return { status, stdout, stderr: stderr.replaceAll(`${folder}/`, "@") };
};

describe.each([
  [
    "fixelcfestats",
    "input, subjects, design, contrast, connectivity, output",
    "@fd @subjects.txt @design.txt @contrast.txt @matrix @out",
  ],
  ["convert fixels", "input, subjects, output", "@fd @subjects.txt @out.fxs"],
])("%s", (command, order, right) => {
  const words = right.split(" ");
  const swaps = words.flatMap((_, i) => words.slice(i + 1).map((_, k) => [i, i + 1 + k] as const));
  it.each(swaps)("arguments %i and %i have changed places", async (i, j) => {
    const wrong = [...words];
    [wrong[i], wrong[j]] = [wrong[j]!, wrong[i]!];
    const { status, stdout, stderr } = await run(`${command} ${wrong.join(" ")}`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(
      /^fixelstream: error: Arguments of .* stand in another order than it takes \(.*\): .*\. Did you mean: .*\?\n$/,
    );
    expect(stderr).toContain(`(${order})`);
    expect(stderr).toContain(`Did you mean: fixelstream ${command} ${right}?`);
  });
});

describe.each(["lm", "gam"])("%s", (command) => {
  const right = ["@fd", "@cohort.csv", "FD~age", "@out.csv"];
  const swaps = right.flatMap((_, i) => right.slice(i + 1).map((__, k) => [i, i + 1 + k] as const));
  it.each(swaps)("arguments %i and %i have changed places", async (i, j) => {
    const wrong = [...right];
    [wrong[i], wrong[j]] = [wrong[j]!, wrong[i]!];
    const { status, stdout, stderr } = await run(`${command} ${wrong.join(" ")}`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(
      new RegExp(
        `^fixelstream: error: Arguments of ${command} stand in another order than it takes \\(input, cohort, formula, out\\): .*\\. Did you mean: fixelstream ${command} @fd @cohort\\.csv 'FD~age' @out\\.csv\\?\n$`,
      ),
    );
    if (i === 2 || j === 2) expect(stderr).toMatch(/FD~age, given as \w+, is a formula/);
  });

  it("leaves a table with names alone, and an output that is there, to their own messages", async () => {
    expect((await run(`${command} @fd @subjects.txt FD~age @out.csv`)).stderr).not.toContain(
      "Did you mean: fixelstream",
    );
    expect((await run(`${command} @fd @cohort.csv FD~age @cohort.csv`)).stderr).not.toContain("another order");
  });
});

it("says what each is", async () => {
  expect((await run("fixelcfestats @fd @subjects.txt @contrast.txt @design.txt @matrix @out")).stderr).toBe(
    "fixelstream: error: Arguments of fixelcfestats stand in another order than it takes (input, subjects, design, contrast, connectivity, output): @contrast.txt, given as design, is a matrix of numbers, 1 x 3; @design.txt, given as contrast, is a matrix of numbers, 40 x 3. Did you mean: fixelstream fixelcfestats @fd @subjects.txt @design.txt @contrast.txt @matrix @out?\n",
  );
});

const edges = join(demo, "edges");
const voxels = join(demo, "voxels");
it.each([
  [
    "vectorstats",
    [join(edges, "design.txt"), join(edges, "list.txt"), join(edges, "contrast.txt"), at("v_")],
    [1, 0, 2, 3],
  ],
  [
    "vectorstats",
    [join(edges, "list.txt"), join(edges, "contrast.txt"), join(edges, "design.txt"), at("v_")],
    [0, 2, 1, 3],
  ],
  [
    "connectomestats",
    [join(edges, "list.txt"), "nbs", join(edges, "contrast.txt"), join(edges, "design.txt"), at("e_")],
    [0, 1, 3, 2, 4],
  ],
  [
    "mrclusterstats",
    [
      join(voxels, "list.txt"),
      join(voxels, "mask.nii.gz"),
      join(voxels, "design.txt"),
      join(voxels, "contrast.txt"),
      at("m_"),
    ],
    [0, 2, 3, 1, 4],
  ],
  [
    "mrclusterstats",
    [
      join(voxels, "list.txt"),
      join(voxels, "contrast.txt"),
      join(voxels, "design.txt"),
      join(voxels, "mask.nii.gz"),
      at("m_"),
    ],
    [0, 2, 1, 3, 4],
  ],
])("%s %j", async (command, given, order) => {
  const { status, stderr } = await runInProcess([command, ...given, "-quiet"]);
  expect(status).toBe(2);
  expect(stderr).toContain(`Did you mean: fixelstream ${command} ${order.map((i) => given[i]).join(" ")}?`);
});

it.each([
  [
    "fixelcfestats @fd @noend.txt @design.txt @contrast.txt @matrix @out",
    /sub-01\.mif is there: write the names with their ending, for example by sed 's\/\$\/\.mif\/' @noend\.txt > NEW\.\n$/,
  ],
  [
    "convert fixels @fd @all.txt @out.fxs",
    /^fixelstream: error: Cannot use @all\.txt: expected data files of subjects, got directions\.mif \(name 1 of 42\), which is the template's own\. Take index and directions out of the list\.\n$/,
  ],
  [
    "info @fd",
    /^fixelstream: error: Cannot describe @fd: expected a store or an \.h5, got a fixel directory\. Make a store of it: fixelstream convert fixels @fd SUBJECTS\.txt COHORT\.fxs\.\n$/,
  ],
  ["info @fd/sub-01.mif", /got an image\. Its header is shown by mrinfo @fd\/sub-01\.mif\.\n$/],
  [
    "info @matrix",
    /got a connectivity matrix of fixelconnectivity, which has no manifest\. It is given to fixelcfestats as it is\.\n$/,
  ],
  [
    "convert @fd @subjects.txt @out.fxs",
    /^fixelstream: error: Unknown command convert @fd\. Use one of: .*\. @fd is data: say what it is before it: fixelstream convert fixels @fd\.\n$/,
  ],
  [
    "fixelcfestats @fd @subjects.txt @participants.tsv @contrast.txt @matrix @out",
    /column group\).*\nfixelstream: error: @participants\.tsv is a table of the subjects, and a design is numbers alone: a row a subject in their order, 1 for the intercept, groups as 0 and 1, ages and the like as they are\.\n$/s,
  ],
  [
    "fixelcfestats @fd @subjects.txt @subjects.txt @contrast.txt @matrix @out",
    /\nfixelstream: error: @subjects\.txt is a list of names, and a design is numbers alone/,
  ],
] as [string, RegExp][])("%s", async (line, message) => {
  const { status, stderr } = await run(line);
  expect(status).not.toBe(0);
  expect(stderr.replaceAll(folder, "@")).toMatch(message);
});

describe("all problems at once", () => {
  it("of the design, and of files that are not there", async () => {
    const line =
      "fixelcfestats @fd @subjects.txt @short.txt @narrow.txt @nomatrix @out -mask @nomask.mif -variance @none.txt";
    const { status, stdout, stderr } = await run(line);
    expect({ status, stdout, stderr: stderr.replaceAll("@", "") }).toEqual({
      status: 1,
      stdout: "",
      stderr: [
        "Cannot use short.txt: expected 40 rows (one per subject of subjects.txt), got 2. Rows follow the order of the subjects.",
        "Cannot use narrow.txt: expected 3 columns (one per column of short.txt), got 2. No column is ever added for you.",
        "Cannot read nomask.mif: expected a readable file, got no such file. Check the path and its permissions.",
        "Cannot read nomatrix: expected a file or directory, got nothing of that name. Check it.",
        "Cannot read none.txt: expected a file or directory, got nothing of that name. Check it.",
      ]
        .map((problem) => `fixelstream: error: ${problem}\n`)
        .join(""),
    });
  });
  it("where the input itself is not there", async () => {
    const { stderr } = await run("fixelcfestats @fd @nolist.txt @nodesign.txt @nocontrast.txt @nomatrix @out");
    const paths = [...stderr.matchAll(/Cannot read (@\S+):/g)].map(([, path]) => path);
    expect(paths).toEqual(["@nolist.txt", "@nodesign.txt", "@nocontrast.txt", "@nomatrix"]);
  });
  it.each([
    ["vectorstats @none.txt @nodesign.txt @nocontrast.txt @x_", 3],
    ["connectomestats @none.txt tfnbs @nodesign.txt @nocontrast.txt @x_ -mask @nomask.csv", 4],
    ["mrclusterstats @none.txt @nodesign.txt @nocontrast.txt @nomask.mif @x_", 4],
  ])("%s: %i problems", async (line, n) => {
    const { status, stderr } = await run(line);
    expect(status).toBe(1);
    expect(stderr.split("\n").filter((one) => one.startsWith("fixelstream: error: "))).toHaveLength(n);
  });
});

it("a right line is left alone: the error is its own", async () => {
  const line = "fixelcfestats @fd @subjects.txt @short.txt @contrast.txt @matrix @out";
  expect((await run(line)).stderr.replaceAll("@", "")).toBe(
    "fixelstream: error: Cannot use short.txt: expected 40 rows (one per subject of subjects.txt), got 2. Rows follow the order of the subjects.\n",
  );
});

it("looks at what is there, and at nothing else", () => {
  mkdirSync(at("empty"));
  writeFileSync(at("header.txt"), "age sex\n1 2\n3 4\n");
  writeFileSync(at("named.txt"), "participant_id age sex\nsub-01 1 0\nsub-02 2 1\n");
  writeFileSync(at("slip.txt"), "participant_id age sex\nsub-01 1 0\nsub-02 two 1\n");
  writeFileSync(at("zeros.txt"), "a\0b\n");
  writeFileSync(at("nothing.txt"), "");
  const kinds = {
    "-": "dash",
    word: "word",
    [at("none")]: "new",
    [at("empty")]: "directory",
    [at("fd")]: "fixels",
    [at("matrix")]: "matrix",
    [at("fd/sub-01.mif")]: "image",
    [at("subjects.txt")]: "list",
    [at("design.txt")]: "numbers",
    [at("participants.tsv")]: "table",
    [at("header.txt")]: "numbers",
    [at("named.txt")]: "numbers",
    [at("slip.txt")]: "numbers",
    [at("zeros.txt")]: "unknown",
    [at("nothing.txt")]: "unknown",
  };
  for (const [path, kind] of Object.entries(kinds)) expect(lookAtArgument(path).kind, path).toBe(kind);
  expect(lookAtArgument(at("header.txt"))).toEqual({ kind: "numbers", nRows: 2, nColumns: 2 });
  expect(lookAtArgument(at("named.txt"))).toEqual({ kind: "numbers", nRows: 2, nColumns: 2 });
});
