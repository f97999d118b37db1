// Linear and additive models of every element: processor time of 2000 x 100, beside what R takes, and a whole run of as many fixels as ModelArray's authors had.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild } from "../tools/child.mjs";
import { expectTrue } from "../tools/measure.mjs";

const GENERATE = fileURLToPath(new URL("../../../fixtures/make/generate-big-store.mjs", import.meta.url));
const N = 100;
const SMALL = 2000;
const LARGE = { quick: 60_000, full: 602_229 };
const ROUNDS = { quick: 3, full: 7 };
/** Elements a second of ModelArray 0.1.5 in R 4.2 on one core, processor time, 2000 x 100. */
const R = { lm: 33, "gam fx": 25, "gam REML": 20 };

const table = () =>
  `age,sex,motion\n${Array.from({ length: N }, (_, i) => `${8 + ((i * 37) % 150) / 10},${i % 3 === 0 ? "F" : "M"},${((i * 13) % 50) / 100}`).join("\n")}\n`;

/** Microseconds an element of processor time: of the first round, which is the compiler's for the most part, and of the best. */
async function fitAll(context, kind, formula) {
  const { createElementModel } = await context.built("src/stats/elementwise/element-model.js");
  const { tableOf } = await context.built("src/stats/formula/data-table.js");
  const [columns, ...rows] = table()
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  const model = createElementModel({
    ...{ kind, formula, table: tableOf(columns, rows), scalars: ["values"], notInDot: [], weights: undefined },
    ...{ moreThan: 20, coding: {}, method: "REML", changedRsq: [] },
    ...{ termStatistics: ["estimate", "statistic", "p.value"], smoothStatistics: ["statistic", "p.value"] },
    modelStatistics: kind === "lm" ? ["adj.r.squared", "p.value"] : ["dev.expl"],
  });
  const out = new Float64Array(model.statistics.length);
  const values = Array.from({ length: SMALL }, (_, e) =>
    Float64Array.from({ length: N }, (__, i) => Math.sin(i * (e + 1)) + i / 100),
  );
  let best = Number.POSITIVE_INFINITY;
  let first;
  for (let round = 0; round < ROUNDS[context.mode]; round++) {
    const before = process.cpuUsage();
    for (const one of values) expectTrue("an element is fitted", model.fit([one], out) === "fitted");
    const { user, system } = process.cpuUsage(before);
    first ??= (user + system) / SMALL;
    best = Math.min(best, (user + system) / SMALL);
  }
  return { first, best };
}

/** A process of its own, from a store to an .h5. */
async function runWhole(context, m) {
  const folder = join(context.dir, `elementwise-${m}`);
  await runChild(process.execPath, [GENERATE, folder, "--subjects", String(N), "--elements", String(m)]);
  const [columns, ...rows] = table().trim().split("\n");
  const named = [`subject_id,${columns}`, ...rows.map((row, i) => `sub-${i},${row}`)];
  writeFileSync(join(folder, "table.csv"), `${named.join("\n")}\n`);
  const output = join(folder, "out.h5");
  rmSync(output, { force: true });
  const args = ["lm", join(folder, "cohort.fxs"), join(folder, "table.csv"), "values~age+sex+motion", output];
  const run = await context.fixelstream([...args, "--no-report", "-quiet"]);
  expectTrue("the results are there", readFileSync(output).length > 8 * m * 14);
  return run;
}

export const elementwise = {
  group: "models",
  name: "lm and gam of every element",
  quick: true,
  async run(context) {
    const figures = [];
    for (const [name, kind, formula, atLeast] of [
      ["lm", "lm", "values ~ age + sex + motion", 1000],
      ["gam fx", "gam", "values ~ s(age, k = 4, fx = TRUE) + sex + motion", 200],
      ["gam REML", "gam", "values ~ s(age, k = 4) + sex + motion", 200],
    ]) {
      const { first, best } = await fitAll(context, kind, formula);
      figures.push({ name: `${name}, an element of ${N} subjects`, value: best, unit: "us" });
      figures.push({ name: `${name} beside ModelArray in R`, value: 1e6 / best / R[name], unit: "ratio", atLeast });
      figures.push({ name: `${name}, of the first ${SMALL} in a process`, value: first, unit: "us" });
    }
    // start, reading, corrections, writing and what is made beside the numbers; of R's figures none has its start
    const small = await runWhole(context, SMALL);
    figures.push({ name: `lm, ${SMALL} elements, all of it: processor time`, value: small.cpuMs, unit: "ms" });
    const ofR = (1000 * SMALL) / R.lm;
    figures.push({
      name: "all of it beside ModelArray's fitting alone",
      value: ofR / small.cpuMs,
      unit: "ratio",
      better: "more",
    });
    const m = LARGE[context.mode];
    const { ms, cpuMs, peakBytes } = await runWhole(context, m);
    figures.push({ name: `lm, ${m} elements, all of it`, value: (m / ms) * 1000, unit: "elements/s" });
    figures.push({ name: "processor time of it", value: cpuMs, unit: "ms" });
    figures.push({ name: "peak memory of it", value: peakBytes / 2 ** 20, unit: "MiB" });
    return { figures };
  },
};
