// Who made a temporary thing, and whether that process still lives. The name of everything temporary ends in it, so that taking a thing over is one
// rename: nobody can read a new name with an old maker in it.
//
//   cohort.fxs.partial-node7-4711-8fk2a-3f9c1a07-b81f0c2e
//                      host  pid  start machine  random
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { crc32 } from "node:zlib";

export interface Maker {
  readonly host: string;
  /** 0: nobody; left behind to be continued. */
  readonly pid: number;
  /** When the process began, in the system's own count; "0" where the system does not tell. */
  readonly started: string;
  /** Stands for host name, boot and process namespace: within one of them process numbers mean the same. */
  readonly machine: string;
}

/**
 * `dead`: for sure as far as can be told (gone; or of another machine and silent). `silent`: a process of that number lives here, but has given no sign
 * of life for long. `alive`: everything else.
 */
export type Life = "alive" | "silent" | "dead";

/** Milliseconds between two signs of life. */
export const BEAT_EVERY_MS = 10_000;
/** Milliseconds without a sign of life after which a maker counts as silent, or dead if it is of another machine: twelve beats. */
export const SILENT_AFTER_MS = 120_000;

const ID = /^([\w.]+)-(\d+)-([0-9a-z]+)-([0-9a-f]{8})-([0-9a-f]{8})$/;
/** Characters of the host's name that go into names of files. */
const MOST_HOST = 32;

let self: Maker | undefined;

/** This process. */
export function thisProcess(): Maker {
  self ??= {
    host: hostname(),
    pid: process.pid,
    started: startOf(process.pid) ?? "0",
    machine: hexOf(
      crc32([hostname(), textOf("/proc/sys/kernel/random/boot_id"), linkOf("/proc/self/ns/pid")].join("\n")),
    ),
  };
  return self;
}

/** Never the same twice. */
export function newId({ host, pid, started, machine }: Maker = thisProcess()): string {
  const plain = host.replace(/[^\w.]/g, "_").slice(0, MOST_HOST) || "_";
  return `${plain}-${pid}-${started}-${machine}-${hexOf(Math.floor(Math.random() * 2 ** 32))}`;
}

/** u32 as 8 digits. Neither it nor what is random needs node:crypto, 7 ms of every start that writes. */
function hexOf(word: number): string {
  return word.toString(16).padStart(8, "0");
}

/** An id of nobody: whoever comes may take it over at once. */
export function newIdOfNobody(): string {
  return newId({ host: "left", pid: 0, started: "0", machine: "00000000" });
}

/** Undefined: no id of ours. */
export function parseId(text: string): Maker | undefined {
  const [, host, pid, started, machine] = ID.exec(text) ?? [];
  if (host === undefined || started === undefined || machine === undefined) return undefined;
  return { host, pid: Number(pid), started, machine };
}

/**
 * `lastSignMs`: by the clock of the disk, as `now`. A sign of the future is no sign of life: who lives puts another over it within seconds, and nobody
 * waits until that time has come.
 */
export function lifeOf({ pid, started, machine }: Maker, lastSignMs: number, now: () => number): Life {
  if (pid === 0) return "dead";
  const isSilent = () => Math.abs(now() - lastSignMs) > SILENT_AFTER_MS;
  if (machine !== thisProcess().machine) return isSilent() ? "dead" : "alive";
  if (!isRunning(pid)) return "dead";
  const found = startOf(pid);
  // Its number belongs to another program now.
  if (found !== undefined && started !== "0" && found !== started) return "dead";
  return isSilent() ? "silent" : "alive";
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  // Killed, and its parent has not looked yet.
  return !/^[ZX]/.test(statFields(pid)?.[0] ?? "");
}

/** Ticks since the boot at which the process began, base 36; undefined where the system does not tell. */
function startOf(pid: number): string | undefined {
  const ticks = Number(statFields(pid)?.[19]);
  return Number.isSafeInteger(ticks) ? ticks.toString(36) : undefined;
}

/** Fields of /proc/PID/stat from the state on; the name before may hold anything. */
function statFields(pid: number): string[] | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  const end = text.lastIndexOf(")");
  return end < 0 ? undefined : text.slice(end + 2).split(" ");
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return ""; // not Linux
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
