// The post-mortem's table: 1000 subjects x 500,000 elements, two groups, 5000 shuffles, two threads, from a store of 2 GB, as a user starts it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild } from "../tools/child.mjs";
import { expectSame, expectTrue } from "../tools/measure.mjs";

const MAKE = fileURLToPath(new URL("../../../fixtures/make/generate-big-store.mjs", import.meta.url));
const SUBJECTS = 1000;
const ELEMENTS = 500_000;
const SHUFFLES = 5000;
/** Of what was published, with MRtrix3: minutes and memory for one analysis of this size. */
const PUBLISHED = "published for MRtrix3: 194-297 min at 4-39 GB; with one NaN 92,719 min";

const RUNS = [
  { name: "double", precision: "double", patterns: 0, minutes: 5 },
  { name: "single", precision: "single", patterns: 0, minutes: 2.5 },
  { name: "NaN in 20 patterns, double", precision: "double", patterns: 20 },
];
/** Milliseconds of the complete data in double. */
let complete;

export const postMortemCases = RUNS.map((run) => ({
  group: "post-mortem",
  name: `vectorstats, ${SUBJECTS} x ${ELEMENTS}, ${SHUFFLES} shuffles, 2 threads: ${run.name}`,
  quick: false,
  run: (context) => runOne(context, run),
}));

async function storeOf(context, patterns) {
  const folder = join(context.dir, `big-${patterns}`);
  if (!existsSync(join(folder, "cohort.fxs"))) {
    const size = ["--subjects", `${SUBJECTS}`, "--elements", `${ELEMENTS}`, "--patterns", `${patterns}`];
    await runChild(process.execPath, [MAKE, folder, ...size]);
  }
  return folder;
}

async function runOne(context, { name, precision, patterns, minutes }) {
  const published = patterns === 0 ? 194 : 92_719;
  const folder = await storeOf(context, patterns);
  const inputs = ["cohort.fxs", "design.txt", "contrast.txt"].map((file) => join(folder, file));
  const prefix = join(folder, `${precision}-`);
  const options = ["--seed", "1", "--threads", "2", "--precision", precision, "-nshuffles", `${SHUFFLES}`];
  const run = await context.fixelstream(["vectorstats", ...inputs, prefix, ...options, "-force", "-quiet"]);
  const p = readFileSync(`${prefix}fwe_1mpvalue.csv`, "utf8")
    .replace(/#.*\n/g, "")
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  expectSame("p-values", p.length, ELEMENTS);
  // 0.5 was added to group 1 in one element of a thousand
  const found = p.reduce((count, value, i) => count + (value > 0.95 && i % 1000 === 0 ? 1 : 0), 0);
  const wrong = p.reduce((count, value, i) => count + (value > 0.95 && i % 1000 !== 0 ? 1 : 0), 0);
  expectTrue(`planted elements found: ${found} of 500, ${wrong} others`, found > 480 && wrong <= 5);
  if (name === "double") complete = run.ms;
  const relative =
    patterns === 0 || complete === undefined ? [] : [{ value: run.ms / complete, unit: "ratio", atMost: 1.5 }];
  return {
    note: PUBLISHED,
    figures: [
      { name: "all told", value: run.ms / 60_000, unit: "min", ...(minutes === undefined ? {} : { atMost: minutes }) },
      ...relative.map((figure) => ({ name: "of complete data", ...figure })),
      { name: "processor time, an element and shuffle", value: (run.cpuMs * 1e3) / ELEMENTS / SHUFFLES, unit: "us" },
      { name: "peak memory of the process", value: run.peakBytes / 1e6, unit: "MB", atMost: 400 },
      {
        name: `published / ours (${published.toLocaleString("en")} min)`,
        value: (published * 60_000) / run.ms,
        unit: "ratio",
        better: "more",
      },
    ],
  };
}
