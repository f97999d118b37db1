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
}

interface Ended {
  readonly wasKilled: boolean;
  readonly ms: number;
  readonly stderr: string;
}

/** `killMs` after its start, or at its end if that comes first. */
function runAndKill({ root, tokens }: KilledLine, killMs: number): Promise<Ended> {
  const start = performance.now();
  const child = spawn(process.execPath, [builtCommand, ...tokens], { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), killMs);
  return new Promise((resolve, reject) => {
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      // thrown here it would be nobody's, and the test would wait for ever
      if (signal === null && code !== 0) reject(new Error(`Exit code ${code}: ${stderr}`));
      else resolve({ wasKilled: signal === "SIGKILL", ms: performance.now() - start, stderr });
    });
  });
}

/** The record is published last: the same line again would be refused, rightly. */
const hasResults = ({ out }: KilledLine): boolean =>
  fs.existsSync(out) && fs.readdirSync(out).some((name) => name.endsWith("run.json"));

/** Kills it `nKills` times, beginning anew whenever it came to its end; returns what it was doing: how often it continued shuffles. */
export async function killOverAndOver(line: KilledLine, nKills: number, seed: number) {
  const random = createRandom(seed);
  const begin = () => {
    for (const place of [line.out, path.join(line.root, ".fixelstream")])
      fs.rmSync(place, { recursive: true, force: true });
    if (!line.makesOut) fs.mkdirSync(line.out);
  };
  begin();
  const undisturbed = await runAndKill(line, 600_000);
  const numbers = () =>
    Object.fromEntries(Object.entries(numbersIn(line.out)).filter(([name]) => !name.endsWith("run.json")));
  const expected = numbers();
  begin();
  let [killed, resumed, finished] = [0, 0, 0];
  const check = () => {
    finished++;
    expect(numbers()).toEqual(expected);
    expect(fs.readdirSync(line.out).filter((name) => name.startsWith("."))).toEqual([]);
    expect(fs.readdirSync(path.join(line.root, ".fixelstream")).filter((name) => !/\.fx[sc]$/.test(name))).toEqual([]);
  };
  while (killed < nKills) {
    const { wasKilled, stderr } = await runAndKill(line, random.uniform() * undisturbed.ms);
    if (stderr.includes("resumed at shuffle")) resumed++;
    if (wasKilled) killed++;
    if (wasKilled && !hasResults(line)) continue;
    // killed behind its last step it may have left what it had kept; the results are whole
    if (wasKilled) expect(numbers()).toEqual(expected);
    else check();
    begin();
  }
  const last = runCli(line.tokens, line.root);
  expect(last).toMatchObject({ status: 0 });
  if (last.stderr.includes("resumed at shuffle")) resumed++;
  check();
  return { killed, resumed, finished };
}

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
    fixelcfestats: ["4000", "16MiB"],
    vectorstats: ["40000", "3MiB"],
    mrclusterstats: ["20000", "3MiB"],
    connectomestats: ["20000", "3MiB"],
  }[command] as [string, string];
  const options = ["-nshuffles", shuffles, "--seed", "3", "-nthreads", "1", "--checkpoint-every", "0"];
  const places = ["--cache", ".fixelstream", "--memory", memory];
  return {
    root: run.at(),
    tokens: [command, ...inputs, ...options, ...places],
    out: run.at("out"),
    makesOut: command === "fixelcfestats",
  };
}
