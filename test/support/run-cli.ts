// The built command as a user runs it: a child process. `npm run build` first (npm test does).
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { repositoryRoot } from "./peer.js";

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const builtCommand = join(repositoryRoot, "dist", "bin", "fixelstream.js");

/** Runs `fixelstream ...tokens` in `cwd`. */
export function runCli(tokens: readonly string[], cwd: string, environment: Record<string, string> = {}): CliResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, [builtCommand, ...tokens], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 2 ** 20,
  });
  return { status, stdout, stderr };
}
