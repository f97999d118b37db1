// What a user reads when vectors cannot be used: one test a message.
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inferVectors } from "../../src/app/analyse/kinds.js";
import type { VectorStatsOptions } from "../../src/app/analyse/options.js";
import { convertVectorInput } from "../../src/app/convert/convert-vectors.js";
import { isFixelstreamError } from "../../src/errors.js";
import { makeStore } from "../support/make-store.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { bytesOf, npyBytes, zipBytes } from "../support/write-npy.js";

const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);
const write = (name: string, content: string | Uint8Array) => {
  writeFileSync(at(name), content);
  return at(name);
};

async function refusal(input: string, memoryBytes = 2 ** 24): Promise<string> {
  const output = at("never.fxs");
  const error = await convertVectorInput({
    input,
    output,
    scalar: "values",
    memoryBytes,
    force: false,
    command: "test",
  })
    .then(() => undefined)
    .catch((reason: unknown) => reason);
  expect(isFixelstreamError(error), String(error)).toBe(true);
  return (error as Error).message.replaceAll(directory, "");
}

const small = bytesOf(Float32Array.from([1, 2, 3, 4, 5, 6]));

describe(".npy", () => {
  it.each([
    ["records", { descr: "<f4", fields: true, shape: [2] }, /got records with named fields\. If all of their fields/],
    ["objects", { descr: "|O", shape: [2, 3] }, /got Python objects\. .* you trust the file \(loading it runs what/],
    [
      "complex numbers",
      { descr: "<c8", shape: [1, 3] },
      /expected float16 to float64, integers or booleans, got complex64/,
    ],
    ["times", { descr: "<M8[ms]", shape: [1, 3] }, /got times \(datetime64\[ms\]\)\. As days since 1970: python3 -c/],
    ["durations", { descr: "<m8[s]", shape: [1, 3] }, /got durations \(timedelta64\[s\]\)\. As seconds: python3 -c/],
    ["text", { descr: "<U1", shape: [2, 3] }, /got text\. If all of it is numbers: python3 -c/],
    [
      "bfloat16",
      { descr: "|V2", shape: [2, 6] },
      /got 2 raw bytes a value \(bfloat16 is saved so\)\. Save numbers instead/,
    ],
    ["long double", { descr: "<f16", shape: [1, 1] }, /got long double \(16 bytes\)\. If they may become float64: /],
    ["a type that numpy has not", { descr: "<q9", shape: [1, 1] }, /got dtype <q9\. Save the array again/],
    [
      "one dimension",
      { shape: [6] },
      /got 1 \(shape \(6,\)\)\. As one value a subject: python3 -c .*a\.reshape\(len\(a\),-1\)/,
    ],
    ["three dimensions", { shape: [1, 2, 3] }, /expected 2 dimensions .* got 3 \(shape \(1, 2, 3\)\)/],
    ["nothing in it", { shape: [0, 3] }, /at least one subject and one element, got shape \(0, 3\)/],
    ["truncated", { shape: [2, 4] }, /expected 160 bytes for 2 x 4 values of float32, got 152\. It is truncated/],
  ])("%s", async (_, options, message) => {
    const data: Uint8Array = options.shape.includes(0) ? new Uint8Array(0) : small;
    expect(await refusal(write("a.npy", npyBytes({ ...options, data })))).toMatch(message);
  });
  it("something else", async () => {
    expect(await refusal(write("a.npy", "1 2 3\n"))).toMatch(/expected a \.npy array .* got something else/);
  });
});

describe(".npz", () => {
  const array = npyBytes({ shape: [2, 3], data: small });
  it("several arrays", async () => {
    const message = await refusal(write("a.npz", zipBytes({ "a.npy": array, "b.npy": array }, true)));
    expect(message).toBe(
      "Cannot read /a.npz: expected one array in it, or one called values, got 2 (a.npy, b.npy). Choose one: --scalar a",
    );
  });
  it("none, no zip, damaged", async () => {
    expect(await refusal(write("a.npz", zipBytes({}, false)))).toMatch(
      /expected one array in it, or one called values, got none/,
    );
    expect(await refusal(write("a.npz", "not a zip"))).toMatch(/expected a \.npz archive, got/);
    const damaged = zipBytes({ "a.npy": array }, true);
    damaged.fill(0xff, 45, 60);
    expect(await refusal(write("a.npz", damaged))).toMatch(/^Cannot read \/a\.npz: expected/);
  });
});

describe("text", () => {
  write("s0.txt", "1 2 3\n");
  write("s1.txt", "1\n2\n3\n");
  write("long.txt", "1 2 3 4\n");
  write("empty.txt", "# nothing\n");
  write("square.txt", "1 2\n3 4\n");
  it("vector files of another length, empty and square: all of them, by subject", async () => {
    const list = write("list.txt", "s0.txt\ns1.txt\nlong.txt\nempty.txt\nsquare.txt\n");
    const lines = (await refusal(list)).split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(/long\.txt: expected 3 values as in s0\.txt, got 4 \(subject 3 of 5, counting from 1\)/);
    expect(lines[2]).toMatch(/empty\.txt: expected a matrix of numbers, got a file without any/);
    expect(lines[3]).toMatch(/square\.txt: expected a vector .* got 2 rows of 2/);
  });
  it("entries of the list missing", async () => {
    expect(await refusal(write("list.txt", "s0.txt\nnowhere.txt\n"))).toMatch(
      /expected all 2 in one folder.*first one missing is nowhere\.txt \(2 of 2\)/,
    );
  });
  it("a matrix with ragged rows, and one too large to be held", async () => {
    expect(await refusal(write("m.txt", "1 2 3\n4 5\n"))).toMatch(
      /expected 3 columns as in its first row, got 2 \(line 2\)/,
    );
    expect(await refusal(write("m.txt", "1 2 3\n".repeat(20000)), 2 ** 18)).toBe(
      "Cannot read /m.txt as text: expected at most 51.2 KiB, got 117.2 KiB. Save it as .npy (numpy.save), which is read piece by piece, or raise --memory.",
    );
    // No memory makes one string of it.
    truncateSync(at("m.txt"), 2 ** 28 + 2 ** 20);
    expect(await refusal(at("m.txt"), 2 ** 30)).toBe(
      "Cannot read /m.txt as text: expected at most 204.8 MiB, got 257 MiB. Save it as .npy (numpy.save), which is read piece by piece.",
    );
  });
});

describe("vectorstats", () => {
  const options = (changes: Partial<VectorStatsOptions>): VectorStatsOptions => ({
    ...{ input: at("m.npy"), design: at("d.txt"), contrast: at("c.txt"), prefix: at("out_"), cache: at("cache") },
    ...{ fonly: false, strong: false, notest: false, errors: "ee", nShuffles: 10, force: false, seed: 1 },
    ...{ io: "auto", kernels: "simd", precision: "double", memoryBytes: 2 ** 24, nThreads: 0, command: "test" },
    ...changes,
  });
  const message = async (changes: Partial<VectorStatsOptions>) => {
    write("m.npy", npyBytes({ shape: [6, 2], data: bytesOf(Float32Array.from([1, 5, 2, 3, 8, 2, 4, 4, 5, 1, 1, 9])) }));
    write("d.txt", "1 0\n1 1\n1 0\n1 1\n1 0\n1 1\n");
    write("c.txt", "0 1\n");
    const error = await inferVectors(options(changes)).catch((reason: unknown) => reason);
    return error instanceof Error ? error.message.replaceAll(directory, "") : "none";
  };
  it("results that exist, and -force", async () => {
    expect(await message({})).toBe("none");
    expect(await message({})).toBe(
      "Cannot write results to /out_*.csv: out_betas.csv, out_std_dev.csv, out_tvalue.csv and 8 more exist already. Give another prefix, or -force to overwrite.",
    );
    expect(await message({ force: true })).toBe("none");
  });
  it("a prefix in a directory that does not exist", async () => {
    expect(await message({ prefix: at("nowhere/x_") })).toMatch(
      /^Cannot write results to \/nowhere\/x_\*\.csv: expected an existing directory \/nowhere\/, got none/,
    );
    mkdirSync(at("there"), { recursive: true });
    expect(await message({ prefix: `${at("there")}/` })).toBe("none");
  });
  it("a design of another length", async () => {
    expect(await message({ design: write("d2.txt", "1 0\n1 1\n1 1\n"), force: true })).toMatch(
      /expected 6 rows .* got 3/,
    );
  });
  it("a store of several scalars is asked for one", async () => {
    const values = Float32Array.from({ length: 12 }, (_, i) => (i * 7) % 5);
    const input = await makeStore(directory, "s.fxs", { values, nSubjects: 6, scalar: "FD" });
    expect(await message({ input, scalar: "FC", force: true })).toMatch(
      /expected one of FD, got FC\. Name it with --scalar/,
    );
  });
  it("elements that cannot be tested: no mask is advised, vectors have none", async () => {
    const { NaN: missing } = Number;
    const values = Float32Array.from([1, 5, 2, missing, 8, missing, 4, missing, 5, missing, 1, 9]);
    const input = write("missing.npy", npyBytes({ shape: [6, 2], data: bytesOf(values) }));
    const { warnings } = await inferVectors(options({ input, force: true }));
    expect(warnings.find(({ tag }) => tag === "untestable-elements")?.message).toBe(
      "1 of 2 elements cannot be tested and get zeros: 1 with fewer than 4 observations left. Leave them out of the vectors, or leave out subjects with many missing values.",
    );
  });
  it("too little memory", async () => {
    expect(await message({ memoryBytes: 2 ** 17, force: true })).toMatch(
      /Cannot run in 128 KiB: 2 elements, 6 subjects and 1 hypothesis .* need at least .*Raise --memory/,
    );
  });
});
