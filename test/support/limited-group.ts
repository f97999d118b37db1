// A control group of our own with a hard limit, where this machine lets us make one: a container as the kernel sees it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtCommand, type CliResult } from "./run-cli.js";

export interface LimitedGroup {
  /** The built command within the group, killed by the kernel when it takes more. */
  run(tokens: readonly string[], cwd: string): CliResult & { readonly signal: NodeJS.Signals | null };
  remove(): void;
}

/** Memory and swap together where the kernel counts swap. A string: why there can be none. */
export function makeLimitedGroup(memoryBytes: number): LimitedGroup | string {
  const v1 = "/sys/fs/cgroup/memory";
  const [parent, limits] = existsSync(v1)
    ? [v1, ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"]]
    : ["/sys/fs/cgroup", ["memory.max", "memory.swap.max"]];
  const directory = join(parent, `fixelstream-test-${process.pid}-${memoryBytes}`);
  const [limit, swap] = limits as [string, string];
  try {
    mkdirSync(directory);
    writeFileSync(join(directory, limit), String(memoryBytes));
    const atSwap = join(directory, swap);
    if (existsSync(atSwap)) writeFileSync(atSwap, swap === "memory.swap.max" ? "0" : String(memoryBytes));
  } catch (error) {
    if (existsSync(directory)) rmdirSync(directory);
    return `no memory group can be made here: ${String(error)}`;
  }
  return {
    run(tokens, cwd) {
      const script = `echo $$ > "${directory}/cgroup.procs" && exec "$@"`;
      const line = ["-c", script, "sh", process.execPath, builtCommand, ...tokens];
      const { status, signal, stdout, stderr } = spawnSync("sh", line, { cwd, encoding: "utf8" });
      return { status, signal, stdout, stderr };
    },
    remove: () => rmdirSync(directory),
  };
}
