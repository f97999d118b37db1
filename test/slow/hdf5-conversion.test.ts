// Converting a gzip file of 2 GB of values: peak memory, and time beside h5py doing the same. Needs `npm run build` and python3-h5py; some minutes.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { askPython, hasH5py, PYTHON } from "../support/hdf5-fixtures.js";
import { builtCommand } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const MB = 1e6;
const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);

// 1000 x 500,000 float32, ModelArrayIO's chunks (all subjects, 2 MiB), gzip 1 + shuffle.
const MAKE = `import h5py, sys, numpy as np
n, m = 1000, 500000
base = np.round(np.random.default_rng(1).normal(size=(n, 524 * 16)) * 1000).astype("f4") / 1000
with h5py.File(sys.argv[1], "w") as f:
    d = f.create_dataset("scalars/FD/values", shape=(n, m), dtype="f4", chunks=(n, 524), compression="gzip", compression_opts=1, shuffle=True)
    f.create_dataset("scalars/FD/column_names", data=np.array([f"s{i:05d}" for i in range(n)], dtype=object), dtype=h5py.string_dtype())
    for c in range(0, m, 524 * 16):
        e = min(c + 524 * 16, m)
        d[:, c:e] = base[:, : e - c] + np.float32(c // 65536)
    f["fixels"] = np.vstack([np.arange(m), np.arange(m), np.zeros((3, m))])
    f["voxels"] = np.vstack([np.arange(m), np.arange(m) % 100, (np.arange(m) // 100) % 100, np.arange(m) // 10000])
print("null")`;
const SAME = `import h5py, sys
with h5py.File(sys.argv[1]) as f, h5py.File(sys.argv[2], "w") as o:
    d = f["scalars/FD/values"]; v = o.create_dataset("scalars/FD/values", shape=d.shape, dtype="f4")
    for c in range(0, d.shape[1], 524 * 8): v[:, c:c + 524 * 8] = d[:, c:c + 524 * 8]`;
const COMPARE = `import h5py, sys, numpy as np
a, b = (h5py.File(p)["scalars/FD/values"] for p in sys.argv[1:])
print("true" if all(np.array_equal(a[:, c:c + 524], b[:, c:c + 524]) for c in range(0, a.shape[1], 524 * 40)) else "false")`;

function timed(command: string, ...tokens: string[]) {
  const report = at("time.txt");
  const { status, stderr } = spawnSync("/usr/bin/time", ["-o", report, "-f", "%e %U %S %M", command, ...tokens], {
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  const [elapsed, user, system, kilobytes] = fs.readFileSync(report, "utf8").trim().split(" ").map(Number);
  return { elapsed: elapsed!, processor: user! + system!, peakBytes: kilobytes! * 1024 };
}

describe.skipIf(!hasH5py || !fs.existsSync("/usr/bin/time"))("2 GB of values in gzip", () => {
  test("peaks at 400 MB at most, into a store and into a contiguous file", () => {
    askPython(MAKE, at("in.h5"));
    const h5py = timed(PYTHON, "-c", SAME, at("in.h5"), at("h5py.h5"));
    fs.rmSync(at("h5py.h5"));
    const contiguous = timed(process.execPath, builtCommand, "convert", "modelarray", at("in.h5"), at("out.h5"));
    expect(askPython<boolean>(COMPARE, at("in.h5"), at("out.h5"))).toBe(true);
    fs.rmSync(at("out.h5"));
    const store = timed(process.execPath, builtCommand, "convert", "modelarray", at("in.h5"), at("out.fxs"));
    process.stderr.write(`${JSON.stringify({ inputBytes: fs.statSync(at("in.h5")).size, h5py, contiguous, store })}\n`);
    expect(contiguous.peakBytes).toBeLessThan(400 * MB);
    expect(store.peakBytes).toBeLessThan(400 * MB);
    // Processor seconds, because the machine may be shared.
    expect(contiguous.processor).toBeLessThan(4 * h5py.processor);
  });
});
