import fs from "node:fs";
import path from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { withCounting } from "../../src/mapping/counting-file.js";
import { openFileBytes } from "../../src/mapping/policy.js";
import { blockWidthFor } from "../../src/store/block-width.js";
import { createBlockedSource } from "../../src/store/blocked-source.js";
import { beginStoreBuild, type StoreBuildPlan } from "../../src/store/build-store.js";
import { formatManifest, parseManifest } from "../../src/store/manifest.js";
import { openColumnSource } from "../../src/store/open-column-source.js";
import { openStore } from "../../src/store/open-store.js";
import { verifyStore } from "../../src/store/verify.js";
import { makeStore, numberedValues } from "../support/make-store.js";
import { deadId, foreignId, partialsOf, plantLock } from "../support/partials.js";
import { fc } from "../support/seeded-check.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();

describe("block width", () => {
  it("depends on the number of subjects only and stays near 1 MiB a block", async () => {
    const widths = [1, 200, 256, 257, 1000, 2000, 16_384, 100_000].map((n) => [n, blockWidthFor(n)]);
    expect(widths).toEqual([
      [1, 1024],
      [200, 1024],
      [256, 1024],
      [257, 1008],
      [1000, 256],
      [2000, 128],
      [16_384, 16],
      [100_000, 16],
    ]);
  });
});

describe("a store", () => {
  // One subject; fewer elements than a block; exactly one; one more; several with a padded end.
  for (const [nSubjects, nElements] of [
    [1, 1],
    [1, 5],
    [3, 16],
    [3, 17],
    [4, 48],
    [7, 100],
  ] as const) {
    it(`gives ${nSubjects} x ${nElements} values back bit for bit`, async () => {
      const values = numberedValues(nSubjects, nElements);
      const store = openStore(
        await makeStore(directory, `${nSubjects}x${nElements}.fxs`, { values, nSubjects, blockWidth: 16 }),
        { io: "auto" },
      );
      const source = openColumnSource(store.spec("FD"));
      const out = new Float32Array(values.length);
      source.copyColumnsInto(new Uint8Array(out.buffer), 0, nElements);
      source.close();
      expect(out).toEqual(values);
      expect([store.nSubjects, store.nElements, store.blockWidth, store.scalarNames]).toEqual([
        nSubjects,
        nElements,
        16,
        ["FD"],
      ]);
      expect(verifyStore(store.path)).toMatchObject({
        nBlocks: Math.ceil(nElements / 16),
        damagedBlocks: [],
        damagedFiles: [],
      });
      store.close();
    });
  }

  it("lays bytes out as FORMAT.md says: [block][subject][width], padded with zeros", async () => {
    const path_ = await makeStore(directory, "layout.fxs", {
      values: numberedValues(2, 18),
      nSubjects: 2,
      blockWidth: 16,
    });
    const bytes = fs.readFileSync(path.join(path_, "FD.f32"));
    const row = (first: number, n: number) => Array.from({ length: 16 }, (_, i) => (i < n ? first + i : 0));
    expect([...new Float32Array(bytes.buffer, bytes.byteOffset, 64)]).toEqual([
      ...row(0, 16),
      ...row(1000, 16),
      ...row(16, 2),
      ...row(1016, 2),
    ]);
    expect(fs.readdirSync(path_).sort()).toEqual(["FD.f32", "store.json"]);
  });

  it("counts values that are not finite, by element", async () => {
    for (const type of [Float32Array, Float64Array]) {
      const values = type.from(numberedValues(3, 20));
      values[0 * 20 + 2] = Number.NaN;
      values[2 * 20 + 2] = Number.POSITIVE_INFINITY;
      values[1 * 20 + 19] = Number.NEGATIVE_INFINITY;
      const store = openStore(
        await makeStore(directory, `missing-${type.name}.fxs`, { values, nSubjects: 3, blockWidth: 16 }),
        { io: "auto" },
      );
      expect([...store.missing("FD")!]).toEqual(Array.from({ length: 20 }, (_, i) => (i === 2 ? 2 : i === 19 ? 1 : 0)));
      expect(store.manifest.scalars["FD"]?.missing).toMatchObject({ file: "FD.missing", nElements: 2, nValues: 3 });
      expect(verifyStore(store.path).damagedFiles).toEqual([]);
    }
  });

  it("has no missing file when all is finite, the largest and denormal numbers included", async () => {
    const values = Float32Array.of(3.4028234663852886e38, -3.4028234663852886e38, 1e-45, -0);
    const store = openStore(await makeStore(directory, "finite.fxs", { values, nSubjects: 2 }), { io: "auto" });
    expect(store.missing("FD")).toBeUndefined();
    const out = new Float32Array(4);
    openColumnSource(store.spec("FD")).copyColumnsInto(new Uint8Array(out.buffer), 0, 2);
    expect([...out].map((value, i) => Object.is(value, values[i]))).toEqual([true, true, true, true]);
  });

  it("delivers a whole block in one copy, neighbours among selected rows in one copy each", async () => {
    const store = openStore(
      await makeStore(directory, "copies.fxs", { values: numberedValues(6, 40), nSubjects: 6, blockWidth: 16 }),
      { io: "auto" },
    );
    const copies = (rows: number[] | undefined, first: number, count: number) => {
      const spec = store.spec("FD", rows);
      const file = withCounting(openFileBytes(spec.path, { io: "read", ours: true }));
      const source = createBlockedSource(spec, file);
      source.copyColumnsInto(new Uint8Array(source.nRows * count * 4), first, count);
      source.close();
      return [file.copies, file.bytes];
    };
    expect(copies(undefined, 16, 16)).toEqual([1, 6 * 64]);
    expect(copies([0, 1, 2, 4, 5], 16, 16)).toEqual([2, 5 * 64]);
    expect(copies([5, 4], 0, 16)).toEqual([2, 2 * 64]);
    expect(copies(undefined, 3, 4)).toEqual([6, 6 * 16]);
    expect(copies(undefined, 32, 8)).toEqual([6, 6 * 32]);
  });

  it("has the checksums of its bytes, and counts what is not finite, for any groups and widths of blocks", async () => {
    const random = createRandom(5);
    // pieces of blocks summed row by row (1 KiB and more), and together
    for (const [i, [nSubjects, nElements, blockWidth, groupSize, Values]] of (
      [
        [5, 700, 256, 2, Float32Array],
        [5, 768, 256, 5, Float32Array],
        [4, 300, 128, 3, Float64Array],
        [7, 100, 16, 3, Float32Array],
        [1, 2000, 1024, 1, Float32Array],
        [3, 20, 1024, 1, Float64Array],
      ] as const
    ).entries()) {
      const values = new Values(nSubjects * nElements);
      for (const at of values.keys()) values[at] = random.uniform() < 0.01 ? Number.NaN : random.uniform();
      const output = await makeStore(directory, `sums${i}.fxs`, { values, nSubjects, blockWidth, groupSize });
      expect(verifyStore(output)).toMatchObject({ damagedBlocks: [], damagedFiles: [], fileProblems: [] });
      const entry = parseManifest(fs.readFileSync(path.join(output, "store.json"), "utf8"), output).scalars["FD"]!;
      const bytes = fs.readFileSync(path.join(output, entry.file));
      const blockBytes = bytes.byteLength / entry.blockCrc32.length;
      expect(entry.blockCrc32).toEqual(
        entry.blockCrc32.map((_, b) => crc32(bytes.subarray(b * blockBytes, (b + 1) * blockBytes))),
      );
      const missing = new Uint32Array(nElements);
      for (const [at, value] of values.entries()) if (Number.isNaN(value)) missing[at % nElements]! += 1;
      expect(openStore(output, { io: "read" }).missing("FD") ?? new Uint32Array(nElements)).toEqual(missing);
    }
  });

  it("is the same bytes for any group size, order and memory", async () => {
    let i = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 700 }),
        fc.boolean(),
        async (nSubjects, nElements, groupSize, extraStaging, wide) => {
          const values = (wide ? Float64Array : Float32Array).from(numberedValues(nSubjects, nElements));
          const make = async (name: string, options: object) =>
            fs.readFileSync(
              path.join(
                await makeStore(directory, name, { values, nSubjects, blockWidth: 16, ...options }),
                wide ? "FD.f64" : "FD.f32",
              ),
            );
          i += 1;
          const one = await make(`a${i}.fxs`, {});
          const other = await make(`b${i}.fxs`, { groupSize, stagingBytes: 128 + extraStaging * 8 });
          expect(Buffer.compare(one, other)).toBe(0);
        },
      ),
      { numRuns: 60, seed: 20260101 },
    );
  });

  it("finds the damaged blocks, and damage in the files beside them", async () => {
    const values = numberedValues(3, 40);
    values[5] = Number.NaN;
    const template = {
      indexPath: path.join(directory, "index.mif"),
      directionsPath: path.join(directory, "directions.mif"),
    };
    fs.writeFileSync(template.indexPath, "index");
    fs.writeFileSync(template.directionsPath, "directions");
    const store = await makeStore(directory, "damage.fxs", { values, nSubjects: 3, blockWidth: 16, template });
    const flip = (name: string, position: number) => {
      const file = path.join(store, name);
      const bytes = fs.readFileSync(file);
      bytes[position]! ^= 1;
      fs.writeFileSync(file, bytes);
    };
    flip("FD.f32", 3 * 64 + 7);
    flip("FD.f32", 9 * 64 - 1); // in the padding
    flip("FD.missing", 0);
    flip("index.mif", 2);
    const progress: number[] = [];
    const report = verifyStore(store, (done) => progress.push(done));
    expect(
      report.damagedBlocks.map(({ scalar, iBlock, firstElement, nElements }) => [
        scalar,
        iBlock,
        firstElement,
        nElements,
      ]),
    ).toEqual([
      ["FD", 1, 16, 16],
      ["FD", 2, 32, 8],
    ]);
    expect(report.damagedFiles.map(({ file }) => file).sort()).toEqual(["FD.missing", "index.mif"]);
    expect(progress).toEqual([1, 2, 3]);
    expect(openStore(store, { io: "auto" }).template).toEqual({
      indexPath: path.join(store, "index.mif"),
      directionsPath: path.join(store, "directions.mif"),
    });
  });
});

const finished = await makeStore(directory, "finished.fxs", {
  values: numberedValues(4, 20),
  nSubjects: 4,
  blockWidth: 16,
});

describe("building", () => {
  const shape = { nSubjects: 4, nElements: 20, blockWidth: 16, elementType: "f32" } as const;
  const plan = (output: string, change: Partial<StoreBuildPlan> = {}): StoreBuildPlan => ({
    output: path.join(directory, output),
    replace: false,
    kind: "fixel",
    scalar: "FD",
    shape,
    sources: Array.from({ length: 4 }, (_, i) => ({
      name: `s${i}`,
      path: `/nowhere/s${i}`,
      sizeBytes: 1,
      mtimeMs: i + 0.25,
    })),
    command: "test",
    ...change,
  });
  const rows = new Uint8Array(numberedValues(4, 20).buffer);
  const expected = fs.readFileSync(path.join(finished, "FD.f32"));

  it("resumes after the groups that are done, whatever was being written then", async () => {
    const first = beginStoreBuild(plan("resumed.fxs"), 4096);
    await first.writeSubjects(rows.subarray(0, 80), 0, [11]);
    await first.writeSubjects(rows.subarray(80, 240), 1, [12, 13]);
    await first.close();
    const [partial] = partialsOf(path.join(directory, "resumed.fxs"));
    fs.appendFileSync(path.join(partial!, "journal.ndjson"), '{"firstSubject":3,"crc');
    expect(() => openStore(path.join(directory, "resumed.fxs"), { io: "auto" })).toThrow(
      /conversion did not finish. Run the same convert/,
    );

    const second = beginStoreBuild(plan("resumed.fxs"), 64);
    await second.checkResumed();
    expect(second.written).toEqual([true, true, true, false]);
    await expect(second.finish()).rejects.toThrow(/Subject 3 .* never written/);
    await second.writeSubjects(rows.subarray(240), 3, [14]);
    const manifest = await second.finish();
    expect(manifest.scalars["FD"]?.sources.map(({ crc32 }) => crc32)).toEqual([11, 12, 13, 14]);
    expect(fs.readFileSync(path.join(directory, "resumed.fxs", "FD.f32"))).toEqual(expected);
    expect(fs.readdirSync(path.join(directory, "resumed.fxs")).sort()).toEqual(["FD.f32", "store.json"]);
    expect(fs.readdirSync(directory).filter((name) => name.startsWith("resumed"))).toEqual(["resumed.fxs"]);
  });

  it("starts over when a source or the shape is another", async () => {
    for (const change of [
      { sources: plan("x").sources.map((source, i) => ({ ...source, mtimeMs: source.mtimeMs + (i === 2 ? 1 : 0) })) },
      { shape: { ...shape, nElements: 19 } },
      { shape: { ...shape, elementType: "f64" as const } },
    ]) {
      const first = beginStoreBuild(plan("over.fxs"), 4096);
      await first.writeSubjects(rows.subarray(0, 80), 0, [11]);
      await first.close();
      const second = beginStoreBuild(plan("over.fxs", change), 4096);
      await second.checkResumed();
      expect(second.written).toEqual([false, false, false, false]);
      await second.close();
    }
  });

  it("refuses a name that is taken, and replaces it only at the end when told to", async () => {
    const output = await makeStore(directory, "taken.fxs", { values: numberedValues(1, 3), nSubjects: 1 });
    expect(() => beginStoreBuild(plan("taken.fxs"), 4096)).toThrow(/it exists. Give another name, or --force/);
    const build = beginStoreBuild(plan("taken.fxs", { replace: true }), 4096);
    await build.writeSubjects(rows, 0, [1, 2, 3, 4]);
    expect(openStore(output, { io: "auto" }).nSubjects).toBe(1);
    await build.finish();
    expect(openStore(output, { io: "auto" }).nSubjects).toBe(4);
    expect(fs.readdirSync(directory).filter((name) => name.startsWith("taken"))).toEqual(["taken.fxs"]);
  });

  it("brings back the old store that a run killed between two renames left aside", async () => {
    const output = await makeStore(directory, "aside.fxs", { values: numberedValues(1, 3), nSubjects: 1 });
    fs.renameSync(output, `${output}.replaced-${deadId()}`);
    await beginStoreBuild(plan("aside.fxs", { replace: true }), 4096).close();
    expect(openStore(output, { io: "auto" }).nSubjects).toBe(1);
  });

  it("refuses while another living process writes the same store, here or on another machine", async () => {
    const output = path.join(directory, "locked.fxs");
    const begin = () => beginStoreBuild(plan("locked.fxs"), 4096);
    const first = begin();
    expect(begin).toThrow(
      new RegExp(`it is being written by process ${process.pid} of .*, since 20.* UTC. Wait for it, or`),
    );
    await first.close();
    const foreign = foreignId();
    plantLock(output, foreign, 100_000);
    expect(begin).toThrow(/it is being written by process \d+ of .*, since 2026-11-26 14:02:11 UTC\. Wait/);
    plantLock(output, foreign, 130_000); // silent for longer than two minutes
    await begin().close();
    plantLock(output, deadId());
    await begin().close();
    expect(fs.existsSync(`${output}.lock`)).toBe(false);
  });

  it("refuses a file of the lock's name that is no lock, and leaves it", async () => {
    const lock = path.join(directory, "mine.fxs.lock");
    for (const text of ["my notes", "{}"]) {
      fs.writeFileSync(lock, text);
      expect(() => beginStoreBuild(plan("mine.fxs"), 4096)).toThrow(
        `Cannot use ${lock}: expected a lock of fixelstream or nothing of that name, got something else. Move it away.`,
      );
      expect(fs.readFileSync(lock, "utf8")).toBe(text);
    }
  });

  it("does not continue where the data are shorter than the journal says", async () => {
    const first = beginStoreBuild(plan("short.fxs"), 4096);
    await first.writeSubjects(rows.subarray(0, 80), 0, [11]);
    await first.close();
    fs.truncateSync(path.join(partialsOf(path.join(directory, "short.fxs"))[0]!, "FD.f32"), 0);
    const second = beginStoreBuild(plan("short.fxs"), 4096);
    await second.checkResumed();
    expect(second.written).toEqual([false, false, false, false]);
    await second.close();
  });

  it("believes a damaged journal up to the damage", async () => {
    const lines = [
      "null",
      "{}",
      '{"firstSubject":0,"crc32":5}',
      '{"firstSubject":1e9,"crc32":[1]}',
      '{"firstSubject":',
    ];
    for (const [i, line] of lines.entries()) {
      const name = `journal${i}.fxs`;
      const first = beginStoreBuild(plan(name), 4096);
      await first.writeSubjects(rows.subarray(0, 80), 0, [11]);
      await first.close();
      fs.appendFileSync(path.join(partialsOf(path.join(directory, name))[0]!, "journal.ndjson"), `${line}\n`);
      const second = beginStoreBuild(plan(name), 4096);
      await second.checkResumed();
      expect(second.written).toEqual([true, false, false, false]);
      await second.writeSubjects(rows.subarray(80), 1, [12, 13, 14]);
      await second.finish();
      expect(fs.readFileSync(path.join(directory, name, "FD.f32"))).toEqual(expected);
    }
  });

  it("names the missing parent directory", async () => {
    expect(() => beginStoreBuild(plan("no/where.fxs"), 4096)).toThrow(/there is no directory .*no. Make it first/);
  });
});

describe("store.json", () => {
  it("survives a round trip, one source a line", async () => {
    const store = await makeStore(directory, "text.fxs", {
      values: numberedValues(3, 40),
      nSubjects: 3,
      blockWidth: 16,
      names: ['odd "name" [1,\n2]', "b", "c"],
    });
    const text = fs.readFileSync(path.join(store, "store.json"), "utf8");
    const manifest = parseManifest(text, store);
    expect(formatManifest(manifest)).toBe(text);
    expect(manifest.scalars["FD"]?.sources[0]?.name).toBe('odd "name" [1,\n2]');
    expect(text.split("\n").filter((line) => line.includes('"mtimeMs"'))).toHaveLength(3);
    expect(text).toMatch(/"blockCrc32": \[\d+, \d+, \d+\]/);
  });
});
