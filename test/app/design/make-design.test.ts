// fixelstream design: which rows are whose, what is written, what is replaced; and the sentences for what cannot be.
import fs from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { runInProcess } from "../../support/in-process-cli.js";
import { makeStore } from "../../support/make-store.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

let root = "";
const at = (...names: string[]) => path.join(root, ...names);
const COHORT = [
  "participant_id,group,sex,age",
  "sub-04,patient,F,44",
  "sub-01,control,M,31.5",
  "sub-02,patient,M,",
  "sub-03,control,F,27",
  "sub-05,patient,M,52",
  "sub-06,control,M,39",
  "sub-07,patient,F,36",
];
const write = (name: string, lines: readonly string[]) =>
  fs.writeFileSync(at(name), lines.map((line) => `${line}\n`).join(""));
const read = (...names: string[]) => fs.readFileSync(at(...names), "utf8");
const linesOf = (...names: string[]) =>
  read(...names)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

async function design(...tokens: string[]) {
  const result = await runInProcess(["design", at("cohort.csv"), ...tokens]);
  const relative = (text: string) => text.replaceAll(`${root}/`, "");
  return { ...result, stdout: relative(result.stdout), stderr: relative(result.stderr) };
}

beforeEach(() => {
  root = temporaryDirectory();
  write("cohort.csv", COHORT);
});

describe("rows", () => {
  test("are the table's, in its order, without those that miss a value, which is said", async () => {
    const { status, stderr } = await design("~ group + age", "--test", "group", "--out", at("d"));
    expect(status).toBe(0);
    expect(linesOf("d", "subjects.txt")).toEqual(["sub-04", "sub-01", "sub-03", "sub-05", "sub-06", "sub-07"]);
    expect(linesOf("d", "design.txt")).toEqual(["1 1 44", "1 0 31.5", "1 0 27", "1 1 52", "1 0 39", "1 1 36"]);
    expect(stderr).toBe(
      "fixelstream: warning: 1 of 7 subjects takes no part, having no value for every variable of the formula (without age: sub-02).\n" +
        "fixelstream: d: 6 subjects x 3 columns, 1 test (design.txt, subjects.txt, contrast.txt, ftests.txt, ftest1.txt, summary.txt, design.json)\n",
    );
  });

  test("are put into the order of a list, by name; whom the table lacks is said, and whom the list lacks", async () => {
    write("list.txt", [
      "fd/sub-01_fd.mif",
      "fd/sub-04_fd.mif",
      "fd/sub-06_fd.mif",
      "fd/sub-07_fd.mif",
      "fd/sub-09_fd.mif",
    ]);
    const { stderr, stdout } = await design(
      "~ group",
      "--test",
      "groupcontrol",
      "--subjects",
      at("list.txt"),
      "--out",
      at("d"),
    );
    expect(stderr).toContain(
      "Cannot test 'groupcontrol': expected a term (group), a column ((Intercept), grouppatient)",
    );
    expect(stdout).toBe("");
    const found = await design("~ group", "--test", "grouppatient", "--subjects", at("list.txt"), "--out", at("d"));
    expect(linesOf("d", "subjects.txt")).toEqual([
      "fd/sub-01_fd.mif",
      "fd/sub-04_fd.mif",
      "fd/sub-06_fd.mif",
      "fd/sub-07_fd.mif",
    ]);
    expect(linesOf("d", "design.txt")).toEqual(["1 0", "1 1", "1 0", "1 1"]);
    expect(found.stderr).toContain(
      "1 of 5 subjects takes no part, having no value for every variable of the formula (without a row in the table: fd/sub-09_fd.mif).",
    );
    expect(found.stdout).toContain("Rows of cohort.csv are joined to the subjects by its column participant_id.");
    expect(found.stdout).toContain("3 rows of cohort.csv are of no subject of list.txt: sub-02, sub-03, sub-05.");
  });

  test("are put into the order of a store", async () => {
    const store = at("cohort.fxs");
    const names = ["sub-07.mif", "sub-01.mif", "sub-03.mif", "sub-05.mif", "sub-04.mif"];
    await makeStore(root, "cohort.fxs", { values: new Float32Array(10), nSubjects: 5, names });
    await design("~ group", "--test", "group", "--subjects", store, "--out", at("d"));
    expect(linesOf("d", "subjects.txt")).toEqual([
      "sub-07.mif",
      "sub-01.mif",
      "sub-03.mif",
      "sub-05.mif",
      "sub-04.mif",
    ]);
    expect(linesOf("d", "design.txt")).toEqual(["1 1", "1 0", "1 0", "1 1", "1 1"]);
  });

  test("of a table with a row a scalar are those of one scalar", async () => {
    const rows = COHORT.slice(1).flatMap((line) => ["FD", "log_FC"].map((name) => `${name},${line}`));
    write("cohort.csv", [`scalar_name,${COHORT[0]}`, ...rows]);
    const { stdout } = await design("~ group");
    expect(stdout).toContain("Of cohort.csv the rows of FD are used, which has rows of FD, log_FC.");
    expect(stdout).toContain("shape        7 subjects x 2 columns");
  });

  test.each([
    [
      "two of one subject",
      () => write("cohort.csv", [...COHORT, "sub-01,control,F,20"]),
      [],
      "Cannot use cohort.csv: expected one row a subject, got several for sub-01 in its column participant_id. Leave one row each, or name another column with --subject-column.",
    ],
    [
      "nobody of the list",
      () => write("list.txt", ["a.mif", "b.mif"]),
      ["--subjects", "list.txt"],
      "Cannot use cohort.csv: expected rows of the subjects of list.txt (a.mif, b.mif), got none of them in its column participant_id (sub-04, sub-01, sub-02 and 4 more). Name the column of subjects with --subject-column.",
    ],
    [
      "another column",
      () => {},
      ["--subject-column", "participant"],
      "Cannot use --subject-column participant: expected a column of cohort.csv (participant_id, group, sex, age), got none of that name. Did you mean participant_id?",
    ],
    [
      "no column of subjects",
      () =>
        write(
          "cohort.csv",
          COHORT.map((line) => line.replace("participant_id", "x")),
        ),
      [],
      "Cannot use cohort.csv: expected a column that names the subjects (subject_id, participant_id, source_file, ..), got x, group, sex, age. Name it with --subject-column.",
    ],
  ])("%s", async (_, change, tokens, message) => {
    change();
    const paths = tokens.map((token) => (token === "list.txt" ? at(token) : token));
    const { status, stderr } = await design("~ group", ...paths);
    expect(stderr).toBe(`fixelstream: error: ${message}\n`);
    expect(status).toBe(1);
  });
});

describe("files", () => {
  test("have the tests in both forms of MRtrix3", async () => {
    write(
      "cohort.csv",
      COHORT.map((line, i) => `${line},${i === 0 ? "site" : "xABCBACC"[i]}`),
    );
    const tests = ["site", "siteB - siteC", "sexM", "F(sexM, site)"].flatMap((test) => ["--test", test]);
    await design("~ site + sex", ...tests, "--out", at("d"));
    expect(linesOf("d", "contrast.txt")).toEqual(["0 1 -1 0", "0 0 0 1", "0 1 0 0", "0 0 1 0"]);
    expect(linesOf("d", "ftests.txt")).toEqual(["0 0 1 1", "0 1 1 1"]);
    expect(linesOf("d", "ttests.txt")).toEqual(["0 1 -1 0", "0 0 0 1"]);
    expect(linesOf("d", "ftest1.txt")).toEqual(["0 1 0 0", "0 0 1 0"]);
    expect(linesOf("d", "ftest2.txt")).toEqual(["0 0 0 1", "0 1 0 0", "0 0 1 0"]);
    const record = JSON.parse(read("d", "design.json"));
    expect(record.tests.map(({ name, label }: { name: string; label: string }) => [name, label])).toEqual([
      ["F1", "site"],
      ["t1", "siteB - siteC"],
      ["t2", "sexM"],
      ["F2", "F(sexM, site)"],
    ]);
    expect(record.columns.map(({ name, term }: { name: string; term?: string }) => [name, term])).toEqual([
      ["(Intercept)", undefined],
      ["siteB", "site"],
      ["siteC", "site"],
      ["sexM", "sex"],
    ]);
  });

  test("have digits enough for the same numbers again", async () => {
    await design("~ poly(age, 2)", "--test", "poly(age, 2)", "--out", at("d"));
    const { stdout } = await design("~ poly(age, 2)", "--json");
    const record = JSON.parse(stdout);
    expect(record.columns.map(({ name }: { name: string }) => name)).toEqual([
      "(Intercept)",
      "poly(age, 2)1",
      "poly(age, 2)2",
    ]);
    const ages = [44, 31.5, 27, 52, 39, 36];
    const mean = ages.reduce((a, b) => a + b) / 6;
    const length = Math.sqrt(ages.reduce((sum, age) => sum + (age - mean) ** 2, 0));
    linesOf("d", "design.txt").forEach((line, i) => {
      expect(Number(line.split(" ")[1])).toBeCloseTo((ages[i]! - mean) / length, 14);
    });
  });

  test.each([
    ["~ group + age", [], "group is a factor: control, patient; the first is the reference."],
    ["~ group + age", ["--coding", "sum"], "group is a factor: control, patient; coded by sum."],
    ["~ 0 + group + age", [], "group is a factor: control, patient; each has a column."],
    ["~ C(group, base = 2)", [], "C(group, base = 2) is a factor: control, patient; patient is the reference."],
  ])("say how %s codes its factor", async (formula, tokens, note) => {
    expect((await design(formula, ...tokens)).stdout).toContain(`note         ${note}\n`);
  });

  test("say which level R may have first", async () => {
    write(
      "cohort.csv",
      COHORT.map((line) => line.replace("patient", "Patient")),
    );
    expect((await design("~ group")).stderr).toBe(
      'fixelstream: warning: The first level of group is Patient, by the characters\' numbers, as in R under the locale C; under English R has control first. For that, write relevel(group, ref = "control").\n',
    );
  });

  test("say what each column is, and which cells have few subjects", async () => {
    const { stdout } = await design("~ group * sex + age", "--test", "group", "--test", "group:sex", "--out", at("d"));
    expect(stdout).toBe(read("d", "summary.txt").replaceAll(`${root}/`, ""));
    expect(stdout).toBe(`formula      ~ group * sex + age
shape        6 subjects x 5 columns
condition    ${/condition {4}(.*)/.exec(stdout)![1]}
left out     sub-02: no age
note         group is a factor: control, patient; the first is the reference.
note         sex is a factor: F, M; the first is the reference.
note         group is a part of group:sex: its test is where sex is 0, or the reference level. Centre numbers (scale(x, scale = FALSE)) and code factors by their sums (--coding sum) to test it at their means.

column  name               inflation  what it is
1       (Intercept)        -          1 for every subject
2       grouppatient       ${/grouppatient {7}(\S+ *)/.exec(stdout)![1]}1 where group is patient (reference: control)
3       sexM               ${/sexM {15}(\S+ *)/.exec(stdout)![1]}1 where sex is M (reference: F)
4       age                ${/age {16}(\S+ *)/.exec(stdout)![1]}age, 27 to 52, mean 38.25
5       grouppatient:sexM  ${/patient:sexM {2}(\S+ *)/.exec(stdout)![1]}product of grouppatient and sexM

cells of group (* fewer than 5 subjects)
  group = control  3 *
  group = patient  3 *

cells of sex (* fewer than 5 subjects)
  sex = F  3 *
  sex = M  3 *

cells of group:sex (* fewer than 5 subjects)
  group = control, sex = F  1 *
  group = control, sex = M  2 *
  group = patient, sex = F  2 *
  group = patient, sex = M  1 *

F1   group: F-test of 1 column: grouppatient
F2   group:sex: F-test of 1 column: grouppatient:sexM

The same analysis, by this design or by its files (of MRtrix3 3.0.x too):
  fixelstream fixelcfestats DATA d/subjects.txt MATRIX OUT --design-dir d
  fixelcfestats DATA d/subjects.txt d/design.txt d/contrast.txt MATRIX OUT -ftests d/ftests.txt -fonly
`);
  });

  test("are not written without --out, nor when something is wrong", async () => {
    const before = fs.readdirSync(root);
    await design("~ group", "--test", "group");
    expect((await design("~ nothing", "--test", "nothing", "--out", at("d"))).status).toBe(1);
    expect((await design("~ group", "--out", at("d"))).stderr).toBe(
      "fixelstream: error: Cannot write a design that tests nothing: expected --test with a term or a column, got none. Add one, or leave --out away to see the design's columns.\n",
    );
    expect(fs.readdirSync(root)).toEqual(before);
  });

  test("replace a design of ours with -force alone, and nothing else ever", async () => {
    const again = (...tokens: string[]) => design("~ group", "--test", "group", "--out", at("d"), "-quiet", ...tokens);
    await again();
    expect((await again()).stderr).toBe(
      "fixelstream: error: Cannot write the design to d: expected a new name, got a design that exists. Give -force to replace it.\n",
    );
    fs.writeFileSync(at("d", "ftest7.txt"), "1\n");
    expect((await again("-force")).status).toBe(0);
    expect(fs.readdirSync(at("d")).sort()).toEqual([
      "contrast.txt",
      "design.json",
      "design.txt",
      "ftest1.txt",
      "ftests.txt",
      "subjects.txt",
      "summary.txt",
    ]);
    fs.writeFileSync(at("d", "notes.txt"), "mine");
    expect((await again("-force")).stderr).toBe(
      "fixelstream: error: Cannot write the design to d: expected a new name, or a design of fixelstream with nothing else in it, got a directory. Choose another name.\n",
    );
    expect(read("d", "notes.txt")).toBe("mine");
    expect(fs.readdirSync(root).sort()).toEqual(["cohort.csv", "d"]);
  });
});

describe("fixed smooths", () => {
  const ages = [44, 31.5, 27, 52, 39, 36, 48, 22, 65, 58];
  beforeEach(() => write("cohort.csv", ["id,sex,age", ...ages.map((age, i) => `s${i},${i % 2 ? "F" : "M"},${age}`)]));

  test("are terms like any other", async () => {
    const { status } = await design(
      "~ sex + s(age, k = 4, fx)",
      "--test",
      "s(age)",
      "--test",
      "s(age, k=4, fx)",
      "--out",
      at("d"),
    );
    expect(status).toBe(0);
    const record = JSON.parse(read("d", "design.json"));
    expect(record.columns.map(({ name }: { name: string }) => name)).toEqual([
      ...["(Intercept)", "sexM", "s(age).1", "s(age).2", "s(age).3"],
    ]);
    expect(linesOf("d", "ftest1.txt")).toEqual(["0 0 1 0 0", "0 0 0 1 0", "0 0 0 0 1"]);
    expect(linesOf("d", "ftest2.txt")).toEqual(linesOf("d", "ftest1.txt"));
    // functions sum to zero over the subjects
    const rows = linesOf("d", "design.txt").map((line) => line.split(" ").map(Number));
    for (const j of [2, 3, 4]) expect(rows.reduce((sum, row) => sum + row[j]!, 0)).toBeCloseTo(0, 10);
  });

  test("have columns for each level of a factor", async () => {
    const { stdout } = await design("~ sex + s(age, by = sex, k = 3, fx = TRUE)", "--json");
    expect(
      JSON.parse(stdout)
        .columns.map(({ name }: { name: string }) => name)
        .slice(2),
    ).toEqual([...["s(age):sexF.1", "s(age):sexF.2", "s(age):sexM.1", "s(age):sexM.2"]]);
  });

  test("have columns for TRUE and FALSE, as lm has", async () => {
    write(
      "cohort.csv",
      COHORT.map((line, i) => `${line},${i === 0 ? "ill" : i % 2 === 0 ? "TRUE" : "FALSE"}`),
    );
    const { stdout } = await design("~ s(age, by = ill, k = 3, fx = TRUE)", "--json");
    expect(
      JSON.parse(stdout)
        .columns.map(({ name }: { name: string }) => name)
        .slice(1),
    ).toEqual([...["s(age):illFALSE.1", "s(age):illFALSE.2", "s(age):illTRUE.1", "s(age):illTRUE.2"]]);
  });

  test("only: a penalised one is refused", async () => {
    expect((await design("~ s(age, k = 5)")).stderr).toBe(
      "fixelstream: error: Cannot use s(age, k = 5): expected a fixed smooth, fx = TRUE, got a penalised one, whose columns depend on the data. Write s(age, k = 5, fx = TRUE).\n",
    );
    expect((await design("~ s(sex, fx)")).stderr).toBe(
      "fixelstream: error: Cannot make s(sex, fx): expected numbers, got a factor (sex). Use the factor as a term of its own, or as by.\n",
    );
  });
});

describe("what the design cannot tell", () => {
  test("is said with the aliased columns, and the cells that nobody is in", async () => {
    write("cohort.csv", ["id,group,drug", ...["a,A,x", "b,A,x", "c,A,y", "d,B,x", "e,B,x", "f,B,x", "g,A,y"]]);
    const { status, stderr } = await design("~ group * drug", "--test", "group:drug");
    expect(status).toBe(1);
    expect(stderr).toBe(
      "fixelstream: error: Cannot test 'group:drug': the columns of the design of '~ group * drug' are linearly dependent (rank 3 of 4) and cannot estimate it: column 4 (groupB:drugy) is zero (counted from 1), to the digits that were given. Remove a redundant column or change the contrast. If a column should say something of its own, subtract its mean (before squaring or multiplying) and give all its digits. No subject has group = B, drug = y.\n",
    );
    expect((await design("~ group * drug", "--test", "group")).stderr).toContain(
      "The design has 4 columns of which only 3 are linearly independent: column 4 (groupB:drugy) is zero",
    );
  });

  test("names with blanks, quotes and markup stay names", async () => {
    write("cohort.csv", [
      'subject id,the "group",age',
      ...COHORT.slice(1).map((line, i) => `"s ${i}",<script>${line.split(",")[1]}</script>,${20 + ((i * 5) % 7)}`),
    ]);
    const { status, stdout } = await design('~ `the "group"` + age', "--test", "age", "--out", at("d e"));
    expect(status).toBe(0);
    expect(stdout).toContain('1 where `the "group"` is <script>patient</script>');
    expect(linesOf("d e", "subjects.txt")[0]).toBe("s 0");
  });
});
