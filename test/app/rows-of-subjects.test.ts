// Whose a row of a table is, in lm, gam, design and the statistics' --formula alike: whatever the table calls its subjects and however it sorts them, the numbers are the same, or it
// is refused. A row by position would be a wrong number without a sign.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const N = 14;
const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);
const plain = (text: string) => text.replaceAll(`${directory}/`, "");
const subjects = Array.from({ length: N }, (_, i) => `sub-${String(i + 1).padStart(2, "0")}`);
const ages = subjects.map((_, i) => 20 + ((i * 11) % 17));
/** `cellsOf`: what names subject i, a cell or several. */
const rowsWith = (
  title: string,
  cellsOf: (name: string, i: number) => string,
  order = [...subjects.keys()].reverse(),
) => `${title},age\n${order.map((i) => `${cellsOf(subjects[i]!, i)},${ages[i]}\n`).join("")}`;

const COMMANDS = ["lm", "gam", "design", "vectorstats"] as const;
type Command = (typeof COMMANDS)[number];
let nRuns = 0;

/** Its numbers as a text. */
async function run(command: Command, table: string, more: readonly string[] = [], list = "list.txt") {
  writeFileSync(at("table.csv"), table);
  const out = at(`out${++nRuns}`);
  const tokens = {
    lm: ["lm", at(list), at("table.csv"), "FD ~ age", `${out}.csv`, "-nthreads", "0"],
    gam: ["gam", at(list), at("table.csv"), "FD ~ s(age, k = 4, fx)", `${out}.csv`, "-nthreads", "0"],
    design: ["design", at("table.csv"), "~ age", "--test", "age", "--subjects", at(list), "--out", out],
    vectorstats: [
      ...["vectorstats", at(list), `${out}_`, "--formula", "~ age", "--phenotypes", at("table.csv"), "--test", "age"],
      ...["-nshuffles", "3", "--seed", "1", "-nthreads", "0"],
    ],
  }[command];
  const { status, stderr, stdout } = await runInProcess([...tokens, ...more]);
  const file = {
    lm: `${out}.csv`,
    gam: `${out}.csv`,
    design: join(out, "design.txt"),
    vectorstats: `${out}_betas.csv`,
  };
  const numbers = status === 0 ? readFileSync(file[command], "utf8").replace(/^#.*\n/gm, "") : "";
  return { status, stderr: plain(stderr), stdout: plain(stdout), numbers };
}

const expected = new Map<Command, string>();
beforeAll(async () => {
  mkdirSync(at("fd"));
  for (const [i, name] of subjects.entries())
    writeFileSync(at(`fd/${name}.txt`), `${ages[i]! / 7 + Math.sin(i)}\n${Math.cos(3 * i)}\n${(i * i) % 11}\n`);
  writeFileSync(at("list.txt"), subjects.map((name) => `fd/${name}.txt\n`).join(""));
  writeFileSync(at("values.txt"), subjects.map((_, i) => `${Math.sin(i)} ${Math.cos(3 * i)}\n`).join(""));
  for (const command of COMMANDS) {
    const { status, stderr, numbers } = await run(
      command,
      rowsWith("subject", (name) => name, [...subjects.keys()]),
    );
    expect(status, `${command} ${stderr}`).toBe(0);
    expected.set(command, numbers);
  }
  // the design's ages in the order of the list
  expect(expected.get("design")).toBe(ages.map((age) => `1 ${age}\n`).join(""));
}, 180_000);

/** Models add up a table's rows in its order: the last digits may differ. */
function expectSame(found: string, wanted: string): void {
  const [a, b] = [found, wanted].map((text) => text.trim().split(/[\s,]+/));
  expect(a!.length).toBe(b!.length);
  const isOther = (cell: string, i: number) =>
    cell !== b![i] && !(Math.abs(Number(cell) - Number(b![i])) <= 1e-11 * Math.max(1, Math.abs(Number(b![i]))));
  expect(a!.findIndex(isOther)).toBe(-1);
}

const number = (name: string) => String(Number(name.slice(4)));

describe.each(COMMANDS)("%s", (command) => {
  test.each<[string, string, string[]?]>([
    ["another order", rowsWith("subject", (name) => name)],
    ["bids_id", rowsWith("bids_id", (name) => name)],
    ["blanks in the title", rowsWith("Participant ID", (name) => name)],
    ["blanks around names", rowsWith("participant_id", (name) => ` ${name} `)],
    ["names of files", rowsWith("source_file", (name) => `fd/${name}.txt`)],
    ["names of files elsewhere", rowsWith("Source.File", (name) => `/data/fd/${name}.nii.gz`)],
    ["file names under file", rowsWith("file", (name) => `${name}.txt`)],
    ["numbers", rowsWith("subject_id", number)],
    ["a column that numbers the rows of another order", rowsWith("id,subject", (name, i) => `${N - i},${name}`)],
    ["the same behind", rowsWith("subject,id", (name, i) => `${name},${N - i}`)],
    ["a title that says nothing", rowsWith("who", (name) => name), ["--subject-column", "who"]],
    [
      "the right one of two",
      rowsWith("subject,scan_id", (name, i) => `${subjects[N - 1 - i]},${name}`),
      ["--subject-column", "scan_id"],
    ],
  ])("%s: the same numbers", { timeout: 60_000 }, async (_, table, more) => {
    const { status, stderr, numbers } = await run(command, table, more);
    expect(status, stderr).toBe(0);
    expectSame(numbers, expected.get(command)!);
    expect(stderr).not.toContain("in the order in which they stand");
  });

  test.each<[string, string, string]>([
    [
      "two columns that say different things",
      rowsWith("subject,scan_id", (name, i) => `${name},${subjects[N - 1 - i]}`),
      "Cannot use table.csv: expected columns that name the same subject in a row, got sub-14 as subject and sub-01 as scan_id. Correct the table, or name the column with --subject-column.",
    ],
    [
      "two rows of a subject",
      `${rowsWith("subject", (name) => name)}sub-03,77\n`,
      "Cannot use table.csv: expected one row a subject, got several for sub-03 in its column subject. Leave one row each, or name another column with --subject-column.",
    ],
    [
      "two rows of a subject under two names",
      `${rowsWith("subject", (name) => name)}sub-03.txt,77\n`,
      "Cannot use table.csv: expected one row a subject, got several for sub-03 (also sub-03.txt) in its column subject. Leave one row each, or name another column with --subject-column.",
    ],
    [
      "a name that many have",
      rowsWith("subject", (name, i) => (i === 4 ? "fd" : name)),
      "Cannot use table.csv: expected names that mean one subject of list.txt each, got fd in its column subject, which may mean several. Write them as there, or name another column with --subject-column.",
    ],
    [
      "no title of subjects, but their names",
      rowsWith("who", (name) => name),
      "Cannot use table.csv: expected a column that names the subjects of list.txt (subject_id, participant_id, source_file, ..), got who, age. Its column who has names of them: --subject-column who.",
    ],
    [
      "no names at all",
      rowsWith("colour", () => "red"),
      "Cannot use table.csv: expected a column that names the subjects of list.txt (subject_id, participant_id, source_file, ..), got colour, age. Name it with --subject-column.",
    ],
  ])("%s: refused", { timeout: 60_000 }, async (_, table, message) => {
    const { status, stderr } = await run(command, table);
    expect(stderr).toBe(`fixelstream: error: ${message}\n`);
    expect(status).toBe(1);
  });

  test("whom the table lacks is named and left out", { timeout: 60_000 }, async () => {
    const { status, stderr } = await run(
      command,
      rowsWith("subject", (name) => name, [...subjects.keys()].slice(0, -1)),
    );
    expect(status, stderr).toBe(0);
    expect(stderr).toContain("fd/sub-14.txt");
    expect(stderr).toMatch(/1 of 14 subjects/);
  });

  test("whom the data lack is named: models refuse, designs say it", { timeout: 60_000 }, async () => {
    const { status, stderr, stdout, numbers } = await run(command, `${rowsWith("subject", (name) => name)}sub-77,20\n`);
    if (command === "lm" || command === "gam") {
      expect(stderr).toBe(
        "fixelstream: error: Cannot use table.csv with list.txt: expected subjects that it has, such as fd/sub-01.txt, fd/sub-02.txt and 12 more, got 1 that it has not in its column subject: sub-77. Correct the names, or take the rows out, for example with --subset.\n",
      );
      expect(status).toBe(1);
      return;
    }
    expect(`${stdout}${stderr}`).toContain("1 rows of table.csv are of no subject of list.txt: sub-77.");
    expect(numbers).toBe(expected.get(command));
  });
});

test.each(["lm", "gam", "vectorstats"] as const)(
  "%s of values without names goes by position, and says so",
  {
    timeout: 60_000,
  },
  async (command) => {
    const { status, stderr } = await run(
      command,
      rowsWith("subject", (name) => name),
      [],
      "values.txt",
    );
    expect(status, stderr).toBe(0);
    expect(stderr).toContain(
      "fixelstream: warning: values.txt does not name its subjects: rows of table.csv are taken in the order in which they stand.\n",
    );
  },
);
