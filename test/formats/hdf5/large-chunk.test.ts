// Chunks too large for libhdf5's memory go through a scratch file: gzip and gzip + shuffle, one chunk or several with ragged ends.
import fs from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { LARGE_CHUNK_BYTES, openMatrixReader } from "../../../src/formats/hdf5/matrix-reader.js";
import { describeScalar } from "../../../src/formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../../../src/formats/hdf5/open.js";
import { askPython, hasH5py } from "../../support/hdf5-fixtures.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const directory = temporaryDirectory();
const path = join(directory, "large.h5");
const [nRows, nColumns] = [24, 400_000]; // 24 x 400,000 x 8 B = 73 MiB

const PROGRAM = `import h5py, sys, numpy as np
v = (np.arange(24)[:, None] * 3.0 + (np.arange(400000) % 1000) / 8)
with h5py.File(sys.argv[1], "w") as f:
    def put(name, data, **options):
        f.create_dataset(f"scalars/{name}/values", data=data, **options).attrs["column_names"] = [f"s{i}" for i in range(24)]
    put("whole", v, chunks=(24, 400000), compression="gzip", compression_opts=1, shuffle=True)
    put("unshuffled", v.astype("f4"), chunks=(24, 400000), compression="gzip", compression_opts=1)
    put("ragged", v, chunks=(20, 300000), compression="gzip", compression_opts=1, shuffle=True)
    put("plain", v, chunks=(20, 300000))
    put("turned", np.ascontiguousarray(v.T), chunks=(400000, 24), compression="gzip", compression_opts=1, shuffle=True)
    put("fletcher", v, chunks=(24, 400000), fletcher32=True)
print("null")`;

describe.skipIf(!hasH5py)(`chunks above ${LARGE_CHUNK_BYTES} bytes`, () => {
  beforeAll(() => askPython(PROGRAM, path));
  test.each(["whole", "unshuffled", "ragged", "plain", "turned"])("%s", async (name) => {
    const file = await openHdf5(path);
    const scalar = await describeScalar(file, name);
    const scratchPath = join(directory, `${name}.chunk`);
    const reader = await openMatrixReader(file, scalar, { partBytes: 2 ** 22, scratchPath });
    const next = new Float64Array(nRows);
    let wrong = 0;
    for await (const { rectangle, values } of reader.parts()) {
      const { firstSubject, nSubjects, firstElement, nElements } = rectangle;
      for (let i = 0; i < nSubjects; i++) {
        if (next[firstSubject + i] !== firstElement) wrong++;
        next[firstSubject + i] = firstElement + nElements;
        for (let j = 0; j < nElements; j++) {
          const expected = (firstSubject + i) * 3 + ((firstElement + j) % 1000) / 8;
          if (values[i * nElements + j] !== expected) wrong++;
        }
      }
    }
    expect(wrong).toBe(0);
    expect(Array.from(next)).toEqual(new Array(nRows).fill(nColumns));
    reader.close();
    await file.close();
    expect(fs.existsSync(scratchPath)).toBe(false);
  });
  test("a flipped bit is seen", async () => {
    const file = await openHdf5(path);
    const whole = await file.describe("/scalars/whole/values");
    const { byteOffset, lengthBytes } = await file.locateChunk(whole, [0, 0]);
    await file.close();
    const damaged = join(directory, "damaged.h5");
    fs.copyFileSync(path, damaged);
    const fd = fs.openSync(damaged, "r+");
    fs.writeSync(fd, new Uint8Array([255, 255, 255, 255]), 0, 4, byteOffset + Math.floor(lengthBytes / 2));
    fs.closeSync(fd);
    const opened = await openHdf5(damaged);
    const scratchPath = join(directory, "damaged.chunk");
    const reader = await openMatrixReader(opened, await describeScalar(opened, "whole"), {
      partBytes: 2 ** 22,
      scratchPath,
    });
    await expect(reader.parts().next()).rejects.toThrow(/do not inflate \(.*\)\. The file is damaged/);
    expect(fs.existsSync(scratchPath)).toBe(false);
    await opened.close();
  });
  test("another filter is refused with the command that helps", async () => {
    const file = await openHdf5(path);
    const options = { partBytes: 2 ** 22, scratchPath: join(directory, "none.chunk") };
    const reader = await openMatrixReader(file, await describeScalar(file, "fletcher"), options);
    await expect(reader.parts().next()).rejects.toThrow(/too large for filters other than gzip and shuffle.*h5repack/);
    await file.close();
  });
});
