// What a run says on stderr while it runs: lines for people, JSON for machines, nothing with -quiet.
import { Writable } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createProgress } from "../../src/cli/listeners/progress.js";
import { newAnalysis } from "../support/expect-refusal.js";
import { runInProcess, runWithReport } from "../support/in-process-cli.js";

function sink(isTTY = false) {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 100 }) as unknown as NodeJS.WriteStream, chunks };
}

afterEach(() => void vi.useRealTimers());

describe("on a stream that is no terminal", () => {
  it("a line a minute, with the time left", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { stream, chunks } = sink();
    const progress = createProgress(stream, {});
    for (let second = 0; second <= 150; second++) {
      progress.update("shuffle", second / 600);
      vi.advanceTimersByTime(1000);
    }
    expect(chunks.map((line) => line.replace(/[\d.]+ [KMG]iB/, "N MiB"))).toEqual([
      "fixelstream: shuffle: 10 % in 1 min 0 s, 9 min 0 s left, N MiB resident\n",
      "fixelstream: shuffle: 20 % in 2 min 0 s, 8 min 0 s left, N MiB resident\n",
    ]);
  });
  it("counts the time of each phase from its beginning", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { stream, chunks } = sink();
    const progress = createProgress(stream, {});
    progress.update("convert", 0.1);
    vi.advanceTimersByTime(59_000);
    progress.update("shuffle", 0);
    vi.advanceTimersByTime(30_000);
    progress.update("shuffle", 0.5);
    expect(chunks.map((line) => line.replace(/[\d.]+ [KMG]iB/, "N MiB"))).toEqual([
      "fixelstream: shuffle: 50 % in 30 s, 30 s left, N MiB resident\n",
    ]);
  });
  it("nothing with -quiet, but what must be said", () => {
    const { stream, chunks } = sink();
    const progress = createProgress(stream, { quiet: true, progress: "ndjson" });
    progress.update("shuffle", 0.5);
    progress.write("fixelstream: warning: something\n");
    progress.stop();
    expect(chunks).toEqual(["fixelstream: warning: something\n"]);
  });
});

it("on a terminal a bar, and lines are not torn by it", async () => {
  const { stream, chunks } = sink(true);
  const progress = createProgress(stream, {});
  progress.update("convert", 0.25);
  progress.write("fixelstream: warning: something\n");
  progress.update("shuffle", 0.5);
  progress.stop();
  const text = chunks.join("");
  expect(text).toMatch(/convert +\[/);
  expect(text).toContain("fixelstream: warning: something\n");
  expect(text).toMatch(/shuffle +\[.*\] +50% .* left {2}.* resident/);
});

describe("--progress ndjson", () => {
  it("one JSON value a line, from the first to the last share of every phase, with resident memory", async () => {
    const input = newAnalysis();
    const tokens = ["fixelcfestats", ...input.positionals, "-nshuffles", "50", "-nthreads", "0", "--seed", "1"];
    const { status, stdout, stderr } = await runInProcess([...tokens, "--progress", "ndjson"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    const lines = stderr.split("\n").filter((line) => line.startsWith("{"));
    const events = lines.map((line) => JSON.parse(line));
    // "observe" too where a busy machine takes longer than a tick for it
    const phases = new Set(events.map(({ phase }) => phase));
    phases.delete("observe");
    expect(phases).toEqual(new Set(["convert", "connectivity", "shuffle"]));
    for (const event of events) {
      expect(event).toEqual({
        event: "progress",
        phase: expect.any(String),
        share: expect.any(Number),
        elapsedMs: expect.any(Number),
        leftMs: event.share > 0.001 ? expect.any(Number) : null,
        rssBytes: expect.any(Number),
      });
      expect(event.rssBytes).toBeGreaterThan(2 ** 24);
    }
    expect(events.at(-1)).toMatchObject({ phase: "shuffle", share: 1, leftMs: 0 });
  });
  it("in conversions and verification too", async () => {
    const input = newAnalysis();
    const store = input.at("cohort.fxs");
    for (const tokens of [
      ["convert", "fixels", ...input.positionals.slice(0, 2), store],
      ["verify", store],
    ]) {
      const { status, stderr } = await runInProcess([...tokens, "--progress", "ndjson"]);
      expect(status).toBe(0);
      expect(stderr).toMatch(/^\{"event":"progress","phase":"\w+","share":/);
    }
  });
});

describe("notes", () => {
  it("say what the inputs are, the seed when it was drawn, and what was found", async () => {
    const input = newAnalysis();
    const tokens = ["fixelcfestats", ...input.positionals, "-nshuffles", "50", "-nthreads", "0"];
    const { stderr } = await runWithReport(tokens);
    expect(input.relative(stderr)).toMatch(
      /^fixelstream: 24 fixels, 8 subjects \(sub-1\.mif \.\. sub-8\.mif, found in fd\), 2 factors \(condition number 1\.000\), hypotheses t1\nfixelstream: seed (\d+) \(give --seed \1 for the same shuffles\)\nfixelstream: 24 fixels, 8 subjects, 50 shuffles in [\d.]+ s\n {2}t1: largest Z [\d.]+, \d+ fixels with family-wise p < 0\.05 \(smallest p [\d.]+, largest fwe_1mpvalue 1\.0000\)\n {4}smallest p within [\d.]+ to [\d.]+ \(95 %\); (?:no p can be below 0\.05|p = 0\.05 at cfe [\d.]+ \([\d.]+ to \?\))(?:; (?:about \d+|more than 10000000) shuffles would (?:be needed to )?say on which side of 0\.05 it is)?\n {2}memory: .* planned, .*\n {2}results: out\n {2}next: mrview out\/index\.mif -fixel\.load out\/fwe_1mpvalue\.mif\n {2}report: out\/report\.html\n$/,
    );
    const seeded = await runWithReport([...tokens, "-force", "-quiet", "--seed", "5"]);
    expect(input.relative(seeded.stderr)).toMatch(
      /^fixelstream: warning: \d+ results of an earlier run in out will be overwritten\.\n$/,
    );
  });
  it("with -info, the plan", async () => {
    const input = newAnalysis();
    const tokens = ["fixelcfestats", ...input.positionals, "-nshuffles", "50", "-nthreads", "0", "-info"];
    expect((await runInProcess(tokens)).stderr).toMatch(
      /\nmemory\n[\s\S]*\n {2}shuffled statistics .*\n[\s\S]*\nreading\n {2}store /,
    );
  });
  it("--dry-run prints the plan on standard output and leaves nothing", async () => {
    const input = newAnalysis();
    const tokens = ["fixelcfestats", ...input.positionals, "-nthreads", "0", "--dry-run", "-quiet", "-nshuffles", "60"];
    const plain = await runInProcess(tokens);
    expect(plain).toMatchObject({ status: 0, stderr: "" });
    expect(plain.stdout).toMatch(/^24 fixels, 8 subjects, 1 hypothesis, 60 shuffles, 0 threads\n/);
    const json = JSON.parse((await runInProcess([...tokens, "--json"])).stdout);
    expect(json).toMatchObject({ nElements: 24, nSubjects: 8, threads: 0 });
    const { readdirSync } = await import("node:fs");
    expect(readdirSync(input.root).sort()).toEqual(["contrast.txt", "design.txt", "fd", "matrix", "subjects.txt"]);
  });
});
