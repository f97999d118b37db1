// Libraries are tried in a process of their own: whatever one does there, this process goes on and can say what happened.
import { describe, expect, it } from "vitest";
import { chooseLibrary } from "../../../src/kernels/native/choose-library.js";
import { runTrial } from "../../../src/kernels/native/run-trial.js";
import { fastLibraries, hasCompiler, type MadeLibrary, makeLibrary } from "../../support/blas-libraries.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const request = { precisions: ["double", "single"], nSubjects: 20, rows: 256, width: 64, mustGain: false } as const;
const named = (path: string) => [{ kind: "named", path }] as const;

/** A trial as it is, but for the rates: how fast a machine is at the moment is no part of what is decided here. */
const withRate =
  (gain: number): typeof runTrial =>
  async (...asked) => {
    const outcome = await runTrial(...asked);
    if ("failure" in outcome) return outcome;
    const { precisions } = outcome.report;
    const rated = Object.entries(precisions).map(([name, one]) => [name, { ...one, gflops: gain, simdGflops: 1 }]);
    return { report: { ...outcome.report, precisions: Object.fromEntries(rated) } };
  };

describe("a library that cannot be used", () => {
  it("is a text, or not there", async () => {
    const path = makeLibrary(temporaryDirectory(), "text");
    for (const given of [path, `${path}.none`]) {
      const { chosen, tried } = await chooseLibrary(request, named(given));
      expect(chosen).toBeUndefined();
      for (const { verdict } of tried) expect(verdict).toMatch(/^Failed to load shared library/);
      expect(tried.length).toBeGreaterThan(0);
    }
  });

  it.skipIf(!hasCompiler).each<readonly [MadeLibrary, RegExp]>([
    ["no-symbols", /^Cannot find function 'cblas_dgemm' in shared library/],
    ["wrong", /^computes wrong products: expected errors below 1e-12 of the sum, got 0.0000\d+$/],
    ["forgets", /^computes wrong products: expected errors below 1e-12 of the sum, got \d/],
    ["sigill", /^kills the process it is tried in \(SIGILL\)$/],
    ["abort", /^kills the process it is tried in \(SIGABRT\)$/],
    ["endless", /^gives no answer that can be read$/],
  ])("%s", async (name, verdict) => {
    const path = makeLibrary(temporaryDirectory(), name);
    const { chosen, tried, isNamed } = await chooseLibrary(request, named(path));
    expect({ chosen, isNamed }).toEqual({ chosen: undefined, isNamed: true });
    for (const attempt of tried) expect(attempt.verdict).toMatch(verdict);
    expect(tried.length).toBeGreaterThan(0);
  });

  it.skipIf(!hasCompiler)("hangs", async () => {
    const path = makeLibrary(temporaryDirectory(), "hang");
    expect(await runTrial(request, { path }, { patienceMs: 1000 })).toEqual({ failure: "does not answer within 1 s" });
  });
});

describe("a library that is right", () => {
  it.skipIf(!hasCompiler)(
    "is taken where nothing must be gained, left where it is slower than the SIMD kernels",
    async () => {
      const path = makeLibrary(temporaryDirectory(), "plain");
      const { chosen } = await chooseLibrary(request, named(path));
      expect(chosen!.library.path).toBe(path);
      expect(chosen!.tile).toEqual({ rows: 256, columns: 8, sumsSlices: true });
      expect(chosen!.report.precisions.double!.hasSameBits).toBe(true);
      for (const [gain, isTaken] of [
        [0.3, false],
        [1.2, false],
        [1.3, true],
      ] as const) {
        const asked = await chooseLibrary({ ...request, mustGain: true }, named(path), withRate(gain));
        expect(asked.chosen?.library.path).toBe(isTaken ? path : undefined);
        const times = `${gain} times the rate of the SIMD kernels`;
        expect(asked.tried[0]!.verdict).toBe(isTaken ? times : `${times}: expected 1.2 to be worth it`);
      }
    },
  );

  it.skipIf(!hasCompiler)("is told from one that adds each term to what is there", async () => {
    const path = makeLibrary(temporaryDirectory(), "accumulates");
    const { chosen } = await chooseLibrary(request, named(path));
    expect(chosen!.tile).toEqual({ rows: 256, columns: 8, sumsSlices: false });
    expect(chosen!.report.precisions).toMatchObject({ single: { isRight: true, sumsSlices: false } });
    expect(chosen!.report.precisions.double).not.toHaveProperty("sumsSlices");
    // nobody asked
    const { chosen: ofDouble } = await chooseLibrary({ ...request, precisions: ["double"] }, named(path));
    expect(ofDouble!.tile.sumsSlices).toBe(false);
  });

  it.skipIf(!hasCompiler)("is found behind those that are not", async () => {
    const directory = temporaryDirectory();
    const libraries = (["text", "sigill", "wrong", "plain"] as const).map((name) => ({
      kind: "blis" as const,
      path: makeLibrary(directory, name),
    }));
    const { chosen, tried } = await chooseLibrary(request, libraries);
    expect(chosen!.library.path).toBe(libraries[3]!.path);
    expect(tried.map(({ path }) => path)).toEqual(libraries.map(({ path }) => path));
  });

  it.skipIf(fastLibraries().length === 0)("says its name, its rates, and whether bits stay", async () => {
    const [library] = fastLibraries();
    const { chosen, tried } = await chooseLibrary({ ...request, nSubjects: 385, width: 512 }, [library!]);
    expect(chosen, JSON.stringify(tried)).toBeDefined();
    const { name, version, precisions } = chosen!.report;
    expect([name, version]).not.toContain("");
    expect(precisions.double).toMatchObject({ isRight: true, hasSameBits: true });
    expect(precisions.single).toMatchObject({ isRight: true, sumsSlices: true });
    expect(precisions.double!.gflops).toBeGreaterThan(0);
    expect([8, 16, 32, 64]).toContain(chosen!.tile.columns);
  });
});
