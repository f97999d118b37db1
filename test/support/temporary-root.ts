// Global set-up of every project: one folder for all temporary directories of a run, removed when it ends (an exit listener of a test
// worker would not do: vitest ends its workers without one), and no certificates.
import { accessSync, constants, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

/** What a run may leave lying in it, and as much again. */
const ROOM_BYTES = 4 * 2 ** 30;
const MEMORY = "/dev/shm";
/** What they measure, the moments at which they stop a command, and what they make fail, are those of files on a disk. */
const ON_DISK = ["memory", "signals", "slow", "long"];

/** A disk takes milliseconds for each fsync and unlink, of which a small analysis makes dozens: memory takes none. TMPDIR decides where it is given. */
function chooseParent(projects: readonly string[]): string {
  if (process.env["TMPDIR"] !== undefined || projects.some((name) => ON_DISK.includes(name))) return tmpdir();
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return Math.min(bavail * bsize, freemem()) < ROOM_BYTES ? tmpdir() : MEMORY;
  } catch {
    return tmpdir();
  }
}

/** Names certificates that Node reads at every start, 50 ms of processor time; no test asks a network for anything. */
const CERTIFICATES = "NODE_EXTRA_CA_CERTS";

/** `os.tmpdir()` of the test workers, and of the commands they start, is inside it. */
export function setup({ vitest }: TestProject): () => void {
  const { TMPDIR: before, [CERTIFICATES]: certificates } = process.env;
  delete process.env[CERTIFICATES];
  const root = mkdtempSync(join(chooseParent(vitest.projects.map(({ name }) => name)), "fixelstream-test-"));
  process.env["TMPDIR"] = root;
  return () => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    if (certificates !== undefined) process.env[CERTIFICATES] = certificates;
    rmSync(root, { recursive: true, force: true });
  };
}
