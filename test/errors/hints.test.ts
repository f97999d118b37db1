// A hint is a command that works: the command that a message names is taken out of the message and run on the file that caused it. Needs `npm run build`.
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { describeModelArray } from "../../src/app/inspect/inspect-hdf5.js";
import { hasH5py, hdf5Fixtures, nFixels, PYTHON } from "../support/hdf5-fixtures.js";
import { writeTemplate } from "../support/make-cohort.js";
import { hasCommand } from "../support/peer.js";
import { builtCommand } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);

const fixelstream = (...tokens: string[]) => {
  const { status, stderr } = spawnSync(process.execPath, [builtCommand, ...tokens], {
    cwd: directory,
    encoding: "utf8",
  });
  return { status, stderr };
};

/** From the program's name to the end of the message: what a user would copy. */
function commandIn(message: string): string {
  const found = /(?:^|[:;] )((?:fixelstream|h5repack|python3) .*)$/m.exec(message.trim());
  expect(found, message).not.toBeNull();
  return found![1]!;
}

function run(command: string): void {
  const shell = command
    .replace(/^fixelstream/, `'${process.execPath}' '${builtCommand}'`)
    .replace(/^python3/, `'${PYTHON}'`);
  const { status, stderr } = spawnSync("sh", ["-c", shell], { cwd: directory, encoding: "utf8" });
  expect(status, `${command}\n${stderr}`).toBe(0);
}

const DESIGN = "1 1\n1 -1\n1 1\n1 -1\n1 1\n1 -1\n";
const vectorstats = (input: string, prefix: string) =>
  fixelstream(
    "vectorstats",
    input,
    "d.txt",
    "c.txt",
    prefix,
    "--scalar",
    "FD",
    "-notest",
    "-nthreads",
    "0",
    "-quiet",
    "--no-report",
  );

beforeAll(() => {
  writeTemplate(at("template"), nFixels);
  fs.writeFileSync(at("d.txt"), DESIGN);
  fs.writeFileSync(at("c.txt"), "0 1\n");
  const names = fs.readdirSync(hdf5Fixtures).filter((name) => name.endsWith(".h5"));
  for (const name of names) fs.copyFileSync(join(hdf5Fixtures, name), at(name));
  fs.copyFileSync(at("h5py-transposed-gzip.h5"), at("it's a file.h5"));
  if (hasH5py)
    execFileSync(
      PYTHON,
      [
        "-c",
        `import h5py
a = h5py.File("h5py-contiguous-float32.h5"); v = a["scalars/FD/values"]; names = v.attrs["column_names"]
with h5py.File("link.h5", "w") as f: f["scalars/FD"] = h5py.ExternalLink("h5py-contiguous-float32.h5", "/scalars/FD")
layout = h5py.VirtualLayout(v.shape, v.dtype); layout[:] = h5py.VirtualSource("h5py-contiguous-float32.h5", v.name, shape=v.shape)
with h5py.File("virtual.h5", "w") as f: f.create_virtual_dataset("scalars/FD/values", layout).attrs["column_names"] = names
with h5py.File("raw.h5", "w") as f: f.create_dataset("scalars/FD/values", data=v[:], external=[("raw.bin", 0, h5py.h5f.UNLIMITED)]).attrs["column_names"] = names
with h5py.File("double.h5", "w") as f: f.create_dataset("scalars/FD/values", data=v[:].astype("longdouble")).attrs["column_names"] = names
with h5py.File("voxels.h5", "w") as f:
  f.create_dataset("scalars/FD/values", data=v[:], chunks=(3, 4), compression="gzip").attrs["column_names"] = names
  f["voxels"] = [list(range(v.shape[1])), list(range(v.shape[1])), [0] * v.shape[1], [0] * v.shape[1]]
`,
      ],
      { cwd: directory, stdio: "pipe" },
    );
});

/** The message of vectorstats, its command, vectorstats of what that made; then the numbers are those of the plain file. */
function expectHintWorks(file: string, output: string): void {
  const refused = vectorstats(file, "no_");
  expect(refused.status).toBe(1);
  run(commandIn(refused.stderr));
  const prefix = `${output.replace(/\W/g, "_")}_`;
  expect(vectorstats(output, prefix)).toEqual({ status: 0, stderr: "" });
  if (!fs.existsSync(at("plain_betas.csv"))) expect(vectorstats("h5py-contiguous-float32.h5", "plain_").status).toBe(0);
  const betas = (name: string) => fs.readFileSync(at(`${name}betas.csv`), "utf8").replace(/^#.*\n/, "");
  expect(betas(prefix)).toBe(betas("plain_"));
}

describe("vectorstats says how to make a file that it can use", { timeout: 120_000 }, () => {
  test("elements x subjects, compressed, without tables", () =>
    expectHintWorks("h5py-transposed-gzip.h5", "h5py-transposed-gzip-plain.h5"));
  test("a name with a blank and a quote", () => expectHintWorks("it's a file.h5", "it's a file-plain.h5"));
  test("compressed, with tables: a store", () =>
    expectHintWorks("h5py-gzip-all-subjects.h5", "h5py-gzip-all-subjects.fxs"));
  test.skipIf(!hasH5py)("voxel-wise", () => expectHintWorks("voxels.h5", "voxels-plain.h5"));
  test.skipIf(!hasH5py)("lzf", () => expectHintWorks("h5py-lzf.h5", "h5py-lzf-plain.h5"));
  test.skipIf(!hasH5py)("long double", () => expectHintWorks("double.h5", "double-plain.h5"));
  const hasBoth = hasH5py && hasCommand("h5repack");
  test.skipIf(!hasBoth).each(["link", "virtual", "raw"])("values elsewhere: %s", (name) => {
    expectHintWorks(`${name}.h5`, `${name}-plain.h5`);
  });
});

test.skipIf(!hasH5py)("values elsewhere are refused at once, by every command, with h5repack's command line", () => {
  for (const [name, what] of [
    [
      "link",
      /got a link to another file, .*\. Copy it into one file: h5repack --merge -f NONE -l CONTI link\.h5 link-plain\.h5$/,
    ],
    [
      "virtual",
      /got a virtual dataset, .*\. Copy it into one file: h5repack -f NONE -l CONTI virtual\.h5 virtual-plain\.h5$/,
    ],
    ["raw", /got values in other files\. Copy it into one file: h5repack -f NONE -l CONTI raw\.h5 raw-plain\.h5$/],
  ] as const)
    for (const tokens of [
      ["vectorstats", `${name}.h5`, "d.txt", "c.txt", "x_"],
      ["convert", "modelarray", `${name}.h5`, "x.h5"],
      ["convert", "modelarray", `${name}.h5`, "x.fxs", "--template", "template"],
    ]) {
      const { status, stderr } = fixelstream(...tokens);
      expect(status).toBe(1);
      expect(stderr.trim()).toMatch(what);
    }
  expect(fs.existsSync(at("x.h5")) || fs.existsSync(at("x.fxs"))).toBe(false);
});

describe.skipIf(!hasH5py)("a voxel-wise file is called so", () => {
  test("by info, and by fixelcfestats at its first step", async () => {
    expect((await describeModelArray(at("voxels.h5")))!.elements).toBe("voxels");
    const { status, stderr } = fixelstream(
      "fixelcfestats",
      "voxels.h5",
      "-",
      "d.txt",
      "c.txt",
      "matrix",
      "out",
      "--seed",
      "1",
    );
    expect(status).toBe(2);
    expect(stderr).toBe(
      "fixelstream: error: Cannot use voxels.h5: expected fixels in /fixels and /voxels, and it is voxel-wise (/voxels without /fixels). fixelcfestats needs fixels and their connectivity: test it with mrclusterstats, or with vectorstats, which enhances nothing.\n",
    );
  });
  test("by convert modelarray into a store, whose hint works", () => {
    const { status, stderr } = fixelstream("convert", "modelarray", "voxels.h5", "voxels.fxs");
    expect(status).toBe(2);
    fs.rmSync(at("voxels-plain.h5"), { force: true });
    run(commandIn(stderr));
    expect(vectorstats("voxels-plain.h5", "again_").status).toBe(0);
  });
});

test.skipIf(!hasH5py)(
  "tables of vectorstats are no result images: the command puts them into the file, as ModelArray keeps results",
  {
    timeout: 120_000,
  },
  () => {
    fs.copyFileSync(at("h5py-contiguous-float32.h5"), at("with-tables.h5"));
    fs.mkdirSync(at("tables"));
    const prefix = join("tables", "s_");
    expect(vectorstats("with-tables.h5", prefix).status).toBe(0);
    for (const results of ["tables", prefix, `${prefix}tvalue.csv`]) {
      const { status, stderr } = fixelstream("export", results, "with-tables.h5", "--analysis", "lm");
      expect(status).toBe(2);
      expect(stderr).toMatch(
        /expected result images of fixelcfestats, got tables of vectorstats \(tables\/s_\*\.csv\)\. h5py puts/,
      );
      if (results === "tables") run(commandIn(stderr));
    }
    const read = `import h5py, json; r = h5py.File("with-tables.h5")["results/lm"]; print(json.dumps([[s.decode() for s in r["column_names"][:]], r["results_matrix"][:].tolist()]))`;
    const [names, matrix] = JSON.parse(execFileSync(PYTHON, ["-c", read], { cwd: directory, encoding: "utf8" }));
    expect(names.slice(0, 2)).toEqual(["element_id", "Zstat"]);
    expect(names).toEqual(expect.arrayContaining(["tvalue", "abs_effect", "std_effect", "std_dev"]));
    const tvalue = fs
      .readFileSync(at(`${prefix}tvalue.csv`), "utf8")
      .replace(/^#.*\n/, "")
      .trim()
      .split("\n")
      .map(Number);
    expect(matrix[names.indexOf("tvalue")]).toEqual(tvalue);
    expect(fixelstream("export", "with-tables.h5", "images-of-tables", "--analysis", "lm", "-quiet").status).toBe(0);
    expect(fs.existsSync(at("images-of-tables/lm_tvalue.mif"))).toBe(true);
  },
);
