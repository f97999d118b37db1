// What R's ModelArray reads of our results, with the packages that it reads with (rhdf5, HDF5Array): attributes or a dataset of names, and a delayed matrix that is
// turned to one column a statistic. ModelArray itself is in no package archive of Debian's. Skipped where R and these are not installed.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { readCells } from "../support/modelarray-peer.js";
import { fixturesDirectory } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** apt-get install r-bioc-rhdf5 r-bioc-hdf5array */
const hasR = spawnSync("Rscript", ["-e", "library(rhdf5); library(HDF5Array)"], { stdio: "pipe" }).status === 0;

const READ = `
suppressMessages({ library(rhdf5); library(HDF5Array) })
args <- commandArgs(trailingOnly = TRUE)
found <- h5ls(args[1])
stopifnot(any(found$group == "/results" & found$name == args[2]))
path <- paste("results", args[2], "results_matrix", sep = "/")
names <- as.character(h5readAttributes(args[1], path)$colnames)
listed <- as.character(h5read(args[1], paste("results", args[2], "column_names", sep = "/")))
stopifnot(length(names) > 0, identical(names, listed))
values <- DelayedArray(HDF5ArraySeed(args[1], name = path))
if (ncol(values) != length(names)) values <- t(values)
colnames(values) <- names
table <- as.data.frame(as.matrix(values), optional = TRUE)
cat(paste(colnames(table), collapse = "\\t"), "\\n", sep = "")
for (i in seq_len(nrow(table))) cat(paste(sprintf("%.17g", unlist(table[i, ])), collapse = "\\t"), "\\n", sep = "")
`;

test.skipIf(!hasR)(
  "R reads the names and numbers of lm and gam, of a file of their own and of the cohort's",
  { timeout: 600_000 },
  async () => {
    const directory = temporaryDirectory();
    const at = (name: string) => join(directory, name);
    const demo = join(fixturesDirectory, "demo");
    cpSync(join(demo, "fd"), at("fd"), { recursive: true });
    const names = readFileSync(join(demo, "subjects.txt"), "utf8").trim().split("\n");
    const cells = names.map((name, i) => `${name},${20 + ((i * 7) % 13)},${i % 2 === 0 ? "a" : "b"}`);
    writeFileSync(at("subjects.txt"), `${names.join("\n")}\n`);
    writeFileSync(at("table.csv"), `source_file,age,group\n${cells.join("\n")}\n`);
    const run = async (...tokens: string[]) => {
      const result = await runInProcess([...tokens, "-quiet"]);
      expect(result.status, result.stderr).toBe(0);
    };
    await run("convert", "fixels", at("fd"), at("subjects.txt"), at("cohort.h5"));
    const listed = JSON.parse((await runInProcess(["info", at("cohort.h5"), "--json"])).stdout);
    const scalar = JSON.stringify(listed).includes('"FD"') ? "FD" : "fd";
    const results = async (command: "lm" | "gam", formula: string, output: string) =>
      await run(
        command,
        at("cohort.h5"),
        at("table.csv"),
        formula,
        at(output),
        "--full",
        "-nthreads",
        "0",
        "--analysis",
        command,
      );
    for (const [command, formula, file] of [
      ["lm", `${scalar} ~ group * age`, "own.h5"],
      ["gam", `${scalar} ~ s(age, k = 4) + group`, "cohort.h5"],
    ] as const) {
      await results(command, formula, `${command}.csv`);
      await results(command, formula, file);
      const table = readCells(at(`${command}.csv`));
      expect(table.rows.length).toBeGreaterThan(10);
      const options = { encoding: "utf8", maxBuffer: 2 ** 26 } as const;
      const lines = execFileSync("Rscript", ["-e", READ, at(file), command], options)
        .trim()
        .split("\n");
      const [heads, ...rows] = lines.map((line) => line.split("\t"));
      expect(heads).toEqual(table.columns);
      expect(rows.map((row) => row.map(Number))).toEqual(table.rows.map((row) => row.map(Number)));
    }
  },
);
