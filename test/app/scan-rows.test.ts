import fs from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { scanRows } from "../../src/app/inputs/scan-rows.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const path = join(temporaryDirectory(), "matrix");

test.each(["f32", "f64"] as const)(
  "values that are not finite, by element, and a checksum a row: %s",
  async (elementType) => {
    const [nRowsInFile, nElements] = [3, 300_001]; // more than one chunk a row
    const values = new (elementType === "f32" ? Float32Array : Float64Array)(nRowsInFile * nElements).map((_, i) => i);
    const bytes = new Uint8Array(values.buffer);
    const spec = { path, byteOffset: 13, layout: "row-major", nRowsInFile, nElements, elementType } as const;
    const scan = async () => {
      fs.writeFileSync(path, Buffer.concat([Buffer.alloc(13), bytes]));
      return scanRows({ ...spec, blockWidth: 16, io: "read", ours: false }, {});
    };
    expect((await scan()).missing).toBeUndefined();
    values[5] = Number.NaN;
    values[nElements + 5] = Number.POSITIVE_INFINITY;
    values[3 * nElements - 1] = Number.NEGATIVE_INFINITY;
    const { missing, crc32: checksums } = await scan();
    const counts = Array.from(missing!.entries()).filter(([, count]) => count > 0);
    expect(counts).toEqual([
      [5, 2],
      [nElements - 1, 1],
    ]);
    const rowBytes = bytes.length / nRowsInFile;
    expect(checksums).toEqual([0, 1, 2].map((row) => crc32(bytes.subarray(row * rowBytes, (row + 1) * rowBytes))));
  },
);

test("is stopped between two rows", async () => {
  const [nRowsInFile, nElements] = [50, 100];
  fs.writeFileSync(path, new Uint8Array(nRowsInFile * nElements * 4));
  const spec = { path, byteOffset: 0, layout: "row-major", nRowsInFile, nElements, elementType: "f32" } as const;
  const controller = new AbortController();
  const shares: number[] = [];
  const onProgress = (share: number) => {
    shares.push(share);
    if (shares.length === 3) controller.abort(new Error("stopped here"));
  };
  const scan = scanRows(
    { ...spec, blockWidth: 16, io: "read", ours: false },
    { onProgress, signal: controller.signal },
  );
  await expect(scan).rejects.toThrow("stopped here");
  expect(shares).toHaveLength(3);
});
