// A signal is heard while results are written, however large they are: the run ends within a second, and nothing is left of it.
import fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openFixelResults } from "../../src/results/fixel-results.js";
import type { ResultSpec } from "../../src/results/result-list.js";
import { openVectorResults } from "../../src/results/vector-results.js";
import { writeInference, writeObserved } from "../../src/results/write-results.js";
import type { NullState } from "../../src/run/null-state.js";
import { type Observed, observedIndex } from "../../src/run/observed.js";
import { newRun } from "../support/both-commands.js";
import { writeTemplate } from "../support/make-cohort.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
/** Milliseconds. A second on a quiet machine. */
const SOON_MS = 3000;
const reason = new Error("enough");

/** Two gigabytes of results: more than a second's work. */
const SIZE = { fixel: { nElements: 2 ** 20, nFactors: 600 }, vector: { nElements: 2 ** 18, nFactors: 300 } } as const;
type Kind = keyof typeof SIZE;
const spec = (kind: Kind): ResultSpec => ({
  hypotheses: [{ name: "t1", kind: "t" }],
  ...{ nFactors: SIZE[kind].nFactors, nGroups: undefined, strong: false, notest: false, eligible: undefined },
  ...{ enhanced: kind === "fixel" ? "cfe" : undefined, uncorrected: "uncorrected_pvalue", nShuffles: 2 ** 24 },
});
const valuesOf = (kind: Kind) => Float32Array.from({ length: SIZE[kind].nElements }, (_, i) => Math.sin(i));
function observedOf(kind: Kind): Observed {
  const values = valuesOf(kind);
  const { nFactors } = SIZE[kind];
  const index = observedIndex({ nFactors, nDeviations: 1, hasCondition: false, hypotheses: [0] });
  return { image: () => values, index, verdicts: [] };
}

function open(kind: Kind, name: string) {
  const directory = path.join(root, name);
  fs.mkdirSync(directory);
  const { nElements } = SIZE[kind];
  const common = { results: spec(kind), commandHistory: "test", overwrite: false, rehearse: false };
  if (kind === "vector") return openVectorResults({ ...common, prefix: `${directory}/`, nElements });
  const template = path.join(root, `${name}-template`);
  writeTemplate(template, 3);
  return openFixelResults({
    ...{ ...common, path: directory, nFixels: nElements, elementOfFixel: undefined, ending: ".mif", entries: [] },
    template: { indexPath: path.join(template, "index.mif"), directionsPath: path.join(template, "directions.mif") },
  });
}

/** Aborts after a while; milliseconds from then until the work has ended. */
async function abortedAfter(work: (signal: AbortSignal) => Promise<unknown>): Promise<number> {
  const controller = new AbortController();
  const ended = work(controller.signal).then(
    () => "written",
    (error: unknown) => error,
  );
  await wait(100);
  const start = performance.now();
  controller.abort(reason);
  expect(await ended).toBe(reason);
  return performance.now() - start;
}

describe.each(["fixel", "vector"] as const)("results of the kind %s", (kind) => {
  it("of the observed data", async () => {
    const results = open(kind, `${kind}-observed`);
    const observed = observedOf(kind);
    expect(await abortedAfter((signal) => writeObserved(results, spec(kind), observed, signal))).toBeLessThan(SOON_MS);
    results.discard();
    expect(fs.readdirSync(path.join(root, `${kind}-observed`))).toEqual([]);
  });
  it("of the shuffles", async () => {
    const results = open(kind, `${kind}-shuffles`);
    const nShuffles = 2 ** 24;
    const values = valuesOf(kind);
    const state: NullState = {
      ...{ planHash: "", nElements: values.length, ranges: [{ first: 0, end: nShuffles }] },
      hypotheses: [
        {
          maxima: new Float64Array(nShuffles).fill(1 / 3),
          elements: new Uint32Array(nShuffles),
          counters: new Uint32Array(values.length),
          defaults: values,
        },
      ],
    };
    expect(await abortedAfter((signal) => writeInference(results, spec(kind), state, signal))).toBeLessThan(SOON_MS);
    results.discard();
    expect(fs.readdirSync(path.join(root, `${kind}-shuffles`))).toEqual([]);
  });
});

it("p-values of ten million shuffles", async () => {
  const nShuffles = 10_000_000;
  const values = Float32Array.from({ length: 2 ** 22 }, (_, i) => (i % 8191) + 1);
  const state: NullState = {
    ...{ planHash: "", nElements: values.length, ranges: [{ first: 0, end: nShuffles }] },
    hypotheses: [
      {
        maxima: Float64Array.from({ length: nShuffles }, (_, i) => (i * 7919) % 10_007),
        elements: new Uint32Array(nShuffles),
        counters: new Uint32Array(values.length),
        defaults: values,
      },
    ],
  };
  // nothing but the sorting and the looking up
  const writer = { write: async () => {} };
  expect(await abortedAfter((signal) => writeInference(writer, spec("vector"), state, signal))).toBeLessThan(SOON_MS);
});

it("a run of vectorstats ends within a second of a signal that comes while it writes", async () => {
  const value = (subject: number, element: number) => ((subject * 7 + element * 3) % 13) / 4;
  const run = newRun("vectorstats", { nSubjects: 4, nElements: 400_000, value });
  const controller = new AbortController();
  let observedAt = 0;
  const stopped = run.infer(
    { notest: true },
    {
      signal: controller.signal,
      onProgress(phase, share) {
        if (phase !== "observe" || share < 1 || observedAt > 0) return;
        observedAt = performance.now();
        setTimeout(() => controller.abort(reason), 20);
      },
    },
  );
  await expect(stopped).rejects.toBe(reason);
  expect(performance.now() - observedAt).toBeLessThan(SOON_MS);
  expect(run.results()).toEqual([]);
});
