// A conversion of an .h5 that is stopped goes on where it was: to the same bytes, without reading again what lies on the disk as it was written, and it says so.
import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { convertFixels } from "../../src/app/convert/convert.js";
import { convertModelArray } from "../../src/app/convert/convert-modelarray.js";
import { JOURNAL_FILE } from "../../src/store/journal.js";
import { askPython, hasH5py } from "../support/hdf5-fixtures.js";
import { runInProcess } from "../support/in-process-cli.js";
import { rawFixelData, writeCohort } from "../support/make-cohort.js";
import { partialsOf } from "../support/partials.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const at = (name: string) => path.join(root, name);
const [n, m] = [40, 30_000];
let made = 0;

beforeAll(async () => {
  const values = new Float32Array(m);
  function* files() {
    for (let s = 0; s < n; s++) {
      for (let e = 0; e < m; e++) values[e] = s === 7 && e % 1000 === 5 ? Number.NaN : Math.sin(s * 31 + e);
      yield [`s${s}.mif`, rawFixelData(values)] as const;
    }
  }
  const cohort = writeCohort(at("cohort"), m, files());
  await convertFixels({ ...cohort, output: at("plain.h5"), command: "convert" });
  await convertFixels({ ...cohort, output: at("packed.h5"), gzipLevel: 1, command: "convert" });
});

type Options = Partial<Parameters<typeof convertModelArray>[0]>;
const convert = (input: string, output: string, options: Options = {}) =>
  convertModelArray({
    ...{ input: at(input), output, scalar: undefined, template: undefined, gzipLevel: undefined },
    ...{ memoryBytes: 12 * 2 ** 20, force: false, command: "convert", ...options },
  });

/** Stops when `share` of the values is read. */
async function stopAt(share: number, input: string, output: string, options: Options = {}) {
  const onProgress = (phase: string, done: number) => {
    if (phase === "read" && done >= share) throw new Error("stopped");
  };
  await expect(convert(input, output, { ...options, onProgress })).rejects.toThrow("stopped");
  expect(fs.existsSync(output)).toBe(false);
  expect(partialsOf(output)).toHaveLength(1);
}

function contentsOf(store: string) {
  const { provenance: _, crc32: __, ...manifest } = JSON.parse(fs.readFileSync(path.join(store, "store.json"), "utf8"));
  const files = fs.readdirSync(store).filter((name) => name !== "store.json");
  const bytes = Object.fromEntries(files.map((name) => [name, fs.readFileSync(path.join(store, name), "latin1")]));
  return { manifest, bytes };
}

async function expectSame(output: string, input: string, options: Options = {}) {
  const whole = `${output}.whole.fxs`;
  await convert(input, whole, options);
  expect(contentsOf(output)).toEqual(contentsOf(whole));
  const beside = fs.readdirSync(root).filter((name) => name.startsWith(path.basename(output)));
  expect(beside.sort()).toEqual([path.basename(output), path.basename(whole)].sort());
}

describe.each(["plain.h5", "packed.h5"])("%s", (input) => {
  it("goes on, and reads the rest alone", async () => {
    const output = at(`a${made++}.fxs`);
    const shares: number[] = [];
    const onResumed = (_: string, share: number) => shares.push(share);
    await stopAt(0.5, input, output);
    await convert(input, output, { onResumed });
    expect(shares).toHaveLength(1);
    // all but what was not on the disk yet
    expect(shares[0]).toBeGreaterThanOrEqual(0.2);
    expect(shares[0]).toBeLessThan(1);
    await expectSame(output, input);
  });

  it("stopped again and again, and with other memory, which makes other parts", async () => {
    const output = at(`a${made++}.fxs`);
    for (const share of [0.3, 0.6, 0.9]) await stopAt(share, input, output);
    await convert(input, output, { memoryBytes: 2 ** 28 });
    await expectSame(output, input);
  });

  it("reads again what is damaged on the disk", async () => {
    const output = at(`a${made++}.fxs`);
    await stopAt(0.9, input, output);
    const [partial] = partialsOf(output);
    const lines = fs.readFileSync(path.join(partial!, JOURNAL_FILE), "utf8").split("\n");
    expect(lines.length).toBeGreaterThan(3);
    const { firstSubject } = JSON.parse(lines[1]!);
    const file = fs.openSync(path.join(partial!, "FD.f32"), "r+");
    fs.writeSync(file, "damage", firstSubject * 1024 * 4);
    fs.closeSync(file);
    await convert(input, output);
    await expectSame(output, input);
  });

  it("begins anew where the file is another by now", async () => {
    const [output, copy] = [at(`a${made++}.fxs`), `copy${made}.h5`];
    fs.copyFileSync(at(input), at(copy));
    await stopAt(0.9, copy, output);
    fs.utimesSync(at(copy), new Date(), new Date(Date.now() + 5000));
    const shares: number[] = [];
    await convert(copy, output, { onResumed: (_, share) => shares.push(share) });
    expect(shares).toEqual([]);
    await expectSame(output, copy);
  });
});

describe.each(["plain.h5", "packed.h5"])("%s, while it is read,", (input) => {
  const damages: readonly [string, (file: string) => void][] = [
    ["truncated", (file) => fs.truncateSync(file, 50_000)],
    ["written over", (file) => fs.writeFileSync(file, fs.readFileSync(file).fill(7, 100_000))],
    ["replaced", replaceByCopy],
    ["removed", (file) => fs.rmSync(file)],
  ];
  it.each(damages)("%s: an error, and the right bytes once it is back", async (_, damage) => {
    const [output, copy] = [at(`d${made++}.fxs`), `d${made}.h5`];
    const { atime, mtime } = fs.statSync(at(input));
    const put = () => {
      fs.copyFileSync(at(input), at(copy));
      fs.utimesSync(at(copy), atime, mtime);
    };
    put();
    let damaged = false;
    const onProgress = (phase: string, done: number) => {
      if (phase !== "read" || done < 0.2 || damaged) return;
      damaged = true;
      damage(at(copy));
    };
    await expect(convert(copy, output, { onProgress })).rejects.toThrow(
      /^Cannot convert .*d\d+\.h5: it (was changed during the conversion|is no longer there).*run the command again\.$/,
    );
    expect(damaged).toBe(true);
    expect(fs.existsSync(output)).toBe(false);
    put();
    await convert(copy, output);
    await expectSame(output, copy);
  });
});

function replaceByCopy(file: string): void {
  fs.writeFileSync(`${file}.new`, fs.readFileSync(file).fill(7, 100_000));
  fs.renameSync(`${file}.new`, file);
}

it("says what was not read again", async () => {
  const output = at("said.fxs");
  await stopAt(0.9, "plain.h5", output);
  const { status, stderr } = await runInProcess(["convert", "modelarray", at("plain.h5"), output, "--memory", "12MiB"]);
  expect(status).toBe(0);
  expect(stderr).toMatch(/said\.fxs: continued from a run that was stopped: \d+ % of FD had been converted already\n/);
});

describe.skipIf(!hasH5py)("values of 8 bytes, scalars in other orders, integers that stand for NA", () => {
  const MAKE = `import h5py, sys, numpy as np
n, m = 40, 30000
v = np.sin(np.arange(n * m)).reshape(n, m)
with h5py.File(sys.argv[1], "w") as f:
    for name, order, values in (("FD", range(n), v), ("FC", reversed(range(n)), np.where(v > 0.99, -2**31, v * 1000).astype("i4"))):
        f.create_dataset(f"scalars/{name}/values", data=values, chunks=(n, 500), compression="gzip", compression_opts=1)
        f.create_dataset(f"scalars/{name}/column_names", data=np.array([f"s{i:02d}" for i in order], dtype=object), dtype=h5py.string_dtype())
print("null")`;

  it("are the same, and so are the warnings", async () => {
    askPython(MAKE, at("doubles.h5"));
    const options = { template: at("cohort"), memoryBytes: 2 ** 24 };
    const output = at("doubles.fxs");
    for (const share of [0.3, 0.4, 0.7, 0.9]) await stopAt(share, "doubles.h5", output, options).catch(() => {});
    const { warnings } = await convert("doubles.h5", output, options);
    const whole = at("doubles-whole.fxs");
    expect(warnings).toEqual((await convert("doubles.h5", whole, options)).warnings);
    expect(warnings.join("\n")).toContain("R writes for NA");
    expect(contentsOf(output)).toEqual(contentsOf(whole));
  });
});
