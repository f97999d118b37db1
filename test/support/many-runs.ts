// The same analysis started many times at once, as a cluster's array of jobs does: child processes of the built command on one cache.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { endsAsReport } from "./report-files.js";
import { builtCommand } from "./run-cli.js";

export interface FinishedRun {
  readonly output: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** Phases that this run went through itself: who waited for another's conversion has no `convert`. */
  readonly phases: ReadonlySet<string>;
}

export interface ManyRuns {
  readonly count: number;
  readonly cwd: string;
  /** Of run i; the output is in it. */
  tokensOf(output: string): readonly string[];
  /** Milliseconds after its start at which run i is killed (kill -9). */
  readonly killAfterMs?: ReadonlyMap<number, number> | undefined;
  /** Name of the machine that run i believes to be on; needs `unshare`. */
  hostOf?(run: number): string;
}

/** All are started before the first has ended; outputs are `runI` in `cwd`. */
export function runMany({ count, cwd, tokensOf, killAfterMs, hostOf }: ManyRuns): Promise<FinishedRun[]> {
  return Promise.all(
    Array.from({ length: count }, (_, run) => {
      const output = path.join(cwd, `run${run}`);
      const tokens = [builtCommand, ...tokensOf(output), "--progress", "ndjson"];
      const child =
        hostOf === undefined
          ? spawn(process.execPath, tokens, { cwd, stdio: ["ignore", "ignore", "pipe"] })
          : spawn(
              "unshare",
              ["--uts", "sh", "-c", `hostname ${hostOf(run)}; exec "$@"`, "sh", process.execPath, ...tokens],
              {
                cwd,
                stdio: ["ignore", "ignore", "pipe"],
              },
            );
      let stderr = "";
      child.stderr.setEncoding("utf8").on("data", (text) => {
        stderr += text;
      });
      const killMs = killAfterMs?.get(run);
      const timer = killMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killMs);
      return new Promise<FinishedRun>((resolve) => {
        child.on("close", (code, signal) => {
          clearTimeout(timer);
          const phases = new Set([...stderr.matchAll(/"phase":"(\w+)"/g)].map((match) => match[1]!));
          resolve({ output, code, signal, stderr, phases });
        });
      });
    }),
  );
}

/** How many of them did it themselves. */
export const countPhase = (runs: readonly FinishedRun[], phase: string): number =>
  runs.filter(({ phases }) => phases.has(phase)).length;

/** Files of a result but for the record and folders, headers cut off: they hold the command line. */
export function numbersIn(output: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of fs.readdirSync(output).sort()) {
    if (name === "run.json" || endsAsReport(name) || fs.statSync(path.join(output, name)).isDirectory()) continue;
    const text = fs.readFileSync(path.join(output, name), "latin1");
    const beginsAt = Number(/^file: \. (\d+)$/m.exec(text)?.[1]);
    found[name] = name.endsWith(".mif") ? text.slice(beginsAt) : text.replace(/^#.*\n/, "");
  }
  return found;
}
