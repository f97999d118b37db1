// A design by names gives the bits of its files, with any statistical command; its columns and tests are called in run.json and in what is said.
import fs from "node:fs";
import { describe, expect, test } from "vitest";
import { ALL_COMMANDS, type CommandName, type EitherRun, newRun, writeColumnFor } from "../support/both-commands.js";
import { makeConnectomes } from "../support/connectomes.js";
import { runInProcess } from "../support/in-process-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** Of vectors a list of files, so that rows have names. */
function prepare(command: CommandName) {
  const run = newRun(command, { nSubjects: 12 });
  const names = fs.readFileSync(run.at("subjects.txt"), "utf8").trim().split("\n");
  const rows = names.map((name, i) => {
    const age = i === 4 ? "" : 20 + ((i * 17) % 29);
    return `${name.replace(/\.\w+$/, "")},${i % 3 === 0 ? "A" : i % 3 === 1 ? "B" : "C"},${age}`;
  });
  fs.writeFileSync(run.at("cohort.csv"), `participant_id,group,age\n${rows.toReversed().join("\n")}\n`);
  const { positional } = paths(run, names);
  return { run, command, at: run.at, relative: run.relative, ...positional };
}

/** What stands before the design among the arguments, and behind the contrasts. */
function paths(run: EitherRun, names: readonly string[]): { positional: { first: string[]; last: string[] } } {
  const options = run.optionsOf({}) as unknown as Record<"input" | "subjects" | "connectivity" | "mask", string>;
  if (run.command === "fixelcfestats")
    return { positional: { first: [options.input, options.subjects], last: [options.connectivity] } };
  if (run.command === "mrclusterstats") return { positional: { first: [options.input], last: [options.mask] } };
  if (run.command === "connectomestats") {
    for (const [i, name] of names.entries())
      fs.copyFileSync(run.at(`connectome-${i}.npy`), run.at(`${name.replace(/\.mif$/, "")}.npy`));
    fs.writeFileSync(run.at("list.txt"), names.map((name) => `${name.replace(/\.mif$/, "")}.npy\n`).join(""));
    return { positional: { first: [run.at("list.txt"), "tfnbs"], last: ["-mask", options.mask] } };
  }
  const bytes = fs.readFileSync(options.input);
  const values = new Float32Array(new Uint8Array(bytes.subarray(10 + bytes.readUInt16LE(8))).buffer);
  const width = values.length / names.length;
  for (const [i, name] of names.entries())
    fs.writeFileSync(run.at(`${name}.txt`), `${values.subarray(i * width, (i + 1) * width).join(" ")}\n`);
  fs.writeFileSync(run.at("list.txt"), names.map((name) => `${name}.txt\n`).join(""));
  return { positional: { first: [run.at("list.txt")], last: [] } };
}

const TESTS = ["--test", "group", "--test", "groupB - groupC", "--test", "F(age, group)"];
const FORMULA = "~ group + age";

describe.each(ALL_COMMANDS)("%s", (command) => {
  const run = prepare(command);
  const outputs = (name: string) => (command === "fixelcfestats" ? run.at(name) : `${run.at(name)}/x_`);
  const recordOf = (name: string) =>
    JSON.parse(fs.readFileSync(run.at(name, command === "fixelcfestats" ? "run.json" : "x_run.json"), "utf8"));

  async function analyse(name: string, middle: readonly string[], options: readonly string[]) {
    if (command !== "fixelcfestats") fs.mkdirSync(run.at(name));
    const common = ["-nshuffles", "20", "--seed", "1", "-nthreads", "0"];
    const { first, last } = run;
    const result = await runInProcess([command, ...first, ...middle, ...last, outputs(name), ...common, ...options]);
    expect(result.status, result.stderr).toBe(0);
    return { ...result, record: recordOf(name) };
  }

  test("by a formula, by a directory, by its files: one plan, one set of bits", async () => {
    const subjects = command === "fixelcfestats" ? run.first[1]! : run.first[0]!;
    const made = await runInProcess([
      ...[
        "design",
        run.at("cohort.csv"),
        FORMULA,
        ...TESTS,
        "--subjects",
        subjects,
        "--out",
        run.at("design"),
        "-quiet",
      ],
    ]);
    expect(made.status, made.stderr).toBe(0);
    const byFormula = await analyse(
      "formula",
      [],
      ["--formula", FORMULA, "--phenotypes", run.at("cohort.csv"), ...TESTS],
    );
    const byDirectory = await analyse("directory", [], ["--design-dir", run.at("design")]);
    // the files themselves, of the subjects that take part
    const { first } = run;
    run.first =
      command === "fixelcfestats"
        ? [first[0]!, run.at("design", "subjects.txt")]
        : [run.at("chosen.txt"), ...first.slice(1)];
    fs.copyFileSync(run.at("design", "subjects.txt"), run.at("chosen.txt"));
    const files = ["-ttests", run.at("design", "ttests.txt"), "-ftest", run.at("design", "ftest1.txt")];
    const byFiles = await analyse(
      "files",
      [run.at("design", "design.txt")],
      [...files, "-ftest", run.at("design", "ftest2.txt")],
    );
    run.first = first;
    expect(byFormula.record.runPlan.hash).toBe(byFiles.record.runPlan.hash);
    expect(byDirectory.record.runPlan.hash).toBe(byFiles.record.runPlan.hash);
    const numbersOf = (name: string) =>
      fs
        .readdirSync(run.at(name))
        .filter((file) => /fwe|null_dist|value_|beta/.test(file))
        .map((file) => [
          file,
          fs
            .readFileSync(run.at(name, file))
            .toString("latin1")
            .replace(/^.*command_history.*$/gm, "")
            .slice(-80),
        ]);
    expect(numbersOf("formula").length).toBeGreaterThan(8);
    expect(numbersOf("formula")).toEqual(numbersOf("files"));
    expect(numbersOf("directory")).toEqual(numbersOf("files"));

    for (const { record, stderr } of [byFormula, byDirectory]) {
      expect(record.problem.factors).toEqual(["(Intercept)", "groupB", "groupC", "age"]);
      expect(record.problem.nSubjects).toBe(11);
      expect(
        record.problem.hypotheses.map(({ name, label }: { name: string; label: string }) => [name, label]),
      ).toEqual([
        ["t1", "groupB - groupC"],
        ["F1", "group"],
        ["F2", "F(age, group)"],
      ]);
      expect(stderr).toContain("t1 (groupB - groupC): largest Z");
      expect(record.warnings.map(({ tag }: { tag: string }) => tag)).toContain("subjects-dropped");
    }
    expect(byFormula.record.inputs.phenotypes.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(byDirectory.record.inputs.designRecord.path).toContain("design.json");
    expect(byFormula.stderr).toContain(
      "1 of 12 subjects takes no part, having no value for every variable of the formula (without age: ",
    );
    expect(byDirectory.stderr).toContain("1 of 12 subjects takes no part, having no row in ");
  }, 60_000);

  test("groups and blocks of all subjects are cut to those that take part, as if the others had never been", async () => {
    const names = fs.readFileSync(run.at("subjects.txt"), "utf8").trim().split("\n");
    const groups = names.map((_, i) => 1 + (i % 2));
    const blocks = names.map((_, i) => 1 + (i % 3));
    const some = (values: readonly unknown[]) => values.filter((_, i) => i !== 4);
    const lines = (values: readonly unknown[]) => `${values.join("\n")}\n`;
    const table = (labels: readonly number[]) => names.map((name, i) => `${name},${labels[i]}`);
    fs.writeFileSync(run.at("variance.txt"), lines(["subject,group", ...table(groups)]));
    fs.writeFileSync(run.at("within.txt"), `${blocks.join(" ")}\n`);
    fs.writeFileSync(run.at("tree.txt"), lines(blocks.map((block, i) => `-1 ${block} ${i + 1}`)));
    fs.writeFileSync(run.at("some_variance.txt"), lines(some(groups)));
    fs.writeFileSync(run.at("some_within.txt"), lines(some(blocks)));
    fs.writeFileSync(run.at("some_tree.txt"), lines(some(blocks.map((block, i) => `-1 ${block} ${i + 1}`))));
    const list = command === "fixelcfestats" ? run.first[1]! : run.first[0]!;
    fs.writeFileSync(run.at("some.txt"), lines(some(fs.readFileSync(list, "utf8").trim().split("\n"))));
    const asked = ["--formula", "~ age", "--phenotypes", run.at("cohort.csv"), "--test", "age"];
    for (const [role, name] of [
      ["-exchange_within", "within.txt"],
      ["-eb", "tree.txt"],
    ] as const) {
      const cut = await analyse(`cut${role}`, [], [...asked, "-variance", run.at("variance.txt"), role, run.at(name)]);
      const { first } = run;
      run.first = first.map((argument) => (argument === list ? run.at("some.txt") : argument));
      const without = await analyse(
        `without${role}`,
        [],
        [...asked, "-variance", run.at("some_variance.txt"), role, run.at(`some_${name}`)],
      );
      run.first = first;
      expect(cut.record.problem.nSubjects).toBe(11);
      expect(cut.record.problem.hypotheses).toEqual(without.record.problem.hypotheses);
      expect(cut.record.results).toEqual(without.record.results);
      const numbersOf = (output: string) =>
        fs
          .readdirSync(run.at(output))
          .filter((file) => /(fwe|null_dist|value|beta|std)/.test(file))
          .map((file) => [
            file,
            fs
              .readFileSync(run.at(output, file))
              .toString("latin1")
              .replace(/^.*command_history.*$/gm, "")
              .slice(-80),
          ]);
      expect(numbersOf(`cut${role}`).length).toBeGreaterThan(3);
      expect(numbersOf(`cut${role}`)).toEqual(numbersOf(`without${role}`));
      expect(cut.stderr + JSON.stringify(cut.record)).toContain(
        "which has 12 subjects, the rows of the 11 that take part are used.",
      );
    }
  }, 60_000);

  test("an element-wise regressor is one more column, which the tests leave alone", async () => {
    const column = writeColumnFor(run.run, 12);
    const { record } = await analyse(
      "column",
      [],
      [...["--formula", "~ age", "--phenotypes", run.at("cohort.csv"), "--test", "age", "-column", column]],
    );
    expect(record.problem.nSubjects).toBe(11);
    expect(record.inputs.columns[0].subjects.length).toBe(11);
    expect(record.problem.rank).toBe(3);
  }, 60_000);

  test("a design in another order is put into the subjects' order, by name", async () => {
    const table = fs.readFileSync(run.at("cohort.csv"), "utf8");
    fs.writeFileSync(run.at("other.csv"), table);
    await runInProcess([
      "design",
      run.at("other.csv"),
      "~ age",
      "--test",
      "age",
      "--out",
      run.at("reversed"),
      "-quiet",
    ]);
    const reversed = await analyse("order1", [], ["--design-dir", run.at("reversed")]);
    const straight = await analyse(
      "order2",
      [],
      ["--formula", "~ age", "--phenotypes", run.at("other.csv"), "--test", "age"],
    );
    expect(reversed.record.runPlan.hash).toBe(straight.record.runPlan.hash);
    expect(reversed.stderr).toContain("are put into the order of");
  }, 60_000);
});

describe("what cannot be", () => {
  const run = prepare("fixelcfestats");
  const { first, last } = run;
  async function refused(middle: readonly string[], ...options: string[]) {
    const result = await runInProcess([
      "fixelcfestats",
      ...first,
      ...middle,
      ...last,
      run.at("never"),
      "-quiet",
      ...options,
    ]);
    expect(fs.existsSync(run.at("never"))).toBe(false);
    return { status: result.status, message: run.relative(result.stderr) };
  }
  const error = (message: string, status = 2) => ({ status, message: `fixelstream: error: ${message}\n` });

  test("files of all subjects that cannot be cut, or with names of others", async () => {
    const asked = ["--formula", "~ age", "--phenotypes", run.at("cohort.csv"), "--test", "age"];
    const permutations = Array.from({ length: 12 }, (_, i) => `${i} ${(i + 1) % 12}`);
    fs.writeFileSync(run.at("permutations.txt"), `${permutations.join("\n")}\n`);
    expect(await refused([], ...asked, "-permutations", run.at("permutations.txt"))).toEqual(
      error(
        `Cannot use permutations.txt: expected permutations of the 11 subjects that take part, got some of all 12 of subjects.txt. Make them for these subjects, or leave the file out.`,
        1,
      ),
    );
    const names = fs.readFileSync(run.at("subjects.txt"), "utf8").trim().split("\n");
    const rows = names.map((name, i) => `${name},${1 + (i % 2)}`);
    fs.writeFileSync(run.at("variance.txt"), `subject,group\n${[rows[1], rows[0], ...rows.slice(2)].join("\n")}\n`);
    const { message } = await refused([], ...asked, "-variance", run.at("variance.txt"));
    expect(message).toContain(
      `Cannot use variance.txt: expected its rows in the order of the subjects of subjects.txt, got ${names[1]} in row 1, where ${names[0]} belongs.`,
    );
    fs.writeFileSync(run.at("variance.txt"), "1\n2\n".repeat(5));
    expect((await refused([], ...asked, "-variance", run.at("variance.txt"))).message).toContain(
      "Cannot use variance.txt for -variance: expected 11 values (one per subject), got 10.",
    );
  });

  test("options that do not go together", async () => {
    expect(await refused([], "--design-dir", "d", "--formula", "~ age")).toEqual(
      error("Cannot use --design-dir together with --formula: expected one design, got two. Leave one out."),
    );
    expect(await refused([], "--test", "age")).toEqual(
      error("Cannot use --test: expected --formula beside it, got none. Add --formula."),
    );
    expect(await refused([], "--formula", "~ age", "--test", "age")).toEqual(
      error("Cannot use --formula: expected --phenotypes, the table of its variables, got none. Add --phenotypes."),
    );
    expect(await refused([], "--formula", "~ age", "--phenotypes", "p.csv")).toEqual(
      error("Cannot use --formula: expected --test, what is tested, got none. Add --test."),
    );
    expect(await refused([], "--design-dir", "d", "-fonly")).toEqual(
      error("Cannot use --design-dir together with -fonly: expected tests by name, got files as well. Leave one out."),
    );
    expect(await refused(["design.txt", "contrast.txt"], "--design-dir", "d")).toEqual(
      error(
        "Cannot use --design-dir: expected four arguments with it (input, subjects, connectivity, output), got six. It takes the place of the design and the contrasts: leave them out.",
      ),
    );
    expect(await refused([])).toEqual(
      error(
        "Cannot run fixelcfestats: expected six arguments (input, subjects, design, contrast, connectivity, output), got four. Four are enough only with --design-dir or --formula.",
      ),
    );
  });

  test("a directory that is no design, or was edited", async () => {
    fs.mkdirSync(run.at("none"));
    fs.writeFileSync(run.at("none", "design.json"), "{}");
    expect(await refused([], "--design-dir", run.at("none"))).toEqual(
      error(
        "Cannot use none/design.json: expected what fixelstream design writes, got something else. Make the directory anew, or give the design and the contrasts as arguments.",
        1,
      ),
    );
    await runInProcess(["design", run.at("cohort.csv"), "~ group", "--test", "group", "--out", run.at("d"), "-quiet"]);
    fs.writeFileSync(run.at("d", "ftest1.txt"), "0 1 0\n0 1 1\n");
    expect(await refused([], "--design-dir", run.at("d"))).toEqual(
      error(
        "Cannot use d/ftest1.txt: expected 2 rows of 3 numbers as d/design.json has them, got others. Make the directory anew with fixelstream design, or give its files as arguments.",
        1,
      ),
    );
  });

  test("subjects that the data do not have", async () => {
    fs.writeFileSync(run.at("others.csv"), "id,age\nx1,3\nx2,4\nx3,6\n");
    await runInProcess(["design", run.at("others.csv"), "~ age", "--test", "age", "--out", run.at("o"), "-quiet"]);
    expect(await refused([], "--design-dir", run.at("o"))).toEqual(
      error(
        "Cannot use o: expected a subject of subjects.txt for each of its 3 rows, got none, or several, for x1, x2, x3. Make the design for these subjects with fixelstream design.",
        1,
      ),
    );
  });
});

test("connectomestats: by a formula, by a directory, by its files: one plan, one set of bits", async () => {
  const { at, nSubjects } = makeConnectomes(temporaryDirectory(), { seed: 11 });
  const rows = Array.from(
    { length: nSubjects },
    (_, i) => `c${i},${"ABC"[i % 3]},${i === 4 ? "" : 20 + ((i * 17) % 29)}`,
  );
  fs.writeFileSync(at("cohort.csv"), `participant_id,group,age\n${rows.toReversed().join("\n")}\n`);
  const record: Record<string, { runPlan: { hash: string }; problem: { hypotheses: { label?: string }[] } }> = {};
  const numbers: Record<string, (readonly [string, string])[]> = {};
  async function analyse(name: string, list: string, middle: readonly string[], options: readonly string[]) {
    fs.mkdirSync(at(name));
    const tokens = ["connectomestats", at(list), "nbs", ...middle, `${at(name)}/`, "-threshold", "1.5", ...options];
    const result = await runInProcess([...tokens, "-nshuffles", "20", "--seed", "1", "-nthreads", "0"]);
    expect(result.status, result.stderr).toBe(0);
    record[name] = JSON.parse(fs.readFileSync(at(`${name}/run.json`), "utf8"));
    numbers[name] = fs
      .readdirSync(at(name))
      .filter((file) => /^(fwe|uncorrected|null|enhanced|.stat|.value|beta|Zstat)/.test(file))
      .map((file) => [file, fs.readFileSync(at(`${name}/${file}`), "utf8").replace(/^#.*$/gm, "")] as const);
  }
  const made = ["design", at("cohort.csv"), FORMULA, ...TESTS, "--subjects", at("list.txt"), "--out", at("design")];
  expect(await runInProcess([...made, "-quiet"])).toMatchObject({ status: 0 });
  fs.copyFileSync(at("design/subjects.txt"), at("chosen.txt"));
  await analyse("formula", "list.txt", [], ["--formula", FORMULA, "--phenotypes", at("cohort.csv"), ...TESTS]);
  await analyse("directory", "list.txt", [], ["--design-dir", at("design")]);
  const ftests = ["ftest1.txt", "ftest2.txt"].flatMap((file) => ["-ftest", at(`design/${file}`)]);
  const files = ["-ttests", at("design/ttests.txt"), ...ftests];
  await analyse("files", "chosen.txt", [at("design/design.txt")], files);
  for (const name of ["formula", "directory"]) {
    expect(record[name]!.runPlan.hash).toBe(record["files"]!.runPlan.hash);
    expect(record[name]!.problem.hypotheses.map(({ label }) => label)).toEqual([
      "groupB - groupC",
      "group",
      "F(age, group)",
    ]);
    expect(numbers[name]).toEqual(numbers["files"]);
  }
  expect(numbers["files"]!.length).toBeGreaterThan(8);
}, 60_000);
