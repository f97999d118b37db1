// A contiguous dataset larger than 4 GiB, mostly a hole in the file: its far end is read at the right place, where it lies and when it is converted.
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openDraft } from "../../../src/formats/hdf5/draft.js";
import { openMatrixReader } from "../../../src/formats/hdf5/matrix-reader.js";
import { describeScalar } from "../../../src/formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../../../src/formats/hdf5/open.js";
import { openColumnSource } from "../../../src/store/open-column-source.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const nRows = 1300;
const nColumns = 1_000_000; // 1300 x 1,000,000 x 4 B = 4.84 GiB
const path = join(temporaryDirectory(), "large.h5");

describe("4.84 GiB", async () => {
  const draft = await openDraft(path, path, "make");
  await draft.makeMatrix("/scalars/FD/values", { shape: [nRows, nColumns], type: "f32" });
  await draft.makeTexts(
    "/scalars/FD/column_names",
    Array.from({ length: nRows }, (_, i) => `s${i}`),
  );
  await draft.close();
  const file = await openHdf5(path);
  const scalar = await describeScalar(file, "FD");
  const { byteOffset, sizeBytes } = await file.layoutOf(scalar.values);
  const fd = fs.openSync(path, "r+");
  const end = Float32Array.from({ length: 64 }, (_, i) => i + 0.5);
  fs.writeSync(fd, new Uint8Array(end.buffer), 0, 256, byteOffset! + (nRows * nColumns - 64) * 4);
  fs.closeSync(fd);

  test("takes no room on the disk", () => {
    expect(sizeBytes).toBe(nRows * nColumns * 4);
    expect(fs.statSync(path).blocks * 512).toBeLessThan(2 ** 22);
  });
  test.each(["read", "mmap"] as const)("columns at the far end, --io %s", (io) => {
    const source = openColumnSource({
      ...{ path, byteOffset: byteOffset!, layout: "row-major", nRowsInFile: nRows, nElements: nColumns },
      ...{ elementType: "f32", blockWidth: 64, rows: [0, nRows - 1], io, ours: false },
    });
    const found = new Float32Array(2 * 70);
    source.copyColumnsInto(new Uint8Array(found.buffer), nColumns - 70, 70);
    source.close();
    expect(Array.from(found)).toEqual([...new Array(76).fill(0), ...end]);
  });
  test("libhdf5 says the same", async () => {
    const found = await file.readRectangle(scalar.values, [nRows - 1, nColumns - 64], [1, 64]);
    expect(Array.from(found as Float32Array)).toEqual(Array.from(end));
  });
  test("the converter's last part", async () => {
    const reader = await openMatrixReader(file, scalar, { partBytes: 2 ** 25, scratchPath: `${path}.chunk` });
    expect(reader.nParts).toBe(Math.ceil(nRows / 8));
    reader.close();
    await file.close();
  });
});
