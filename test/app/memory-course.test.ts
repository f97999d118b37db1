// Memory of a run over time: bounded, its peaks kept, in run.json and in the summary as the system states it.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MOST_POINTS, watchMemory } from "../../src/app/analyse/memory-course.js";
import type { RunRecord } from "../../src/results/run-record.js";
import { formatBytes } from "../../src/units.js";
import { runInProcess } from "../support/in-process-cli.js";
import { makeSmallAnalysis } from "../support/small-analysis.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** A watch whose clock and memory we set. */
function setUp() {
  const clock = { ms: 1000, residentBytes: 100, fileBytes: 10 as number | undefined };
  const read = () => ({ residentBytes: clock.residentBytes, fileBytes: clock.fileBytes });
  const watch = watchMemory(1000, { now: () => clock.ms, read });
  return { clock, watch };
}

describe("the watch", () => {
  it("takes a point when one is due, and one at the end", () => {
    const { clock, watch } = setUp();
    watch.enter("check");
    clock.ms = 1099;
    watch.look();
    clock.ms = 1100;
    watch.look();
    watch.enter("observe");
    clock.ms = 1130;
    clock.residentBytes = 90;
    const course = watch.course();
    watch.stop();
    expect(course).toEqual({
      phases: [
        { phase: "check", ms: 0 },
        { phase: "observe", ms: 100 },
      ],
      ms: [0, 100, 130],
      residentBytes: [100, 100, 90],
      fileBytes: [10, 10, 10],
    });
  });

  it.each([1, 2, 7, 40])("has a few hundred points after %i times the time, and the peak among them", (times) => {
    const { clock, watch } = setUp();
    const n = MOST_POINTS * times;
    const peakAt = Math.floor(n * 0.37);
    for (let i = 0; i < n; i++) {
      clock.ms = 1000 + i * 100;
      clock.residentBytes = i === peakAt ? 5000 : 100 + (i % 7);
      watch.look();
    }
    const { ms, residentBytes, fileBytes } = watch.course();
    watch.stop();
    expect(ms.length).toBeLessThanOrEqual(MOST_POINTS);
    expect(ms.length).toBeGreaterThan(MOST_POINTS / 4);
    expect(fileBytes).toHaveLength(ms.length);
    const highest = residentBytes.indexOf(5000);
    expect(ms[highest]).toBe(peakAt * 100);
    expect(ms).toEqual([...ms].sort((a, b) => a - b));
    expect(ms.at(-1)).toBe((n - 1) * 100);
  });

  it("leaves out what the system does not tell", () => {
    const { clock, watch } = setUp();
    clock.fileBytes = undefined;
    watch.look();
    expect(watch.course()).not.toHaveProperty("fileBytes");
    watch.stop();
  });
});

describe.skipIf(process.platform !== "linux")("of a run", () => {
  it.each(["0", "2"])("is in run.json and in the summary, with %s threads", async (nThreads) => {
    const input = makeSmallAnalysis(temporaryDirectory());
    const tokens = ["fixelcfestats", ...input.positionals, "-nshuffles", "50", "-nthreads", nThreads];
    const { status, stderr } = await runInProcess(tokens);
    expect(status).toBe(0);
    const { memory, timings } = JSON.parse(readFileSync(input.at("out/run.json"), "utf8")) as RunRecord;
    const { course, parts, plannedBytes, peakResidentBytes } = memory;
    expect(new Set(course.phases.map(({ phase }) => phase))).toEqual(
      new Set(["check", "convert", "connectivity", "plan", "observe", "write", "shuffle"]),
    );
    expect(course.ms.at(-1)).toBeLessThanOrEqual(Math.ceil(timings["total"]!) + 1);
    expect(course.residentBytes).toHaveLength(course.ms.length);
    // the kernel counts pages in batches of a thread: its own figures differ by a little
    const slack = 2 ** 22;
    for (const [i, bytes] of course.residentBytes.entries()) {
      expect(bytes).toBeLessThanOrEqual(peakResidentBytes + slack);
      expect(course.fileBytes![i]).toBeLessThan(bytes);
    }
    const { residentBytes, privateBytes, sharedBytes, proportionalBytes, anonymousBytes, referencedBytes } = parts!;
    expect(privateBytes + sharedBytes).toBe(residentBytes);
    expect(proportionalBytes).toBeGreaterThanOrEqual(privateBytes);
    expect(proportionalBytes).toBeLessThanOrEqual(residentBytes);
    expect(residentBytes).toBeLessThanOrEqual(peakResidentBytes + slack);
    for (const bytes of [anonymousBytes, referencedBytes]) expect(bytes).toBeLessThanOrEqual(residentBytes);
    expect(stderr).toContain(
      `  memory: ${formatBytes(plannedBytes)} planned, ${formatBytes(peakResidentBytes)} at most with Node.js and its threads; at the end of the shuffles ${formatBytes(residentBytes - anonymousBytes)} were mapped files, which programs share\n`,
    );
  });
});
