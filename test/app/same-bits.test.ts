// Threads, memory, the way of reading and where the data come from decide no number: every result of every model is the same to the last byte.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { AnalysisOptions } from "../../src/app/analyse/options.js";
import { ALL_COMMANDS, type EitherRun, newRun, writeColumnFor } from "../support/both-commands.js";
import { writeHdf5Of } from "../support/modelarray-file.js";

const complete = (subject: number, element: number) =>
  Math.fround(Math.sin(subject * 12.9 + element * 78.2) + Number(subject > 3 && element < 9));
const missing = (subject: number, element: number) =>
  (subject + 2 * element) % 11 === 0 ? Number.NaN : complete(subject, element);

function labels(run: EitherRun, name: string, text: string): string {
  fs.writeFileSync(run.at(name), text);
  return run.at(name);
}
function column(run: EitherRun): Partial<AnalysisOptions> {
  fs.writeFileSync(run.at("contrast.txt"), "0 -1 0\n");
  return { column: [writeColumnFor(run)] };
}

type Change = (run: EitherRun) => Partial<AnalysisOptions>;
const MODELS: [name: string, change: Change, value: typeof complete][] = [
  ["plain", () => ({}), complete],
  ["missing values", () => ({}), missing],
  [
    "a column, variance groups and missing values",
    (run) => ({ ...column(run), variance: labels(run, "v.txt", "1 2 1 2 1 2 1 2\n") }),
    missing,
  ],
  [
    "blocks within, and signs",
    (run) => ({ exchangeWithin: labels(run, "b.txt", "1 1 2 2 1 1 2 2\n"), errors: "both" }),
    complete,
  ],
];

const bytesOf = (run: EitherRun) =>
  Object.fromEntries(
    run
      .results()
      .filter((name) => name !== "run.json" && name !== "index.mif" && name !== "directions.mif")
      .map((name) => [name, run.result(name).toString("latin1")]),
  );

describe.each(ALL_COMMANDS)("%s", (command) => {
  /** Null distributions: each model gives its own. */
  const seen = new Set<string>();
  it.each(MODELS)("%s", async (_, change, value) => {
    const run = newRun(command, { value });
    const options = { ...change(run), nShuffles: 300, force: true, command: "test", cache: run.at("cache") };
    await run.infer(options);
    const expected = bytesOf(run);
    const { hash } = run.record.runPlan;
    const [store] = fs.readdirSync(options.cache).filter((name) => name.endsWith(".fxs"));
    expect(store).toBeDefined();
    // little memory: several batches of what is enhanced; vectors have one, and their conversion takes more
    const isVectors = command === "vectorstats";
    const least = await run.plan({ ...options, memoryBytes: 2 ** 16, nThreads: 2 }).then(
      () => 2 ** 16,
      ({ neededBytes }: { neededBytes: number }) => neededBytes,
    );
    const memoryBytes = isVectors ? 2.25 * 2 ** 20 : least;
    const others: Partial<AnalysisOptions>[] = [{ nThreads: 2, memoryBytes, io: "read", cache: run.at("fresh") }];
    // a column of its own is found among the stores of the cache too
    if (options.column === undefined && command !== "fixelcfestats")
      others.push({ input: path.join(options.cache, store!) });
    // of fixels the headers are those of the tables in it: app/hdf5.test.ts compares values
    const hdf5 = command === "fixelcfestats" ? undefined : await writeHdf5Of(run, "data.h5");
    if (hdf5 !== undefined) others.push({ input: hdf5 }, { input: hdf5, nThreads: 2, memoryBytes, io: "mmap" });
    for (const other of others) {
      await run.infer({ ...options, ...other });
      expect(bytesOf(run), JSON.stringify(other)).toEqual(expected);
      // its rows have checksums of their own
      if (other.input !== hdf5 || hdf5 === undefined) expect(run.record.runPlan.hash).toBe(hash);
      const { nBatches } = (run.record as unknown as { plan: { nBatches: number } }).plan;
      if (other.memoryBytes !== undefined && !isVectors) expect(nBatches).toBeGreaterThan(1);
    }
    expect(Object.keys(expected).length).toBeGreaterThan(6);
    const nulls = expected["null_dist.txt"] ?? expected["null_dist.csv"] ?? "";
    expect(nulls.length).toBeGreaterThan(300);
    expect(seen).not.toContain(nulls);
    seen.add(nulls);
  });
});
