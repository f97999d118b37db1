// Runs that end before all shuffles are done (--negbin, --stop-when-settled) beside those that do all, by turns in one process and thread; processor time of
// the whole run. What is saved depends on the data: where an effect fades out through 0.05 nothing settles, and its elements never stop.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleCohort } from "../tools/bundles.mjs";
import { expectSame, expectTrue } from "../tools/measure.mjs";
import { readFloats } from "../tools/mif.mjs";
import { vectorStore } from "./limits.mjs";

const SIZES = {
  quick: {
    cohort: { n: 20, voxel: 4, nStreamlines: 20_000, dispersion: 0.7 },
    vectors: { n: 100, m: 20_000 },
    nShuffles: 2000,
  },
  full: {
    cohort: { n: 100, voxel: 3, nStreamlines: 120_000, dispersion: 0.7 },
    vectors: { n: 100, m: 100_000 },
    nShuffles: 5000,
  },
};
const N = 20;
const NUMBERS = /^#.*\n/gm;

export const stoppingCases = [
  { group: "whole runs", name: "runs that end before all shuffles are done", quick: true, run },
];

async function run(context) {
  const { nShuffles, ...sizes } = SIZES[context.mode];
  const kinds = [await fixels(context, sizes.cohort), await vectors(context, sizes.vectors)];
  const figures = [];
  const ends = [];
  for (const kind of kinds) {
    for (const [effect, design] of Object.entries(kind.designs)) {
      const infer = (shuffles, changes) =>
        measured(() => kind.infer({ design, nShuffles: shuffles, ...changes }), kind.output);
      // converts, prepares and warms up
      await infer(64, {});
      const all = await infer(nShuffles, {});
      const [allNull, allP] = [kind.nulls(), kind.p()];
      const settled = await infer(nShuffles, { stopWhenSettled: true });
      const { done } = settled.record.settled;
      expectSame("null distribution of a run that settled", kind.nulls().join(), allNull.slice(0, done).join());
      const stopping = await infer(nShuffles, { negativeBinomial: N });
      checkP(kind.p(), allP, nShuffles);
      const { nTests, nStopped, meanCounted } = stopping.record.negativeBinomial;
      const what = `${kind.name}, ${effect}`;
      ends.push(
        `${what}: settled after ${done}; ${nStopped} of ${nTests} stopped, at shuffle ${Math.round(meanCounted)} on average`,
      );
      figures.push(
        { name: `${what}, all shuffles`, value: all.ms / 1e3, unit: "s" },
        { name: `${what}, --stop-when-settled`, value: settled.ms / all.ms, unit: "ratio", better: "neither" },
        { name: `${what}, --negbin ${N}`, value: stopping.ms / all.ms, unit: "ratio", better: "less" },
      );
    }
    rmSync(kind.output, { recursive: true, force: true });
  }
  return {
    figures,
    note: `${kinds.map(({ words }) => words).join("; ")}, ${nShuffles} shuffles; ${ends.join("; ")}; processor time of one thread, reading, observing and writing included; an effect: in one bundle; every settled null distribution the first of all, and p of those that went on those of all shuffles`,
  };
}

async function measured(infer, output) {
  const start = process.cpuUsage();
  await infer();
  const { user, system } = process.cpuUsage(start);
  return { ms: (user + system) / 1e3, record: JSON.parse(readFileSync(join(output, "run.json"), "utf8")) };
}

/** 1 - p. An element that never stopped has the count of all shuffles; of the others p is known to about 1/sqrt(N) of itself. */
function checkP(found, all, nShuffles) {
  let [sum, n] = [0, 0];
  for (const [i, value] of all.entries()) {
    const [p, plain] = [1 - found[i], 1 - value];
    if (p * nShuffles < N) expectTrue(`element ${i} that went on: ${p} beside ${plain}`, Math.abs(p - plain) < 1e-6);
    else [sum, n] = [sum + (p / plain - 1) ** 2, n + 1];
  }
  expectTrue("p of those that stopped near those of all shuffles", Math.sqrt(sum / n) < 2 / Math.sqrt(N));
}

/** Of `n` subjects: the second half are patients, whose bundle is lower, or every second is. */
function designsOf(folder, n, hasEffect) {
  const write = (name, isPatient) => {
    const path = join(folder, name);
    writeFileSync(path, Array.from({ length: n }, (_, i) => `1 ${isPatient(i) ? 1 : 0}\n`).join(""));
    return path;
  };
  return {
    "no effect": write("every-second.txt", (i) => i % 2 === 1),
    ...(hasEffect && { "an effect": write("halves.txt", (i) => i >= n / 2) }),
  };
}

async function fixels(context, cohort) {
  const input = bundleCohort(context.dir, cohort);
  const { inferFixels, ANALYSIS_DEFAULTS, CFE_DEFAULTS } = await context.built("src/index.js");
  const at = (name) => join(input, name);
  const output = join(context.dir, "stopping-fixels");
  const options = {
    ...{ ...ANALYSIS_DEFAULTS, ...CFE_DEFAULTS, verify: false, force: true, seed: 1, nThreads: 0, command: "bench" },
    ...{ input: at("fd"), subjects: at("subjects.txt"), contrast: at("contrast.txt"), kernels: "simd" },
    ...{ connectivity: at("matrix"), cache: at("cache"), output },
  };
  return {
    ...{ name: "fixelcfestats", output, designs: designsOf(input, cohort.n, true) },
    words: `fixelcfestats of ${cohort.n} smoothed subjects on a template of ${cohort.nStreamlines} streamlines`,
    infer: (changes) => inferFixels({ ...options, ...changes }),
    nulls: () => readFileSync(join(output, "null_dist.txt"), "utf8").replace(NUMBERS, "").trim().split(/\s+/),
    p: () => [...readFloats(join(output, "uncorrected_pvalue.mif"))],
  };
}

async function vectors(context, size) {
  const input = await vectorStore(context, size);
  const { inferVectors, ANALYSIS_DEFAULTS } = await context.built("src/index.js");
  const output = join(context.dir, "stopping-vectors");
  mkdirSync(output, { recursive: true });
  const options = {
    ...{ ...ANALYSIS_DEFAULTS, verify: false, force: true, seed: 1, nThreads: 0, command: "bench", kernels: "simd" },
    ...{ input: join(input, "vectors.fxs"), contrast: join(input, "contrast.txt"), prefix: `${output}/` },
    cache: join(context.dir, "stopping-cache"),
  };
  const read = (name) =>
    readFileSync(join(output, name), "utf8")
      .replace(NUMBERS, "")
      .trim()
      .split(/[\s,]+/);
  return {
    ...{ name: "vectorstats", output, designs: designsOf(input, size.n, false) },
    words: `vectorstats of ${size.n} subjects x ${size.m} elements`,
    infer: (changes) => inferVectors({ ...options, ...changes }),
    nulls: () => read("null_dist.csv"),
    p: () => read("uncorrected_pvalue.csv").map(Number),
  };
}
