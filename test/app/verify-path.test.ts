// verify says of everything that fixelstream writes that it is as it was written, or what is not: exit code 1.
import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { inferFixels, inferVectors } from "../../src/app/analyse/kinds.js";
import { convertFixels } from "../../src/app/convert/convert.js";
import { exportHdf5 } from "../../src/app/export/export.js";
import { writeNullState } from "../../src/results/null-state-file.js";
import { hdf5Fixtures } from "../support/hdf5-fixtures.js";
import { runInProcess } from "../support/in-process-cli.js";
import { makeState } from "../support/random-null-state.js";
import { INFERENCE_DEFAULTS } from "../support/run-inference.js";
import { makeSmallAnalysis } from "../support/small-analysis.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const small = makeSmallAnalysis(path.join(root, "small"));
const { at } = small;
let fxc: string;

beforeAll(async () => {
  const [input, subjects, design, contrast, connectivity] = small.positionals as [
    string,
    string,
    string,
    string,
    string,
  ];
  const common = { ...INFERENCE_DEFAULTS, design, contrast, nShuffles: 5, cache: at("cache") };
  await inferFixels({ ...common, input, subjects, connectivity, output: at("out") });
  const store = at("s.fxs");
  await convertFixels({ inputDirectory: input, subjectList: subjects, output: store, command: "fixelstream convert" });
  fs.mkdirSync(at("tables"));
  for (const name of ["x_", "y_"]) await inferVectors({ ...common, input: store, prefix: at("tables", name) });
  await convertFixels({ inputDirectory: input, subjectList: subjects, output: at("c.h5"), command: "test" });
  await exportHdf5({ results: at("out"), output: at("c.h5"), analysis: "cfe" });
  const shape = { nElements: 5, nHypotheses: 1, ranges: [[0, 4] as const], enhanced: true, seed: 1 };
  await writeNullState(at("n.fxnull"), makeState(shape));
  fxc = at("cache", fs.readdirSync(at("cache")).find((name) => name.endsWith(".fxc"))!);
});

const verify = async (...tokens: string[]) => {
  const { status, stderr } = await runInProcess(["verify", ...tokens]);
  return { status, stderr: small.relative(stderr).replaceAll(path.basename(fxc), "KEY.fxc") };
};
const hidden = (text: string) =>
  text.replace(/CRC-32 [0-9a-f]{8}/g, "CRC-32 ..").replace(/got [0-9a-f]{8}\b/g, "got ..");

/** Flips a bit while `work` runs. */
async function flipped<T>(file: string, byte: number, work: () => Promise<T>): Promise<T> {
  const bytes = fs.readFileSync(file);
  const changed = Buffer.from(bytes);
  changed[byte < 0 ? bytes.length + byte : byte]! ^= 4;
  fs.writeFileSync(file, changed);
  try {
    return await work();
  } finally {
    fs.writeFileSync(file, bytes);
  }
}

describe("verify, of what is whole", () => {
  test.each([
    ["a store", () => at("s.fxs"), "s.fxs: all 1 blocks are as they were written"],
    ["a prepared connectivity", () => fxc, "cache/KEY.fxc: all 4 files: as written"],
    ["results of fixels", () => at("out"), "out: all 15 files: as written"],
    ["results of vectors, by their prefix", () => at("tables", "x_"), "tables/x_: all 11 files: as written"],
    ["results of vectors, by their directory", () => at("tables"), "tables: all 22 files: as written"],
    [
      "an .h5 of ours",
      () => at("c.h5"),
      "c.h5: all that has checksums (names of FD, values of FD, /fixels and /voxels, results of cfe): as written",
    ],
    ["a state of shuffles", () => at("n.fxnull"), "n.fxnull: every byte: as written"],
  ])("%s", async (_, input, said) => {
    expect(await verify(input())).toEqual({ status: 0, stderr: `fixelstream: ${said}\n` });
    expect(await verify(input(), "-quiet")).toEqual({ status: 0, stderr: "" });
  });
});

describe("verify, of what is damaged", () => {
  const damaged = (name: string, line: string, remedy: string) => ({
    status: 1,
    stderr: `fixelstream: error: Cannot trust ${name}: expected it as it was written, got damage:\n  ${line}\n${remedy}\n`,
  });
  const told = async (file: string, byte: number, input: string) => {
    const { status, stderr } = await flipped(file, byte, () => verify(input));
    return { status, stderr: hidden(stderr) };
  };
  const results = "Restore the results, or run the analysis again: run.json has its command.";
  const matrix = "Delete the directory: it is made again from the matrix directory by the next run.";

  test("a prepared connectivity, and its connectivity.json", async () => {
    for (const file of ["counts.u32", "connections.bin", "norms.f32"]) {
      const line = `${file}: expected CRC-32 .., got ..`;
      expect(await told(path.join(fxc, file), 1, fxc)).toEqual(damaged("cache/KEY.fxc", line, matrix));
    }
    const line = "connectivity.json: damaged, missing, of another version, or of other sizes than the files beside it";
    expect(await told(path.join(fxc, "connectivity.json"), 60, fxc)).toEqual(damaged("cache/KEY.fxc", line, matrix));
  });

  test("results, their record, and a result that is gone", async () => {
    const size = fs.statSync(at("out", "Zstat.mif")).size;
    expect(await told(at("out", "Zstat.mif"), -1, at("out"))).toEqual(
      damaged("out", `Zstat.mif: expected ${size} bytes with CRC-32 .., got ${size} bytes with CRC-32 ..`, results),
    );
    const record = fs.readFileSync(at("out", "run.json"), "utf8");
    const place = record.indexOf('"seed": 1') + 8;
    expect(await told(at("out", "run.json"), place, at("out"))).toEqual(
      damaged("out", "run.json: expected CRC-32 .., got CRC-32 ..", results),
    );
    fs.renameSync(at("tables", "x_Zstat.csv"), at("kept"));
    const { stderr } = await verify(at("tables", "x_"));
    fs.renameSync(at("kept"), at("tables", "x_Zstat.csv"));
    expect(hidden(stderr)).toMatch(/^ {2}x_Zstat.csv: expected \d+ bytes with CRC-32 .., got no such file$/m);
  });

  test("an .h5 of ours: values, names, fixels, results", async () => {
    const bytes = fs.readFileSync(at("c.h5"));
    const values = fs.readFileSync(at("fd", "sub-3.mif")).subarray(256);
    const directions = Float64Array.from({ length: 24 }, () => 1);
    const z = Float64Array.from(new Float32Array(new Uint8Array(resultData("Zstat.mif")).buffer));
    for (const [place, line] of [
      [
        bytes.indexOf(values),
        /^ {2}Cannot use \/scalars\/FD\/values of c.h5: expected subject 2 \(sub-3.mif, counted from 0\) as fixelstream wrote it/m,
      ],
      // in the dataset, then in the attribute
      [bytes.indexOf("sub-3.mif"), /^ {2}Cannot use .*names.* of c.h5: expected /m],
      [bytes.lastIndexOf("sub-3.mif"), /^ {2}Cannot use .*names.* of c.h5: expected /m],
      [
        bytes.indexOf(Buffer.from(directions.buffer)),
        /^ {2}Cannot use \/fixels and \/voxels of c.h5: expected CRC-32/m,
      ],
      [
        bytes.indexOf(Buffer.from(z.buffer)),
        /^ {2}Cannot use \/results\/cfe\/results_matrix of c.h5: expected CRC-32/m,
      ],
    ] as const) {
      expect(place, String(line)).toBeGreaterThan(0);
      const { status, stderr } = await told(at("c.h5"), place + 4, at("c.h5"));
      expect(status).toBe(1);
      expect(stderr).toMatch(line);
    }
  });

  test("a state of shuffles", async () => {
    expect((await told(at("n.fxnull"), -20, at("n.fxnull"))).stderr).toMatch(
      /^ {2}Cannot read n.fxnull: expected the checksum of its bytes, got another./m,
    );
  });

  function resultData(name: string): Buffer {
    const bytes = fs.readFileSync(at("out", name));
    return bytes.subarray(Number(/\nfile: \. (\d+)/.exec(bytes.toString("latin1"))![1]));
  }
});

describe("verify, of what carries no checksums", () => {
  test("an .h5 of others: said with -quiet too", async () => {
    const file = path.join(hdf5Fixtures, "h5py-contiguous-float32.h5");
    const { status, stderr } = await runInProcess(["verify", file, "-quiet"]);
    expect([status, stderr]).toEqual([
      0,
      `fixelstream: warning: ${file}: it carries no checksums of fixelstream, so there is nothing to compare\n`,
    ]);
  });

  test("something else is refused", async () => {
    expect(await verify(at("design.txt"))).toEqual({
      status: 1,
      stderr:
        "fixelstream: error: Cannot open design.txt as a store: expected a directory, got a file. Give the directory that convert wrote.\n",
    });
  });
});
