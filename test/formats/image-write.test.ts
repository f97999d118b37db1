// What is written is read back the same, for any shape, layout and type that can hold the values.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { DataType } from "../../src/formats/data-type.js";
import { halfToNumber } from "../../src/formats/decode.js";
import { numberToHalf } from "../../src/formats/encode.js";
import { openImage, readImageVector, writeImage } from "../../src/formats/image.js";
import { canonicalLayout } from "../../src/formats/image-header.js";
import { fc } from "../support/seeded-check.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();

const VALUES: Record<string, fc.Arbitrary<number>> = {
  bit: fc.integer({ min: 0, max: 1 }),
  int8: fc.integer({ min: -128, max: 127 }),
  uint8: fc.integer({ min: 0, max: 255 }),
  int16: fc.integer({ min: -32768, max: 32767 }),
  uint16: fc.integer({ min: 0, max: 65535 }),
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  int64: fc.maxSafeInteger(),
  uint64: fc.maxSafeNat(),
  float16: fc.nat(65535).map(halfToNumber),
  float32: fc.float(),
  float64: fc.double(),
};
const TYPES: DataType[] = ["Bit", "Int8", "UInt8"];
for (const order of ["LE", "BE"] as const)
  for (const bits of [16, 32, 64] as const)
    for (const kind of ["Int", "UInt", "Float"] as const) TYPES.push(`${kind}${bits}${order}`);

const images = (types: readonly DataType[], maxAxes: number) =>
  fc
    .record({
      dataType: fc.constantFrom(...types),
      dimensions: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: maxAxes }),
    })
    .chain(({ dataType, dimensions }) => {
      const n = dimensions.reduce((a, b) => a * b, 1);
      const ranks = dimensions.map((_, rank) => rank);
      return fc.record({
        dataType: fc.constant(dataType),
        dimensions: fc.constant(dimensions),
        layout: fc
          .tuple(
            fc.shuffledSubarray(ranks, { minLength: ranks.length }),
            fc.array(fc.boolean(), { minLength: ranks.length, maxLength: ranks.length }),
          )
          .map(([order, reversed]) => order.map((rank, axis) => ({ rank, reversed: reversed[axis]! }))),
        values: fc.array(VALUES[dataType.toLowerCase().replace(/[lb]e$/, "")]!, { minLength: n, maxLength: n }),
        range: fc.tuple(fc.nat(n), fc.nat(n)),
      });
    });

const NIFTI_TYPES = TYPES.filter((type) => type !== "Bit" && !type.startsWith("Float16"));

function checkRoundTrip(
  endings: readonly string[],
  types: readonly DataType[],
  maxAxes: number,
  numRuns: number,
): void {
  fc.assert(
    fc.property(images(types, maxAxes), fc.constantFrom(...endings), ({ values, range, ...spec }, ending) => {
      const path = join(directory, `round-trip${ending}`);
      if (ending.startsWith(".nii")) spec.layout = canonicalLayout(spec.dimensions.length);
      writeImage(path, { ...spec, overwrite: true }, values);
      const image = openImage(path);
      expect(image.header.dataType).toBe(spec.dataType);
      // Beyond 7 axes or with trailing axes of 1, formats may differ in how many they keep.
      expect(image.header.dimensions.slice(0, spec.dimensions.length)).toEqual(spec.dimensions);
      const read = new Float64Array(values.length);
      image.copyValuesInto(read, 0, read.length);
      expect(Array.from(read)).toEqual(values);
      const [first, end] = range[0] < range[1] ? range : [range[1], range[0]];
      const part = new Float64Array(end - first);
      image.copyValuesInto(part, first, part.length);
      expect(Array.from(part)).toEqual(values.slice(first, end));
      image.close();
    }),
    { numRuns },
  );
}

describe("writeImage", () => {
  it("round-trips .mif", () => checkRoundTrip([".mif"], TYPES, 5, 400));
  it("round-trips .mif.gz", () => checkRoundTrip([".mif.gz"], TYPES, 4, 60));

  it("round-trips .nii", () => checkRoundTrip([".nii"], NIFTI_TYPES, 7, 300));
  it("round-trips .nii.gz", () => checkRoundTrip([".nii.gz"], NIFTI_TYPES, 4, 60));

  it("keeps voxel sizes, transform and entries", async () => {
    const path = join(directory, "kept.mif");
    const entries = [
      ["command_history", "fixelstream a"],
      ["comments", "µ: one"],
      ["command_history", "fixelstream b"],
    ] as const;
    const transform = [
      [1, 0, 0, -12.3456789012345],
      [0, 1, 0, 1e-7],
      [0, 0, 1, 3e21],
    ];
    writeImage(
      path,
      { dimensions: [2, 1, 1], voxelSizes: [1.25, 1, Number.NaN], dataType: "Float64LE", transform, entries },
      [1, Number.NaN],
    );
    const { header, values } = await readImageVector(path);
    expect(header.entries).toEqual(entries);
    expect(header.transform).toEqual(transform);
    expect(header.voxelSizes).toEqual([1.25, 1, 1.125]);
    expect(Array.from(values)).toEqual([1, Number.NaN]);
  });

  it("writes images longer than one piece, canonical or not", () => {
    const n = 300_000;
    const values = Float32Array.from({ length: n }, (_, i) => i);
    for (const [dataType, reversed] of [
      ["Float32LE", false],
      ["Float32LE", true],
      ["UInt32BE", false],
      ["Float64LE", true],
    ] as const) {
      const path = join(directory, "long.mif");
      writeImage(
        path,
        {
          dimensions: [n, 1, 1],
          dataType,
          layout: [
            { rank: 0, reversed },
            { rank: 1, reversed },
            { rank: 2, reversed },
          ],
          overwrite: true,
        },
        values,
      );
      const read = new Float32Array(n);
      openImage(path).copyValuesInto(read, 0, n);
      expect(read).toEqual(values);
      rmSync(path);
    }
  });
});

describe("numberToHalf", () => {
  it("inverts halfToNumber for all 65536 values", () => {
    for (let half = 0; half < 65536; half++) {
      const number = halfToNumber(half);
      expect(numberToHalf(number)).toBe(Number.isNaN(number) ? 0x7e00 : half);
    }
  });

  it("rounds to nearest, ties to even", () => {
    expect(numberToHalf(1 + 2 ** -11)).toBe(0x3c00);
    expect(numberToHalf(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(numberToHalf(65519.9)).toBe(0x7bff);
    expect(numberToHalf(65520)).toBe(0x7c00);
    expect(numberToHalf(2 ** -25)).toBe(0);
    expect(numberToHalf(2 - 2 ** -30)).toBe(0x4000);
    expect(numberToHalf(2 ** -14 - 2 ** -40)).toBe(0x0400);
  });
});
