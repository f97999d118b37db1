// Two conversions into one partial directory would mix their rows: the second is refused.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { InputError } from "../errors.js";

/**
 * Writes who is at work into `lockPath`. Throws InputError when another living process of this machine is. A process of another machine
 * cannot be asked; it counts as dead, because a batch job that was killed is usually started again somewhere else.
 */
export function takeLock(lockPath: string, output: string): void {
  const owner = livingOwner(lockPath);
  if (owner !== undefined && (owner !== process.pid || held.has(path.resolve(lockPath)))) {
    throw new InputError(
      `Cannot write ${output}: process ${owner} is writing it. Wait for it, or end it and run the command again to continue its work.`,
      { path: output },
    );
  }
  fs.rmSync(lockPath, { force: true }); // of a process that died
  try {
    fs.writeFileSync(lockPath, JSON.stringify({ pid: process.pid, host: os.hostname() }), { flag: "wx" });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    throw new InputError(`Cannot write ${output}: another process began to write it just now. Wait for it.`, {
      path: output,
      cause,
    });
  }
  held.add(path.resolve(lockPath));
}

/** Idempotent. */
export function releaseLock(lockPath: string): void {
  if (!held.delete(path.resolve(lockPath))) return;
  fs.rmSync(lockPath, { force: true });
}

/** Locks of this process: a lock with our number that is not among them is of a dead process whose number came round. */
const held = new Set<string>();

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
