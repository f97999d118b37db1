// lm, gam and design as they are first tried: what is said to a slip, and that it says what to do.
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { fixturesDirectory } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const demo = join(fixturesDirectory, "demo");
const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);
const STORE = "cohort.fxs";

const lines = readFileSync(join(demo, "participants.tsv"), "utf8").trim().split("\n");
// one level, three levels, and as many numbers as subjects
const wide = lines.map((line, i) => `${line}\t${i === 0 ? "site\tthree\tmotion" : `x\t${i % 3}\t${(i * 7919) % 101}`}`);
cpSync(join(demo, "fd"), at("fd"), { recursive: true });
cpSync(join(demo, "subjects.txt"), at("subjects.txt"));
writeFileSync(at("p.tsv"), `${wide.join("\n")}\n`);
writeFileSync(at("two.tsv"), `${wide.slice(0, 3).join("\n")}\n`);
writeFileSync(at("anonymous.tsv"), `${lines.map((line) => line.split("\t").slice(1).join("\t")).join("\n")}\n`);
writeFileSync(at("list.txt"), "0 1 2\n");
writeFileSync(at("there.csv"), "mine\n");
writeFileSync(at("gaps.txt"), Array.from({ length: 40 }, (_, i) => `${i < 35 ? "nan" : i} ${Math.sin(i)}\n`).join(""));

const PATHS =
  /^(cohort\.fxs|fd|gaps\.txt|p\.tsv|two\.tsv|anonymous\.tsv|list\.txt|there\.csv|none\.txt|new\.\w+|planned)$/;

async function run(tokens: readonly string[]) {
  if (!existsSync(at(STORE)))
    await runInProcess(["convert", "fixels", at("fd"), at("subjects.txt"), at(STORE), "--scalar", "FD"]);
  const { status, stderr } = await runInProcess(tokens.map((token) => (PATHS.test(token) ? at(token) : token)));
  return { status, stderr: stderr.replaceAll(`${directory}/`, "") };
}

const lm = (formula: string, ...more: string[]) => [
  "lm",
  STORE,
  "p.tsv",
  formula,
  "new.csv",
  "-nthreads",
  "0",
  ...more,
];
const gam = (formula: string, ...more: string[]) => ["gam", ...lm(formula, ...more).slice(1)];
const COLUMNS = "subject, group, age, site, three, motion";

it.each<[tokens: string[], message: string]>([
  [lm("FD ~ age", "--elements", "list.txt", "--elements", "list.txt"), "Leave one out."],
  [
    lm("FD ~ age", "--elements", "none.txt"),
    "Cannot read --elements none.txt: expected a list of elements, got no such file. Check the path and its permissions.",
  ],
  [lm("FD ~ age", "--elements", "fd"), "Cannot read --elements fd: expected a list of elements, got a directory."],
  [lm("FD ~ age", "--memory", "1k"), "Cannot use --memory 1 KiB: expected 1 MiB or more"],
  [
    ["lm", STORE, "p.tsv", "--formula", "FD ~ age", "new.csv"],
    "Unknown option -formula: it is an argument of lm, <input> <cohort> <formula> <out>. Write it there, without -formula.",
  ],
  [
    ["lm", STORE, "--phenotypes", "p.tsv", "FD ~ age", "new.csv"],
    "Unknown option -phenotypes: it is an argument of lm",
  ],
  [["design", "~ age", "p.tsv", "--test", "age"], "Did you mean: fixelstream design"],
  [
    lm("FD ~ log(three)"),
    "got infinite ones (rows 3, 6, 9, 12, 15 and 8 more of the table, counting from 1 after its header)",
  ],
  [lm("FD ~ agee"), `expected columns of the table (${COLUMNS}, FD), got the variable "agee". Did you mean age?`],
  [lm("FD ~ mot"), 'got the variable "mot". Did you mean motion?'],
  [lm("fd ~ age"), "expected a scalar of cohort.fxs on its left (FD), got fd. Did you mean FD?"],
  [lm("age ~ FD"), "on its left (FD), got age, a column of p.tsv. Correct the formula, for example 'FD ~ ..'."],
  [lm("FD age"), "got \"age\" (character 4). A ~ stands before the variables, for example 'FD ~ group * age + sex'."],
  [lm(""), "Cannot read the formula: expected one, got an empty text."],
  [lm("FD ~ (1 | group)"), "expected fixed effects, got a random one, as lme4 writes it"],
  [lm("FD ~ site + age"), "expected a factor of at least two levels among the 40 subjects, got x alone."],
  [
    ["lm", STORE, "two.tsv", "FD ~ age", "new.csv"],
    "Cannot fit 'FD ~ age': expected more than 10 subjects (--min-subjects-abs 10, --min-subjects-rel 0.2), got 2. Add subjects, or lower the threshold.",
  ],
  [
    ["lm", STORE, "p.tsv", "FD ~ age", "there.csv"],
    "Cannot write there.csv: it exists. Give another name, or --force to replace it.",
  ],
  [
    ["lm", STORE, "p.tsv", "FD ~ age", "new.nii"],
    "Cannot write new.nii: expected a file.h5, a table.csv, or the name of a directory for images, got one that ends in .nii.",
  ],
  [gam("FD ~ s(motion, k = 50)"), "got 40. Write k = 40 or less."],
  [gam("FD ~ s(three)"), "got 3. Write k = 3 or less."],
  [gam("FD ~ te(age, motion)"), "got te(..), which is not made. Write s(x) + s(z); for an interaction ns("],
  [gam("FD ~ ti(age, motion)"), "got ti(..), which is not made."],
  [gam("FD ~ t2(age, motion)"), "got t2(..), which is not made."],
  [lm("FD ~ age", "--correct", "bonferoni"), "got bonferoni. Did you mean bonferroni?"],
  [lm("FD ~ age", "--var-terms", "std.eror"), "got std.eror. Did you mean std.error?"],
  [lm("FD ~ age", "--subject-column", "subj"), "got none of that name. Did you mean subject?"],
  [lm("FD ~ age", "--ordered", "goup"), "got none of that name. Did you mean group?"],
  [["design", "p.tsv", "~ group", "--test", "patient"], "Did you mean grouppatient?"],
  [
    ["design", "p.tsv", "~ age", "--test", "age", "--memory", "1k"],
    "Cannot use --memory 1 KiB: expected 1 MiB or more",
  ],
  [
    ["design", "anonymous.tsv", "~ age", "--test", "age", "--out", "planned"],
    "Cannot use anonymous.tsv: expected a column that names the subjects (subject_id, participant_id, source_file, ..), got group, age. Name it with --subject-column.",
  ],
  [
    ["lm", STORE, "anonymous.tsv", "FD ~ age", "new.csv"],
    "Cannot use anonymous.tsv: expected a column that names the subjects of cohort.fxs (subject_id, participant_id, source_file, ..), got group, age. Name it with --subject-column.",
  ],
])("%j is refused", { timeout: 120_000 }, async (tokens, message) => {
  const { status, stderr } = await run(tokens);
  expect(stderr).toContain(message);
  expect([1, 2]).toContain(status);
  expect(existsSync(at("new.csv"))).toBe(false);
});

const NOT_THERE = "expected a file or directory, got nothing of that name. Check it.";

it.each<[tokens: string[], stderr: string, status: number]>([
  [
    ["lm", "no.fxs", "no.tsv", "FD ~ age", "new.csv"],
    `fixelstream: error: Cannot read no.fxs: ${NOT_THERE}\nfixelstream: error: Cannot read no.tsv: ${NOT_THERE}\n`,
    1,
  ],
  [
    ["lm", "no.fxs", "no.tsv", "FD ~ age", "new.csv", "-quite", "-forse"],
    "fixelstream: error: Unknown option -quite. Did you mean -quiet? `fixelstream lm -help` lists the options.\nfixelstream: error: Unknown option -forse. Did you mean -force? `fixelstream lm -help` lists the options.\n",
    2,
  ],
  [
    ["joint", "no1", "no2", "--out", "new"],
    ["no1", "no2"]
      .map(
        (name) =>
          `fixelstream: error: Cannot join ${name}: expected the output of a finished statistical run, or its prefix, got no ${name}run.json in .. Let the run end first, or correct the name.\n`,
      )
      .join(""),
    1,
  ],
  [
    ["vectorstats", "no.txt", "list.txt", "list.txt", "new_"],
    "fixelstream: error: Cannot read no.txt: expected a list or a matrix of text, got no such file. Check the path.\n",
    1,
  ],
  [
    ["convert", "vectors", "no.txt", "new.fxs"],
    "fixelstream: error: Cannot read no.txt: expected a list or a matrix of text, got no such file. Check the path.\n",
    1,
  ],
])("%j: all that is wrong is said at once", { timeout: 120_000 }, async (tokens, stderr, status) => {
  expect(await run(tokens)).toEqual({ status, stderr });
});

it.each<[tokens: string[], message: string]>([
  [lm("FD ~ FD + age"), "FD is on both sides of 'FD ~ FD + age'"],
  [lm("FD ~ age + I(2 * age)"), "Columns that those before them explain get NaN, as NA in R: I(2 * age)."],
  [lm("FD ~ subject"), "The model has as many columns as subjects (40): no degree of freedom is left"],
  [
    lm("FD ~ log(age - 39.95)"),
    "subjects of p.tsv lack a value of log(age - 39.95) and are left out of every element.",
  ],
  [
    ["lm", "gaps.txt", "p.tsv", "FD ~ age", "new.csv"],
    "Elements without numbers (NaN): 1 have too few subjects with a value (more than 10 and 20 % are asked for).",
  ],
])("%j is fitted with a warning", { timeout: 120_000 }, async (tokens, message) => {
  const { status, stderr } = await run([...tokens, "--force"]);
  expect(stderr).toContain(message);
  expect(status).toBe(0);
});

it("subjects named without the ending of their images are found in a fixel directory", {
  timeout: 120_000,
}, async () => {
  expect(await run(["lm", "fd", "p.tsv", "FD ~ age", "new.csv", "--force", "-quiet"])).toEqual({
    status: 0,
    stderr: "",
  });
});
