// The built command as a child process that is sent a signal at a chosen moment, and what it did then. Needs `npm run build`.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { builtCommand } from "./run-cli.js";

/** Milliseconds from the signal to the end of the process, at most. The design asks for 1,000 on a quiet machine; tests share theirs. */
export const END_LIMIT_MS = 5000;
/** Milliseconds until the moment must have come. */
const COME_LIMIT_MS = 120_000;
/** How often the moment is looked for. */
const LOOK_MS = 10;

export interface InterruptedRun {
  /** Null where the system ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the signal to the end; Infinity where the process had to be killed after END_LIMIT_MS. */
  readonly endedAfterMs: number;
  readonly stderr: string;
  /** Phases that --progress ndjson named, in order, before the signal and after it. */
  readonly phasesBefore: readonly string[];
  readonly phasesAfter: readonly string[];
}

export interface RunningCommand {
  readonly pid: number;
  /** So far. */
  readonly stderr: string;
}

const phasesOf = (stderr: string) => [
  ...new Set(Array.from(stderr.matchAll(/^\{"event":"progress","phase":"(\w+)"/gm), (match) => match[1]!)),
];

/** Runs `fixelstream ...tokens` in `cwd`, sends `signal` as soon as `moment` says so, and waits for the end. Throws when the run ends before. */
export async function interruptRun(
  tokens: readonly string[],
  cwd: string,
  signal: NodeJS.Signals,
  moment: (running: RunningCommand) => boolean,
): Promise<InterruptedRun> {
  const child = spawn(process.execPath, [builtCommand, ...tokens], { cwd, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  let end: { code: number | null; signal: NodeJS.Signals | null; atMs: number } | undefined;
  child.on("exit", (code, endedBy) => {
    end = { code, signal: endedBy, atMs: performance.now() };
  });
  const closed = new Promise((resolve) => child.on("close", resolve));
  try {
    for (const start = performance.now(); !moment({ pid: child.pid!, stderr }); await wait(LOOK_MS)) {
      if (end !== undefined) throw new Error(`The run ended (${end.code}) before it could be interrupted: ${stderr}`);
      if (performance.now() - start > COME_LIMIT_MS) throw new Error(`The run did not come to its moment: ${stderr}`);
    }
    const before = stderr.length;
    const sentMs = performance.now();
    child.kill(signal);
    const isLate = await Promise.race([closed.then(() => false), wait(END_LIMIT_MS, true, { ref: false })]);
    if (isLate) child.kill("SIGKILL");
    await closed;
    return {
      code: end!.code,
      signal: end!.signal,
      endedAfterMs: isLate ? Number.POSITIVE_INFINITY : end!.atMs - sentMs,
      stderr,
      phasesBefore: phasesOf(stderr.slice(0, before)),
      phasesAfter: phasesOf(stderr.slice(before)),
    };
  } finally {
    child.kill("SIGKILL");
  }
}

/** Whether the command listens to signals by now: SIGHUP is looked at, the others Node catches for itself from its start. Linux. */
export function hearsSignals(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return (BigInt(`0x${caught}`) & 1n) !== 0n;
}
