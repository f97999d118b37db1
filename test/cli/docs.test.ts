// The documents do what they say: their commands exist and run, their Python runs, their links lead somewhere, the messages they explain are ours.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.js";
import { resolveCommandLine } from "../../src/cli/resolve-command-line.js";
import {
  fixturesDirectory,
  hasCommand,
  makeTemporaryDirectory,
  readSmallImage,
  repositoryRoot,
} from "../support/peer.js";
import { builtCommand } from "../support/run-cli.js";

const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...["docs", "docs/internals"].flatMap((folder) =>
    fs
      .readdirSync(path.join(repositoryRoot, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`),
  ),
];
const read = (name: string) => fs.readFileSync(path.join(repositoryRoot, name), "utf8");
const blocksOf = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map((match) => match[1]!);
/** Everything that the program can say. */
const sources = ["src", "converters"]
  .flatMap((folder) =>
    (fs.readdirSync(path.join(repositoryRoot, folder), { recursive: true }) as string[]).map((name) =>
      path.join(folder, name),
    ),
  )
  .filter((name) => name.endsWith(".ts"));

describe("commands", async () => {
  const program = await createProgram({ stdout: process.stdout, stderr: process.stderr, command: "" });
  const lines = documents.flatMap((name) =>
    blocksOf(read(name), "sh")
      .flatMap((block) => block.split("\n"))
      .filter((line) => line.startsWith("fixelstream "))
      .map((line) => [name, line.replace(/\s+(#|>).*/, "")] as const),
  );
  it("are many", () => expect(lines.length).toBeGreaterThan(8));
  it.each(lines)("%s: %s", (_document, line) => {
    const [, ...tokens] = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
    expect(() => resolveCommandLine(program, tokens)).not.toThrow();
  });

  it("are all in README's table, once", () => {
    const section = /## Commands\n(.*?)\n## /s.exec(read("README.md"))![1]!;
    const named = [...section.matchAll(/^\| (`.*?) \|/gm)].flatMap((row) => row[1]!.split(", "));
    const names = program.commands.map((command) => `\`${command.name()}\``).filter((name) => name !== "`help`");
    expect(named.sort()).toEqual(names.sort());
  });

  it("your own data in five minutes, as written, with MRtrix3's names", () => {
    const directory = makeTemporaryDirectory();
    const names = {
      fd: "fd_smooth",
      "subjects.txt": "files.txt",
      "design.txt": "design_matrix.txt",
      "contrast.txt": "contrast_matrix.txt",
      matrix: "matrix",
    };
    for (const [from, to] of Object.entries(names)) {
      fs.cpSync(path.join(fixturesDirectory, "demo", from), path.join(directory, to), { recursive: true });
    }
    const section = /## Your own data in five minutes\n(.*?)\n## /s.exec(read("README.md"))![1]!;
    // as written but for the number of shuffles, which is no part of what it shows; how long that takes is for a quiet machine to say
    const program = `'${process.execPath}' '${builtCommand}' "$@" $([ "$1" != fixelcfestats ] || echo -nshuffles 100)`;
    const script = `set -euo pipefail\nfixelstream() { ${program}; }\n${blocksOf(section, "sh").join("\n")}`;
    const { status, stderr } = spawnSync("bash", ["-c", script], { cwd: directory, encoding: "utf8" });
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.not.stringMatching(/warning|error/) });
    for (const results of ["stats_fd", "stats_1", "stats_without-7"]) {
      expect(fs.existsSync(path.join(directory, results, "fwe_1mpvalue.mif")), results).toBe(true);
    }
    expect(
      JSON.parse(fs.readFileSync(path.join(directory, "stats_without-7", "run.json"), "utf8")).problem.nSubjects,
    ).toBe(39);
  }, 600_000);
});

const hasNumpy = hasCommand("python3") && spawnSync("python3", ["-c", "import numpy"]).status === 0;
it.skipIf(!hasNumpy)("numpy reads a store as docs/formats.md says", () => {
  const directory = makeTemporaryDirectory();
  const demo = (name: string) => path.join(fixturesDirectory, "demo", name);
  const run = (command: string, ...tokens: string[]) => {
    const { status, stdout, stderr } = spawnSync(command, tokens, { cwd: directory, encoding: "utf8" });
    expect(status, stderr).toBe(0);
    return stdout;
  };
  run(process.execPath, builtCommand, "convert", "fixels", demo("fd"), demo("subjects.txt"), "cohort.fxs", "-quiet");
  const [code] = blocksOf(read("docs/formats.md"), "python");
  expect(code!.trimEnd().split("\n")).toHaveLength(5);
  const script = `${code}\nimport sys; numpy.ascontiguousarray(matrix).tofile("matrix.raw"); e = 1500; assert (blocks[e // W, :, e % W] == matrix[:, e]).all()`;
  run("python3", "-c", script);
  const matrix = new Float32Array(fs.readFileSync(path.join(directory, "matrix.raw")).buffer);
  for (const subject of [0, 17, 39]) {
    const { values } = readSmallImage(demo(`fd/sub-${String(subject + 1).padStart(2, "0")}.mif`));
    expect(Array.from(matrix.subarray(subject * values.length, (subject + 1) * values.length))).toEqual(
      Array.from(values),
    );
  }
});

/** Made by another commit than the documents that name them. */
const LATER = ["docs/benchmarks.md"];
it.each(documents)("links of %s", (name) => {
  const targets = [...read(name).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map((match) => match[1]!);
  const dead = targets
    .filter((target) => !/^https?:/.test(target))
    .map((target) => path.join(path.dirname(name), target))
    .filter((target) => !LATER.includes(target) && !fs.existsSync(path.join(repositoryRoot, target)));
  expect(dead).toEqual([]);
});

describe("docs/troubleshooting.md", () => {
  const said = sources.map(read).join("\n");
  const messages = [...read("docs/troubleshooting.md").matchAll(/^### `(.*)`$/gm)].map((match) => match[1]!);
  it.each(messages)("%s", (message) => {
    const parts = message.split("…").filter((part) => part.trim().length > 3);
    expect(parts.filter((part) => !said.includes(part))).toEqual([]);
  });
});

describe("limits and deviations", () => {
  it("docs/from-mrtrix3.md knows every file with a `Deviation:`", () => {
    // A new one belongs into the table there, then here.
    const marked = sources.filter((name) => /\bDeviation: (?!none)/.test(read(name))).sort();
    expect(marked).toEqual([
      "src/app/filter/file-source.ts",
      "src/app/filter/file-target.ts",
      "src/formats/mif/header.ts",
      "src/formats/text/decimal-commas.ts",
      "src/stats/design/check-design.ts",
      "src/stats/design/partition.ts",
      // of R: docs/designs.md
      "src/stats/formula/data-table.ts",
      "src/stats/formula/functions.ts",
      "src/stats/glm/grouped-variance.ts",
      "src/stats/glm/z-transform.ts",
      "src/stats/shuffle/generated-shuffles.ts",
      "src/stats/shuffle/permutations-file.ts",
      "src/stats/shuffle/without-identity.ts",
    ]);
  });
});
