// What fixelcfestats refuses apart from its inputs: options, memory, places to write. And the exit codes of it all.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { runCli } from "../../src/cli/run-cli.js";
import { expectRefusal, listing, newAnalysis, refuses, write } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { age, deadId, foreignId, plantPartial } from "../support/partials.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

const QUICK = ["-nshuffles", "20", "-nthreads", "0"];
const run = (input: SmallAnalysis, ...options: string[]) =>
  runInProcess(["fixelcfestats", ...input.positionals, ...QUICK, ...options]);

const SEVEN = ["-nshuffles_nonstationarity", "7"];

describe("the non-stationarity correction", () => {
  refuses(
    [
      [
        "a negative skew",
        () => ["-nonstationarity", "-skew_nonstationarity", "-1"],
        "Cannot use -skew_nonstationarity -1: expected a number of 0 or more.",
      ],
      [
        "0 shuffles",
        () => ["-nonstationarity", "-nshuffles_nonstationarity", "0"],
        "Cannot use -nshuffles_nonstationarity 0: expected a whole number from 1 to 10000000.",
      ],
      [
        "another number of shuffles than listed",
        (input) => {
          write(input, "others.txt", "0 1 2\n1 2 3\n2 3 0\n3 0 1\n");
          return ["-nonstationarity", "-permutations_nonstationarity", input.at("others.txt"), ...SEVEN];
        },
        "Cannot use -nshuffles_nonstationarity 7 with -permutations_nonstationarity others.txt: expected 3, the number of columns in that file, got 7. Leave -nshuffles_nonstationarity out.",
      ],
    ],
    { status: 2 },
  );
});

describe("values of options", () => {
  refuses(
    [
      ["0 shuffles", () => ["-nshuffles", "0"], "Cannot use -nshuffles 0: expected a whole number from 1 to 10000000."],
      [
        "half a shuffle",
        () => ["-nsh", "0.5"],
        "Cannot use -nshuffles 0.5: expected a whole number from 1 to 10000000, written in digits alone.",
      ],
      ["a height of 0", () => ["-cfe_dh", "0"], "Cannot use -cfe_dh 0: expected a number above 0."],
      ["a negative power", () => ["-cfe_h", "-1"], "Cannot use -cfe_h -1: expected a number of 0 or more."],
      ["a power in hexadecimal", () => ["-cfe_e", "0x2"], "Cannot use -cfe_e 0x2: expected a number."],
      ["an unknown model", () => ["-errors", "eee"], "Cannot use -errors eee: expected one of ee, ise, both."],
      [
        "a memory without number",
        () => ["--memory", "much"],
        "Cannot use --memory much: expected an amount of memory such as 512MiB or 2GiB.",
      ],
      [
        "a large seed",
        () => ["--seed", "4294967296"],
        "Cannot use --seed 4294967296: expected a whole number from 0 to 4294967295.",
      ],
    ],
    { status: 2 },
  );
});

describe("two forms of hypotheses", () => {
  const [contrast, five, six] = ["contrast.txt", "five arguments with it, got six", "six arguments with it, got five"];
  refuses(
    [
      [
        "-ttests beside a contrast matrix",
        (input) => ["-ttests", input.at(contrast)],
        `Cannot use -ttests beside a contrast matrix: expected ${five}. Leave the contrast matrix out of the arguments, or use -ftests.`,
      ],
      [
        "-ftest twice beside a contrast matrix",
        () => ["-ftest", "a.txt", "-ftest", "b.txt"],
        `Cannot use -ftest beside a contrast matrix: expected ${five}. Leave the contrast matrix out of the arguments, or use -ftests.`,
      ],
    ],
    { status: 2 },
  );
  it.each([
    [
      [],
      "Cannot run fixelcfestats: expected six arguments (input, subjects, design, contrast, connectivity, output), got five. Five are enough only with -ttests or -ftest.",
    ],
    [
      ["-ttests", "t.txt", "-fonly"],
      `Cannot use -fonly without a contrast matrix among the arguments: expected ${six}. Leave -ttests out instead.`,
    ],
    [
      ["-ttests", "t.txt", "-ftests", "f.txt"],
      `Cannot use -ftests without a contrast matrix among the arguments: expected ${six}. Give the rows of each F-test with -ftest.`,
    ],
  ])("five arguments and %j", async (options, message) => {
    const input = newAnalysis();
    await expectRefusal(input, [...input.positionals.toSpliced(3, 1), ...options], { status: 2, messages: [message] });
  });
  it("an F-test of zeros, and one of other columns", async () => {
    const input = newAnalysis();
    write(input, "zero.txt", "0 0\n");
    write(input, "wide.txt", "0 1 0\n");
    const five = input.positionals.toSpliced(3, 1);
    await expectRefusal(input, [...five, "-ftest", input.at("zero.txt")], {
      messages: ["Cannot test zero.txt: its rows are zero and test nothing. Give at least one non-zero weight."],
    });
    await expectRefusal(input, [...five, "-ftest", input.at("wide.txt")], {
      messages: [
        "Cannot use wide.txt: expected 2 columns (one per column of design.txt), got 3. No column is ever added for you.",
      ],
    });
  });
});

describe("memory", () => {
  it("that is too small, naming the least that works", async () => {
    const input = newAnalysis();
    const before = listing(input.root);
    const refused = await run(input, "--memory", "100kB");
    const message =
      /^fixelstream: error: Cannot run in 97\.7 KiB: 24 elements, 8 subjects and 1 hypothesis with 1 thread need at least (\d+) MiB\. Raise --memory\.\n$/;
    expect(refused.stderr.split("\n").slice(-2).join("\n")).toMatch(message);
    expect(refused).toMatchObject({ status: 1, stdout: "" });
    expect(listing(input.root)).toEqual(before);
    const least = message.exec(refused.stderr.split("\n").slice(-2).join("\n"))![1];
    expect((await run(input, "--memory", `${least}MiB`)).status).toBe(0);
  });
});

describe("the output directory", () => {
  const taken = (message: string) => `Cannot write results to out: ${message}`;
  refuses([
    [
      "is a file",
      (input) => write(input, "out", ""),
      taken("expected a directory or a new name, got a file. Choose another directory for the results."),
    ],
    [
      "has results already",
      (input) => {
        fs.mkdirSync(input.at("out"));
        for (const name of ["Zstat.mif", "beta1.mif", "cfe.mif", "run.json"]) write(input, `out/${name}`, "mine");
      },
      taken("beta1.mif, Zstat.mif, cfe.mif and 1 more exist already. Give another directory, or -force to overwrite."),
    ],
    [
      "has another template",
      (input) => {
        fs.mkdirSync(input.at("out"));
        write(input, "out/index.mif", "mine");
      },
      taken(
        "expected an empty directory or one of the same template, got another index.mif in it. Give another directory, or -force to overwrite.",
      ),
    ],
  ]);
  it("lies below a file", async () => {
    const input = newAnalysis();
    const positionals = input.positionals.with(5, input.at("design.txt", "out"));
    await expectRefusal(input, [...positionals, "--cache", input.at("cache")], {
      messages: [
        "Cannot write results to design.txt/out: expected a directory that can be written, got a part of the path that is not a directory. Choose another directory for the results.",
      ],
    });
  });
  it("cannot be made, as nobody may write there", async () => {
    const locked = process.getuid?.() === 0 ? "/sys/kernel/out" : path.join("/", "out");
    const input = newAnalysis();
    const result = await runInProcess([
      "fixelcfestats",
      ...input.positionals.with(5, locked),
      ...["-nshuffles", "60", "-quiet", "--cache", input.at("cache")],
    ]);
    expect(result.stderr).toMatch(
      new RegExp(
        `^fixelstream: error: Cannot write results to ${locked}: expected a directory that can be written, got (no permission|a read-only file system|no such file)\\. Choose another directory for the results\\.\\n$`,
      ),
    );
    expect(result.status).toBe(1);
    expect(fs.existsSync(input.at("cache"))).toBe(false);
  });
  it("is overwritten with -force, with a warning, and what is not ours stays", async () => {
    const input = newAnalysis();
    expect((await run(input)).status).toBe(0);
    fs.writeFileSync(input.at("out", "notes.txt"), "mine");
    const before = listing(input.at("out"));
    const refused = await run(input);
    expect(refused.status).toBe(1);
    const again = await run(input, "-force", "-quiet");
    expect(input.relative(again.stderr)).toBe(
      "fixelstream: warning: 13 results of an earlier run in out will be overwritten.\n",
    );
    expect(again.status).toBe(0);
    expect(listing(input.at("out"))).toEqual(before);
    expect(fs.readFileSync(input.at("out", "notes.txt"), "utf8")).toBe("mine");
  });
  it("loses what a killed run left there", async () => {
    const input = newAnalysis();
    const prefix = input.at("out", ".partial-");
    const abandoned = plantPartial(prefix, deadId(), "results", { "cfe.mif": "half" });
    const elsewhere = plantPartial(prefix, foreignId(), "results", { "lm_age.mif": "half" });
    const silent = plantPartial(prefix, foreignId(), "results", { "cfe.mif": "half" });
    age(path.join(silent, "partial.json"), 130_000);
    const notOurs = plantPartial(prefix, deadId(), "results", { "cfe.mif": "half" });
    fs.writeFileSync(path.join(notOurs, "notes.txt"), "mine");
    expect((await run(input)).status).toBe(0);
    const left = (folder: string) => fs.existsSync(folder);
    expect([abandoned, elsewhere, silent].map(left)).toEqual([false, true, false]);
    expect(fs.readdirSync(notOurs).sort()).toEqual(["cfe.mif", "notes.txt", "partial.json"]);
  });
});

describe("the cache", () => {
  refuses([
    [
      "is a file",
      (input) => ["--cache", input.at("design.txt")],
      "Cannot keep converted data in design.txt: expected a directory that can be written, got a file of that name. Choose another place with --cache.",
    ],
  ]);
});

describe("exit codes", () => {
  it("0 when all is done, and nothing on standard output but what was asked for", async () => {
    const input = newAnalysis();
    const plain = await run(input, "--seed", "1");
    expect(plain).toMatchObject({ status: 0, stdout: "" });
    const json = await run(input, "--seed", "1", "-force", "-quiet", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ nSubjects: 8, nElements: 24, nShuffles: 20 });
  });
  it("70 for a bug of ours, asking for a report", async () => {
    const input = newAnalysis();
    const lines: string[] = [];
    const broken = { write: () => fail(), columns: 80 } as unknown as NodeJS.WriteStream;
    const fail = () => {
      throw new TypeError("write is not a function");
    };
    const stderr = { write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream;
    const tokens = ["fixelcfestats", ...input.positionals, "-nshuffles", "60", "--dry-run", "-quiet"];
    expect(await runCli(tokens, { stdout: broken, stderr, command: "" })).toBe(70);
    expect(lines.join("")).toMatch(
      /^fixelstream: internal error: write is not a function\nThis is a bug in fixelstream\. Please report it with the command, the text below and, if there is one, run\.json\.\nfixelstream \d+\.\d+\.\d+, node \d+\.\d+\.\d+, \w+ \w+\nTypeError: /,
    );
  });
  it("the origin of an error with -debug", async () => {
    const input = newAnalysis();
    fs.rmSync(input.at("design.txt"));
    const { stderr } = await run(input, "-debug", "-quiet");
    expect(stderr).toMatch(/^fixelstream: error: Cannot read .*design\.txt: .*\nError: Cannot read .*\n {4}at /);
    expect(stderr).toContain("caused by Error: ENOENT");
  });
});
