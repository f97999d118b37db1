// One whole run of fixelcfestats on a generated cohort, and what it left behind.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cohort, matrix } from "./inputs.mjs";
import { expectSame, expectTrue } from "./measure.mjs";
import { readFloats } from "./mif.mjs";

/** `fresh`: nothing converted or prepared before. */
export async function infer(context, { n, m, k, shuffles, threads, memory, fresh, extra = [] }) {
  const input = cohort(context.dir, n, m);
  const connectivity = matrix(context.dir, m, k);
  const cache = join(context.dir, "cache");
  const output = join(context.dir, "stats");
  if (fresh) rmSync(cache, { recursive: true, force: true });
  const files = ["design.txt", "contrast.txt"].map((name) => join(input, name));
  const positional = [join(input, "fd"), join(input, "subjects.txt"), ...files, connectivity, output];
  const options = ["-nshuffles", shuffles, "-nthreads", threads, "--memory", memory, "--seed", 1, "--cache", cache];
  const child = await context.fixelstream([
    "fixelcfestats",
    ...positional,
    ...options.map(String),
    "-force",
    "-quiet",
    ...extra,
  ]);
  const record = JSON.parse(readFileSync(join(output, "run.json"), "utf8"));
  const null_ = readFileSync(join(output, "null_dist.txt"), "utf8").replace(/#.*\n/g, "").trim().split(/\s+/);
  expectSame("shuffles in null_dist.txt", null_.length, shuffles);
  expectTrue(
    "every shuffle has a maximum above 0",
    null_.every((v) => Number(v) > 0),
  );
  const images = { tvalue: readFloats(join(output, "tvalue.mif")), cfe: readFloats(join(output, "cfe.mif")) };
  expectSame(
    "the largest enhanced statistic is the first of the null",
    Math.fround(Number(null_[0])),
    Math.max(...cut(images.cfe)),
  );
  return { ...child, record, null: null_, images, explained: explained(record) };
}

const cut = (values) =>
  [...values]
    .filter((v) => Number.isFinite(v))
    .sort((a, b) => a - b)
    .slice(-1);

/** Share of the command's time that its phases name. */
function explained({ timings }) {
  const { total, ...phases } = timings;
  return Object.values(phases).reduce((sum, ms) => sum + ms, 0) / total;
}

/** Milliseconds of each phase, largest first. */
export function phasesOf({ timings }) {
  const { total, ...phases } = timings;
  const list = Object.entries(phases).sort((a, b) => b[1] - a[1]);
  return list
    .filter(([, ms]) => ms >= 0.005 * total)
    .map(([name, ms]) => `${name} ${((100 * ms) / total).toFixed(1)} %`)
    .join(", ");
}
