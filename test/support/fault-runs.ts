// One command line, with a fault at its k-th call that changes a file; then the same line once more. What is there afterwards is what a run without a
// fault leaves, to the byte, and nothing else.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { signatureOf } from "../../src/checksum.js";
import { endsAsReport } from "./report-files.js";
import { builtCommand } from "./run-cli.js";

export const FAULTS = ["kill", "tear", "ENOSPC"] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultedLine {
  readonly name: string;
  /** Everything that it reads and writes is in `home` or does not change. */
  tokens(home: string): readonly string[];
  /** What is there before. */
  prepare?(home: string): void;
}

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** Of the calls that changed a file, in order. */
  readonly calls: readonly string[];
}

const preload = path.join(import.meta.dirname, "fault-preload.mjs");

/** Runs in `place`/home, with `place`/tmp as the system's folder for temporary files. */
function run(place: string, tokens: readonly string[], fault?: FaultPoint) {
  const [home, tmp, log] = ["home", "tmp", "log"].map((name) => path.join(place, name)) as [string, string, string];
  fs.writeFileSync(log, "");
  const env = {
    ...process.env,
    ...{ TMPDIR: tmp, FAULT_UNDER: `${home}:${tmp}`, FAULT_LOG: log, NODE_OPTIONS: `--import=${preload}` },
    ...(fault && { FAULT_DO: fault.what, FAULT_AT: String(fault.at) }),
  };
  const child = spawn(process.execPath, [builtCommand, ...tokens], {
    cwd: home,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  return new Promise<Ended>((resolve) => {
    child.on("close", (status, signal) => {
      const calls = fs.readFileSync(log, "utf8").split("\n").slice(0, -1);
      resolve({ status, signal, stderr, calls });
    });
  });
}

function begin(place: string, { prepare }: FaultedLine): string {
  fs.rmSync(place, { recursive: true, force: true });
  const home = path.join(place, "home");
  fs.mkdirSync(home, { recursive: true });
  fs.mkdirSync(path.join(place, "tmp"));
  prepare?.(home);
  return home;
}

const namesIn = (place: string) =>
  (fs.readdirSync(place, { recursive: true }) as string[])
    .filter((name) => name !== "log" && !endsAsReport(name))
    .sort();

/** Name and bytes of everything below; of what holds times, the rest. */
function stateOf(place: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of namesIn(place)) {
    const at = path.join(place, name);
    if (fs.lstatSync(at).isDirectory()) found[name] = "directory";
    else if (/(store|run)\.json$/.test(name)) found[name] = withoutTimes(fs.readFileSync(at, "utf8"));
    else found[name] = fs.readFileSync(at, "latin1");
  }
  return found;
}

/** Nor what differs when a part of it was done before. */
const UNLIKE = new Set(["timings", "memory", "reused", "bytesRead", "warnings", "resumed", "plan"]);

function withoutTimes(text: string): string {
  try {
    const json = JSON.parse(text);
    const signature = signatureOf(json);
    // of the times too: whether it is right is what can be compared
    if (signature !== undefined) json.crc32 = signature.expectedCrc32 === signature.gotCrc32;
    return JSON.stringify(json, (key, value) => (UNLIKE.has(key) ? undefined : value));
  } catch {
    return text; // torn
  }
}

export interface FaultPoint {
  readonly what: Fault;
  /** Number of the call, from 1. */
  readonly at: number;
}

/** Every fault at every call, or at each `every`th from `first` on; a write can be torn. */
export function allFaults(calls: readonly string[], { every = 1, first = 1 } = {}): FaultPoint[] {
  return calls.flatMap((call, i) =>
    (i + 1 - first) % every === 0 && i + 1 >= first
      ? FAULTS.filter((what) => what !== "tear" || call.startsWith("write ")).map((what) => ({ what, at: i + 1 }))
      : [],
  );
}

/** Two of them, at other places for every `line`. */
export function someFaults(calls: readonly string[], line: number): FaultPoint[] {
  const all = allFaults(calls);
  const place = (turn: number) => all[Math.floor(((line * 0.618 + turn * 0.5) % 1) * all.length)]!;
  return [place(0), place(1)];
}

/** Everything that is not as it should be, a text each. `place`: a directory for this alone. */
export async function findUnrecovered(
  place: string,
  line: FaultedLine,
  choose: (calls: readonly string[]) => FaultPoint[] = allFaults,
): Promise<string[]> {
  const home = begin(place, line);
  const tokens = [...line.tokens(home), "-quiet"];
  const clean = await run(place, tokens);
  expect(clean, line.name).toMatchObject({ status: 0, signal: null });
  const expected = stateOf(place);
  const problems: string[] = [];
  for (const { what, at } of choose(clean.calls)) {
    begin(place, line);
    const faulted = await run(place, tokens, { what, at });
    const between = namesIn(place).filter((name) => !(name in expected));
    const again = await run(place, tokens);
    const found = [
      /bug in fixelstream|internal error/.test(faulted.stderr) ? "is called a bug" : undefined,
      what === "ENOSPC" && faulted.status !== 0 && faulted.status !== 1 ? `ends with ${faulted.status}` : undefined,
      again.status !== 0 && again.status !== 1 ? "the same line again fails" : undefined,
      describeDifference(expected, stateOf(place)),
    ].filter((problem) => problem !== undefined);
    if (found.length === 0) continue;
    const call = faulted.calls[at - 1]?.replaceAll(place, "");
    problems.push(
      [
        `${line.name}, ${what} at call ${at} of ${clean.calls.length} (${call}): ${found.join("; ")}`,
        `${faulted.status} ${faulted.stderr}`,
        `between: ${between.join(" ")}`,
        `again: ${again.status} ${again.stderr}`,
      ].join("\n"),
    );
  }
  return problems;
}

function describeDifference(expected: Record<string, string>, got: Record<string, string>): string | undefined {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(got)])];
  const unlike = names.filter((name) => expected[name] !== got[name]);
  const what = (name: string) => (!(name in got) ? "missing" : !(name in expected) ? "left" : "different");
  return unlike.length === 0 ? undefined : unlike.map((name) => `${what(name)}: ${name}`).join(", ");
}
