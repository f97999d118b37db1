// Every command on tiny inputs, in a directory of its own, with one call to the file system that fails (fail-calls.mjs).
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { builtCommand } from "./run-cli.js";
import { makeSmallAnalysis } from "./small-analysis.js";

export interface FailingCommand {
  readonly name: string;
  readonly tokens: readonly string[];
  /** What it makes, in the directory it runs in. */
  readonly makes?: string;
}

const FEW = ["-nshuffles", "3", "--seed", "1", "-nthreads", "0"];
const CFE = ["fixelcfestats", "fd", "subjects.txt", "design.txt", "contrast.txt", "matrix", "out", ...FEW];

export const COMMANDS: readonly FailingCommand[] = [
  { name: "fixelcfestats", tokens: CFE, makes: "out" },
  { name: "fixelcfestats -force", tokens: CFE.with(6, "results").concat("-force"), makes: "results" },
  {
    name: "fixelcfestats of an .h5",
    tokens: CFE.with(1, "cohort.h5").with(2, "-").concat("-mask", "fd/sub-1.mif"),
    makes: "out",
  },
  {
    name: "vectorstats",
    tokens: ["vectorstats", "vectors.txt", "design.txt", "contrast.txt", "out_", ...FEW],
    makes: "out_betas.csv",
  },
  { name: "convert fixels", tokens: ["convert", "fixels", "fd", "subjects.txt", "new.fxs"], makes: "new.fxs" },
  { name: "convert fixels --force", tokens: ["convert", "fixels", "fd", "subjects.txt", "cohort.fxs", "--force"] },
  { name: "convert fixels to .h5", tokens: ["convert", "fixels", "fd", "subjects.txt", "new.h5"], makes: "new.h5" },
  {
    name: "convert fixels --scalar",
    tokens: ["convert", "fixels", "fd", "subjects.txt", "cohort.fxs", "--scalar", "FC"],
  },
  {
    name: "convert cohort",
    tokens: ["convert", "cohort", "cohort.csv", "new.fxs", "--template", "fd"],
    makes: "new.fxs",
  },
  { name: "convert modelarray", tokens: ["convert", "modelarray", "cohort.h5", "new.fxs"], makes: "new.fxs" },
  { name: "convert vectors", tokens: ["convert", "vectors", "vectors.txt", "new.fxs"], makes: "new.fxs" },
  { name: "export to .h5", tokens: ["export", "results", "cohort.h5", "--analysis", "new"] },
  { name: "export of images", tokens: ["export", "results.h5", "images", "--analysis", "cfe"], makes: "images" },
  { name: "info", tokens: ["info", "cohort.fxs"] },
  { name: "info of an .h5", tokens: ["info", "cohort.h5"] },
  { name: "verify", tokens: ["verify", "cohort.fxs"] },
  { name: "cache list", tokens: ["cache", "list"] },
  { name: "cache clear", tokens: ["cache", "clear"] },
];

/** What a system may say, of which none is a bug of ours. */
export const CODES: readonly string[] = [
  ...["ENOSPC", "EIO", "EACCES", "EROFS", "EDQUOT", "EMFILE", "ENAMETOOLONG", "ELOOP", "EXDEV", "ENOENT", "ESTALE"],
];

/** It went on without what failed, or says in a line of ours that it could not. */
export function isAnswered({ status, stderr }: FailedRun): boolean {
  if (/bug in fixelstream|^ {4}at /m.test(stderr)) return false;
  return status === 0 || (status === 1 && /^fixelstream: error: /m.test(stderr));
}

/** Inputs, a store, an .h5, results and a cache. */
export function makeInputs(root: string): void {
  makeSmallAnalysis(root);
  const values = Array.from({ length: 8 }, (_, i) =>
    Array.from({ length: 5 }, (_, j) => (i * 7 + j * 3) % 5).join(" "),
  );
  fs.writeFileSync(path.join(root, "vectors.txt"), `${values.join("\n")}\n`);
  const rows = Array.from({ length: 8 }, (_, i) => `FD,sub-${i + 1}.mif\n`);
  fs.writeFileSync(path.join(root, "cohort.csv"), `scalar_name,source_file\n${rows.join("")}`);
  fs.mkdirSync(path.join(root, "tmp"));
  for (const tokens of [
    ["convert", "fixels", "fd", "subjects.txt", "cohort.fxs"],
    ["convert", "fixels", "fd", "subjects.txt", "cohort.h5"],
    CFE.with(6, "results"),
    ["export", "results", "results.h5", "--analysis", "cfe"],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [builtCommand, ...tokens, "-quiet"], {
      cwd: root,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
  }
}

export interface FailedRun {
  readonly status: number | null;
  readonly stderr: string;
  /** `NAME PATH` a call, the directory taken out. */
  readonly calls: readonly string[];
}

let nRuns = 0;

/** In a copy of the inputs; call `failAt` fails with `code`; undefined: none. `look` sees the copy afterwards. */
export async function runFailing<T>(
  inputs: string,
  { tokens }: FailingCommand,
  failure: { readonly failAt: number; readonly code: string } | undefined,
  look: (directory: string, run: FailedRun) => T,
): Promise<T> {
  const directory = `${inputs}-run-${nRuns++}`;
  const log = `${directory}.log`;
  fs.cpSync(inputs, directory, { recursive: true, preserveTimestamps: true });
  try {
    const child = spawn(
      process.execPath,
      ["--import", new URL("fail-calls.mjs", import.meta.url).href, builtCommand, ...tokens, "-quiet"],
      {
        cwd: directory,
        stdio: ["ignore", "ignore", "pipe"],
        env: {
          ...process.env,
          ...{ TMPDIR: path.join(directory, "tmp"), FAIL_ROOT: directory },
          ...(failure === undefined ? { FAIL_LOG: log } : { FAIL_AT: String(failure.failAt), FAIL_CODE: failure.code }),
        },
      },
    );
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
    const text = failure === undefined && fs.existsSync(log) ? fs.readFileSync(log, "utf8") : "";
    const calls = text.replaceAll(directory, "").trim().split("\n");
    return look(directory, { status, stderr: stderr.replaceAll(directory, ""), calls });
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
    fs.rmSync(log, { force: true });
  }
}
