// What converting voxels and edges holds of one subject, as child processes: in the least memory that the plan accepts, the peak is within it and what Node
// takes. Subjects are large and few, so that the reader is what counts. Needs `npm run build`.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { writeImage } from "../../src/formats/image.js";
import { fixedBytesOf } from "../../src/system-memory.js";
import { makeTemporaryDirectory } from "../support/peer.js";
import { runCli } from "../support/run-cli.js";
import { bytesOf, npyBytes } from "../support/write-npy.js";

const MIB = 2 ** 20;
const N_SUBJECTS = 3;
const directory = makeTemporaryDirectory();
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const reporter = pathToFileURL(join(import.meta.dirname, "../support/report-peak.mjs")).href;

/** Bits without a pattern, so that packing does not make them small; quick. */
function noise(count: number, seed: number): Float64Array {
  const values = new Float64Array(count);
  let state = seed >>> 0;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state / 2 ** 32 + i / count;
  }
  return values;
}

/** In the smallest whole number of MiB that is accepted. */
function convertInLeast(...tokens: string[]) {
  const output = "out.fxs";
  const convert = (mib: number) => {
    rmSync(join(directory, output), { recursive: true, force: true });
    const environment = { NODE_OPTIONS: `--import ${reporter}`, PEAK_FILE: join(directory, "peak.txt") };
    const limits = ["--memory", `${mib}MiB`, "-quiet"];
    return runCli(["convert", ...tokens, output, ...limits], directory, environment);
  };
  let mib = 1;
  for (let attempt = 0; ; attempt++) {
    const { status, stderr } = convert(mib);
    if (status === 0) break;
    const needed = /expected at least ([\d.]+) MiB/.exec(stderr);
    // a text is refused by its size, before there is a plan
    expect(stderr).toMatch(/expected at least|as text: expected at most/);
    mib = needed === null ? 2 * mib : Math.max(mib + 1, Math.ceil(Number(needed[1])));
    expect(attempt).toBeLessThan(20);
  }
  return { leastBytes: mib * MIB, peakBytes: Number(readFileSync(join(directory, "peak.txt"), "utf8")) };
}

function expectWithin({ leastBytes, peakBytes }: ReturnType<typeof convertInLeast>) {
  expect(peakBytes).toBeLessThan(leastBytes + fixedBytesOf(0));
}

const SIZE = [180, 180, 150] as const;
const COUNT = SIZE[0] * SIZE[1] * SIZE[2];

describe("voxels", () => {
  const inside = new Uint8Array(COUNT).fill(1);
  writeImage(join(directory, "all.mif"), { dimensions: SIZE, dataType: "UInt8" }, inside);
  inside.fill(0, COUNT / 100);
  writeImage(join(directory, "few.mif"), { dimensions: SIZE, dataType: "UInt8" }, inside);

  for (const [dataType, isPacked] of [
    ["Float64LE", true],
    ["Float64LE", false],
    ["Float32LE", true],
    ["Int16LE", true],
  ] as const) {
    test(`${dataType}${isPacked ? ", packed" : ""}: in a mask of all voxels and of few`, () => {
      const names = Array.from({ length: N_SUBJECTS }, (_, s) => {
        const name = `v${s}.nii`;
        const values = noise(COUNT, s + 1).map((value) => (dataType === "Int16LE" ? Math.round(value * 1000) : value));
        writeImage(join(directory, name), { dimensions: SIZE, dataType, overwrite: true }, values);
        if (!isPacked) return name;
        writeFileSync(join(directory, `${name}.gz`), gzipSync(readFileSync(join(directory, name)), { level: 1 }));
        return `${name}.gz`;
      });
      writeFileSync(join(directory, "list.txt"), `${names.join("\n")}\n`);
      for (const mask of ["all.mif", "few.mif"]) expectWithin(convertInLeast("voxels", "list.txt", mask));
    });
  }
});

describe("edges", () => {
  test.each(["csv", "npy"])("connectomes of 1000 nodes in %s", (ending) => {
    const n = 1000;
    const names = Array.from({ length: N_SUBJECTS }, (_, s) => {
      const values = noise(n * n, s + 1);
      for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) values[i * n + j] = values[j * n + i]!;
      const rows = () => Array.from({ length: n }, (__, i) => values.subarray(i * n, (i + 1) * n).join(","));
      const content =
        ending === "csv" ? `${rows().join("\n")}\n` : npyBytes({ descr: "<f8", shape: [n, n], data: bytesOf(values) });
      writeFileSync(join(directory, `e${s}.${ending}`), content);
      return `e${s}.${ending}`;
    });
    writeFileSync(join(directory, "edges.txt"), `${names.join("\n")}\n`);
    expectWithin(convertInLeast("edges", "edges.txt"));
  });
});
