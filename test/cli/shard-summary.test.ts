// What a shard says it has done: the shuffles of all shards are those of the run, each once.
import { expect, it } from "vitest";
import type { InferenceSummary } from "../../src/app/analyse/inference.js";
import { formatOutcome } from "../../src/cli/commands/format-summary.js";
import { rangeOfShard } from "../../src/run/shards.js";
import { wholeRange } from "../../src/run/shuffle-range.js";

const summaryOf = (nShuffles: number, index: number, of: number): InferenceSummary => {
  const whole = wholeRange({ count: nShuffles, startsWithIdentity: true }, { notest: false });
  const { first, end } = rangeOfShard(whole, { index, of });
  return {
    ...{ output: `out/.shards/${index}-of-${of}.fxn`, nSubjects: 8, nElements: 24, nShuffles, hypotheses: [] },
    ...{ warnings: [], elapsedMs: 1000, memory: { plannedBytes: 1, peakResidentBytes: 2 } },
    shard: { index, of, first, end },
  };
};

it.each([
  [400, 3],
  [4, 7],
  [10, 10],
  [5000, 1],
])("%i shuffles in %i shards", (nShuffles, of) => {
  const seen: number[] = [];
  for (let index = 1; index <= of; index++) {
    const text = formatOutcome(summaryOf(nShuffles, index, of), "fixels", false);
    const [, what] = new RegExp(
      `^fixelstream: shard ${index} of ${of}: (.*) of ${nShuffles} \\(24 fixels, 8 subjects\\)`,
    ).exec(text)!;
    expect(text).toContain(`${index}-of-${of}.fxn; when all are there: fixelstream merge out\n`);
    if (what === "no shuffle") continue;
    const [, first, last = first] = /^shuffles? (\d+)(?: to (\d+))? \(counted from 0\)$/.exec(what!)!;
    for (let i = Number(first); i <= Number(last); i++) seen.push(i);
  }
  expect(seen).toEqual(Array.from({ length: nShuffles }, (_, i) => i));
});
