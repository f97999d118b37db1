// The plan before a run is the run's own: what a store counts is known beforehand, what is not known is assumed to be the worse and said.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { BudgetError } from "../../src/errors.js";
import { ALL_COMMANDS, type EitherRun, newRun } from "../support/both-commands.js";

const missing = (subject: number, element: number) =>
  (subject + element) % 9 === 0 ? Number.NaN : ((subject * 7 + element * 3) % 13) / 4;
const complete = (subject: number, element: number) => ((subject * 7 + element * 3) % 13) / 4;
const LARGE = { nSubjects: 400, nElements: 150 };

/** Buffers of so many threads make a difference of megabytes. */
const nThreads = 64;

const PLANNED = ["batchShuffles", "nBatches", "blockWidth", "tileShuffles", "plannedBytes", "storePassBytes"] as const;
type Planned = Record<(typeof PLANNED)[number], number>;
const pick = (plan: Planned) => Object.fromEntries(PLANNED.map((name) => [name, plan[name]]));
const planOfRun = (run: EitherRun) => pick((run.record as unknown as { plan: Planned }).plan);

/** Smallest memory that the plan accepts. */
async function leastMemory(run: EitherRun, threads = nThreads): Promise<number> {
  const error = await run
    .plan({ memoryBytes: 2 ** 20, nThreads: threads, force: true })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(BudgetError);
  return (error as BudgetError).neededBytes;
}

describe.each(ALL_COMMANDS)("%s --dry-run", (command) => {
  it.each([
    ["missing values", missing],
    ["none", complete],
  ])("plans what runs, of data in the cache with %s", async (_, value) => {
    const run = newRun(command, { ...LARGE, value });
    await run.infer();
    expect((await run.plan({ force: true })).assumptions).toEqual([]);
    expect(pick(await run.plan({ force: true }))).toEqual(planOfRun(run));
  });

  it("says what it assumes of data that have not been read, and assumes the worse", async () => {
    const run = newRun(command, { ...LARGE, value: missing });
    const plan = await run.plan();
    expect(plan.assumptions).toEqual(["whether values are missing: planned as if some were"]);
    const { stdout, stderr } = await run.run("--dry-run");
    expect(stderr).toBe("");
    expect(stdout).toMatch(/\n\nnot known before the run\n {2}whether values are missing: planned as if some were\n$/);
    await run.infer();
    expect(planOfRun(run)).toEqual(pick(plan));
    expect((await run.run("--dry-run", "-force")).stdout).not.toMatch(/not known/);
  });

  it("says where the product may be a library's", async () => {
    const run = newRun(command, { nSubjects: 400, nElements: 1500, value: complete });
    const library =
      "whether a library of the system multiplies (--kernels auto): planned for the SIMD kernels; --kernels native plans for one";
    const long = { nShuffles: 20_000, notest: false } as const;
    expect((await run.plan({ ...long, kernels: "auto" })).assumptions).toContain(library);
    for (const plain of [
      { kernels: "auto", nShuffles: 20 },
      { ...long, kernels: "simd" },
      { ...long, kernels: "native" },
      { ...long, kernels: "auto", notest: true },
    ] as const) {
      expect((await run.plan(plain)).assumptions).not.toContain(library);
    }
  });

  it("assumes float64 where the files have it, and where they have not does not", async () => {
    const run = newRun(command, { ...LARGE, value: missing, wide: true });
    const plan = await run.plan();
    expect(plan.assumptions).toEqual([
      "whether values are missing: planned as if some were",
      "whether values need float64: planned as if some did",
    ]);
    await run.infer();
    expect(planOfRun(run)).toEqual(pick(plan));
  });

  it("takes what is enough for float32 where no header says more", async () => {
    // so much that it is beyond the smallest memory of all
    const threads = 8;
    const many = { ...LARGE, nSubjects: 8 * LARGE.nSubjects, value: missing };
    const narrow = newRun(command, many);
    const least = await leastMemory(narrow, threads);
    const wide = newRun(command, { ...many, wide: true });
    expect(least).toBeLessThan(await leastMemory(wide, threads));
    const enough = new Error("it has begun");
    const begun = (run: EitherRun) => {
      const controller = new AbortController();
      const events = { signal: controller.signal, onProgress: () => controller.abort(enough) };
      return run.infer({ memoryBytes: least, nThreads: threads }, events);
    };
    await expect(begun(narrow)).rejects.toBe(enough);
    await expect(begun(wide)).rejects.toThrow(
      /whether values need float64: planned as if some did\. .*The type of the/,
    );
  });

  it("refuses, as the run does, what is too little once missing values are counted: before anything is converted", async () => {
    const run = newRun(command, { ...LARGE, value: missing });
    const memoryBytes = (await leastMemory(run)) - 2 ** 20;
    const message =
      / It is not known yet whether values are missing: planned as if some were\. Values that are missing are counted when the data are converted: fixelstream convert does it beforehand\.$/;
    await expect(run.plan({ memoryBytes, nThreads })).rejects.toThrow(message);
    await expect(run.infer({ memoryBytes, nThreads })).rejects.toThrow(message);
    expect(fs.existsSync(run.at(".fixelstream"))).toBe(false);
    // in the cache the count is known
    await run.infer();
    const known = await run.infer({ memoryBytes, nThreads, force: true }).catch((reason: unknown) => reason);
    expect(known).toBeInstanceOf(BudgetError);
    expect((known as Error).message).not.toMatch(/not known/);
  });

  it("accepts less memory once the store counts no missing values", async () => {
    const run = newRun(command, { ...LARGE, value: complete });
    const assumed = await leastMemory(run);
    await run.infer();
    const least = await leastMemory(run);
    expect(least).toBeLessThan(assumed);
    expect((await run.plan({ memoryBytes: least, nThreads, force: true })).plannedBytes).toBeLessThanOrEqual(least);
  });
});
