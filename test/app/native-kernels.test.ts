// --kernels native and auto: a library that cannot be used is a warning and a fallback, never the end of the process; run.json says what multiplied.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { chooseKernels, fitKernels } from "../../src/app/analyse/choose-kernels.js";
import { KernelSearch } from "../../src/app/analyse/kernel-search.js";
import type { AnalysisPlan } from "../../src/app/analyse/resolve-analysis.js";
import { BudgetError } from "../../src/errors.js";
import { chooseLibrary, type SearchRequest } from "../../src/kernels/native/choose-library.js";
import type { TrialOutcome } from "../../src/kernels/native/native-product.js";
import { runTrial } from "../../src/kernels/native/run-trial.js";
import { hasCompiler, type MadeLibrary, makeLibrary } from "../support/blas-libraries.js";
import { runInProcess } from "../support/in-process-cli.js";
import { makeSmallAnalysis } from "../support/small-analysis.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const analysis = makeSmallAnalysis(join(root, "analysis"));
const ALONE = ["--seed", "1", "-nshuffles", "40", "-nthreads", "0", "-force"];
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function run(kernels: string, library: string) {
  vi.stubEnv("FIXELSTREAM_BLAS", library);
  const { status, stderr } = await runInProcess([
    ...["fixelcfestats", ...analysis.positionals, ...ALONE],
    ...["--kernels", kernels, "--cache", analysis.at("cache")],
  ]);
  expect(status, stderr).toBe(0);
  const out = analysis.at("out");
  const images = readdirSync(out).filter((name) => /^(cfe|uncorrected|fwe|Zstat).*mif$/.test(name));
  const data = images.map((name) => readFileSync(join(out, name)).subarray(-24 * 4));
  const record = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
  return { stderr, record, data };
}

describe("a library that cannot be used", () => {
  const made: readonly MadeLibrary[] = hasCompiler ? ["no-symbols", "wrong", "wrong-float", "sigill", "abort"] : [];
  test.each(["text", ...made] as const)("%s: SIMD kernels with their numbers, and a warning", async (name) => {
    const path = makeLibrary(root, name);
    const simd = await run("simd", path);
    expect(simd.stderr).not.toContain("library");
    expect(simd.record).not.toHaveProperty("product");
    const { stderr, record, data } = await run("native", path);
    expect(stderr).toContain(`warning: No library of the system multiplies (${path}: `);
    expect(stderr).toContain("): the SIMD kernels do, with the numbers of --kernels simd; FIXELSTREAM_BLAS names it.");
    expect(record.kernels).toBe("simd");
    expect(record.product.verdict).toBe("no library was right and faster");
    expect(record.product.tried[0].path).toBe(path);
    expect(record.warnings.map(({ tag }: { tag: string }) => tag)).toContain("native-kernels");
    expect(record.runPlan.hash).toBe(simd.record.runPlan.hash);
    expect(data).toEqual(simd.data);
  });

  test("is none: asked for, a warning; auto takes the SIMD kernels without a word", async () => {
    const { stderr, record } = await run("native", "none");
    expect(stderr).toContain(
      "warning: No library of the system multiplies (none was found): the SIMD kernels do, with the numbers of --kernels simd; name another by FIXELSTREAM_BLAS.",
    );
    expect(record.product).toEqual({ verdict: "no library was found", tried: [] });
    const auto = await run("auto", "none");
    expect(auto.stderr).not.toContain("library");
    expect(auto.record.kernels).toBe("simd");
  });
});

test.skipIf(!hasCompiler)("a library that is right multiplies: run.json and the run's plan say which", async () => {
  const path = makeLibrary(root, "plain");
  const simd = await run("simd", path);
  const { record, stderr } = await run("native", path);
  expect(stderr).not.toContain("warning: No library");
  expect(record.kernels).toBe("native");
  expect(record.product).toMatchObject({ path, name: "BLAS", precisions: { double: { isRight: true, columns: 8 } } });
  expect(record.runPlan).toMatchObject({ kernels: "native", product: { library: "BLAS", version: "", core: "" } });
  expect(record.runPlan.hash).not.toBe(simd.record.runPlan.hash);
  // 40 shuffles, in tiles of 256 rows: one row a shuffle, the constant left out
  expect(record.plan.tileShuffles).toBe(256);
});

test.skipIf(!hasCompiler)("a library that vanishes while it is tried is not used", async () => {
  const path = makeLibrary(temporaryDirectory(), "plain");
  const request = { precisions: ["double"], nSubjects: 20, rows: 256, width: 64, mustGain: false } as const;
  const outcome = await runTrial(request, { path });
  rmSync(path);
  const { chosen, tried } = await chooseLibrary(request, [{ kind: "named", path }], async () => outcome);
  expect(chosen).toBeUndefined();
  expect(tried.at(-1)!.verdict).toMatch(/^cannot be opened any more: Failed to load shared library/);
});

describe("auto", () => {
  const plan = (nShuffles: number) =>
    ({
      partition: { nSubjects: 20, rank: 2 },
      selection: { columns: { length: 1000 } },
      shuffles: { count: nShuffles },
    }) as unknown as AnalysisPlan;
  const options = { kernels: "auto", precision: "double", notest: false } as const;

  test("looks for a library in long runs only", async () => {
    vi.stubEnv("FIXELSTREAM_BLAS", "none");
    expect(await chooseKernels(options, plan(400_000))).toEqual({ kernels: "simd" });
    const search = { verdict: "no library was found", tried: [] };
    expect(await chooseKernels(options, plan(500_000))).toEqual({ kernels: "simd", search });
  });

  test("warns where the user's own library cannot be used", async () => {
    vi.stubEnv("FIXELSTREAM_BLAS", join(root, "nowhere.so"));
    const { kernels, warning } = await chooseKernels(options, plan(500_000));
    expect(kernels).toBe("simd");
    expect(warning!.message).toContain(`${join(root, "nowhere.so")}: Failed to load shared library`);
  });

  test("gives up a library whose tiles do not fit into the memory", () => {
    const native = { library: { path: "x" }, tile: { rows: 256, columns: 8 } };
    const chosen = { kernels: "native", native, search: { path: "x" } } as const;
    const tooLittle = () => {
      throw new BudgetError("too little", { neededBytes: 2, givenBytes: 1 });
    };
    expect(fitKernels({ kernels: "auto" }, chosen, tooLittle, undefined)).toEqual({
      kernels: "simd",
      search: { path: "x", verdict: "its tiles need more --memory" },
    });
    expect(fitKernels({ kernels: "native" }, chosen, tooLittle, undefined)).toBe(chosen);
  });
});

describe("a search that begins early", () => {
  const plan = (nShuffles: number) =>
    ({
      partition: { nSubjects: 1000, rank: 2 },
      selection: { columns: { length: 500_000 } },
      shuffles: { count: nShuffles },
    }) as unknown as AnalysisPlan;
  const none = { chosen: undefined, tried: [], isNamed: false };
  const noneFound = { verdict: "no library was found", tried: [] };
  const options = { kernels: "auto", precision: "double", notest: false } as const;
  const data = { nSubjects: 1000, nElements: 500_000 };
  /** Each try of it is of a library that is not there. */
  const searching = () => {
    const asked: SearchRequest[] = [];
    const outcomes: Promise<TrialOutcome>[] = [];
    const search = new KernelSearch(async (request, _, tryIt) => {
      asked.push(request);
      outcomes.push(tryIt!(request, { path: join(root, "nowhere.so") }));
      await outcomes.at(-1);
      return none;
    });
    return { asked, outcomes, search };
  };
  const notNeeded = { failure: "was no longer needed" };

  test.each([
    ["native", {}],
    ["auto", {}],
    ["auto", { precision: "single", nShuffles: 500 }],
  ] as const)("is the only one: %s %j", async (kernels, changes) => {
    const { asked, outcomes, search } = searching();
    const given = { ...options, ...changes, kernels };
    search.begin(given, data);
    expect(asked).toHaveLength(1);
    const found = await search.choose(given, plan(5000));
    expect(found).toEqual(await chooseKernels(given, plan(5000), { look: async () => none }));
    expect(found.search).toEqual(noneFound);
    expect(asked).toHaveLength(1);
    expect(await outcomes[0]).toMatchObject({ failure: expect.stringContaining("Failed to load shared library") });
  });

  test.each([
    ["simd", {}],
    ["reference", {}],
    ["auto", { notest: true }],
    ["auto", { permutations: "p.csv" }],
    ["auto", { nShuffles: 100 }],
  ] as const)("does not where it is not known that one is needed: %s %j", async (kernels, changes) => {
    const { asked, search } = searching();
    const given = { ...options, ...changes, kernels };
    search.begin(given, data);
    expect(asked).toEqual([]);
    expect(await search.choose(given, plan(5000))).toEqual(
      await chooseKernels(given, plan(5000), { look: async () => none }),
    );
  });

  test("is ended where an earlier run of the line has chosen, or another plan asks otherwise", async () => {
    const chosen = searching();
    chosen.search.begin(options, data);
    expect(await chosen.search.choose({ ...options, kernels: "simd" }, plan(5000))).toEqual({ kernels: "simd" });
    expect(await chosen.outcomes[0]).toEqual(notNeeded);
    const other = searching();
    other.search.begin(options, { ...data, nSubjects: 999 });
    expect((await other.search.choose(options, plan(5000))).search).toEqual(noneFound);
    expect(other.asked.map(({ nSubjects }) => nSubjects)).toEqual([999, 1000]);
    expect(await other.outcomes[0]).toEqual(notNeeded);
    expect(await other.outcomes[1]).not.toEqual(notNeeded);
  });

  test("is ended with a run that is refused", async () => {
    const { outcomes, search } = searching();
    search.begin(options, data);
    search.stop();
    expect(await outcomes[0]).toEqual(notNeeded);
  });
});
