import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { ByteSource } from "../../src/formats/byte-source.js";
import { openImage, readImageHeader, readImageVector } from "../../src/formats/image.js";
import type { ValueTarget } from "../../src/formats/image-header.js";
import { openMif, readMifVector } from "../../src/formats/mif/read.js";
import { bytesInMemory } from "../../src/formats/positional-bytes.js";
import { type BuiltImage, buildData, buildMif, buildMifHeader } from "../support/byte-builders.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
let nFiles = 0;

function write(bytes: Uint8Array | string, ending = ".mif"): string {
  const path = join(directory, `image-${nFiles++}${ending}`);
  writeFileSync(path, bytes);
  return path;
}

function readAll(path: string): number[] {
  const image = openImage(path);
  const values = new Float64Array(image.nElements);
  image.copyValuesInto(values, 0, values.length);
  image.close();
  return Array.from(values);
}

/** Every read's bytes. */
function countingBytes(bytes: Uint8Array, reads: number[]): (path: string) => ByteSource {
  return (path) => {
    const source = bytesInMemory(path, bytes);
    const copyInto = (target: Uint8Array, at: number) => {
      reads.push(target.byteLength);
      source.copyInto(target, at);
    };
    return { ...source, copyInto };
  };
}

const TYPES = [
  "Bit",
  "Int8",
  "UInt8",
  ...["Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float32", "Float64"].flatMap((t) => [
    `${t}LE`,
    `${t}BE`,
  ]),
];
const LAYOUTS = ["+0,+1,+2,+3", "+1,+2,+3,+0", "-0,+1,-2,+3", "+3,-2,+1,-0", "-3,+0,-1,+2", "+2,+0,+3,+1"];

function valuesOf(type: string, n: number): number[] {
  const signed = type.startsWith("Int") || type.startsWith("Float");
  return Array.from({ length: n }, (_, i) => {
    if (type === "Bit") return (i * 7) % 3 === 0 ? 1 : 0;
    const value = (i * 37) % 120;
    return signed && i % 2 === 1 ? -value : type.startsWith("Float") ? value / 4 : value;
  });
}

describe("openMif", () => {
  for (const dataType of TYPES) {
    it.each(LAYOUTS)(`reads ${dataType} in layout %s in canonical order`, (layout) => {
      const dimensions = [3, 5, 4, 2];
      const values = valuesOf(dataType, 120);
      const path = write(buildMif({ dimensions, layout, dataType, values }));
      expect(readAll(path)).toEqual(values);
      const image = openMif(path);
      // Ranges that start and end inside rows, planes and volumes.
      for (const [first, count] of [
        [0, 1],
        [119, 1],
        [2, 2],
        [7, 55],
        [1, 118],
        [14, 61],
        [60, 60],
        [3, 0],
      ] as const) {
        const target = new Float32Array(count + 2).fill(-1);
        image.copyValuesInto(target, first, count);
        expect(Array.from(target)).toEqual([...values.slice(first, first + count), -1, -1]);
      }
      image.close();
      image.close();
    });
  }

  it("reads Float16, both byte orders, subnormal and special values", () => {
    const halves = [0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x8000, 0x0400, 0x3555];
    const expected = [1, -2, 2 ** -24, 65504, Infinity, -Infinity, Number.NaN, -0, 2 ** -14, 0.333251953125];
    for (const dataType of ["Float16LE", "Float16BE"]) {
      const values = readAll(write(buildMif({ dimensions: [10], dataType, values: halves })));
      expect(values).toEqual(expected);
    }
  });

  it("keeps NaN and infinities as data", () => {
    const values = [Number.NaN, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const dataType of ["Float32LE", "Float64BE"]) {
      expect(readAll(write(buildMif({ dimensions: [4, 1, 1], dataType, values })))).toEqual(values);
    }
  });

  it("applies scaling as offset + scale * stored", () => {
    const path = write(
      buildMif({ dimensions: [3, 1, 1], dataType: "Int16LE", values: [0, 10, -4], scaling: "-5,0.5" }),
    );
    expect(readAll(path)).toEqual([-5, 0, -7]);
  });

  it("fills Uint32Array targets and refuses what they cannot hold", () => {
    const target = new Uint32Array(3);
    const open = (image: Partial<BuiltImage>) =>
      openMif(write(buildMif({ dimensions: [3], dataType: "UInt64LE", values: [1, 2, 4294967295], ...image })));
    open({}).copyValuesInto(target, 0, 3);
    expect(Array.from(target)).toEqual([1, 2, 4294967295]);
    open({ dataType: "UInt16BE", values: [7, 8, 9] }).copyValuesInto(target, 0, 3);
    expect(Array.from(target)).toEqual([7, 8, 9]);
    expect(() => open({ values: [1, 2, 4294967296] }).copyValuesInto(target, 0, 3)).toThrow(
      /expected integers from 0 to 2\^32 - 1, got 4294967296 \(element 2/,
    );
    expect(() => open({ dataType: "Int8", values: [1, -2, 3] }).copyValuesInto(target, 0, 3)).toThrow(/got -2/);
    expect(() => open({ dataType: "Float32LE", values: [1, 0.5, 3] }).copyValuesInto(target, 0, 3)).toThrow(/got 0.5/);
  });

  it("reads .mih with its data file beside it, at an offset", () => {
    const image = { dimensions: [2, 3], dataType: "Int32BE", values: [1, 2, 3, 4, 5, 6] };
    mkdirSync(join(directory, "raw"));
    writeFileSync(join(directory, "raw", "values.dat"), Buffer.concat([Buffer.alloc(10), buildData(image)]));
    const path = write(buildMifHeader(image, "raw/values.dat 10"), ".mih");
    expect(readAll(path)).toEqual(image.values);
    expect(readImageHeader(path).dataFile).toBe("raw/values.dat");
  });

  it("reads .mif.gz whole and by header", async () => {
    const image = {
      dimensions: [40, 3, 1],
      dataType: "Float32BE",
      values: valuesOf("Float32BE", 120),
      layout: "-1,+0,+2",
    };
    const path = write(gzipSync(buildMif(image)), ".mif.gz");
    expect(readAll(path)).toEqual(image.values);
    expect(readImageHeader(path).dimensions).toEqual([40, 3, 1]);
    expect(Array.from((await readImageVector(path)).values)).toEqual(image.values);
  });

  it("presents axes nearest to the scanner's, as MRtrix3 does", () => {
    const image = { dimensions: [2, 3, 1], dataType: "UInt8", values: [0, 1, 2, 3, 4, 5] };
    const flipped = openMif(
      write(
        buildMif({
          ...image,
          transform: [
            [-1, 0, 0, 5],
            [0, 1, 0, 0],
            [0, 0, 1, 0],
          ],
        }),
      ),
    );
    expect(flipped.header.transform).toEqual([
      [1, 0, 0, 4],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
    ]);
    const values = new Float64Array(6);
    flipped.copyValuesInto(values, 0, 6);
    expect(Array.from(values)).toEqual([1, 0, 3, 2, 5, 4]);
    const turned = openMif(
      write(
        buildMif({
          ...image,
          transform: [
            [0, 1, 0, 0],
            [1, 0, 0, 0],
            [0, 0, 1, 0],
          ],
        }),
      ),
    );
    expect(turned.header.dimensions).toEqual([3, 2, 1]);
    turned.copyValuesInto(values, 0, 6);
    expect(Array.from(values)).toEqual([0, 2, 4, 1, 3, 5]);
  });

  it("serves targets in shared memory", () => {
    const shared = new Float32Array(new SharedArrayBuffer(64), 8, 6);
    const path = write(buildMif({ dimensions: [6], dataType: "Float32LE", values: [1, 2, 3, 4, 5, 6] }));
    openMif(path).copyValuesInto(shared, 0, 6);
    expect(Array.from(shared)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("reads an interleaved index in spans of at most 1 MiB, about its size in total", () => {
    const m = 300_000;
    const values = Array.from({ length: 2 * m }, (_, i) => i);
    const bytes = buildMif({ dimensions: [m, 1, 1, 2], layout: "+1,+2,+3,+0", dataType: "UInt64LE", values });
    const reads: number[] = [];
    const image = openMif("counting.mif", countingBytes(bytes, reads));
    reads.length = 0;
    const offsets = new Float64Array(m);
    image.copyValuesInto(offsets, m, m);
    expect(offsets[0]).toBe(m);
    expect(offsets.at(-1)).toBe(2 * m - 1);
    expect(Math.max(...reads)).toBeLessThanOrEqual(2 ** 20);
    const total = reads.reduce((a, b) => a + b, 0);
    expect(total).toBeLessThanOrEqual(16 * m);
    expect(total).toBeGreaterThan(15 * m);
  });

  it("reads a slowly varying first axis in nearly as many bytes as the image has", () => {
    const dimensions = [60, 50, 80];
    const values = valuesOf("UInt16LE", 240_000);
    const bytes = buildMif({ dimensions, layout: "+2,-1,+0", dataType: "UInt16LE", values });
    const reads: number[] = [];
    const image = openMif("counting.mif", countingBytes(bytes, reads));
    reads.length = 0;
    const read = new Float64Array(240_000);
    image.copyValuesInto(read, 0, read.length);
    expect(Array.from(read)).toEqual(values);
    expect(reads.reduce((a, b) => a + b, 0)).toBeLessThan(1.1 * 480_000);
  });

  it("reads past 4 GiB", () => {
    const m = 1.2e9;
    const path = write(buildMifHeader({ dimensions: [m, 1, 1], dataType: "Float32LE", values: [] }));
    truncateSync(path, 4096 + 4 * m);
    const image = openMif(path);
    const target: ValueTarget = new Float32Array(2).fill(1);
    image.copyValuesInto(target, m - 2, 2);
    expect(Array.from(target)).toEqual([0, 0]);
    image.close();
  });
});

describe("readMifVector", () => {
  it.each([
    ["Float32LE", undefined, Float32Array],
    ["Int16BE", undefined, Float32Array],
    ["Bit", undefined, Float32Array],
    ["Int16LE", "0,0.1", Float64Array],
    ["Int32LE", undefined, Float64Array],
    ["Float64BE", undefined, Float64Array],
  ] as const)("gives %s with scaling %s in the right precision", async (dataType, scaling, type) => {
    const stored = dataType === "Bit" ? [1, 0, 1] : [3, 0, -7].slice(0, 3);
    const path = write(
      buildMif({ dimensions: [3, 1, 1], layout: "-0,+1,+2", dataType, values: stored, ...(scaling && { scaling }) }),
    );
    const { values, header } = await readMifVector(path);
    expect(values).toBeInstanceOf(type);
    expect(header.dimensions).toEqual([3, 1, 1]);
    expect(header.dataOffset).toBe(4096);
    expect(Array.from(values)).toEqual(stored.map((value) => 0 + (scaling ? 0.1 : 1) * value));
  });

  it("has several in flight", async () => {
    const paths = [1, 2, 3, 4].map((k) =>
      write(buildMif({ dimensions: [2, 1, 1], dataType: "Float32LE", values: [k, 2 * k] })),
    );
    const vectors = await Promise.all(paths.map((path) => readMifVector(path)));
    expect(vectors.map(({ values }) => Array.from(values))).toEqual([
      [1, 2],
      [2, 4],
      [3, 6],
      [4, 8],
    ]);
  });
});
