// Two conversions into one partial directory would mix their rows: the second is refused.
import fs from "node:fs";
import os from "node:os";
import { InputError } from "../errors.js";

/**
 * Writes who is at work into `lockPath`. Throws InputError when another living process of this machine is. A process of another machine
 * cannot be asked; it counts as dead, because a batch job that was killed is usually started again somewhere else.
 */
export function takeLock(lockPath: string, output: string): void {
  const owner = livingOwner(lockPath);
  if (owner !== undefined && owner !== process.pid) {
    throw new InputError(
      `Cannot write ${output}: process ${owner} is writing it. Wait for it, or end it and run the command again to continue its work.`,
      { path: output },
    );
  }
  fs.writeFileSync(lockPath, JSON.stringify({ pid: process.pid, host: os.hostname() }));
}

/** The process of this machine that holds the lock and lives. */
export function livingOwner(lockPath: string): number | undefined {
  const owner = readOwner(lockPath);
  return owner !== undefined && owner.host === os.hostname() && isAlive(owner.pid) ? owner.pid : undefined;
}

function readOwner(lockPath: string): { pid: number; host: string } | undefined {
  try {
    const { pid, host } = JSON.parse(fs.readFileSync(lockPath, "utf8"));
    return Number.isInteger(pid) && typeof host === "string" ? { pid, host } : undefined;
  } catch {
    return undefined; // no lock, or half a lock of a killed run
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
