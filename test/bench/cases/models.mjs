// Every model that MRtrix3 fits, per element and shuffle, as a ratio to one design and one variance for all in the same process and thread (n = 1000, two
// columns, one t-test): processor time of phase "bin" of the engine, and beside it MRtrix3's vectorstats on data of the same kind.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runChild } from "../tools/child.mjs";
import { vectors } from "../tools/inputs.mjs";
import { expectTrue } from "../tools/measure.mjs";
import { createRandom } from "../tools/random.mjs";

const N = 1000;
const BLOCK_WIDTH = 256;
const SIZES = {
  quick: { nElements: 512, nShuffles: 256, nRepeats: 3 },
  full: { nElements: 8192, nShuffles: 256, nRepeats: 5 },
};
/** Of MRtrix3, whose variable designs take 27 ms an element and shuffle: the difference of two runs. */
const PEER = {
  fixed: { m: 4000, few: 2, many: 6 },
  varying: { m: 50, few: 1, many: 2 },
};
/** Theirs is measured once for data that lie otherwise and cost the same. */
const measured = new Map();

const isPatient = (subject) => (subject < N / 2 ? 0 : 1);
const random = createRandom(20);
const patterns = Array.from(
  { length: 20 },
  (_, size) => new Set(Array.from({ length: size }, () => Math.floor(random.uniform() * N))),
);
/** Of 32 bits (the finaliser of MurmurHash3): patterns that do not recur. */
function hash(subject, element) {
  let h = Math.imul(subject + 1, 0x9e3779b1) ^ Math.imul(element + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
const lacks = (pattern, subject) => patterns[pattern % 20].has(subject);
const MISSING = {
  complete: () => false,
  coherent: (subject, element) => lacks(Math.floor(element / 52), subject),
  interleaved: (subject, element) => lacks(element, subject),
  own: (subject, element) => hash(subject, element) % 200 === 0,
};

/** So many that each of the 20 patterns has its table of thresholds (src/engine/z-tables.ts), as in a run of 5000 shuffles. */
const MANY_SHUFFLES = 1024;

/** `manyShuffles`: see MANY_SHUFFLES. */
const MODELS = [
  { name: "complete data, one variance", missing: "complete", variable: false, peer: "fixed" },
  {
    name: "NaN in 20 patterns, in runs of neighbours",
    missing: "coherent",
    variable: true,
    manyShuffles: true,
    peer: "varying",
    atMost: 1.2,
  },
  {
    name: "NaN in 20 patterns, dealt out one by one",
    missing: "interleaved",
    variable: true,
    manyShuffles: true,
    peer: "varying",
  },
  { name: "NaN, a pattern of its own for every element", missing: "own", variable: true, peer: "varying", atMost: 8 },
  { name: "one element-wise column", missing: "complete", variable: true, column: true, peer: "varying", atMost: 4 },
  { name: "two variance groups", missing: "complete", variable: false, grouped: true, peer: "fixed", atMost: 4 },
  {
    name: "two variance groups and an element-wise column",
    missing: "complete",
    variable: true,
    column: true,
    grouped: true,
    peer: "varying",
  },
];

/** Sign flips move every direction of the design; permutations leave the constant where it is, and it is not computed. */
const ALL_DIRECTIONS = { ...MODELS[0], errors: "both" };

export const modelCases = MODELS.map((model) => ({
  group: "models",
  name: model.name,
  // the others and their peer take minutes
  quick: model === MODELS[0],
  run: (context) => runModel(context, model),
}));

async function runModel(context, model) {
  const best = await measure(context, [MODELS[0], ALL_DIRECTIONS, model, { ...model, precision: "single" }]);
  const [reference, allDirections, ours, single] = best;
  const figures = [
    { name: "an element and shuffle, processor time", value: ours, unit: "us" },
    { name: "double / --precision single", value: ours / single, unit: "ratio", better: "more" },
  ];
  if (model === MODELS[0]) {
    figures.push({ name: "the same with sign flips (every direction computed)", value: allDirections, unit: "us" });
  } else {
    const target = model.atMost === undefined ? {} : { atMost: model.atMost };
    figures.push({
      name: "of complete data and one variance",
      value: ours / reference,
      unit: "ratio",
      better: "less",
      ...target,
    });
    figures.push({
      name: "of the same with every direction computed",
      value: ours / allDirections,
      unit: "ratio",
      better: "less",
    });
  }
  // their price does not depend on how patterns lie: dealt out, a few elements have them all
  const kind = model.missing === "coherent" ? "interleaved" : model.missing;
  const key = `${kind} ${model.column} ${model.grouped}`;
  if (!measured.has(key)) measured.set(key, await measurePeer(context, model, kind));
  const theirs = measured.get(key);
  if (theirs === undefined) return { figures, note: "MRtrix3's vectorstats is not installed" };
  figures.push({ name: "MRtrix3's vectorstats", value: theirs, unit: "us" });
  figures.push({ name: "theirs / ours", value: theirs / ours, unit: "ratio", better: "more" });
  return { figures };
}

/** A blocked matrix on disk; `isMissing(subject, element)` values are NaN. */
function writeStore(folder, name, nElements, isMissing) {
  const drawn = createRandom(3);
  const values = new Float32Array(N * nElements);
  for (let i = 0; i < values.length; i++) {
    const element = Math.floor(i / (N * BLOCK_WIDTH)) * BLOCK_WIDTH + (i % BLOCK_WIDTH);
    const subject = Math.floor(i / BLOCK_WIDTH) % N;
    const value = 10 + drawn.normal();
    values[i] = isMissing(subject, element) ? Number.NaN : value;
  }
  const path = join(folder, name);
  writeFileSync(path, values);
  const size = { nRowsInFile: N, nElements, blockWidth: BLOCK_WIDTH, elementType: "f32" };
  return { path, byteOffset: 0, layout: "blocked", ...size, io: "read", ours: true };
}

/** Row-major matrix of rows. */
const matrix = (rows) => ({ nRows: rows.length, nColumns: rows[0].length, values: Float64Array.from(rows.flat()) });

/** A connectivity without connections: enhancement of nothing. */
function noConnections(folder, nElements) {
  const path = join(folder, "matrix");
  mkdirSync(path);
  writeFileSync(join(path, "counts.u32"), new Uint32Array(nElements));
  writeFileSync(join(path, "norms.f32"), new Float32Array(nElements));
  writeFileSync(join(path, "connections.bin"), new Uint8Array(8));
  return {
    path,
    manifest: { nConnections: 0, maxRowConnections: 0 },
    copyCountsInto: (counts) => counts.fill(0),
  };
}

/** Microseconds of processor time an element and shuffle of each, the best of several rounds in turn. */
async function measure(context, models) {
  const { nRepeats } = SIZES[context.mode];
  const opened = [];
  for (const model of models) opened.push(await openModel(context, model));
  const best = models.map(() => Number.POSITIVE_INFINITY);
  // the first round only warms up
  for (let repeat = 0; repeat <= nRepeats; repeat++) {
    for (const [i, { run }] of opened.entries()) {
      const microseconds = await run();
      if (repeat > 0) best[i] = Math.min(best[i], microseconds);
    }
  }
  for (const { close } of opened) await close();
  return best;
}

/** An engine over generated data: `run` gives microseconds an element and shuffle. */
async function openModel(context, model) {
  const { openEngine } = await context.built("src/engine/run.js");
  const { partitionDesign } = await context.built("src/stats/design/partition.js");
  const { planShuffles } = await context.built("src/stats/shuffle/generated-shuffles.js");
  const { nElements, nShuffles: fewShuffles } = SIZES[context.mode];
  const nShuffles = model.manyShuffles && context.mode === "full" ? MANY_SHUFFLES : fewShuffles;
  const folder = mkdtempSync(join(context.dir, "model-"));
  const design = matrix(Array.from({ length: N }, (_, i) => [1, isPatient(i)]));
  const weights = model.column ? [0, 1, 0] : [0, 1];
  const hypotheses = [{ name: "t1", kind: "t", contrast: matrix([weights]), rank: 1 }];
  const groups = { count: 2, of: Int32Array.from({ length: N }, (_, i) => isPatient(i)) };
  const columnSources = model.column ? [writeStore(folder, "column", nElements, MISSING.complete)] : [];
  const plan = planShuffles({ nSubjects: N, nShuffles, errors: model.errors ?? "ee", seed: 1 });
  const connectivity = noConnections(folder, nElements);
  const engine = await openEngine(
    {
      partition: partitionDesign(design, model.column ? [] : hypotheses),
      model: {
        ...{ design, hypotheses, nElementColumns: columnSources.length, variable: model.variable },
        groups: model.grouped ? groups : undefined,
      },
      columnSources,
      source: writeStore(folder, "values", nElements, MISSING[model.missing]),
      columns: Uint32Array.from({ length: nElements }, (_, i) => i),
      planHash: "",
      enhancement: {
        ...{ kind: "cfe", connectivity: { path: connectivity.path, io: "read" } },
        ...{ dh: 0.1, extentPower: 2, heightPower: 3, legacy: false },
      },
      ...{ precision: model.precision ?? "double", kernels: "simd", nThreads: 0, memoryBytes: 2 ** 30 },
      shuffles: { plan, range: { first: 0, end: nShuffles, leadingIdentity: false } },
      onFallback() {},
    },
    connectivity,
  );
  // says which degrees of freedom there are
  await engine.observe();
  return {
    async run() {
      const before = process.cpuUsage();
      const { cost } = await engine.run({});
      const { user, system } = process.cpuUsage(before);
      // the share of the phase, without drawing the shuffles, the tables of a run that is longer than this, and the enhancement of nothing
      const { bin, gather, enhance, tables = 0 } = cost.ms;
      const share = bin / (bin + gather + enhance + tables);
      return ((user + system) * share) / nElements / nShuffles;
    },
    async close() {
      await engine.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Microseconds of processor time an element and shuffle; undefined where MRtrix3 is not installed. */
async function measurePeer(context, model, kind) {
  if (!context.isThere("vectorstats")) return undefined;
  const { m, few, many } = PEER[model.peer];
  const input = vectors(context.dir, N, m, MISSING[kind], kind);
  const at = (name) => join(input, name);
  const options = ["-nthreads", "1", "-quiet", "-force"];
  if (model.column) {
    writeFileSync(at("contrast-column.txt"), "0 -1 0\n");
    const column = vectors(context.dir, N, m, MISSING.complete, "column", 5000);
    options.push("-column", join(column, "subjects.txt"));
  }
  if (model.grouped) {
    writeFileSync(at("groups.txt"), Array.from({ length: N }, (_, i) => isPatient(i)).join(" "));
    options.push("-variance", at("groups.txt"));
  }
  const positional = [at("subjects.txt"), at("design.txt"), at(model.column ? "contrast-column.txt" : "contrast.txt")];
  const run = (shuffles) =>
    runChild("vectorstats", [
      ...positional,
      join(context.dir, "models-peer-"),
      "-nshuffles",
      `${shuffles}`,
      ...options,
    ]);
  const first = await run(few);
  const second = await run(many);
  const ms = (second.cpuMs - first.cpuMs) / (many - few);
  expectTrue("more shuffles take longer", ms > 0);
  return (ms * 1e3) / m;
}
