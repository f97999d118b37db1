import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openFixelDirectory, readFixelValues } from "../../src/formats/fixel-directory.js";
import { openImage, readImageHeader, readImageVector, writeImage } from "../../src/formats/image.js";
import type { ImageSpec } from "../../src/formats/image-header.js";
import { parseNiftiHeader } from "../../src/formats/nifti/header.js";
import { quaternionToRotation, rotationToQuaternion } from "../../src/formats/nifti/orientation.js";
import { fc } from "../support/seeded-check.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();

function niftiOf(spec: Partial<ImageSpec> = {}, values: readonly number[] = [1, 2, 3, 4]): string {
  const path = join(directory, "one.nii");
  writeImage(path, { dimensions: [4, 1, 1], dataType: "Float32LE", overwrite: true, ...spec }, values);
  return path;
}

const TURN = [
  [0.8, -0.6, 0, -12.5],
  [0.6, 0.8, 0, 3],
  [0, 0, 1, 7],
];

function expectClose(got: readonly (readonly number[])[] | undefined, expected: readonly (readonly number[])[]): void {
  const [a, b] = [got!.flat(), expected.flat()];
  expect(a.length).toBe(b.length);
  for (let i = 0; i < a.length; i++) expect(a[i]).toBeCloseTo(b[i]!, 5);
}

describe("writeImage to .nii", () => {
  it("uses NIfTI-1 up to 32767 elements an axis, NIfTI-2 beyond", () => {
    const long = Float32Array.from({ length: 32768 }, (_, i) => i);
    const path = niftiOf({ dimensions: [32768, 1, 1] }, Array.from(long));
    expect(readImageHeader(path)).toMatchObject({ dataOffset: 544, dimensions: [32768, 1, 1] });
    expect(readImageHeader(niftiOf())).toMatchObject({ dataOffset: 352, entries: [["comments", "fixelstream"]] });
    expect(readImageHeader(niftiOf({ dataType: "Float64BE" })).dataType).toBe("Float64BE");
  });

  it.each([4, 40_000])("keeps sizes and transform (%i elements)", (n) => {
    const spec = { dimensions: [n, 1, 1], voxelSizes: [2, 2.5, 1.25], transform: TURN };
    const header = readImageHeader(niftiOf(spec, Array(n).fill(0)));
    expectClose(header.transform, TURN);
    expectClose([header.voxelSizes], [[2, 2.5, 1.25]]);
    expect(readImageHeader(niftiOf()).transform).toBeUndefined();
  });

  it("writes a qform that says the same as the sform, mirrored axes included", () => {
    for (const sign of [1, -1]) {
      const transform = TURN.map((row) => row.map((value, column) => (column === 2 ? sign * value : value)));
      const path = niftiOf({ dimensions: [2, 2, 1], voxelSizes: [2, 2, 2], transform });
      const withSform = openImage(path).header;
      const raw = patched(path, (view) => view.setInt16(254, 0, true));
      expectClose(openImage(raw).header.transform, withSform.transform!);
      expect(openImage(raw).header.voxelSizes).toEqual(withSform.voxelSizes);
    }
  });

  it("stores bits as bytes and refuses what NIfTI has no place for", () => {
    expect(readImageHeader(niftiOf({ dataType: "Bit" }, [1, 0, 0, 1])).dataType).toBe("UInt8");
    expect(() => niftiOf({ dataType: "Float16LE" })).toThrow(/Float16LE cannot be stored in NIfTI/);
    expect(() => niftiOf({ dimensions: [1, 1, 1, 1, 1, 1, 1, 4] })).toThrow(/at most 7 axes/);
    expect(() => niftiOf({ layout: [0, 1, 2].map((rank) => ({ rank, reversed: true })) })).toThrow(
      /NIfTI has no layout/,
    );
  });
});

let nPatched = 0;
function patched(path: string, change: (view: DataView) => void): string {
  const bytes = new Uint8Array(readFileSync(path));
  change(new DataView(bytes.buffer));
  const copy = join(directory, `patched-${nPatched++}.nii`);
  writeFileSync(copy, bytes);
  return copy;
}

describe("openImage of .nii", () => {
  it.each([
    [2, 10, [12, 14, 16, 18]],
    [0, 10, [1, 2, 3, 4]],
    [Number.NaN, 10, [1, 2, 3, 4]],
    [0.5, Number.NaN, [0.5, 1, 1.5, 2]],
  ])("scales by slope %d and intercept %d", async (slope, intercept, expected) => {
    const path = patched(niftiOf({ dataType: "Int16LE" }), (view) => {
      view.setFloat32(112, slope, true);
      view.setFloat32(116, intercept, true);
    });
    expect(Array.from((await readImageVector(path)).values)).toEqual(expected);
  });

  it("turns round what the transform says is reversed, one axis or three", () => {
    const mirrored = (dimensions: number[]) =>
      niftiOf({
        dimensions,
        transform: [
          [-1, 0, 0, 3],
          [0, 1, 0, 0],
          [0, 0, 1, 0],
        ],
      });
    for (const dimensions of [[4], [4, 1, 1]]) {
      const image = openImage(mirrored(dimensions));
      const values = new Float32Array(4);
      image.copyValuesInto(values, 0, 4);
      expect(Array.from(values)).toEqual([4, 3, 2, 1]);
      expect(image.header).toMatchObject({
        dimensions: [4, 1, 1],
        transform: [
          [1, 0, 0, 0],
          [0, 1, 0, 0],
          [0, 0, 1, 0],
        ],
      });
    }
  });

  it.each<[string, (view: DataView) => void, string]>([
    ["a wrong size", (view) => view.setInt32(0, 349, true), "expected a NIfTI header, got something else"],
    ["a wrong mark", (view) => view.setUint8(345, 63), 'expected the mark "n+1" of a NIfTI-1 file, got "n?1"'],
    [
      "a pair",
      (view) => view.setUint8(345, "i".charCodeAt(0)),
      "expected header and data in one .nii file, got a header with its data in an .img file",
    ],
    ["no axes", (view) => view.setInt16(40, 0, true), "expected 1 to 7 axes, got 0"],
    ["8 axes", (view) => view.setInt16(40, 8, true), "expected 1 to 7 axes, got 8"],
    [
      "a negative size",
      (view) => view.setInt16(42, -4, true),
      "expected sizes of at least 1, with a product below 2^53, got -4 x 1 x 1",
    ],
    [
      "complex values",
      (view) => view.setInt16(70, 32, true),
      "expected values of Bit, UInt8, Int16, Int32, Float32, Float64, Int8, UInt16, UInt32, Int64, UInt64, got complex values (code 32)",
    ],
    ["an unknown type", (view) => view.setInt16(70, 77, true), "got an unknown type (code 77)"],
    [
      "data inside the header",
      (view) => view.setFloat32(108, 0, true),
      "expected data that start at byte 348 or later (vox_offset), got byte 0",
    ],
    ["data nowhere", (view) => view.setFloat32(108, Number.NaN, true), "got byte NaN"],
    [
      "too few data",
      (view) => view.setInt16(42, 5, true),
      "expected 372 bytes (5 x 1 x 1 elements of Float32LE from byte 352), got 368. The file is truncated",
    ],
  ])("refuses %s", (_, change, expected) => {
    expect(() => openImage(patched(niftiOf(), change))).toThrow(expected);
  });

  it("refuses a file that is too short or not finite in its transform", () => {
    const path = join(directory, "short.nii");
    writeFileSync(path, Buffer.alloc(100));
    expect(() => openImage(path)).toThrow(/expected a NIfTI header of 348 or 540 bytes, got 100 bytes/);
    const wild = patched(niftiOf({ transform: TURN }), (view) => view.setFloat32(280, Number.NaN, true));
    expect(openImage(wild).header.transform).toBeUndefined();
  });

  it("reads or refuses in words, whatever the bytes", () => {
    const good = readFileSync(niftiOf({ transform: TURN }));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(351), fc.nat(255)), { minLength: 1, maxLength: 6 }), (edits) => {
        const bytes = new Uint8Array(good);
        for (const [at, value] of edits) bytes[at] = value;
        try {
          parseNiftiHeader(bytes, "X.nii");
        } catch (error) {
          expect((error as Error).message).toMatch(/^Cannot read X.nii: expected .*, got .*\. /);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("orientation", () => {
  it("rotation -> quaternion -> rotation is the identity", () => {
    const angle = fc.double({ min: -Math.PI, max: Math.PI, noNaN: true });
    fc.assert(
      fc.property(angle, angle, angle, fc.constantFrom(1, -1), (u, v, w, sign) => {
        const turn = (i: number, j: number, by: number) =>
          [0, 1, 2].map((r) =>
            [0, 1, 2].map((c) =>
              r === c
                ? r === i || r === j
                  ? Math.cos(by)
                  : 1
                : r === i && c === j
                  ? -Math.sin(by)
                  : r === j && c === i
                    ? Math.sin(by)
                    : 0,
            ),
          );
        const times = (a: number[][], b: number[][]) =>
          a.map((row) => [0, 1, 2].map((c) => row.reduce((sum, value, k) => sum + value * b[k]![c]!, 0)));
        const rotation = times(times(turn(0, 1, u), turn(1, 2, v)), turn(0, 1, w));
        const mirrored = rotation.map((row) => [row[0]!, row[1]!, sign * row[2]!]);
        const { b, c, d, handedness } = rotationToQuaternion(mirrored)!;
        expect(handedness).toBe(sign);
        // NIfTI takes what is within 6e-4 of a half turn for one: a^2 below 1e-7 is rounding of the float32 that b, c and d are stored in
        if (1 - (b * b + c * c + d * d) >= 1e-7) return expectClose(quaternionToRotation(b, c, d), rotation);
        for (const [r, row] of quaternionToRotation(b, c, d).entries())
          for (const [i, value] of row.entries()) expect(Math.abs(value - rotation[r]![i]!)).toBeLessThan(7e-4);
      }),
      { examples: [[0, 0, 3.1409601980467707, 1]] },
    );
    expect(
      rotationToQuaternion([
        [1, 0.1, 0],
        [0, 1, 0],
        [0, 0, 1],
      ]),
    ).toBeUndefined();
  });
});

describe("a fixel directory in NIfTI", () => {
  it.each([".nii", ".nii.gz"])("opens (%s)", async (ending) => {
    const folder = join(directory, `fixels${ending}`);
    mkdirSync(folder);
    writeImage(join(folder, `index${ending}`), { dimensions: [2, 1, 1, 2], dataType: "UInt32LE" }, [1, 2, 0, 1]);
    writeImage(join(folder, `directions${ending}`), { dimensions: [3, 3, 1], dataType: "Float32LE" }, Array(9).fill(0));
    writeImage(join(folder, `fd${ending}`), { dimensions: [3, 1, 1], dataType: "Float32LE" }, [5, 6, 7]);
    const opened = openFixelDirectory(folder);
    expect(opened.nFixels).toBe(3);
    expect(Array.from((await readFixelValues(join(folder, `fd${ending}`), 3)).values)).toEqual([5, 6, 7]);
  });
});

it("a bitpix that is not that of the type is left out, with a remark", () => {
  const path = niftiOf();
  const bytes = readFileSync(path);
  expect(readImageHeader(path).remarks).toBeUndefined();
  bytes.writeInt16LE(16, 72);
  writeFileSync(path, bytes);
  const header = readImageHeader(path);
  expect(header.remarks).toEqual([`bitpix 16 is not that of ${header.dataType}, 32, and is left out`]);
});
