// The page of a run's results: how long it takes to write, how large it is, what memory it takes; of many significant fixels and of none.
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { brain } from "../tools/brain.mjs";
import { expectTrue } from "../tools/measure.mjs";

const SIZES = { quick: [2000, 100_000], full: [2000, 100_000, 500_000] };
/** Share of the patches of fixels that are lower in patients. */
const CASES = [
  ["none significant", 0],
  ["many significant", 0.3],
];
const MOST = { seconds: 5, megabytes: 10 };

export const reportCase = {
  group: "report",
  name: "fixelstream report",
  quick: true,
  async run(context) {
    const figures = [];
    for (const m of SIZES[context.mode]) {
      for (const [words, affected] of CASES) {
        const input = brain(context.dir, m, affected);
        const at = (name) => join(input, name);
        const stats = at("stats");
        rmSync(stats, { recursive: true, force: true });
        const line = [
          "fixelcfestats",
          at("fd"),
          at("subjects.txt"),
          at("design.tsv"),
          at("contrast.txt"),
          at("matrix"),
        ];
        const options = ["-nshuffles", "40", "--seed", "1", "-nthreads", "1", "--no-report", "-quiet"];
        await context.fixelstream([...line, stats, ...options]);
        const { ms, cpuMs, peakBytes } = await context.fixelstream(["report", stats, "-quiet"]);
        expectTrue(
          "clusters are there as it was made",
          statSync(at("stats/clusters_t1.tsv")).size > 1000 === affected > 0,
        );
        const name = `${m} fixels, ${words}`;
        figures.push(
          { name: `${name}: to write`, value: ms / 1e3, unit: "s", atMost: MOST.seconds },
          { name: `${name}: processor time`, value: cpuMs / 1e3, unit: "s" },
          {
            name: `${name}: size`,
            value: statSync(at("stats/report.html")).size / 1e6,
            unit: "MB",
            atMost: MOST.megabytes,
          },
          { name: `${name}: peak of the process`, value: peakBytes / 2 ** 20, unit: "MiB" },
        );
        rmSync(stats, { recursive: true, force: true });
      }
    }
    return { note: "20 subjects, two t-tests; the process that makes the page alone", figures };
  },
};
