import fs from "node:fs";
import path from "node:path";
import { crc32, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { convertFixels } from "../../src/app/convert/convert.js";
import { describeStore } from "../../src/app/inspect/inspect.js";
import { statusOf } from "../../src/publish/file-status.js";
import { openColumnSource } from "../../src/store/open-column-source.js";
import { openStore } from "../../src/store/open-store.js";
import { verifyStore } from "../../src/store/verify.js";
import { buildData, buildMif, buildMifHeader } from "../support/byte-builders.js";
import { type Cohort, rawFixelData, writeCohort } from "../support/make-cohort.js";
import { numberedValues } from "../support/make-store.js";
import { partialsOf } from "../support/partials.js";
import { fc } from "../support/seeded-check.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
let made = 0;
const fresh = () => path.join(root, `case${made++}`);

function cohortOf(values: Float32Array | Float64Array, nSubjects: number): Cohort {
  const m = values.length / nSubjects;
  return writeCohort(
    fresh(),
    m,
    Array.from({ length: nSubjects }, (_, i) => [`s${i}.mif`, rawFixelData(values.slice(i * m, (i + 1) * m))] as const),
  );
}
const convert = (cohort: Cohort, options: Partial<Parameters<typeof convertFixels>[0]> = {}) =>
  convertFixels({ ...cohort, output: `${cohort.inputDirectory}.fxs`, command: "convert in out", ...options });

function readAll(storePath: string): number[] {
  const store = openStore(storePath, { io: "auto" });
  const source = openColumnSource(store.spec("FD"));
  const Values = source.spec.elementType === "f32" ? Float32Array : Float64Array;
  const out = new Values(store.nSubjects * store.nElements);
  source.copyColumnsInto(new Uint8Array(out.buffer), 0, store.nElements);
  source.close();
  return [...out];
}

describe("converting a fixel directory", () => {
  it("gives every value back, remembers its sources and copies the template", async () => {
    const values = numberedValues(5, 2100);
    values[7] = Number.NaN;
    const cohort = cohortOf(values, 5);
    const phases = new Set<string>();
    const summary = await convert(cohort, {
      onProgress: ({ phase, done, total }) => done <= total && phases.add(phase),
    });
    expect(summary).toMatchObject({
      nSubjects: 5,
      nElements: 2100,
      elementType: "f32",
      blockWidth: 1024,
      nResumed: 0,
      nReadAgain: 0,
      searchedIn: cohort.inputDirectory,
    });
    expect(summary.missing).toEqual({ nElements: 1, nValues: 1 });
    expect([...phases]).toEqual(["check", "read", "verify"]);
    expect(readAll(summary.path)).toEqual([...values]);
    expect(verifyStore(summary.path)).toMatchObject({ nBlocks: 3, damagedBlocks: [], damagedFiles: [] });

    const info = describeStore(summary.path, { io: "auto" });
    expect(info).toMatchObject({
      kind: "fixel",
      nBlocks: 3,
      dataBytes: 3 * 1024 * 5 * 4,
      provenance: { command: "convert in out", version: "0.1.0" },
    });
    const file = path.join(cohort.inputDirectory, "s3.mif");
    expect(info.scalars[0]?.subjects[3]).toEqual({
      name: "s3.mif",
      path: file,
      sizeBytes: fs.statSync(file).size,
      status: statusOf(file),
      mtimeMs: fs.statSync(file).mtimeMs,
      crc32: crc32(fs.readFileSync(file)),
    });
    for (const name of ["index.mif", "directions.mif"]) {
      expect(fs.readFileSync(path.join(summary.path, name))).toEqual(
        fs.readFileSync(path.join(cohort.inputDirectory, name)),
      );
    }
  });

  it("reads other types, orders, scaling, compressed files and headers with data beside them", async () => {
    const values = Array.from({ length: 90 }, (_, i) => (i * 7) % 50);
    const image = { dimensions: [90, 1, 1], dataType: "Float32LE", values };
    const expected = { plain: values, scaled: values.map((v) => 3 + 0.5 * v) };
    const directory = fresh();
    const reversed = { ...image, layout: "-0,+1,+2" };
    const cases: [string, Uint8Array, number[]][] = [
      ["raw.mif", buildMif(image), expected.plain],
      ["padded-end.mif", Buffer.concat([buildMif(image), Buffer.alloc(100_000, 5)]), expected.plain],
      ["big-endian.mif", buildMif({ ...image, dataType: "Float32BE" }), expected.plain],
      ["reversed.mif", buildMif(reversed), expected.plain],
      ["double.mif", buildMif({ ...image, dataType: "Float64LE" }), expected.plain],
      ["integer.mif", buildMif({ ...image, dataType: "Int32LE" }), expected.plain],
      ["byte.mif", buildMif({ ...image, dataType: "UInt8" }), expected.plain],
      ["scaled.mif", buildMif({ ...image, dataType: "UInt16LE", scaling: "3,0.5" }), expected.scaled],
      ["packed.mif.gz", gzipSync(buildMif(image)), expected.plain],
      ["packed-reversed.mif.gz", gzipSync(buildMif(reversed)), expected.plain],
      ["packed-padded-end.mif.gz", gzipSync(Buffer.concat([buildMif(image), Buffer.alloc(50_000, 5)])), expected.plain],
      ["packed-double.mif.gz", gzipSync(buildMif({ ...image, dataType: "Float64LE" })), expected.plain],
      ["beside.mih", Buffer.from(buildMifHeader(image, "beside.dat 0")), expected.plain],
    ];
    const cohort = writeCohort(
      directory,
      90,
      cases.map(([name, bytes]) => [name, bytes] as const),
    );
    fs.writeFileSync(path.join(directory, "beside.dat"), buildData(image));
    const summary = await convert(cohort);
    expect(summary.elementType).toBe("f32");
    expect(readAll(summary.path)).toEqual(cases.flatMap(([, , numbers]) => numbers));
    const { subjects } = describeStore(summary.path, { io: "auto" }).scalars[0]!;
    expect(subjects.map(({ crc32 }) => crc32)).toEqual(
      cases.map(([name, bytes]) => (name === "beside.mih" ? crc32(buildData(image), crc32(bytes)) : crc32(bytes))),
    );
    expect(subjects.at(-1)?.sizeBytes).toBe(fs.statSync(path.join(directory, "beside.mih")).size + 360);
  });

  it("starts again as float64 when a value is no float32, wherever it comes", async () => {
    for (const bytesOf of [rawFixelData, (values: Float64Array) => gzipSync(rawFixelData(values))]) {
      const rows = [Float64Array.of(1, 2, 3), Float64Array.of(0.5, Number.NaN, 4), Float64Array.of(1, 0.1, 1e300)];
      const ending = bytesOf === rawFixelData ? "mif" : "mif.gz";
      const cohort = writeCohort(fresh(), 3, [
        ["f32.mif", rawFixelData(Float32Array.of(0.1, 0.2, 0.3))] as const,
        ...rows.map((row, i) => [`f64-${i}.${ending}`, bytesOf(row)] as const),
      ]);
      const summary = await convert(cohort, { memoryBytes: 100_000_000 });
      expect(summary.elementType).toBe("f64");
      expect(readAll(summary.path)).toEqual([...Float32Array.of(0.1, 0.2, 0.3), ...rows.flatMap((row) => [...row])]);
      expect(fs.readdirSync(summary.path).sort()).toEqual([
        "FD.f64",
        "FD.missing",
        "directions.mif",
        "index.mif",
        "store.json",
      ]);
    }
  });

  it("writes the same bytes for any memory", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 3000 }),
        fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 2, maxLength: 3 }),
        async (nSubjects, nFixels, extras) => {
          const cohort = cohortOf(numberedValues(nSubjects, nFixels), nSubjects);
          const stores = [];
          for (const [i, extra] of extras.entries()) {
            // From hardly one subject at a time up to all.
            const memoryBytes = 2 ** 17 + 4096 + nFixels * 4 + extra;
            stores.push((await convert(cohort, { output: `${cohort.inputDirectory}-${i}.fxs`, memoryBytes })).path);
          }
          const bytes = stores.map((store) => fs.readFileSync(path.join(store, "FD.f32")));
          for (const other of bytes.slice(1)) expect(Buffer.compare(other, bytes[0]!)).toBe(0);
          const manifests = stores.map((store) => ({
            ...JSON.parse(fs.readFileSync(path.join(store, "store.json"), "utf8")),
            ...{ provenance: 0, crc32: 0 },
          }));
          for (const other of manifests.slice(1)) expect(other).toEqual(manifests[0]);
        },
      ),
      { numRuns: 15, seed: 20260102 },
    );
  });

  it("goes on where a run stopped, and replaces a store only with --force", async () => {
    const values = numberedValues(6, 500);
    const cohort = cohortOf(values, 6);
    const stopAfter = (subjects: number) =>
      convert(cohort, {
        memoryBytes: 2 ** 17 + 4096 + 3 * 2000,
        onProgress: ({ phase, done }) => {
          if (phase === "read" && done > subjects) throw new Error("stopped");
        },
      });
    await expect(stopAfter(4)).rejects.toThrow("stopped");
    const summary = await convert(cohort);
    expect(summary.nResumed).toBeGreaterThan(0);
    expect(summary.nResumed).toBeLessThan(6);
    expect(readAll(summary.path)).toEqual([...values]);

    await expect(convert(cohort)).rejects.toThrow(
      /Cannot write .*: it exists. Give another name, or --force to replace it/,
    );
    expect((await convert(cohort, { force: true })).nResumed).toBe(0);
    expect(readAll(summary.path)).toEqual([...values]);
  });

  it("resumes a float64 conversion as one", async () => {
    const cohort = cohortOf(
      numberedValues(6, 500).reduce((all, value, i) => all.fill(value + 0.1, i, i + 1), new Float64Array(3000)),
      6,
    );
    const budget = 2 ** 16 + 2 * 8000 + 2 ** 16 + 3 * 4000; // a decoding reader, the least staging, three subjects
    let restarted = false;
    const stopped = convert(cohort, {
      memoryBytes: budget,
      onProgress: ({ phase, done }) => {
        const partials = partialsOf(`${cohort.inputDirectory}.fxs`);
        restarted ||= phase === "read" && partials.some((partial) => fs.existsSync(path.join(partial, "FD.f64")));
        if (restarted && phase === "read" && done === 6) throw new Error("stopped");
      },
    });
    await expect(stopped).rejects.toThrow("stopped");
    const summary = await convert(cohort, { memoryBytes: budget });
    expect([summary.elementType, summary.nResumed > 0]).toEqual(["f64", true]);
  });
});
