// lm and gam: what cannot be fitted, read or written, each with its whole message.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const N = 24;
const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);
writeFileSync(
  at("values.txt"),
  Array.from({ length: N }, (_, i) => `${Math.sin(i)} ${Math.cos(i) + i} ${i % 7}\n`).join(""),
);
const TABLE = `age,group,w\n${Array.from({ length: N }, (_, i) => `${(i * 11) % 17},${i % 2 === 0 ? "a" : "b"},${i === 3 ? -1 : 1}\n`).join("")}`;
writeFileSync(at("table <b>.csv"), TABLE);
writeFileSync(at("short.csv"), TABLE.split("\n").slice(0, 9).join("\n"));
writeFileSync(at("list.txt"), "0\n3\n");

async function runModel(
  kind: string,
  formula: string,
  output: string,
  more: readonly string[] = [],
  table = "table <b>.csv",
) {
  const tokens = [kind, at("values.txt"), at(table), formula, at(output), "-nthreads", "0", ...more];
  const { status, stderr } = await runInProcess(tokens);
  return { status, stderr: stderr.replaceAll(`${directory}/`, "") };
}

it.each<[kind: string, formula: string, output: string, more: string[], message: string, table?: string]>([
  [
    "lm",
    "~ age",
    "x.csv",
    [],
    "Cannot fit '~ age': expected one scalar on its left, as in FD ~ age, got none. Correct the formula.",
  ],
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--scalar", "FC"],
    "Cannot fit 'FD ~ age' to --scalar FC: expected the scalar on the left of the formula, got FD. Write one or the other.",
  ],
  [
    "lm",
    "FD ~ s(age)",
    "x.csv",
    [],
    "Cannot fit s(age) by lm: expected a smooth of fixed degrees of freedom, got a penalised one. Write fx = TRUE in it, or use fixelstream gam.",
  ],
  [
    "gam",
    "FD ~ s(age, k = 5) + s(w)",
    "x.csv",
    [],
    "Cannot make s(w): expected at least k = 10 different values of its covariate, got 2. Use it without s().",
  ],
  [
    "gam",
    "FD ~ s(age, k = 5)",
    "x.csv",
    ["--changed-rsq", "2"],
    "Cannot use --changed-rsq 2: expected a term from 1 to 1 (s(age, k = 5)), got 2. Correct it.",
  ],
  [
    "gam",
    "FD ~ s(age, k = 5)",
    "x.csv",
    ["--changed-rsq", "s"],
    "Cannot use --changed-rsq s: expected numbers of terms, counted from 1, got s. Correct them.",
  ],
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--correct", "foo"],
    "Cannot use --correct foo: expected some of fdr, bonferroni, holm, hochberg, hommel, BY, BH, or none, got foo. Correct the name.",
  ],
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--var-terms", "edf"],
    "Cannot use --var-terms edf: expected some of estimate, std.error, statistic, p.value, got edf. Correct the name.",
  ],
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--min-subjects-rel", "2"],
    "Cannot use --min-subjects-rel 2: expected a share from 0 to 1, got 2. Correct it.",
  ],
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--min-subjects-abs", "-2"],
    "Cannot use --min-subjects-abs -2: expected a number of 0 or more, got -2. Correct it.",
  ],
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--weights", "w"],
    "Cannot use --weights 'w': expected finite numbers of 0 or more, got -1 in row 4 after the header. Correct the column.",
  ],
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--weights", "group"],
    "Cannot use --weights 'group': expected one number a row, got something else. Correct it.",
  ],
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--weights", "1/(age-8)"],
    "Cannot use --weights '1/(age-8)': expected finite numbers, got infinite ones (row 11 of the table, counting from 1 after its header). Correct the values, or the term.",
  ],
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--weights", "wage*2"],
    "Cannot use --weights 'wage*2': expected columns of the table (age, group, w), got the variable \"wage\". Did you mean age?",
  ],
  [
    "gam",
    "FD ~ s(age, k = 4)",
    "x.csv",
    ["--subset", "age > "],
    "Cannot read --subset 'age > ': expected a variable, a number or a parenthesis, got its end (character 7). Write it as R does, for example 1/(1+motion) or age > 10.",
  ],
  // two expressions, of which the first was taken
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--weights", "age) + I(w"],
    "Cannot read --weights 'age) + I(w': expected an operator or the end, got ')' (character 4). Write it as R does, for example 1/(1+motion) or age > 10.",
  ],
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--subset", "age > 100"],
    "Cannot use --subset 'age > 100': expected rows of table <b>.csv where it is true, got none. Correct it.",
  ],
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--ordered", "age"],
    "Cannot use --ordered age: expected a column of texts in table <b>.csv, got one of numbers. Correct the name.",
  ],
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--ordered", "group=a,c"],
    "Cannot use --ordered group=a,c: expected the levels a, b in their order, got a, c. Name each once.",
  ],
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--subject-column", "id"],
    "Cannot use --subject-column id: expected a column of table <b>.csv (age, group, w), got none of that name. Correct the name.",
  ],
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--analysis", "a/b"],
    'Cannot name an analysis "a/b": expected a plain name such as lm_age.',
  ],
  [
    "lm",
    "FD ~ age",
    "x.csv",
    ["--memory", "20MiB"],
    "Cannot fit 3 elements of 24 subjects in 20 MiB: expected at least 40 MiB. Give more with --memory, or fewer threads.",
  ],
  [
    "lm",
    "FD ~ age",
    "none/x.csv",
    [],
    "Cannot write none/x.csv: expected a directory to put it in, got none of that name (none). Make it first.",
  ],
  [
    "lm",
    "FD ~ age",
    "table <b>.csv",
    ["--force"],
    "Cannot write table <b>.csv: it is read by this command. Give the output another name.",
  ],
  [
    "lm",
    "FD ~ age",
    "values.txt",
    ["--force"],
    "Cannot write values.txt: it is read by this command. Give the output another name.",
  ],
  [
    "lm",
    "FD ~ age",
    "list.txt",
    ["--force"],
    "Cannot write list.txt: expected the name of a directory, of a file.h5 or of a table.csv, got a file of another kind. Give another name.",
  ],
  [
    ...([
      "lm",
      "FD ~ age",
      "x.csv",
      [],
      "Cannot use short.csv with values.txt: expected 24 rows, one a subject, since the data do not name their subjects, got 8. Give one row a subject, in their order.",
      "short.csv",
    ] as const),
  ] as never,
])("%s %s into %s, %j", { timeout: 180_000 }, async (kind, formula, output, more, message, table) => {
  const { status, stderr } = await runModel(kind, formula, output, more, table);
  expect(stderr).toContain(`fixelstream: error: ${message}\n`);
  expect(status).not.toBe(0);
  expect(readFileSync(at("table <b>.csv"), "utf8")).toBe(TABLE);
});

it("elements are those of the data", async () => {
  const { stderr } = await runModel("lm", "FD ~ age", "x.csv", ["--elements", at("list.txt")]);
  expect(stderr).toContain(
    'Cannot use --elements list.txt: expected numbers of elements from 0 to 2, as element_id counts them, got "3". Correct the list.\n',
  );
});

it("rows without names are taken as they stand, and that is said", async () => {
  const { status, stderr } = await runModel("lm", "FD ~ age + group", "rows.csv");
  expect(status).toBe(0);
  expect(stderr).toContain(
    "values.txt does not name its subjects: rows of table <b>.csv are taken in the order in which they stand.",
  );
  expect(readFileSync(at("rows.csv"), "utf8").split("\n")).toHaveLength(1 + 3 + 1);
});
