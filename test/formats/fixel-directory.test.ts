import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openFixelDirectory, readFixelValues } from "../../src/formats/fixel-directory.js";
import { type BuiltImage, buildMif } from "../support/byte-builders.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
let nFolders = 0;

// 2 x 2 x 1 voxels with 2, 0, 1 and 3 fixels.
const INDEX: BuiltImage = {
  dimensions: [2, 2, 1, 2],
  dataType: "UInt32LE",
  layout: "-1,+2,+3,+0",
  values: [2, 0, 1, 3, 0, 9999, 2, 3],
  lines: ["nfixels: 6"],
};
const DIRECTIONS: BuiltImage = { dimensions: [6, 3, 1], dataType: "Float32LE", values: Array(18).fill(0.5) };

function makeDirectory(index: Partial<BuiltImage> = {}, directions: Partial<BuiltImage> = {}): string {
  const path = join(root, `fixels-${nFolders++}`);
  mkdirSync(path);
  writeFileSync(join(path, "index.mif"), buildMif({ ...INDEX, ...index }));
  writeFileSync(join(path, "directions.mif"), buildMif({ ...DIRECTIONS, ...directions }));
  return path;
}

describe("openFixelDirectory", () => {
  it("counts fixels and finds the files", () => {
    const path = makeDirectory();
    const directory = openFixelDirectory(path);
    expect(directory).toMatchObject({
      path,
      nFixels: 6,
      warnings: [],
      indexPath: join(path, "index.mif"),
      directionsPath: join(path, "directions.mif"),
    });
    expect(directory.indexHeader.dimensions).toEqual([2, 2, 1, 2]);
    expect(openFixelDirectory(makeDirectory({ lines: [], dataType: "Int16BE", layout: "+0,+1,+2,+3" })).nFixels).toBe(
      6,
    );
  });

  it.each([
    [
      { dimensions: [2, 2, 2], values: INDEX.values, layout: "+0,+1,+2" },
      {},
      "expected an index of x by y by z by 2, got 2 x 2 x 2",
    ],
    [{ dimensions: [2, 1, 1, 4] }, {}, "expected an index of x by y by z by 2, got 2 x 1 x 1 x 4"],
    [
      { dataType: "Float32LE", values: [2, 0, 1, 3, 0, 9999, 2.5, 3] },
      {},
      "expected whole counts and first fixels, got 1 fixel from number 2.5 in voxel 2",
    ],
    [
      { dataType: "Float32LE", values: [2, 0, 1, 2 ** 24, 0, 9999, 2, 3], lines: [] },
      {},
      "expected at most 16777216 fixels, which Float32LE can number, got 16777219. Make the fixel directory again with an index of UInt32.",
    ],
    [{ lines: ["nfixels: 7"] }, {}, "expected 7 fixels as its `nfixels` line says, got counts that sum to 6"],
    [
      { values: [2, 0, 1, 3, 0, 0, 2, 4] },
      {},
      "expected at most 6 fixels, the sum of its counts, got voxel 3 (counting from 0) pointing up to fixel 7, past the end",
    ],
    [{ values: Array(8).fill(0), lines: [] }, {}, "expected at least one fixel, got counts of 0 in every voxel"],
    [
      { dataType: "Int32LE", values: [-2, 0, 1, 3, 0, 0, 2, 3] },
      {},
      "expected counts and first fixels of at least 0, got -2 fixels from number 0 in voxel 0",
    ],
    [{ scaling: "0,0.5" }, {}, "expected whole counts and first fixels, got 0.5 fixels from number 1 in voxel 2"],
    [
      { dataType: "UInt64LE", values: [2 ** 60, 0, 1, 3, 0, 0, 2, 3] },
      {},
      "expected 6 fixels as its `nfixels` line says, got counts that sum to",
    ],
    [
      {},
      { dimensions: [9, 2, 1] },
      "directions.mif: expected 6 x 3 x 1 values, as the index counts 6 fixels, got 9 x 2 x 1",
    ],
  ])("refuses %j %j", (index, directions, expected) => {
    expect(() => openFixelDirectory(makeDirectory(index, directions))).toThrow(expected);
  });

  it("refuses what is not one", () => {
    expect(() => openFixelDirectory(join(root, "none"))).toThrow(
      /expected a fixel directory, got nothing of that name. Give the folder that holds index.mif/,
    );
    const path = makeDirectory();
    expect(() => openFixelDirectory(join(path, "index.mif"))).toThrow(/expected a fixel directory, got a file/);
    expect(() => openFixelDirectory(root)).toThrow(
      /expected a file index.mif, .nii, .mif.gz or .nii.gz in it, got none/,
    );
    const alone = join(root, "alone");
    mkdirSync(alone);
    writeFileSync(join(alone, "index.mif"), buildMif(INDEX));
    expect(() => openFixelDirectory(alone)).toThrow(/expected a file directions.mif/);
  });
});

describe("readFixelValues", () => {
  it("reads files of the template's size and refuses others", async () => {
    const write = (name: string, dimensions: number[]): string => {
      const path = join(root, name);
      writeFileSync(path, buildMif({ dimensions, dataType: "Float32LE", values: [1, 2, 3, 4, 5, 6] }));
      return path;
    };
    for (const dimensions of [
      [6, 1, 1],
      [6, 1],
      [6, 1, 1, 1],
    ]) {
      expect(Array.from((await readFixelValues(write("good.mif", dimensions), 6)).values)).toEqual([1, 2, 3, 4, 5, 6]);
    }
    const expected =
      /sub-07.mif: expected 6 x 1 x 1 values, one a fixel of the template, got 3 x 2 x 1. Use files of the same fixel template/;
    await expect(readFixelValues(write("sub-07.mif", [3, 2, 1]), 6)).rejects.toThrow(expected);
    await expect(readFixelValues(write("sub-08.mif", [6, 1, 1]), 7)).rejects.toThrow(
      /expected 7 x 1 x 1 values.*got 6 x 1 x 1/,
    );
  });
});
