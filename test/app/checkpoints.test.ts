// A run that is stopped is continued by the same command, to the bit; nothing of what it kept is left when its results are there.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { InferenceEvents } from "../../src/app/analyse/analyse.js";
import type { AnalysisOptions } from "../../src/app/analyse/options.js";
import { clearCache, listCache } from "../../src/app/cache/cache.js";
import { formatMoment } from "../../src/cli/listeners/inference.js";
import { Interrupted } from "../../src/errors.js";
import { readCheckpoint, readCheckpointMark } from "../../src/results/checkpoint.js";
import { ALL_COMMANDS, type CommandName, type EitherRun, NAMES, newRun } from "../support/both-commands.js";
import { createRandom } from "../support/seeded-random.js";

/** Several batches of either command. */
const MANY = { nShuffles: 2400, memoryBytes: 2.25 * 2 ** 20, seed: 5 };
const countOf = ({ command }: EitherRun) => (command === "vectorstats" ? 60_000 : MANY.nShuffles);
const begin = (command: CommandName) => newRun(command, { nSubjects: 12 });
const cacheOf = (run: EitherRun) => run.at(".fixelstream");
const checkpointsIn = (run: EitherRun) =>
  fs.existsSync(cacheOf(run)) ? fs.readdirSync(cacheOf(run)).filter((name) => name.endsWith(".fxr")) : [];
/** The only one, and what it has. */
function checkpointOf(run: EitherRun) {
  const [name, more] = checkpointsIn(run);
  expect([name !== undefined, more]).toEqual([true, undefined]);
  const entry = path.join(cacheOf(run), name!);
  return { entry, found: readCheckpoint(entry, readCheckpointMark(entry)!) };
}
const resultsOf = (run: EitherRun) =>
  Object.fromEntries(
    run
      .results()
      .filter((name) => name !== "run.json")
      .map((name) => [name, run.result(name).toString("latin1")]),
  );

interface Told {
  readonly resumed: number[];
  readonly kept: number[];
  readonly warnings: string[];
}

/** Stops when `share` of the shuffles is done; undefined: it goes to its end. */
async function go(run: EitherRun, options: Partial<AnalysisOptions>, share?: number): Promise<Told> {
  const told: Told = { resumed: [], kept: [], warnings: [] };
  const controller = new AbortController();
  const events: InferenceEvents = {
    signal: controller.signal,
    onResumed: ({ fromShuffle }) => told.resumed.push(fromShuffle),
    onKept: ({ done }) => told.kept.push(done),
    onWarning: ({ tag, message }) => {
      if (tag.startsWith("checkpoint")) told.warnings.push(run.relative(message));
    },
    onProgress: (phase, done) => {
      if (phase === "shuffle" && share !== undefined && done >= share) controller.abort(new Interrupted("SIGTERM"));
    },
  };
  const ended = run.infer({ ...MANY, nShuffles: countOf(run), cache: cacheOf(run), ...options }, events);
  if (share === undefined) await ended;
  else await expect(ended).rejects.toBeInstanceOf(Interrupted);
  return told;
}

describe.each(ALL_COMMANDS)("%s", (command) => {
  const undisturbed = (async () => {
    const run = begin(command);
    await go(run, {});
    return resultsOf(run);
  })();

  it.each([0, 30])(
    "is continued where it was stopped, again and again, with %i seconds between states",
    async (seconds) => {
      const run = begin(command);
      const options = { checkpointSeconds: seconds };
      let before = 0;
      for (const share of [0.3, 0.55, 0.8]) {
        const { resumed, kept, warnings } = await go(run, { ...options, nThreads: share > 0.5 ? 2 : 0 }, share);
        expect(warnings).toEqual([]);
        expect(resumed).toEqual(before === 0 ? [] : [before]);
        before = kept[0]!;
        expect(before).toBeGreaterThanOrEqual((share - 0.4) * countOf(run));
        expect(checkpointOf(run).found).toMatchObject({ newest: { state: { ranges: [{ first: 0, end: before }] } } });
        // no results, and nothing but whole things in the cache
        expect(fs.existsSync(run.at("out")) ? run.results() : []).toEqual([]);
        expect(fs.readdirSync(cacheOf(run)).filter((name) => !/\.fx[scr]$/.test(name))).toEqual([]);
      }
      const { resumed } = await go(run, options);
      expect(resumed).toEqual([before]);
      expect(resultsOf(run)).toEqual(await undisturbed);
      expect(checkpointsIn(run)).toEqual([]);
      expect(run.record).toMatchObject({ resumed: { fromShuffle: before } });
    },
  );

  it("a run that nobody stops keeps nothing, and says nothing of it in its record", async () => {
    const run = begin(command);
    expect(await go(run, { checkpointSeconds: 0 })).toEqual({ resumed: [], kept: [], warnings: [] });
    expect(resultsOf(run)).toEqual(await undisturbed);
    expect(fs.readdirSync(cacheOf(run)).filter((name) => !/\.fx[sc]$/.test(name))).toEqual([]);
    expect(run.record).not.toHaveProperty("resumed");
  });

  it("what all shuffles left is kept when the results cannot be written", async () => {
    const run = begin(command);
    const failure = new Error("no room");
    const onNullState = () => {
      throw failure;
    };
    await expect(run.infer({ ...MANY, nShuffles: countOf(run), cache: cacheOf(run) }, { onNullState })).rejects.toBe(
      failure,
    );
    const { resumed } = await go(run, {});
    expect(resumed).toEqual([countOf(run)]);
    expect(resultsOf(run)).toEqual(await undisturbed);
  });

  it("a damaged state is noticed, and the older one used; or none", async () => {
    const random = createRandom(3);
    for (const nDamaged of [1, 2]) {
      const run = begin(command);
      await go(run, { checkpointSeconds: 0 }, 0.7);
      const { entry, found } = checkpointOf(run);
      const names = fs.readdirSync(entry).filter((name) => name.startsWith("state-"));
      expect(names).toHaveLength(2);
      const newest = `state-${found.newest!.generation}.fxnull`;
      for (const name of nDamaged === 1 ? [newest] : names) {
        const bytes = fs.readFileSync(path.join(entry, name));
        bytes[random.integer(bytes.length)]! ^= 1 + random.integer(255);
        fs.writeFileSync(path.join(entry, name), bytes);
      }
      const { resumed, warnings } = await go(run, {});
      const place = path.relative(run.at(), entry);
      if (nDamaged === 1) {
        expect(resumed[0]).toBeLessThan(found.newest!.state.ranges[0]!.end);
        expect(warnings).toEqual([
          `The checkpoint ${place}/${newest} is damaged: the older one is used, of shuffle ${resumed[0]} of ${countOf(run)}.`,
        ]);
      } else {
        expect(resumed).toEqual([]);
        expect(warnings).toEqual([
          expect.stringMatching(
            /^The checkpoint .*state-\d.fxnull and .*state-\d.fxnull is damaged: shuffles begin anew\.$/,
          ),
        ]);
      }
      expect(resultsOf(run)).toEqual(await undisturbed);
      expect(checkpointsIn(run)).toEqual([]);
    }
  });

  it("--restart begins anew, and throws away what is there", async () => {
    const run = begin(command);
    await go(run, {}, 0.5);
    expect(await go(run, { restart: true }, 0.2)).toMatchObject({ resumed: [], kept: [expect.any(Number)] });
    expect(checkpointOf(run).found.newest!.state.ranges[0]!.end).toBeLessThan(0.5 * countOf(run));
    await go(run, { restart: true });
    expect(resultsOf(run)).toEqual(await undisturbed);
    expect(checkpointsIn(run)).toEqual([]);
  });

  it("other inputs are not continued, which is said; nor is another seed", async () => {
    const run = begin(command);
    await go(run, {}, 0.5);
    fs.writeFileSync(run.at("contrast.txt"), "0 1\n");
    expect(await go(run, { force: true })).toEqual({
      resumed: [],
      kept: [],
      warnings: [
        "What an earlier run of this command kept of its shuffles is not used: the data, other inputs or the kernels are not the same as then. Shuffles begin anew; cache clear removes what was kept.",
      ],
    });
    fs.writeFileSync(run.at("contrast.txt"), "0 -1\n");
    expect(await go(run, { force: true, seed: 6 })).toMatchObject({ resumed: [], warnings: [] });
    expect(await go(run, { force: true })).toMatchObject({ resumed: [expect.any(Number)], warnings: [] });
    expect(resultsOf(run)).toEqual(await undisturbed);
  });

  it("what cannot be kept is said once, and the run goes on", async () => {
    const run = begin(command);
    await go(run, {}, 0.5);
    const { entry } = checkpointOf(run);
    fs.rmSync(entry, { recursive: true });
    fs.writeFileSync(entry, "somebody's");
    expect(await go(run, { checkpointSeconds: 0 })).toEqual({
      resumed: [],
      kept: [],
      warnings: [
        "Cannot keep a checkpoint in .fixelstream: expected a disk with room and a directory that can be written, got one that exists already. The run goes on, but what it does now is lost if it is stopped. Make room, or choose another place with --cache.",
      ],
    });
    expect(resultsOf(run)).toEqual(await undisturbed);
    expect(fs.readFileSync(entry, "utf8")).toBe("somebody's");
  });

  it("two runs of the same at once are both right, and one of them keeps states", async () => {
    const run = begin(command);
    const other = run.at("other");
    fs.mkdirSync(other);
    const { isPrefixed } = NAMES[command];
    const place = isPrefixed ? { prefix: `${other}/x_` } : { output: path.join(other, "out") };
    const both = await Promise.all([
      go(run, { checkpointSeconds: 0 }),
      go(run, { checkpointSeconds: 0, ...place } as Partial<AnalysisOptions>),
    ]);
    const warnings = both.flatMap((told) => told.warnings);
    expect(new Set(warnings).size).toBeLessThanOrEqual(1);
    for (const text of warnings)
      expect(text).toMatch(
        /^Process \d+ of .* runs the same analysis, or was killed just now: as long as it seems to live, it alone keeps checkpoints\.$/,
      );
    const folder = isPrefixed ? other : path.join(other, "out");
    const base = isPrefixed ? "x_" : "";
    for (const [name, bytes] of Object.entries(await undisturbed)) {
      expect(run.result(name).toString("latin1")).toBe(bytes);
      expect(fs.readFileSync(path.join(folder, `${base}${name}`), "latin1")).toBe(bytes);
    }
    expect(checkpointsIn(run)).toEqual([]);
  });

  it("is listed in the cache, and cleared away", async () => {
    const run = begin(command);
    const { kept } = await go(run, { command: "fixelstream typed" }, 0.5);
    const entries = () => listCache(cacheOf(run)).entries.filter(({ kind }) => kind === "checkpoint");
    expect(entries()).toMatchObject([
      {
        name: checkpointsIn(run)[0],
        madeFrom: `shuffle ${kept[0]} of ${countOf(run)} of: fixelstream typed`,
        users: [],
      },
    ]);
    clearCache(cacheOf(run), 0);
    expect(fs.readdirSync(cacheOf(run))).toEqual([]);
  });
});

it("a seed that nobody asked for is the one of the run that is continued", async () => {
  for (const command of ALL_COMMANDS) {
    const run = begin(command);
    const { kept } = await go(run, { seed: 71, seedIsDrawn: true }, 0.5);
    const [entry] = checkpointsIn(run);
    expect(readCheckpointMark(path.join(cacheOf(run), entry!))).toMatchObject({ seed: 71, seedIsDrawn: true });
    const ask = (changes: Partial<AnalysisOptions>): number =>
      run.seedOf({
        ...{ ...MANY, nShuffles: countOf(run), seed: 9, seedIsDrawn: true, cache: cacheOf(run) },
        ...changes,
      });
    expect(ask({})).toBe(71);
    expect(ask({ memoryBytes: 2 ** 30, nThreads: 2, force: true })).toBe(71);
    expect([ask({ seedIsDrawn: false }), ask({ restart: true }), ask({ nShuffles: 2401 })]).toEqual([9, 9, 9]);
    expect(await go(run, { seed: 71, seedIsDrawn: true })).toMatchObject({ resumed: kept });
    expect(ask({})).toBe(9);
  }
});

it("a moment is a time of today, or of another day", () => {
  const now = new Date(2026, 10, 27, 15, 2);
  expect(formatMoment(new Date(2026, 10, 27, 9, 5), now)).toBe("09:05");
  expect(formatMoment(new Date(2026, 10, 26, 14, 2), now)).toBe("2026-11-26 14:02");
});
