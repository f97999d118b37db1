// Inputs that nobody may write, as data managers keep them. Needs the built program: root, who may write all, runs it as somebody else.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { rawFixelData, writeCohort } from "../support/make-cohort.js";
import { builtCommand } from "../support/run-cli.js";

// which others may enter: that of the tests is of who runs them alone
const root = fs.mkdtempSync("/tmp/fixelstream-test-");
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

fs.chmodSync(root, 0o777);

function run(...tokens: string[]) {
  const { status, stderr } = spawnSync(process.execPath, [builtCommand, ...tokens], {
    cwd: root,
    encoding: "utf8",
    ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  return { status, stderr };
}

const canRun = () => fs.existsSync(builtCommand) && process.platform === "linux" && run("-version").status === 0;

it.skipIf(!canRun())("are converted, and the store can be replaced", () => {
  const values = Float32Array.from({ length: 500 }, (_, i) => i);
  const files = ["a.mif", "b.mif"].map((name) => [name, rawFixelData(values)] as const);
  const { inputDirectory, names } = writeCohort(path.join(root, "fd"), values.length, files);
  for (const name of ["index.mif", "directions.mif", ...names]) fs.chmodSync(path.join(inputDirectory, name), 0o444);
  const fine = { status: 0, stderr: "" };
  expect(run("convert", "fixels", "fd", "fd/subjects.txt", "out.fxs", "-quiet")).toEqual(fine);
  expect(run("convert", "fixels", "fd", "fd/subjects.txt", "out.fxs", "-quiet", "-force")).toEqual(fine);
  expect(run("verify", "out.fxs", "-quiet")).toEqual(fine);
  expect(fs.readdirSync(root).sort()).toEqual(["fd", "out.fxs"]);
});
