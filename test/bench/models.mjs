// CPU time of every model in phase "bin" per element and shuffle, as a ratio to one design and one variance, in one process and thread (n = 1000, two
// columns, one t-test). `npm run build`, then: node test/bench/models.mjs [MODEL..]; SHUFFLES (256), ELEMENTS (1024) and REPEATS (12, the best counts) in
// the environment.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "../../dist/src/engine/engine.js";
import { partitionDesign } from "../../dist/src/stats/design/partition.js";
import { planShuffles } from "../../dist/src/stats/shuffle/generated-shuffles.js";

const nSubjects = 1000;
const blockWidth = 256;
const { ELEMENTS = "1024", SHUFFLES = "256", REPEATS = "12" } = process.env;
const [nElements, nShuffles, nRepeats] = [ELEMENTS, SHUFFLES, REPEATS].map(Number);
const folder = mkdtempSync(join(tmpdir(), "fixelstream-models-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

let state = 12345;
function uniform() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}
const normal = () => uniform() + uniform() + uniform() + uniform() + uniform() + uniform() - 3;

/** A blocked matrix on disk; `isMissing(subject, element)` values are NaN. */
function writeStore(name, isMissing) {
  const values = new Float32Array(nSubjects * nElements);
  for (let i = 0; i < values.length; i++) {
    const element = Math.floor(i / (nSubjects * blockWidth)) * blockWidth + (i % blockWidth);
    const subject = Math.floor(i / blockWidth) % nSubjects;
    values[i] = isMissing(subject, element) ? Number.NaN : 10 + normal();
  }
  const path = join(folder, name);
  writeFileSync(path, values);
  const size = { nRowsInFile: nSubjects, nElements, blockWidth, elementType: "f32" };
  return { path, byteOffset: 0, layout: "blocked", ...size, io: "read", ours: true };
}

/** Row-major matrix of rows. */
const matrix = (rows) => ({ nRows: rows.length, nColumns: rows[0].length, values: Float64Array.from(rows.flat()) });
const tTest = (...weights) => [{ name: "t1", kind: "t", contrast: matrix([weights]), rank: 1 }];
const isPatient = (subject) => (subject < nSubjects / 2 ? 0 : 1);
const design = matrix(Array.from({ length: nSubjects }, (_, i) => [1, isPatient(i)]));
const groups = { count: 2, of: Int32Array.from({ length: nSubjects }, (_, i) => isPatient(i)) };

const patterns = Array.from(
  { length: 20 },
  (_, size) => new Set(Array.from({ length: size }, () => Math.floor(uniform() * nSubjects))),
);
const lacks = (pattern, subject) => patterns[pattern % 20].has(subject);
const stores = {
  complete: writeStore("complete", () => false),
  coherent: writeStore("coherent", (subject, element) => lacks(Math.floor(element / 52), subject)),
  interleaved: writeStore("interleaved", (subject, element) => lacks(element, subject)),
  own: writeStore("own", (subject, element) => (subject * 7919 + element * 104729) % 200 === 0),
  column: writeStore("column", () => false),
};

const plain = { source: stores.complete, hypotheses: tTest(0, 1), variable: false, groups: undefined, columns: [] };
const column = { ...plain, hypotheses: tTest(0, 1, 0), variable: true, columns: [stores.column] };
const MODELS = {
  fixed: plain,
  "missing-20-coherent": { ...plain, source: stores.coherent, variable: true },
  "missing-20-interleaved": { ...plain, source: stores.interleaved, variable: true },
  "missing-own": { ...plain, source: stores.own, variable: true },
  column,
  variance: { ...plain, groups },
  "missing-variance": { ...plain, source: stores.coherent, variable: true, groups },
  "column-variance": { ...column, groups },
};

mkdirSync(join(folder, "matrix"));
writeFileSync(join(folder, "matrix", "counts.u32"), new Uint32Array(nElements));
writeFileSync(join(folder, "matrix", "norms.f32"), new Float32Array(nElements));
writeFileSync(join(folder, "matrix", "connections.bin"), new Uint8Array(8));
const connectivity = {
  manifest: { nConnections: 0, maxRowConnections: 0 },
  copyCountsInto: (counts) => counts.fill(0),
};

async function measure({ source, hypotheses, variable, groups: ofVariance, columns }) {
  const model = { design, hypotheses, nElementColumns: columns.length, variable, groups: ofVariance };
  const plan = planShuffles({ nSubjects, nShuffles, errors: "ee", seed: 1 });
  const engine = await openEngine(
    {
      partition: partitionDesign(design, columns.length > 0 ? [] : hypotheses),
      model,
      columnSources: columns,
      source,
      columns: Uint32Array.from({ length: nElements }, (_, i) => i),
      connectivity: { path: join(folder, "matrix"), io: "read" },
      enhancement: { dh: 0.1, extentPower: 2, heightPower: 3, exponent: 0.5, legacy: false },
      precision: "double",
      kernels: "simd",
      nThreads: 0,
      memoryBytes: 2 ** 30,
      lanes: { count: nShuffles, plan, offset: 0 },
      onFallback() {},
    },
    connectivity,
  );
  let best = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < nRepeats; repeat++) {
    const before = process.cpuUsage();
    const { timings } = await engine.runShuffles({});
    const { user, system } = process.cpuUsage(before);
    // the share of the phase, without drawing the shuffles and the enhancement of nothing
    const share = timings.binMs / (timings.binMs + timings.gatherMs + timings.enhanceMs);
    best = Math.min(best, ((user + system) * share) / nElements / nShuffles);
  }
  await engine.close();
  return best;
}

const wanted = process.argv.slice(2);
const reference = await measure(MODELS.fixed);
for (const [name, model] of Object.entries(MODELS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const microseconds = name === "fixed" ? reference : await measure(model);
  console.log(`${name.padEnd(24)} ${microseconds.toFixed(3)} us  ${(microseconds / reference).toFixed(2)}`);
}
