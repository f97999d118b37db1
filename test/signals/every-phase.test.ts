// Ctrl-C and SIGTERM in every phase of runs that would go on for minutes: the process ends soon, says so, and leaves nothing. Needs `npm run build`.
// Phases are made long by what they work on (subjects for gathering, connections for enhancing), not by the number of shuffles alone.
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listing } from "../support/expect-refusal.js";
import { END_LIMIT_MS, hearsSignals, interruptRun, type RunningCommand } from "../support/interrupted-run.js";
import {
  writeLabels,
  writeLongCohort,
  writeLongDesign,
  writeLongTexts,
  writeLongVectors,
} from "../support/long-analysis.js";
import { writeRows } from "../support/make-problem.js";
import { makeTemporaryDirectory } from "../support/peer.js";

type Moment = (directory: string) => (running: RunningCommand) => boolean;

interface LongRun {
  /** What it is busy with at the signal. */
  readonly phase: string;
  /** No later phase may begin; absent where the next one is a matter of milliseconds. */
  readonly isWholePhase?: boolean;
  readonly make: (directory: string) => void;
  /** Arguments before the output. Default: those of the product. */
  readonly inputs?: readonly string[];
  /** Beside the usual arguments. */
  readonly options: readonly string[];
  readonly moment: Moment;
  /** A conversion that was stopped may be continued: its unfinished store stays. */
  readonly leavesConversion?: boolean;
}

/** Milliseconds later than `moment`. */
function after(delayMs: number, moment: Moment): Moment {
  return (directory) => {
    const isThere = moment(directory);
    let since: number | undefined;
    return (running) => {
      if (since === undefined && isThere(running)) since = performance.now();
      return since !== undefined && performance.now() - since >= delayMs;
    };
  };
}

const inPhase =
  (phase: string): Moment =>
  () =>
  ({ stderr }) =>
    stderr.includes(`"phase":"${phase}"`);

/** None where there is no such folder, or none any more. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Results that are written lie in a hidden folder until all of them are there. */
const writing =
  (file: RegExp): Moment =>
  (directory) =>
  () => {
    const out = join(directory, "out");
    const hidden = namesIn(out).filter((name) => name.startsWith(".partial"));
    return hidden.some((name) => namesIn(join(out, name)).some((result) => file.test(result)));
  };

const listening: Moment = () => (running) => hearsSignals(running.pid);

const cohort = (nSubjects: number, nFixels: number, nConnections: number) => (directory: string) =>
  writeLongCohort(directory, { nSubjects, nFixels, nConnections });
const vectors = (nSubjects: number, nElements: number) => (directory: string) =>
  writeLongVectors(directory, { nSubjects, nElements });
const groups = (nSubjects: number, make: (directory: string) => void) => (directory: string) => {
  make(directory);
  writeLabels(directory, "groups.txt", nSubjects, (i) => i % 2);
};

const withColumn = (make: (directory: string) => void) => (directory: string) => {
  make(directory);
  writeRows(join(directory, "column-contrast.txt"), [[0, 1, 0, 0]]);
};

const FIXELS: readonly LongRun[] = [
  {
    phase: "planning a million shuffles",
    make: cohort(500, 24, 3),
    options: ["-nshuffles", "1000000"],
    moment: after(500, listening),
  },
  {
    phase: "convert",
    isWholePhase: true,
    make: cohort(400, 1_000_000, 1),
    options: ["-nshuffles", "100000"],
    moment: inPhase("convert"),
    leavesConversion: true,
  },
  {
    phase: "connectivity",
    isWholePhase: true,
    make: cohort(8, 1_000_000, 200),
    options: ["-nshuffles", "100000"],
    moment: inPhase("connectivity"),
  },
  {
    phase: "observe",
    isWholePhase: true,
    make: groups(24, cohort(24, 1_000_000, 1)),
    options: ["-nshuffles", "100000", "-variance", "groups.txt"],
    moment: inPhase("observe"),
  },
  {
    phase: "writing the images of the data",
    make: (directory) => {
      cohort(8, 500_000, 1)(directory);
      writeLongDesign(directory, 8, 3, 12);
    },
    options: ["-nshuffles", "100000"],
    moment: writing(/^beta0/),
  },
  {
    // blocks of 50 subjects: quick to draw, and all of them are gathered
    phase: "gather",
    make: (directory) => {
      cohort(5000, 24, 3)(directory);
      writeLabels(directory, "whole.txt", 5000, (i) => Math.floor(i / 50));
    },
    options: ["-nshuffles", "400000", "-exchange_whole", "whole.txt"],
    moment: after(500, inPhase("shuffle")),
  },
  {
    phase: "bin",
    make: cohort(100, 100_000, 1),
    options: ["-nshuffles", "200000"],
    moment: after(500, inPhase("shuffle")),
  },
  {
    phase: "enhance",
    make: cohort(8, 100_000, 200),
    options: ["-nshuffles", "40000"],
    moment: after(500, inPhase("shuffle")),
  },
  {
    phase: "bin with a design for each fixel",
    make: withColumn((directory) => {
      cohort(200, 100_000, 1)(directory);
      copyFileSync(join(directory, "subjects.txt"), join(directory, "fd/column.txt"));
    }),
    inputs: ["fd", "subjects.txt", "design.txt", "column-contrast.txt", "matrix"],
    options: ["-nshuffles", "40000", "-column", "fd/column.txt"],
    moment: after(500, inPhase("shuffle")),
  },
];

const VECTORS: readonly LongRun[] = [
  {
    phase: "planning a million shuffles",
    make: vectors(500, 24),
    options: ["-nshuffles", "1000000"],
    moment: after(500, listening),
  },
  {
    phase: "convert",
    isWholePhase: true,
    make: (directory) => writeLongTexts(directory, { nSubjects: 1000, nElements: 100_000 }),
    inputs: ["subjects.txt", "design.txt", "contrast.txt"],
    options: ["-nshuffles", "100000"],
    moment: inPhase("convert"),
    leavesConversion: true,
  },
  {
    phase: "observe",
    isWholePhase: true,
    make: groups(16, vectors(16, 1_500_000)),
    options: ["-nshuffles", "10000", "-variance", "groups.txt"],
    moment: inPhase("observe"),
  },
  {
    phase: "writing the tables of the data",
    make: vectors(12, 1_500_000),
    options: ["-nshuffles", "10000"],
    moment: writing(/^x_betas/),
  },
  {
    phase: "gather",
    make: vectors(5000, 4000),
    options: ["-nshuffles", "18000", "--memory", "2GiB"],
    moment: after(500, writing(/^x_std_effect/)),
  },
  {
    phase: "score",
    make: vectors(100, 100_000),
    options: ["-nshuffles", "100000"],
    moment: after(500, inPhase("shuffle")),
  },
  {
    phase: "score with a design for each element",
    make: withColumn(vectors(100, 100_000)),
    inputs: ["data.npy", "design.txt", "column-contrast.txt"],
    options: ["-nshuffles", "20000", "-column", "data.npy"],
    moment: after(500, inPhase("shuffle")),
  },
  {
    // F-tests have no effects: what is written before is short
    phase: "writing the tables of the null",
    make: (directory) => {
      writeLongVectors(directory, { nSubjects: 12, nElements: 600_000, nHypotheses: 8 });
      writeRows(
        join(directory, "ftests.txt"),
        Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (__, j) => Number(i === j))),
      );
    },
    options: ["-nshuffles", "4", "-ftests", "ftests.txt", "-fonly"],
    moment: writing(/^x_fwe_1mpvalue/),
  },
];

const PRODUCTS = [
  {
    product: "fixelcfestats",
    positionals: ["fd", "subjects.txt", "design.txt", "contrast.txt", "matrix", "out"],
    runs: FIXELS,
  },
  { product: "vectorstats", positionals: ["data.npy", "design.txt", "contrast.txt", "out/x_"], runs: VECTORS },
] as const;
const ORDER = ["convert", "connectivity", "observe", "shuffle"];
const SAID =
  "nothing half-done is left that looks like a result. The same command starts again, and continues a conversion or shuffles where they stopped.";
/** Kept: what is converted and prepared, whole. */
const WHOLE = /^\.fixelstream(\/[0-9a-f]+\.fx[scr](\/.*)?)?$/;
const CONTINUED = /^\.fixelstream\/[0-9a-f]+\.fxs\.partial-left-[^/]+(\/.*)?$/;

describe.skipIf(process.platform !== "linux").each(PRODUCTS)("$product", ({ product, positionals, runs }) => {
  describe.each(runs)("$phase", (run) => {
    const directory = makeTemporaryDirectory();
    beforeAll(() => run.make(directory));
    afterAll(() => rmSync(directory, { recursive: true, force: true }));

    it.each([
      ["SIGINT", 130, 0],
      ["SIGTERM", 143, 2],
    ] as const)("%s: exit code %i, with %i threads", async (signal, code, nThreads) => {
      // what a run that failed the test may have left must not be taken for this one's
      rmSync(join(directory, "out"), { recursive: true, force: true });
      if (run.leavesConversion) rmSync(join(directory, ".fixelstream"), { recursive: true, force: true });
      if (product === "vectorstats") mkdirSync(join(directory, "out"));
      const before = listing(directory).filter((name) => !WHOLE.test(name));
      const inputs = [...(run.inputs ?? positionals.slice(0, -1)), positionals.at(-1)!];
      const shared = ["--cache", ".fixelstream", "--seed", "1", "-nthreads", String(nThreads), "--progress", "ndjson"];
      const tokens = [product, ...inputs, ...run.options, ...shared];
      const ended = await interruptRun(tokens, directory, signal, run.moment(directory));
      expect(ended).toMatchObject({ code, signal: null });
      expect(ended.endedAfterMs).toBeLessThan(END_LIMIT_MS);
      expect(ended.stderr.trimEnd().split("\n").at(-1)).toBe(`fixelstream: interrupted by ${signal}: ${SAID}`);
      if (run.isWholePhase) {
        expect(ended.phasesBefore.at(-1)).toBe(run.phase);
        expect(ended.phasesAfter.filter((name) => ORDER.indexOf(name) > ORDER.indexOf(run.phase))).toEqual([]);
      }
      const kept = (name: string) => WHOLE.test(name) || (run.leavesConversion === true && CONTINUED.test(name));
      expect(listing(directory).filter((name) => !kept(name))).toEqual(before);
    });
  });
});
