// Folders in which runs gathered their results and died.
import { readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

const PARTIAL = /^\.partial-(\d+)-(.*)$/;

/** Name of the folder of this process. A killed run leaves its folder; the next run of this machine removes it. */
export const partialName = (): string => `.partial-${process.pid}-${hostname()}`;

export function removeAbandoned(directory: string): void {
  for (const name of readdirSync(directory)) {
    const [, pid, host] = PARTIAL.exec(name) ?? [];
    if (host !== hostname() || isAlive(Number(pid))) continue;
    rmSync(join(directory, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false; // our own number, given anew
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
