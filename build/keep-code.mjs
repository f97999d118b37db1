// Runs the program over the demo's subjects so that what V8 compiles of it is kept (run-and-keep.cjs, bin/load.ts): what a start and the main job call. What a later
// run compiles is added to what an earlier one left. node build/keep-code.mjs, after bundle.mjs.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const RUN_AND_KEEP = fileURLToPath(new URL("run-and-keep.cjs", import.meta.url));
const demo = fileURLToPath(new URL("../fixtures/demo/", import.meta.url));

const folder = mkdtempSync(path.join(tmpdir(), "fixelstream-build-"));
try {
  run("convert", "fixels", `${demo}fd`, `${demo}subjects.txt`, "cohort.fxs");
  run("vectorstats", "cohort.fxs", `${demo}design.txt`, `${demo}contrast.txt`, "fd-", "-nshuffles", "20");
  run("-help");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(...args) {
  const { status, stderr } = spawnSync(process.execPath, [RUN_AND_KEEP, ...args], { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`fixelstream ${args.join(" ")} ended with ${status}:\n${stderr}`);
}
