// Of a test in both directions the page has what those of the row and of its negative have: statistics are shared, and the negative direction's are negatives.
import fs from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { newReportCase, readTsv, runReported, textOf } from "../support/report-cases.js";

const both = newReportCase({});
const mirrored = newReportCase({});
let text: string;

beforeAll(async () => {
  text = textOf(await runReported(both, "--two-tailed"));
  const [row] = fs.readFileSync(mirrored.at("contrast.txt"), "utf8").trim().split("\n");
  const negative = row!.split(/\s+/).map((weight) => -Number(weight));
  fs.writeFileSync(mirrored.at("contrast.txt"), `${row}\n${negative.join(" ")}\n`);
  // one null for the pair, as two tails have
  await runReported(mirrored, "-strong");
}, 600_000);

it("has the clusters of both rows", () => {
  const nOf = (clusters: readonly unknown[]) => clusters.length;
  const pairs = [
    ["clusters_t1_positive.tsv", "clusters_t1.tsv"],
    ["clusters_t1_negative.tsv", "clusters_t2.tsv"],
  ].map(([one, other]) => [readTsv(both.at("out", one!)), readTsv(mirrored.at("out", other!))] as const);
  expect(pairs.reduce((sum, [found]) => sum + nOf(found), 0)).toBeGreaterThan(0);
  for (const [found, wanted] of pairs) expect(found).toEqual(wanted);
});

it("counts what the run counts, and says of nothing that it was not tested", () => {
  const { results } = JSON.parse(fs.readFileSync(both.at("out", "run.json"), "utf8"));
  const counts: number[] = results.hypotheses.map(({ significant }: { significant: number }) => significant);
  expect(Math.max(...counts)).toBeGreaterThan(3);
  expect(text).toContain(`in ${Math.max(...counts)} of 24 fixels (`);
  expect(text).toContain("none of 24 fixels has a family-wise p below 0.05");
  expect(text).not.toContain("the images here give");
});
