// One subject twice, however it is written: warned of with the rows, on stderr and in run.json; the run goes on, as MRtrix3's does.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { repeatedSubjects } from "../../src/app/inputs/repeated-subjects.js";
import { newAnalysis, write } from "../support/expect-refusal.js";
import { hasH5py, PYTHON } from "../support/hdf5-fixtures.js";
import { runInProcess } from "../support/in-process-cli.js";

const REMEDY =
  "Rows of one subject are not independent observations: correct the list, or keep repeated measures together in exchangeability blocks.";
const QUICK = ["-nshuffles", "20", "--seed", "1", "-nthreads", "0", "-quiet"];
const LIST = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `sub-${number}.mif`);

describe("fixelcfestats", () => {
  const warningsOf = async (
    list: readonly string[],
    change: (at: (...names: string[]) => string) => unknown = () => {},
  ) => {
    const input = newAnalysis();
    change(input.at);
    write(input, "subjects.txt", `${list.join("\n")}\n`);
    const { status, stderr } = await runInProcess(["fixelcfestats", ...input.positionals, ...QUICK]);
    expect(status).toBe(0);
    const { warnings } = JSON.parse(fs.readFileSync(input.at("out", "run.json"), "utf8"));
    expect(stderr).toBe(
      warnings.map(({ message }: { message: string }) => `fixelstream: warning: ${message}\n`).join(""),
    );
    return warnings.map(({ message }: { message: string }) => input.relative(message));
  };

  it("a name that is listed twice", async () => {
    expect(await warningsOf(LIST.with(3, "sub-1.mif"))).toEqual([
      `subjects.txt names a subject more than once: sub-1.mif (rows 1, 4). ${REMEDY}`,
    ]);
  });

  it("one file under two names: by a link, a hard link, another way to write its path", async () => {
    const linked = await warningsOf(LIST.with(3, "other.mif"), (at) =>
      fs.symlinkSync("sub-1.mif", at("fd", "other.mif")),
    );
    expect(linked).toEqual([
      `subjects.txt names one file in several ways: sub-1.mif = other.mif (rows 1, 4). ${REMEDY}`,
    ]);
    const hard = await warningsOf(LIST.with(3, "hard.mif"), (at) =>
      fs.linkSync(at("fd", "sub-2.mif"), at("fd", "hard.mif")),
    );
    expect(hard).toEqual([`subjects.txt names one file in several ways: sub-2.mif = hard.mif (rows 2, 4). ${REMEDY}`]);
    const written = await warningsOf(LIST.with(3, "./sub-1.mif"));
    expect(written).toEqual([
      `subjects.txt names one file in several ways: sub-1.mif = ./sub-1.mif (rows 1, 4). ${REMEDY}`,
    ]);
  });

  it("nothing is said of a list without repeats", async () => {
    expect(await warningsOf(LIST)).toEqual([]);
  });

  it("a list of -column", async () => {
    const input = newAnalysis();
    write(
      input,
      "column.txt",
      `${LIST.with(7, "sub-1.mif")
        .map((name) => `fd/${name}`)
        .join("\n")}\n`,
    );
    write(input, "contrast.txt", "0 -1 0\n");
    const tokens = ["fixelcfestats", ...input.positionals, "-column", input.at("column.txt"), ...QUICK];
    const { stderr } = await runInProcess(tokens);
    expect(input.relative(stderr)).toContain(
      `column.txt names a subject more than once: fd/sub-1.mif (rows 1, 8). ${REMEDY}\n`,
    );
  });
});

it("vectorstats, of a list of vectors, and of a store of it", async () => {
  const input = newAnalysis();
  for (const [i, name] of LIST.entries()) write(input, `${name}.txt`, `${i} ${(i * 3) % 5} ${(i * i) % 7}\n`);
  write(
    input,
    "vectors.txt",
    `${LIST.with(2, "sub-1.mif")
      .map((name) => `${name}.txt`)
      .join("\n")}\n`,
  );
  const six = [
    "vectorstats",
    input.at("vectors.txt"),
    input.at("design.txt"),
    input.at("contrast.txt"),
    input.at("v_"),
  ];
  const { status, stderr } = await runInProcess([...six, ...QUICK]);
  expect(status).toBe(0);
  const message = `names a subject more than once: sub-1.mif.txt (rows 1, 3). ${REMEDY}\n`;
  expect(input.relative(stderr)).toBe(`fixelstream: warning: vectors.txt ${message}`);
  await runInProcess(["convert", "vectors", input.at("vectors.txt"), input.at("v.fxs"), "-quiet"]);
  const ofStore = await runInProcess([...six.with(1, input.at("v.fxs")).with(4, input.at("w_")), ...QUICK]);
  expect(input.relative(ofStore.stderr)).toBe(`fixelstream: warning: v.fxs ${message}`);
});

it.skipIf(!hasH5py)("an .h5 whose column_names repeat a name", async () => {
  const input = newAnalysis();
  const script = `
import h5py, numpy, sys
with h5py.File(sys.argv[1], "w") as f:
    values = f.create_dataset("scalars/FD/values", data=numpy.arange(8 * 24.0).reshape(8, 24) % 7)
    values.attrs["column_names"] = numpy.array(["s%d" % (i % 7) for i in range(8)], dtype="S")
`;
  execFileSync(PYTHON, ["-c", script, input.at("d.h5")]);
  const tokens = ["vectorstats", ...["d.h5", "design.txt", "contrast.txt", "v_"].map((name) => input.at(name))];
  const { stderr } = await runInProcess([...tokens, ...QUICK]);
  expect(input.relative(stderr)).toContain(`d.h5 names a subject more than once: s0 (rows 1, 8). ${REMEDY}\n`);
});

it("many of them are counted", () => {
  const names = Array.from({ length: 12 }, (_, i) => `s${i >> 1}`);
  expect(repeatedSubjects("list", [...names, "s0", "s0", "s0"], undefined)[0]!.message).toBe(
    `list names a subject more than once: s0 (rows 1, 2, 13 and 2 more), s1 (rows 3, 4), s2 (rows 5, 6), s3 (rows 7, 8), s4 (rows 9, 10) and 1 more. ${REMEDY}`,
  );
  expect(repeatedSubjects("list", undefined, undefined)).toEqual([]);
});
