// The post-mortem's table: 1000 subjects x 500,000 elements, two groups, 5000 shuffles, two threads, from a store of 2 GB, as a user starts it: with the product of
// a library of the system (--kernels native) beside the SIMD kernels, in one run.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild } from "../tools/child.mjs";
import { expectSame, expectTrue } from "../tools/measure.mjs";

const MAKE = fileURLToPath(new URL("../../../fixtures/make/generate-big-store.mjs", import.meta.url));
/** --quick is for the case itself: what a run costs beside its shuffles is most of it. */
const SIZES = {
  quick: { n: 200, m: 50_000, shuffles: 500 },
  full: { n: 1000, m: 500_000, shuffles: 5000 },
};
/** Of what was published, with MRtrix3: minutes and memory for one analysis of this size. */
const PUBLISHED = "published for MRtrix3: 194-297 min at 4-39 GB; with one NaN 92,719 min";
const MOST_BYTES = 300e6;

const RUNS = [
  { name: "double", precision: "double", patterns: 0, minutes: 5 },
  { name: "single", precision: "single", patterns: 0, minutes: 2.5 },
  { name: "NaN in 20 patterns, double", precision: "double", patterns: 20 },
];
/** Of the complete data in double: milliseconds, by kernels. */
const complete = {};

export const postMortemCases = RUNS.map((run) => ({
  group: "post-mortem",
  name: `vectorstats, ${SIZES.full.n} x ${SIZES.full.m}, ${SIZES.full.shuffles} shuffles, 2 threads: ${run.name}`,
  quick: true,
  run: (context) => runOne(context, run),
}));

async function storeOf(context, { n, m }, patterns) {
  const folder = join(context.dir, `big-${n}x${m}-${patterns}`);
  if (!existsSync(join(folder, "cohort.fxs"))) {
    const size = ["--subjects", `${n}`, "--elements", `${m}`, "--patterns", `${patterns}`];
    await runChild(process.execPath, [MAKE, folder, ...size]);
  }
  return folder;
}

/** Undefined: no library of this machine multiplies. */
async function findLibrary(context, precision, nSubjects) {
  const { chooseLibrary } = await context.built("src/kernels/native/choose-library.js");
  const request = { precisions: [precision], nSubjects, rows: 256, width: 512, mustGain: false };
  return (await chooseLibrary(request)).chosen?.report;
}

const hasAvx512 = () =>
  existsSync("/proc/cpuinfo") && /^flags\s*:.*\bavx512f\b/m.test(readFileSync("/proc/cpuinfo", "utf8"));

async function infer(context, folder, { precision, kernels }) {
  const { m, shuffles } = SIZES[context.mode];
  const inputs = ["cohort.fxs", "design.txt", "contrast.txt"].map((file) => join(folder, file));
  const prefix = join(folder, `${precision}-${kernels}-`);
  const options = ["--seed", "1", "--threads", "2", "--precision", precision, "-nshuffles", `${shuffles}`];
  const line = ["vectorstats", ...inputs, prefix, ...options, "--kernels", kernels, "-force", "-quiet"];
  const run = await context.fixelstream(line);
  expectSame("kernels", JSON.parse(readFileSync(`${prefix}run.json`, "utf8")).kernels, kernels);
  const p = readFileSync(`${prefix}fwe_1mpvalue.csv`, "utf8")
    .replace(/#.*\n/g, "")
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  expectSame("p-values", p.length, m);
  // 0.5 was added to group 1 in one element of a thousand
  const count = (isPlanted) =>
    p.reduce((sum, value, i) => sum + (value > 0.95 && (i % 1000 === 0) === isPlanted ? 1 : 0), 0);
  const [found, wrong] = [count(true), count(false)];
  const isFound = context.mode === "quick" || found > 0.96 * (m / 1000);
  expectTrue(`planted elements found: ${found} of ${m / 1000}, ${wrong} others`, isFound && wrong <= 5);
  return { ...run, p };
}

async function runOne(context, { name, precision, patterns, minutes }) {
  const full = context.mode === "full";
  const size = SIZES[context.mode];
  const published = patterns === 0 ? 194 : 92_719;
  const library = await findLibrary(context, precision, size.n);
  const folder = await storeOf(context, size, patterns);
  const simd = await infer(context, folder, { precision, kernels: "simd" });
  const native = library && (await infer(context, folder, { precision, kernels: "native" }));
  if (name === "double") Object.assign(complete, { simd: simd.ms, native: native?.ms });
  const cost = ({ cpuMs }) => (cpuMs * 1e3) / size.m / size.shuffles;
  const figuresOf = (kernels, run) => {
    const most = minutes === undefined || !full ? {} : { atMost: minutes };
    const relative =
      patterns === 0 || complete[kernels] === undefined
        ? []
        : [
            {
              ...{ name: `${kernels}: of complete data`, value: run.ms / complete[kernels], unit: "ratio" },
              ...(full ? { atMost: kernels === "native" ? 1.1 : 1.5 } : { better: "less" }),
            },
          ];
    return [
      { name: `${kernels}: all told`, value: run.ms / 60_000, unit: "min", ...most },
      ...relative,
      { name: `${kernels}: processor time, an element and shuffle`, value: cost(run), unit: "us" },
      {
        name: `${kernels}: peak memory of the process`,
        value: run.peakBytes / 1e6,
        unit: "MB",
        atMost: MOST_BYTES / 1e6,
      },
    ];
  };
  const figures = figuresOf("simd", simd);
  if (native !== undefined) {
    const isTarget = full && patterns === 0 && hasAvx512();
    figures.push(
      ...figuresOf("native", native),
      {
        ...{ name: "simd / native, all told", value: simd.ms / native.ms, unit: "ratio" },
        ...(isTarget ? { atLeast: 2.8 } : { better: "more" }),
      },
      { name: "simd / native, processor time", value: simd.cpuMs / native.cpuMs, unit: "ratio", better: "more" },
      { name: "p-values that differ", value: native.p.filter((p, i) => p !== simd.p[i]).length, unit: "" },
    );
  }
  const best = native ?? simd;
  if (full)
    figures.push({
      name: `published / ours (${published.toLocaleString("en")} min)`,
      value: (published * 60_000) / best.ms,
      unit: "ratio",
      better: "more",
    });
  const by =
    library === undefined
      ? "no library of this machine multiplies"
      : `native: ${library.name} ${library.version} ${library.core}`.trim();
  const cut = full ? "" : `; cut to ${size.n} x ${size.m}, ${size.shuffles} shuffles`;
  return { note: `${by}${cut}; ${PUBLISHED}`, figures };
}
