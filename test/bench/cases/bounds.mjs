// Maxima by bounds (--uncorrected-shuffles 0) beside the whole enhancement: the same analysis both ways by turns in one process and thread, on a template
// that streamlines made and smoothed subjects; processor time of the phases of the enhancement.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundleCohort } from "../tools/bundles.mjs";
import { expectSame, expectTrue } from "../tools/measure.mjs";

const SIZES = {
  quick: { cohort: { n: 20, voxel: 4, nStreamlines: 20_000, dispersion: 0.7 }, nShuffles: 1024, nRounds: 3 },
  full: { cohort: { n: 200, voxel: 2.1, nStreamlines: 350_000, dispersion: 0.7 }, nShuffles: 1024, nRounds: 2 },
};
/** Whole maps are enhanced of 16 shuffles together, of the data as they are too: of few shuffles that alone is a part of the time by bounds. */
const DEFAULT_SHUFFLES = 5000;

export const boundCases = [
  { group: "whole runs", name: "fixelcfestats, maxima by bounds beside the whole enhancement", quick: true, run },
];

async function run(context) {
  const { cohort, nShuffles, nRounds } = SIZES[context.mode];
  const input = bundleCohort(context.dir, cohort);
  const { inferFixels, ANALYSIS_DEFAULTS, CFE_DEFAULTS } = await context.built("src/index.js");
  const at = (name) => join(input, name);
  const output = join(context.dir, "bounds");
  const options = {
    ...{ ...ANALYSIS_DEFAULTS, ...CFE_DEFAULTS, verify: false, force: true, seed: 1, nThreads: 0, command: "bench" },
    ...{ input: at("fd"), subjects: at("subjects.txt"), design: at("design.txt"), contrast: at("contrast.txt") },
    ...{ connectivity: at("matrix"), cache: at("cache"), output, nShuffles },
  };
  const infer = async (uncorrectedShuffles, shuffles = nShuffles) => {
    const asked = uncorrectedShuffles === undefined ? {} : { uncorrectedShuffles };
    await inferFixels({ ...options, nShuffles: shuffles, ...asked });
    const { timings, results, plan } = JSON.parse(readFileSync(join(output, "run.json"), "utf8"));
    const text = readFileSync(join(output, "null_dist.txt"), "utf8").replace(/^#.*\n/gm, "");
    const { enhance, levels = 0, search = 0, gather, bin, reduce, total } = timings;
    const growing = uncorrectedShuffles === undefined ? enhance : levels + search;
    const more = DEFAULT_SHUFFLES / shuffles - 1;
    const ms = enhance + levels + search;
    const byDefault = { ms: ms + more * growing, total: total + more * (growing + gather + bin + reduce) };
    return { ms, total, byDefault, text, results, plan };
  };
  const best = { whole: [], bounded: [] };
  let found;
  const restore = countProcessorTime();
  try {
    // converts, prepares and warms up
    for (const way of [undefined, 0]) await infer(way, 64);
    for (let round = 0; round < nRounds; round++) {
      const whole = await infer(undefined);
      found = await infer(0);
      expectSame("null distribution by bounds", found.text, whole.text);
      best.whole.push(whole);
      best.bounded.push(found);
    }
  } finally {
    restore();
    rmSync(output, { recursive: true, force: true });
  }
  const { search } = found.results;
  expectTrue("nothing was given up", search.gaveUp.length === 0 && search.nFound === nShuffles - 1);
  // small templates have a larger share of pairs near the maximum
  const target = (atMost) => (context.mode === "full" ? { atMost } : { better: "less" });
  const least = (runs, of) => Math.min(...runs.map(of));
  const ratio = (of) => least(best.bounded, of) / least(best.whole, of);
  const share = (count) => `${((100 * count) / search.pairs).toFixed(2)} %`;
  return {
    figures: [
      { name: "time of the enhancement", value: ratio(({ ms }) => ms), unit: "ratio", better: "less" },
      { name: "time of the run", value: ratio(({ total }) => total), unit: "ratio", better: "less" },
      {
        ...{ name: `time of the enhancement, ${DEFAULT_SHUFFLES} shuffles by its phases`, unit: "ratio" },
        ...{ value: ratio(({ byDefault }) => byDefault.ms), ...target(0.2) },
      },
      {
        ...{ name: `time of the run, ${DEFAULT_SHUFFLES} shuffles by its phases`, unit: "ratio" },
        ...{ value: ratio(({ byDefault }) => byDefault.total), ...target(0.25) },
      },
    ],
    note: `${found.plan.nElements} fixels, ${nShuffles} shuffles, and what ${DEFAULT_SHUFFLES}, the default, would take by what each phase took: phases that do not grow with shuffles are counted once; ${share(search.pairsPast)} of the pairs past the first bound, ${share(search.pairsEnhanced)} enhanced`,
  };
}

/** Timings of runs in this thread become its processor time. Returns what undoes it. */
function countProcessorTime() {
  const { now } = performance;
  performance.now = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e3;
  };
  return () => {
    performance.now = now;
  };
}
