// run.json: what was run, on what, how long it took and what it warned of. Written beside the results, last.
import { createHash } from "node:crypto";
import { createReadStream, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import type { Warning } from "../warnings.js";

/** Format of run.json; raised when a field changes its meaning. */
export const RUN_RECORD_VERSION = 1;

export interface RunRecord {
  readonly format: "fixelstream-run";
  readonly formatVersion: typeof RUN_RECORD_VERSION;
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: { readonly processor: string; readonly cores: number; readonly memoryBytes: number };
  readonly startedAt: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Small files: SHA-256. Subjects and connectivity: CRC-32 taken when they were converted or prepared. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly problem: Readonly<Record<string, unknown>>;
  readonly kernels: string;
  readonly precision: string;
  readonly threads: number;
  readonly plan: Readonly<Record<string, unknown>>;
  /** Milliseconds of each phase; `total` is the whole command. */
  readonly timings: Readonly<Record<string, number>>;
  readonly memory: { readonly plannedBytes: number; readonly peakResidentBytes: number };
  readonly results: Readonly<Record<string, unknown>>;
  readonly warnings: readonly Warning[];
}

export function machineOf(): RunRecord["machine"] {
  const cores = cpus();
  return { processor: cores[0]?.model.trim() ?? "unknown", cores: cores.length, memoryBytes: totalmem() };
}

/** Peak resident bytes of this process: VmHWM on Linux, else what the system counts as the maximum. */
export function peakResidentBytes(): number {
  try {
    const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"));
    if (match !== null) return Number(match[1]) * 1024;
  } catch {
    // not Linux
  }
  return process.resourceUsage().maxRSS * 1024;
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** Of the small files that were given; those that were not are left out. */
export async function hashFiles(
  files: Readonly<Record<string, string | undefined>>,
): Promise<Record<string, { path: string; sha256: string }>> {
  const hashed: Record<string, { path: string; sha256: string }> = {};
  for (const [name, path] of Object.entries(files)) {
    if (path !== undefined) hashed[name] = { path, sha256: await sha256Of(path) };
  }
  return hashed;
}

export function writeRunRecord(path: string, record: RunRecord): void {
  writeFileSync(path, `${JSON.stringify(record, null, 2)}\n`);
}
