// One flipped bit in any file that numbers come from: a use of it must be refused with the file's name, or give exactly what the undamaged one gives.
import fs from "node:fs";
import path from "node:path";
import { crc32, gunzipSync, gzipSync } from "node:zlib";
import { inferFixels, inferVectors } from "../../src/app/analyse/kinds.js";
import { convertFixels } from "../../src/app/convert/convert.js";
import { convertModelArray } from "../../src/app/convert/convert-modelarray.js";
import { convertVectorInput } from "../../src/app/convert/convert-vectors.js";
import { exportHdf5, exportImages } from "../../src/app/export/export.js";
import { verifyPath } from "../../src/app/verify/verify-path.js";
import { isFixelstreamError } from "../../src/errors.js";
import { readNullState, writeNullState } from "../../src/results/null-state-file.js";
import { beginStoreBuild, type StoreBuildPlan } from "../../src/store/build-store.js";
import { rawFixelData } from "./make-cohort.js";
import { makeState } from "./random-null-state.js";
import { INFERENCE_DEFAULTS } from "./run-inference.js";
import type { SeededRandom } from "./seeded-random.js";
import { fileOfSubject, makeSmallAnalysis } from "./small-analysis.js";
import { bytesOf, npyBytes, zipBytes } from "./write-npy.js";

export interface FlipTarget {
  readonly name: string;
  /** Damage is mended: nothing is refused. */
  readonly mends?: boolean;
  /** Where the files lie; put back as it was before every flip, times (in seconds) included. */
  readonly home: string;
  /** What an error must name: one of these. */
  readonly named: readonly string[];
  /** Files in `home` that may be flipped. */
  files(): string[];
  /** Uses them; what comes out, as text. `out`: a new name. */
  use(out: string): Promise<string>;
}

export interface Flip {
  readonly target: string;
  readonly file: string;
  readonly byte: number;
  readonly bit: number;
  /** `refused`: as it should; `same`: nothing came of it; else what is wrong. */
  readonly outcome: "refused" | "same" | "other numbers" | "another error";
  readonly message: string;
}

const N = { fixels: 1100, subjects: 8 };
const COMMAND = "fixelstream test";

/** Makes everything below `root`. */
export async function makeFlipTargets(root: string): Promise<FlipTarget[]> {
  const gap = (subject: number, fixel: number) =>
    subject === 2 && fixel % 97 === 5 ? Number.NaN : Math.sin(subject * 7 + fixel * 3) + (subject < 4 ? 0 : 0.3);
  const whole = (subject: number, fixel: number) => Math.sin(subject * 7 + fixel * 3) + (subject < 4 ? 0 : 0.3);
  const small = makeSmallAnalysis(path.join(root, "small"), {
    nFixels: N.fixels,
    nSubjects: N.subjects,
    value: whole,
  });
  const gaps = makeSmallAnalysis(path.join(root, "gaps"), { nFixels: N.fixels, nSubjects: N.subjects, value: gap });
  const column = path.join(root, "column.txt");
  fs.writeFileSync(
    column,
    Array.from({ length: N.subjects }, (_, i) => `${gaps.at("fd", fileOfSubject(i))}\n`).join(""),
  );
  fs.writeFileSync(path.join(root, "three.txt"), "0 -1 0\n");
  const masked = Float32Array.from({ length: N.fixels }, (_, fixel) => (fixel % 3 === 0 && fixel < 900 ? 0 : 1));
  fs.writeFileSync(path.join(root, "m.mif"), rawFixelData(masked));
  wholeSeconds(root);
  const [fd, subjects, design, contrast, connectivity] = small.positionals as [string, string, string, string, string];
  const common = { ...INFERENCE_DEFAULTS, design, contrast, connectivity, nShuffles: 5, command: COMMAND };
  const keptCache = path.join(root, "kept-cache");
  const fixels = async (out: string, changes: Partial<Parameters<typeof inferFixels>[0]>) => {
    await inferFixels({ ...common, input: fd, subjects, output: out, cache: keptCache, ...changes });
    return fingerprint(out, "");
  };
  const vectors = async (out: string, changes: Partial<Parameters<typeof inferVectors>[0]>) => {
    fs.mkdirSync(out);
    await inferVectors({ ...common, input: fd, prefix: `${out}/`, cache: path.join(out, "cache"), ...changes });
    return fingerprint(out, "");
  };
  const conversion = { inputDirectory: fd, subjectList: subjects, command: COMMAND };
  const targets: FlipTarget[] = [];
  const add = async (
    name: string,
    make: (
      home: string,
    ) => Promise<Omit<FlipTarget, "name" | "home" | "files"> & { files?: (home: string) => string[] }>,
  ) => {
    const home = path.join(root, name);
    fs.mkdirSync(home);
    const { files = filesBelow, ...made } = await make(home);
    wholeSeconds(home);
    targets.push({ name, home, ...made, files: () => files(home) });
  };

  await add("store", async (home) => {
    const store = path.join(home, "s.fxs");
    await convertFixels({ ...conversion, inputDirectory: gaps.at("fd"), output: store });
    return { named: ["s.fxs"], use: (out) => fixels(out, { input: store, subjects: "-" }) };
  });
  await add("store-with-mask-and-rows", async (home) => {
    const store = path.join(home, "s.fxs");
    await convertFixels({ ...conversion, output: store });
    const rows = path.join(root, "rows.txt");
    fs.writeFileSync(rows, [7, 5, 1, 0, 2, 6].map((i) => `${fileOfSubject(i)}\n`).join(""));
    const few = path.join(root, "few.txt");
    fs.writeFileSync(few, "1 0\n1 0\n1 1\n1 1\n1 0\n1 1\n");
    return {
      named: ["s.fxs"],
      use: (out) =>
        fixels(out, {
          input: store,
          subjects: rows,
          design: few,
          memoryBytes: 2 ** 23,
          mask: path.join(root, "m.mif"),
        }),
    };
  });
  await add("store-of-vectors", async (home) => {
    const store = path.join(home, "v.fxs");
    await convertFixels({ ...conversion, inputDirectory: gaps.at("fd"), output: store });
    return { named: ["v.fxs"], use: (out) => vectors(out, { input: store }) };
  });
  await add("cache", async (home) => {
    const use = (out: string) => fixels(out, { cache: home, column: [column], contrast: path.join(root, "three.txt") });
    await use(path.join(root, "warm"));
    // not the marks of who uses them
    const files = () => filesBelow(home).filter((file) => /\.fx[sc]\//.test(file));
    return { named: [".fxs", ".fxc"], use, files };
  });
  await add("converted-files", async (home) => {
    fs.cpSync(fd, path.join(home, "fd"), { recursive: true });
    const list = path.join(home, "fd", "list.txt");
    fs.copyFileSync(subjects, list);
    wholeSeconds(home);
    const cache = path.join(root, "converted-cache");
    const use = (out: string) => fixels(out, { input: path.join(home, "fd"), subjects: list, cache });
    await use(path.join(root, "converted-warm"));
    const used = ["index.mif", "directions.mif", fileOfSubject(0)];
    return { named: used, use, files: () => used.map((name) => path.join(home, "fd", name)) };
  });
  await add("hdf5-in-place", async (home) => {
    const file = path.join(home, "c.h5");
    await convertFixels({ ...conversion, output: file });
    return { named: ["c.h5"], use: (out) => fixels(out, { input: file, subjects: "-" }) };
  });
  await add("hdf5-converted", async (home) => {
    const file = path.join(home, "g.h5");
    await convertFixels({ ...conversion, output: file, gzipLevel: 4 });
    return {
      named: ["g.h5"],
      async use(out) {
        const options = { scalar: undefined, template: undefined, gzipLevel: undefined, memoryBytes: 2 ** 28 };
        await convertModelArray({ ...options, input: file, output: out, force: false, command: COMMAND });
        return matrixOf(out);
      },
    };
  });
  await add("results", async (home) => {
    const results = path.join(home, "out");
    await fixels(results, {});
    return {
      named: ["out"],
      async use(out) {
        const found = await verifyPath(results);
        const damaged = found.kind === "other" ? found.report.damaged : [];
        await exportHdf5({ results, output: `${out}.h5`, analysis: "a" });
        // what is not exported is found by verify
        if (damaged.length > 0) throw Object.assign(new Error(`verify out: ${damaged.join()}`), { verified: true });
        const unpacked = `${out}-images`;
        const options = { template: undefined, force: false, memoryBytes: 2 ** 28, command: COMMAND };
        await exportImages({ ...options, input: `${out}.h5`, analysis: "a", output: unpacked });
        return fingerprint(unpacked, "");
      },
    };
  });
  await add("hdf5-results", async (home) => {
    const file = path.join(home, "r.h5");
    const results = path.join(root, "for-export");
    await fixels(results, {});
    await exportHdf5({ results, output: file, analysis: "a" });
    return {
      named: ["r.h5"],
      async use(out) {
        const options = { template: undefined, force: false, memoryBytes: 2 ** 28, command: COMMAND };
        await exportImages({ ...options, input: file, analysis: "a", output: out });
        return fingerprint(out, "");
      },
    };
  });
  for (const deflate of [false, true]) {
    await add(deflate ? "npz-deflated" : "npz-stored", async (home) => {
      const file = path.join(home, "m.npz");
      const values = Float32Array.from({ length: N.subjects * 300 }, (_, i) => Math.cos(i * 5));
      const array = npyBytes({ shape: [N.subjects, 300], data: bytesOf(values) });
      fs.writeFileSync(file, zipBytes({ "arr_0.npy": array }, deflate));
      return {
        named: ["m.npz"],
        async use(out) {
          const options = { scalar: "values", memoryBytes: 2 ** 26, force: false, command: COMMAND };
          await convertVectorInput({ ...options, input: file, output: out });
          return matrixOf(out);
        },
      };
    });
  }
  await add("gzip", async (home) => {
    const packed = path.join(home, "fd");
    fs.mkdirSync(packed);
    const names = ["index.mif", "directions.mif", ...Array.from({ length: N.subjects }, (_, i) => fileOfSubject(i))];
    for (const name of names)
      fs.writeFileSync(path.join(packed, `${name}.gz`), gzipSync(fs.readFileSync(path.join(fd, name))));
    const list = path.join(root, "packed.txt");
    fs.writeFileSync(list, Array.from({ length: N.subjects }, (_, i) => `${fileOfSubject(i)}.gz\n`).join(""));
    return {
      named: ["fd", ...names],
      use: (out) => fixels(out, { input: packed, subjects: list, cache: `${out}-cache` }),
    };
  });
  await add("stopped-conversion", async (home) => {
    const sources = Array.from({ length: 6 }, (_, i) => ({ name: `s${i}`, path: `/s${i}`, sizeBytes: 1, mtimeMs: 0 }));
    const plan: StoreBuildPlan = {
      ...{
        output: path.join(home, "p.fxs"),
        replace: false,
        kind: "vector",
        scalar: "values",
        sources,
        command: COMMAND,
      },
      shape: { nSubjects: 6, nElements: 100, blockWidth: 16, elementType: "f32" },
    };
    const values = Float32Array.from({ length: 600 }, (_, i) => Math.sin(i));
    const rows = (first: number, count: number) => new Uint8Array(values.buffer, first * 400, count * 400);
    const build = beginStoreBuild(plan, 4096);
    await build.writeSubjects(rows(0, 2), 0, [1, 2]);
    await build.writeSubjects(rows(2, 3), 2, [3, 4, 5]);
    await build.close();
    return {
      ...{ named: ["p.fxs"], mends: true },
      async use() {
        const next = beginStoreBuild(plan, 4096);
        try {
          await next.checkResumed();
          for (const [i, done] of next.written.entries()) if (!done) await next.writeSubjects(rows(i, 1), i, [i + 1]);
          const manifest = await next.finish();
          const crcs = manifest.scalars["values"]!.sources.map((source) => source.crc32);
          return `${matrixOf(plan.output)} ${crcs}`;
        } finally {
          await next.close();
        }
      },
    };
  });
  await add("state-of-shuffles", async (home) => {
    const file = path.join(home, "n.fxnull");
    const shape = {
      nElements: 50,
      nHypotheses: 2,
      ranges: [[0, 20] as const, [3, 5] as const],
      enhanced: true,
      seed: 3,
    };
    await writeNullState(file, makeState(shape));
    return {
      named: ["n.fxnull"],
      use: async () => JSON.stringify(readNullState(file)),
    };
  });
  return targets;
}

/** Flips one bit of one file, uses it, and puts everything back. `pristine`: what `use` gives of undamaged files. */
export async function flipOnce(target: FlipTarget, pristine: string, random: SeededRandom, out: string): Promise<Flip> {
  const files = target.files();
  const file = files[random.integer(files.length)]!;
  const bytes = fs.readFileSync(file);
  const { atime, mtime } = fs.statSync(file);
  const [byte, bit] = [random.integer(bytes.length), random.integer(8)];
  bytes[byte]! ^= 1 << bit;
  fs.writeFileSync(file, bytes);
  fs.utimesSync(file, atime, mtime);
  const flip = { target: target.name, file: path.relative(target.home, file), byte, bit };
  try {
    const got = await target.use(out);
    return { ...flip, outcome: got === pristine ? "same" : "other numbers", message: "" };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isKnown = isFixelstreamError(error)
      ? error._tag !== "InternalError"
      : Object.hasOwn(error as object, "verified");
    const isNamed = target.named.some((name) => message.includes(name));
    return { ...flip, outcome: isKnown && isNamed ? "refused" : "another error", message };
  }
}

/** `nFlips` over all targets, evenly. Calls `onFlip` after each. */
export async function flipMany(
  root: string,
  targets: readonly FlipTarget[],
  nFlips: number,
  random: SeededRandom,
): Promise<Flip[]> {
  const flips: Flip[] = [];
  for (const [t, target] of targets.entries()) {
    const kept = `${target.home}.kept`;
    fs.cpSync(target.home, kept, { recursive: true, preserveTimestamps: true });
    const restore = () => {
      fs.rmSync(target.home, { recursive: true, force: true });
      fs.cpSync(kept, target.home, { recursive: true, preserveTimestamps: true });
    };
    restore();
    const pristine = await target.use(path.join(root, `${target.name}-pristine`));
    const n = Math.floor(((t + 1) * nFlips) / targets.length) - Math.floor((t * nFlips) / targets.length);
    for (let i = 0; i < n; i++) {
      restore();
      const out = path.join(root, `${target.name}-${i}`);
      flips.push(await flipOnce(target, pristine, random, out));
      for (const left of [out, `${out}.h5`, `${out}-cache`, `${out}-images`])
        fs.rmSync(left, { recursive: true, force: true });
    }
  }
  return flips;
}

function filesBelow(directory: string): string[] {
  return fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

/** Times that survive being copied. */
function wholeSeconds(directory: string): void {
  for (const file of filesBelow(directory)) fs.utimesSync(file, 1_700_000_000, 1_700_000_000);
}

/** Every result, and what run.json has of numbers. */
function fingerprint(directory: string, base: string): string {
  const lines = fs
    .readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.startsWith(base))
    .map(({ name }) => {
      const stored = fs.readFileSync(path.join(directory, name));
      // bits between deflate's last block and the checksum mean nothing
      const bytes = name.endsWith(".gz") ? gunzipSync(stored) : stored;
      if (!name.endsWith("run.json")) return `${name} ${crc32(bytes)}`;
      const { problem, results, runPlan, inputs } = JSON.parse(bytes.toString());
      return JSON.stringify([problem, results.hypotheses, runPlan, inputs.subjects]);
    });
  return lines.sort().join("\n");
}

function matrixOf(store: string): string {
  const name = fs.readdirSync(store).find((file) => /\.f(32|64)$/.test(file))!;
  return `${name} ${crc32(fs.readFileSync(path.join(store, name)))}`;
}
