// One test a message about the connectivity matrix of fixelcfestats, whole and word for word.
import fs from "node:fs";
import { describe, it } from "vitest";
import { expectRefusal, newAnalysis, refuses, write } from "../support/expect-refusal.js";
import { rawFixelData, rawMif } from "../support/make-cohort.js";
import { type SmallAnalysis, writeMatrix } from "../support/small-analysis.js";

describe("the connectivity", () => {
  const index = (counts: readonly number[], firsts: readonly number[]) =>
    rawMif(
      [counts.length, 1, 1, 2],
      "UInt64LE",
      new Uint8Array(BigUint64Array.from([...counts, ...firsts].map(BigInt)).buffer),
    );
  refuses([
    [
      "is not there",
      (input) => fs.rmSync(input.at("matrix"), { recursive: true }),
      "Cannot read the connectivity matrix: expected a directory with index.mif, fixels.mif and values.mif, got nothing of that name. Give the directory that fixelconnectivity made.",
    ],
    [
      "is a file",
      (input) => {
        fs.rmSync(input.at("matrix"), { recursive: true });
        write(input, "matrix", "");
      },
      "Cannot read the connectivity matrix: expected a directory with index.mif, fixels.mif and values.mif, got a file. Give the directory that fixelconnectivity made.",
    ],
    [
      "lacks a file",
      (input) => fs.rmSync(input.at("matrix", "values.mif")),
      "Cannot read the connectivity matrix: expected index.mif, fixels.mif and values.mif in it, got none named values.mif. Give the directory that fixelconnectivity made.",
    ],
    [
      "was made of another template",
      (input) => writeMatrix(input.at("matrix"), 25, (fixel) => [[fixel, 1]]),
      "Cannot use the connectivity matrix: expected 24 fixels (those of the template), got 25. Make it of the same fixel template with fixelconnectivity.",
    ],
    [
      "has an index.mif of another shape",
      (input) => write(input, "matrix/index.mif", rawMif([24, 2, 1, 1], "UInt64LE", new Uint8Array(384))),
      "Cannot read the connectivity matrix: expected an index.mif of fixels x 1 x 1 x 2, got 24 x 2 x 1 x 1. Give the directory that fixelconnectivity made.",
    ],
    [
      "has another number of values than fixels",
      (input) => write(input, "matrix/values.mif", rawFixelData(new Float32Array(3))),
      "Cannot read the connectivity matrix: expected as many connections in values.mif as in fixels.mif (70), got 3. Make the matrix again with fixelconnectivity.",
    ],
    [
      "points past the end",
      (input) =>
        write(
          input,
          "matrix/index.mif",
          index(
            new Array(24).fill(2),
            Array.from({ length: 24 }, (_, i) => 48 + i),
          ),
        ),
      "Cannot read the connectivity matrix: expected connections below 70, the number in fixels.mif, got connections 69 to 70 for fixel 21 in index.mif (all counted from 0). Make the matrix again with fixelconnectivity.",
    ],
  ]);
  const withIndex = (type: string, data: BigUint64Array | BigInt64Array | Float32Array) => (input: SmallAnalysis) =>
    write(input, "matrix/index.mif", rawMif([24, 1, 1, 2], type, new Uint8Array(data.buffer)));
  refuses([
    [
      "counts 2^53 + 1 connections",
      withIndex("UInt64LE", new BigUint64Array(48).fill(2n ** 53n + 1n, 5, 6)),
      "Cannot read matrix/index.mif: expected integers that float64 holds exactly, as all within 2^53 are, got 9007199254740993. If it may be rounded: mrconvert matrix/index.mif matrix/index-converted.mif -datatype float64. Else it is damaged; make it again.",
    ],
    [
      "starts a row at 2^64 - 1",
      withIndex("UInt64LE", new BigUint64Array(48).fill(2n ** 64n - 1n, 30, 31)),
      "Cannot read matrix/index.mif: expected integers that float64 holds exactly, as all within 2^53 are, got 18446744073709551615. If it may be rounded: mrconvert matrix/index.mif matrix/index-converted.mif -datatype float64. Else it is damaged; make it again.",
    ],
    [
      "counts 2^60 connections",
      withIndex("Int64LE", new BigInt64Array(48).fill(2n ** 60n, 5, 6)),
      "Cannot read the connectivity matrix: expected connections below 70, the number in fixels.mif, got connections 0 to 1152921504606847000 for fixel 5 in index.mif (all counted from 0). Make the matrix again with fixelconnectivity.",
    ],
    [
      "counts half a connection",
      withIndex("Float32LE", new Float32Array(48).fill(1.5, 5, 6)),
      "Cannot read the connectivity matrix: expected connections below 70, the number in fixels.mif, got 1.5 connections from 0 for fixel 5 in index.mif (all counted from 0). Make the matrix again with fixelconnectivity.",
    ],
    [
      "starts a row at half a connection",
      withIndex("Float32LE", new Float32Array(48).fill(1, 5, 6).fill(0.5, 29, 30)),
      "Cannot read the connectivity matrix: expected connections below 70, the number in fixels.mif, got 1 connection from 0.5 for fixel 5 in index.mif (all counted from 0). Make the matrix again with fixelconnectivity.",
    ],
  ]);
  it("is a track file", async () => {
    const input = newAnalysis();
    write(input, "tracks.tck", "mrtrix tracks");
    const positionals = input.positionals.with(4, input.at("tracks.tck"));
    await expectRefusal(input, positionals, {
      messages: [
        "Cannot use tracks.tck as connectivity: expected a fixel-fixel connectivity matrix, got streamlines. Make the matrix once, `fixelstream fixelconnectivity FIXEL_DIRECTORY tracks.tck MATRIX_DIRECTORY`, and give MATRIX_DIRECTORY.",
      ],
    });
  });
  refuses(
    [
      [
        "names fixels outside the template",
        (input) => writeMatrix(input.at("matrix"), 24, (fixel) => [[fixel === 4 ? 24 : fixel, 1]]),
        "Cannot read the connectivity matrix: expected fixels below 24, the number in the template, got fixel 24 connected to fixel 4 in fixels.mif (counted from 0). Make the matrix again with fixelconnectivity.",
      ],
      [
        "has values above 1 that -cfe_c makes infinite",
        (input) => {
          writeMatrix(input.at("matrix"), 24, (fixel) => [[fixel, fixel === 3 ? 3 : 1]]);
          return ["-cfe_c", "200"];
        },
        "Cannot use the connectivity matrix with an exponent of 200: expected weights, value^200, whose sum is at most 3.4e38, got 2.66e+95 for fixel 3 (counted from 0). Values are from 0 to 1: make the matrix again with fixelconnectivity, or lower -cfe_c.",
      ],
      [
        "has values that are not finite",
        (input) => writeMatrix(input.at("matrix"), 24, (fixel) => [[fixel, fixel === 3 ? Number.NaN : 1]]),
        "Cannot read the connectivity matrix: expected values from 0 to 1, got NaN for fixel 3 connected to fixel 3 in values.mif (counted from 0). Make the matrix again with fixelconnectivity.",
      ],
    ],
    { afterConversion: true },
  );
});
