// A command that is killed (kill -9) at a random moment, again and again, and then left alone. Needs `npm run build`.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { type CommandName, newRun } from "./both-commands.js";
import { numbersIn } from "./many-runs.js";
import { builtCommand, runCli } from "./run-cli.js";
import { createRandom } from "./seeded-random.js";

export interface KilledLine {
  /** Everything is in it, `place` of the results too. */
  readonly root: string;
  readonly tokens: readonly string[];
  /** Folder of the results, and of nothing else; made before where the command wants that. */
  readonly out: string;
  readonly makesOut: boolean;
  readonly nShuffles: number;
}

interface Ended {
  readonly wasKilled: boolean;
  readonly ms: number;
  readonly stderr: string;
  /** Milliseconds from the start to the first that was heard of each phase. */
  readonly beganMs: ReadonlyMap<string, number>;
}

/** Milliseconds after the start, or after `phase` has begun. */
interface Moment {
  readonly phase?: string | undefined;
  readonly afterMs: number;
}

/** At that moment, or at its end if that comes first. */
function runAndKill({ root, tokens }: KilledLine, { phase, afterMs }: Moment): Promise<Ended> {
  const start = performance.now();
  const child = spawn(process.execPath, [builtCommand, ...tokens, ...WATCHED], {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  const beganMs = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer ??= setTimeout(() => child.kill("SIGKILL"), afterMs);
  };
  if (phase === undefined) begin();
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
    for (const one of phasesOf(stderr)) {
      if (!beganMs.has(one)) beganMs.set(one, performance.now() - start);
      if (one === phase) begin();
    }
  });
  return new Promise((resolve, reject) => {
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      // thrown here it would be nobody's, and the test would wait for ever
      if (signal === null && code !== 0) reject(new Error(`Exit code ${code}: ${stderr}`));
      else resolve({ wasKilled: signal === "SIGKILL", ms: performance.now() - start, stderr, beganMs });
    });
  });
}

const WATCHED = ["--progress", "ndjson", "-info"];
/** What follows the last shuffle, of which no progress is told. */
const RESULTS = "results";
const progressOf = (stderr: string): { phase: string; share: number }[] =>
  Array.from(stderr.matchAll(/^\{"event":"progress".*\}$/gm), ([line]) => JSON.parse(line!));
const phasesOf = (stderr: string): string[] => [
  ...new Set(progressOf(stderr).flatMap(({ phase, share }) => (isLast(phase, share) ? [phase, RESULTS] : [phase]))),
];
const isLast = (phase: string, share: number) => phase === "shuffle" && share === 1;

/** The record is published last: the same line again would be refused, rightly. */
const hasResults = ({ out }: KilledLine): boolean =>
  fs.existsSync(out) && fs.readdirSync(out).some((name) => name.endsWith("run.json"));

/** Shuffles that the run had done when it ended, of `nShuffles`; 0 before the first. */
const shufflesDone = (stderr: string, nShuffles: number) =>
  Math.floor((progressOf(stderr).findLast(({ phase }) => phase === "shuffle")?.share ?? 0) * nShuffles);

/** Of a batch; of a run that continues it need not be that of the whole. Undefined where the run was killed before it said so. */
function batchOf(stderr: string): number | undefined {
  const found = /\bbatch(?:es)? of ([\d,]+) shuffles/.exec(stderr)?.[1];
  return found === undefined ? undefined : Number(found.replaceAll(",", ""));
}

/** What the run began with, of its shuffles; undefined where it was killed before it said so. */
function shufflesKept(stderr: string): number | undefined {
  const resumed = /resumed at shuffle (\d+) of/.exec(stderr);
  if (resumed !== null) return Number(resumed[1]);
  return phasesOf(stderr).includes("shuffle") ? 0 : undefined;
}

/**
 * Kills it `nKills` times, beginning anew whenever it came to its end: by turns at any moment of the time that it takes, and at one of a phase, so that
 * short phases are met too. No more than a batch of shuffles is ever done again. Returns what it was doing: how often it continued shuffles, and in which
 * phases it was killed, of all that it has.
 */
export async function killOverAndOver(line: KilledLine, nKills: number, seed: number) {
  const random = createRandom(seed);
  const begin = () => {
    for (const place of [line.out, path.join(line.root, ".fixelstream")])
      fs.rmSync(place, { recursive: true, force: true });
    if (!line.makesOut) fs.mkdirSync(line.out);
  };
  begin();
  const undisturbed = await runAndKill(line, { afterMs: 600_000 });
  const phases = [...undisturbed.beganMs.keys()];
  const ends = [...[...undisturbed.beganMs.values()].slice(1), undisturbed.ms];
  const record = fs.readdirSync(line.out).find((name) => name.endsWith("run.json"));
  const { nBatches } = JSON.parse(fs.readFileSync(path.join(line.out, record!), "utf8")).plan;
  expect(nBatches).toBeGreaterThan(3);
  const numbers = () =>
    Object.fromEntries(Object.entries(numbersIn(line.out)).filter(([name]) => !name.endsWith("run.json")));
  const expected = numbers();
  begin();
  let [killed, resumed, finished, isNew] = [0, 0, 0, true];
  let last = NOTHING_DONE;
  const killedIn = new Map<string, number>();
  const check = () => {
    finished++;
    expect(numbers()).toEqual(expected);
    expect(fs.readdirSync(line.out).filter((name) => name.startsWith("."))).toEqual([]);
    expect(fs.readdirSync(path.join(line.root, ".fixelstream")).filter((name) => !/\.fx[sc]$/.test(name))).toEqual([]);
  };
  /** A moment of a phase that comes, or of the whole. */
  const nextMoment = (): Moment => {
    if (killed % 2 === 0) return { afterMs: random.uniform() * undisturbed.ms };
    // what is made for the cache is made once
    const coming = phases.filter((phase) => isNew || !PREPARING.has(phase));
    const phase = coming[random.integer(coming.length)]!;
    return { phase, afterMs: random.uniform() * (ends[phases.indexOf(phase)]! - undisturbed.beganMs.get(phase)!) };
  };
  while (killed < nKills) {
    const { wasKilled, stderr } = await runAndKill(line, nextMoment());
    isNew = false;
    const kept = shufflesKept(stderr);
    if (kept !== undefined) {
      if (kept > 0) resumed++;
      // the share is told with six digits
      expect(last.done - kept, stderr).toBeLessThanOrEqual(last.batch + 1);
      const done = Math.max(kept, shufflesDone(stderr, line.nShuffles));
      // killed before it said how large its batches are, it has done none
      const batch = batchOf(stderr) ?? 0;
      expect(batch > 0 || done === kept, stderr).toBe(true);
      last = { done, batch };
    }
    if (wasKilled) {
      killed++;
      const phase = phasesOf(stderr).at(-1) ?? "start";
      killedIn.set(phase, (killedIn.get(phase) ?? 0) + 1);
    }
    if (wasKilled && !hasResults(line)) continue;
    // killed behind its last step it may have left what it had kept, and the marks of who draws the report; the results are whole
    if (wasKilled) expect(withoutHidden(numbers())).toEqual(expected);
    else check();
    begin();
    [last, isNew] = [NOTHING_DONE, true];
  }
  const end = runCli(line.tokens, line.root);
  expect(end).toMatchObject({ status: 0 });
  if (end.stderr.includes("resumed at shuffle")) resumed++;
  check();
  return { killed, resumed, finished, phases, killedIn: Object.fromEntries(killedIn) };
}

const withoutHidden = (files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).filter(([name]) => !name.startsWith(".")));

/** Shuffles of the plan, and those of a batch of the run that did them. */
const NOTHING_DONE = { done: 0, batch: 0 };

/** Phases that end in a file of the cache. */
const PREPARING: ReadonlySet<string> = new Set(["convert", "connectivity"]);

/** A run of seconds with states after every batch, from the conversion on. */
export function killedLine(command: CommandName): KilledLine {
  const run = newRun(command, { nElements: 2000, nSubjects: 24, prefix: "x_" });
  fs.rmSync(run.at("out"), { recursive: true, force: true });
  const inputs = {
    fixelcfestats: ["fd", "subjects.txt", "design.txt", "contrast.txt", "matrix", "out"],
    vectorstats: ["values.npy", "design.txt", "contrast.txt", "out/x_"],
    mrclusterstats: ["images.txt", "design.txt", "contrast.txt", "all.mif", "out/x_"],
    connectomestats: ["connectomes.txt", "tfnbs", "design.txt", "contrast.txt", "out/x_", "-mask", "edges.csv"],
  }[command];
  // several batches: what is kept after the first is continued
  const [shuffles, memory] = {
    fixelcfestats: ["1500", "6MiB"],
    vectorstats: ["20000", "2.2MiB"],
    mrclusterstats: ["5000", "2MiB"],
    connectomestats: ["5000", "3MiB"],
  }[command] as [string, string];
  const options = ["-nshuffles", shuffles, "--seed", "3", "-nthreads", "1", "--checkpoint-every", "0"];
  const places = ["--cache", ".fixelstream", "--memory", memory];
  return {
    root: run.at(),
    tokens: [command, ...inputs, ...options, ...places],
    out: run.at("out"),
    makesOut: command === "fixelcfestats",
    nShuffles: Number(shuffles),
  };
}
