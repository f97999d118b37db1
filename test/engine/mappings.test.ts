// Mapped files are the process's, not the thread's: threads that did not close theirs would leave some at every run of one process.
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { InferenceEvents } from "../../src/app/analyse/analyse.js";
import { inferFixels, inferVectors } from "../../src/app/analyse/kinds.js";
import { writeModelProblem } from "../support/make-model-problem.js";
import { writeRows } from "../support/make-problem.js";
import { INFERENCE_DEFAULTS } from "../support/run-inference.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const N = 18;

/** Mappings and open files of this process that lie in this test's directory. */
function countOurs(): { readonly mapped: number; readonly opened: number } {
  const mapped = readFileSync("/proc/self/maps", "utf8").split("\n");
  const opened = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // the listing's own
    }
  });
  const ours = (names: readonly string[]) => names.filter((name) => name.includes(root)).length;
  return { mapped: ours(mapped), opened: ours(opened) };
}

const MODELS = {
  "one design": { nColumns: 0, missing: "none" },
  "missing values": { nColumns: 0, missing: "patterns" },
  "an own column and missing values": { nColumns: 1, missing: "own" },
} as const;

/** A problem on disk; runs it with two threads, everything mapped. */
function prepare(name: string, command: "fixelcfestats" | "vectorstats", model: keyof typeof MODELS) {
  const directory = join(root, name);
  mkdirSync(directory);
  const at = (...names: string[]) => join(directory, ...names);
  const options = { nSubjects: N, nFixels: 300, nGroups: 0, ...MODELS[model] };
  const problem = writeModelProblem(directory, options, createRandom(4));
  const asMatrix = (file: string, rows: readonly Float32Array[]) =>
    writeRows(
      at(file),
      rows.map((row) => [...row]),
    );
  const shared = {
    ...({ ...INFERENCE_DEFAULTS, nThreads: 2, io: "mmap", nShuffles: 60, cache: at("cache") } as const),
    design: writeRows(
      at("design.txt"),
      Array.from({ length: N }, (_, i) => [1, i % 2]),
    ),
    contrast: writeRows(at("contrast.txt"), [[0, 1, ...new Array(options.nColumns).fill(0)]]),
  };
  let nRuns = 0;
  if (command === "fixelcfestats") {
    const paths = { input: directory, subjects: at("subjects.txt"), connectivity: at("matrix"), ...problem.options };
    return (events: Pick<InferenceEvents, "onProgress">) =>
      inferFixels({ ...shared, ...paths, output: at(`out-${nRuns++}`) }, events);
  }
  const input = asMatrix("values.txt", problem.data);
  const column = problem.columns.map((rows, c) => asMatrix(`column${c}.txt`, rows));
  return (events: Pick<InferenceEvents, "onProgress">) => {
    const prefix = `${at(`out-${nRuns++}`)}/`;
    mkdirSync(prefix);
    return inferVectors({ ...shared, input, column, prefix }, events);
  };
}

describe.skipIf(process.platform !== "linux")(
  "after each of four runs of one process nothing is mapped or open",
  () => {
    test.each(
      (["fixelcfestats", "vectorstats"] as const).flatMap((command) =>
        (Object.keys(MODELS) as (keyof typeof MODELS)[]).map((model) => [command, model] as const),
      ),
    )("%s, %s", async (command, model) => {
      const run = prepare(`${command} ${model}`, command, model);
      for (let i = 0; i < 4; i++) {
        let most = 0;
        await run({
          onProgress: () => {
            most = Math.max(most, countOurs().mapped);
          },
        });
        expect(countOurs()).toEqual({ mapped: 0, opened: 0 });
        // or it would prove nothing
        expect(most).toBeGreaterThan(0);
      }
    });
  },
);
