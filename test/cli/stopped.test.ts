// Every command that works for long and writes hears a request to stop, ends with the signal's code and leaves nothing under the name asked for.
import fs from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { Interrupted } from "../../src/errors.js";
import { listing, newAnalysis } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { writeLongVectors } from "../support/long-analysis.js";

const input = newAnalysis();
const at = input.at;
const fixels = input.positionals.slice(0, 2);

beforeAll(async () => {
  fs.mkdirSync(at("vectors"));
  writeLongVectors(at("vectors"), { nSubjects: 8, nElements: 40 });
  fs.writeFileSync(
    at("table.csv"),
    `id,FD\n${Array.from({ length: 8 }, (_, i) => `${i},sub-${i + 1}.mif\n`).join("")}`,
  );
  for (const tokens of [
    ["convert", "fixels", ...fixels, at("cohort.h5")],
    ["convert", "fixels", ...fixels, at("cohort.fxs")],
    ["fixelcfestats", ...input.positionals, "-nshuffles", "20", "-nthreads", "0"],
    ["export", at("out"), at("results.h5"), "--analysis", "one"],
  ]) {
    const { status, stderr } = await runInProcess([...tokens, "-quiet"]);
    expect(status, stderr).toBe(0);
  }
});

it.each([
  ["convert fixels to a store", () => ["convert", "fixels", ...fixels, at("a.fxs")]],
  ["convert fixels to .h5", () => ["convert", "fixels", ...fixels, at("b.h5")]],
  ["convert vectors", () => ["convert", "vectors", at("vectors/data.npy"), at("c.fxs")]],
  ["convert cohort to a store", () => ["convert", "cohort", at("table.csv"), at("d.fxs"), "--template", at("fd")]],
  ["convert cohort to .h5", () => ["convert", "cohort", at("table.csv"), at("e.h5"), "--template", at("fd")]],
  ["convert modelarray to a store", () => ["convert", "modelarray", at("cohort.h5"), at("f.fxs")]],
  ["convert modelarray to .h5", () => ["convert", "modelarray", at("cohort.h5"), at("g.h5")]],
  ["export to .h5", () => ["export", at("out"), at("h.h5"), "--analysis", "one"]],
  ["export to images", () => ["export", at("results.h5"), at("images"), "--analysis", "one"]],
  ["fixelfilter of a directory", () => ["fixelfilter", at("fd"), "smooth", at("smooth"), "-matrix", at("matrix")]],
  ["fixelfilter of a file", () => ["fixelfilter", at("fd/sub-1.mif"), "connect", at("x.mif"), "-matrix", at("matrix")]],
  ["fixelfilter of a store", () => ["fixelfilter", at("cohort.fxs"), "smooth", at("i.fxs"), "-matrix", at("matrix")]],
  ["fixelcfestats of an .h5 where it lies", () => ["fixelcfestats", at("cohort.h5"), "-", ...others(), at("out-2")]],
])("%s", async (_name, tokens) => {
  const before = listing(input.root);
  const stop = AbortSignal.abort(new Interrupted("SIGTERM"));
  const { status, stderr } = await runInProcess([...tokens(), "-quiet"], stop);
  expect(status).toBe(143);
  expect(stderr).toMatch(/^fixelstream: interrupted by SIGTERM: /);
  // what a conversion has done is continued
  const after = listing(input.root).filter((name) => !/\.partial-|\.fixelstream/.test(name));
  expect(after).toEqual(before.filter((name) => !/\.partial-|\.fixelstream/.test(name)));
});

const others = () => input.positionals.slice(2, 5);
