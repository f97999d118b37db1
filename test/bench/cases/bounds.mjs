// Maxima by bounds (--uncorrected-shuffles 0) beside the whole enhancement: the same analysis both ways by turns in one process and thread, on a template
// that streamlines made and smoothed subjects; processor time of the phases of the enhancement.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundleCohort } from "../tools/bundles.mjs";
import { expectSame, expectTrue } from "../tools/measure.mjs";

const SIZES = {
  quick: { cohort: { n: 20, voxel: 4, nStreamlines: 20_000, dispersion: 0.7 }, nShuffles: 1024, nRounds: 3 },
  full: { cohort: { n: 200, voxel: 2.1, nStreamlines: 350_000, dispersion: 0.7 }, nShuffles: 512, nRounds: 3 },
};

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
  const infer = async (uncorrectedShuffles) => {
    await inferFixels({ ...options, ...(uncorrectedShuffles === undefined ? {} : { uncorrectedShuffles }) });
    const { timings, results, plan } = JSON.parse(readFileSync(join(output, "run.json"), "utf8"));
    const text = readFileSync(join(output, "null_dist.txt"), "utf8").replace(/^#.*\n/gm, "");
    const { enhance, levels = 0, search = 0, total } = timings;
    return { ms: enhance + levels + search, total, text, results, plan };
  };
  const best = { whole: Number.POSITIVE_INFINITY, bounded: Number.POSITIVE_INFINITY };
  const totals = { ...best };
  let found;
  const restore = countProcessorTime();
  try {
    // the first round converts, prepares and warms up
    for (let round = 0; round <= nRounds; round++) {
      const whole = await infer(undefined);
      found = await infer(0);
      expectSame("null distribution by bounds", found.text, whole.text);
      if (round === 0) continue;
      best.whole = Math.min(best.whole, whole.ms);
      best.bounded = Math.min(best.bounded, found.ms);
      totals.whole = Math.min(totals.whole, whole.total);
      totals.bounded = Math.min(totals.bounded, found.total);
    }
  } finally {
    restore();
    rmSync(output, { recursive: true, force: true });
  }
  const { search } = found.results;
  expectTrue("nothing was given up", search.gaveUp.length === 0 && search.nFound === nShuffles - 1);
  // small templates have a larger share of pairs near the maximum
  const target = context.mode === "full" ? { atMost: 0.2 } : { better: "less" };
  const share = (count) => `${((100 * count) / search.pairs).toFixed(2)} %`;
  return {
    figures: [
      { name: "time of the enhancement", value: best.bounded / best.whole, unit: "ratio", ...target },
      { name: "time of the run", value: totals.bounded / totals.whole, unit: "ratio", better: "less" },
    ],
    note: `${found.plan.nElements} fixels, ${nShuffles} shuffles; ${share(search.pairsPast)} of the pairs past the first bound, ${share(search.pairsEnhanced)} enhanced`,
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
