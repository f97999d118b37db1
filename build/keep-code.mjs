// Runs the program over a few small subjects so that what V8 compiles of it is kept (run-and-keep.cjs, bin/load.ts): what a start and the main job call. What a later
// run compiles is added to what an earlier one left. node build/keep-code.mjs, after bundle.mjs.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const RUN_AND_KEEP = fileURLToPath(new URL("run-and-keep.cjs", import.meta.url));
const N_SUBJECTS = 12;
const N_FIXELS = 64;

const folder = mkdtempSync(path.join(tmpdir(), "fixelstream-build-"));
try {
  writeCohort();
  run("convert", "fixels", "fd", "subjects.txt", "cohort.fxs");
  run("vectorstats", "cohort.fxs", "design.txt", "contrast.txt", "stats/fd", "-nshuffles", "20");
  run("-help");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(...args) {
  const { status, stderr } = spawnSync(process.execPath, [RUN_AND_KEEP, ...args], { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`fixelstream ${args.join(" ")} ended with ${status}:\n${stderr}`);
}

/** A fixel directory with two groups of subjects, and their design. */
function writeCohort() {
  mkdirSync(path.join(folder, "fd"));
  mkdirSync(path.join(folder, "stats"));
  const names = Array.from({ length: N_SUBJECTS }, (_, subject) => `sub-${subject}.mif`);
  const voxels = Array.from({ length: N_FIXELS }, (_, iFixel) => [1, iFixel]);
  const index = Uint32Array.from([0, 1].flatMap((part) => voxels.map((voxel) => voxel[part])));
  writeImage("index.mif", [N_FIXELS, 1, 1, 2], "UInt32LE", index);
  writeImage(
    "directions.mif",
    [N_FIXELS, 3, 1],
    "Float32LE",
    Float32Array.from([..."xyz"].flatMap(() => voxels.map(() => 0.57735))),
  );
  for (const [subject, name] of names.entries()) {
    const values = Float32Array.from(voxels, (_, iFixel) => Math.sin(1 + subject * N_FIXELS + iFixel));
    writeImage(name, [N_FIXELS, 1, 1], "Float32LE", values);
  }
  writeText("subjects.txt", names);
  writeText(
    "design.txt",
    names.map((_, subject) => `1 ${subject % 2}`),
  );
  writeText("contrast.txt", ["0 1"]);
}

function writeText(name, lines) {
  writeFileSync(path.join(folder, name), `${lines.join("\n")}\n`);
}

function writeImage(name, sizes, type, values) {
  const layout = sizes.map((_, axis) => `+${axis}`).join(",");
  const lines = [
    `dim: ${sizes.join(",")}`,
    `vox: ${sizes.map(() => 1).join(",")}`,
    `layout: ${layout}`,
    `datatype: ${type}`,
  ];
  const head = `mrtrix image\n${lines.join("\n")}\nfile: . `;
  const offset = Math.ceil((head.length + 16) / 16) * 16;
  const header = `${head}${offset}\nEND\n`.padEnd(offset, "\0");
  writeFileSync(
    path.join(folder, "fd", name),
    Buffer.concat([Buffer.from(header, "latin1"), Buffer.from(values.buffer)]),
  );
}
