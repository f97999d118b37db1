// A hint is a command that works: the line of numpy that a message has is taken out of it and run on the file that caused it; then vectorstats takes the result.
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { hasH5py, PYTHON } from "../support/hdf5-fixtures.js";
import { runInProcess } from "../support/in-process-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);

const vectors = (input: string, prefix: string, options: string[] = [], design = "d.txt", contrast = "c.txt") => {
  const paths = [input, design, contrast, prefix].map(at);
  return runInProcess(["vectorstats", ...paths, ...options, "-notest", "-nthreads", "0", "-quiet"]);
};
const betas = (prefix: string) => fs.readFileSync(at(`${prefix}betas.csv`), "utf8").replace(/^#.*\n/, "");

/** From the program's name to the end of the message: what a user would copy. */
function runCommandIn(message: string): void {
  const command = /: (python3 .*)$/.exec(message.trim())?.[1];
  expect(command, message).toBeDefined();
  const { status, stderr } = spawnSync("sh", ["-c", command!.replace(/^python3/, `'${PYTHON}'`)], { encoding: "utf8" });
  expect(status, `${command}\n${stderr}`).toBe(0);
}

describe.skipIf(!hasH5py)("arrays that hold no matrix of numbers", () => {
  beforeAll(async () => {
    fs.writeFileSync(at("d.txt"), "1 1\n1 -1\n1 1\n1 -1\n1 1\n1 -1\n");
    fs.writeFileSync(at("c.txt"), "0 1\n");
    fs.writeFileSync(at("c3.txt"), "0 1 0\n");
    fs.writeFileSync(at("list.txt"), "v0.npy\nv1.npy\nv2.npy\nv3.npy\nv4.npy\nv5.npy\n");
    execFileSync(
      PYTHON,
      [
        "-c",
        `import io, numpy as n, zipfile
v = n.arange(12.).reshape(6, 2) ** 2 % 7 + 1
n.save("want.npy", v)
n.save("objects.npy", v.astype(object)); n.save("complex.npy", v * (0.6 + 0.8j)); n.save("text.npy", v.astype("U8")); n.save("double.npy", v.astype("longdouble"))
n.save("fields.npy", n.rec.fromarrays(v.T, names="a,b")); n.save("days.npy", n.array(v * 86400, "M8[s]")); n.save("seconds.npy", n.array(v * 1000, "m8[ms]"))
n.save("cube.npy", v.reshape(6, 1, 2)); n.save("large.npy", n.where([[True, False]], 2 ** 53 + 1, v.astype("i8")))
with open("twice.npy", "wb") as f: n.save(f, v); n.save(f, v)
b = io.BytesIO(); n.save(b, v)
with zipfile.ZipFile("bz.npz", "w", zipfile.ZIP_BZIP2) as z: z.writestr("it's.npy", b.getvalue())
n.savez("many.npz", FA=v, other=v + 1)
n.save("design.npy", n.loadtxt("d.txt"))
for i in range(6): n.save(f"v{i}.npy", v[i])
`,
      ],
      { cwd: directory, stdio: "pipe" },
    );
    expect((await vectors("want.npy", "want_")).status).toBe(0);
  });

  const valuesAfterCommand = async (input: string, output: string): Promise<string> => {
    const refused = await vectors(input, "no_");
    expect(refused.status, refused.stderr).toBe(1);
    runCommandIn(refused.stderr);
    const prefix = `${output.replace(/\W/g, "_")}_`;
    expect((await vectors(output, prefix)).status).toBe(0);
    return betas(prefix);
  };
  test.each(["objects", "text", "double", "fields", "days", "seconds", "cube", "twice"])("%s", async (name) =>
    expect(await valuesAfterCommand(`${name}.npy`, `${name}-plain.npy`)).toBe(betas("want_")),
  );
  test("complex numbers: their magnitudes, which are rounded", async () => {
    const numbers = (text: string) => text.trim().split(/[,\n]/).map(Number);
    const [found, expected] = [
      numbers(await valuesAfterCommand("complex.npy", "complex-plain.npy")),
      numbers(betas("want_")),
    ];
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, 12);
  });
  test("integers beyond 2^53", async () => {
    const text = await valuesAfterCommand("large.npy", "large-plain.npy");
    expect(text).toMatch(/^9\.00719925474099e\+15,/);
  });
  test("an archive compressed by bzip2, a name with a quote", async () =>
    expect(await valuesAfterCommand("bz.npz", "bz-plain.npy")).toBe(betas("want_")));
  test("a list of .npy, one a subject", async () =>
    expect(await valuesAfterCommand("list.txt", "list.npy")).toBe(betas("want_")));
  test("several arrays: --scalar, for the values; a line for -column", async () => {
    const refused = await vectors("many.npz", "no_");
    expect(refused.status).toBe(1);
    const option = /Choose one: (--scalar \w+)$/.exec(refused.stderr.trim())![1]!.split(" ");
    expect((await vectors("many.npz", "many_", option)).status).toBe(0);
    expect(betas("many_")).toBe(betas("want_"));
    const refusedColumn = await vectors("want.npy", "no_", ["-column", at("many.npz")], "d.txt", "c3.txt");
    expect(refusedColumn.status).toBe(1);
    runCommandIn(refusedColumn.stderr);
    expect(fs.readFileSync(at("many-plain.npy"))).toEqual(fs.readFileSync(at("want.npy")));
  });
  test("a design in .npy", async () => {
    const refused = await vectors("want.npy", "no_", [], "design.npy");
    expect(refused.status).toBe(1);
    runCommandIn(refused.stderr);
    expect((await vectors("want.npy", "design_", [], "design.txt")).status).toBe(0);
    expect(betas("design_")).toBe(betas("want_"));
  });
  test("a workbook where a text belongs", async () => {
    fs.writeFileSync(at("design.xlsx"), fs.readFileSync(at("many.npz")));
    expect((await vectors("want.npy", "no_", [], "design.xlsx")).stderr).toMatch(
      /expected a text file, got a zip archive, as \.xlsx and \.npz are\. Save what is in it as text, such as \.csv\.$/m,
    );
  });
  test("--scalar where nothing has names", async () => {
    const { status, stderr } = await vectors("want.npy", "no_", ["--scalar", "FA"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /Cannot choose scalar FA of .*want\.npy: expected a store, an \.h5 or a \.npz that has it, got one matrix without a name\. Leave --scalar out\.$/m,
    );
  });
});
