// Quantities as users write and read them.
import { UsageError } from "./errors.js";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 2 ** 10,
  kb: 1e3,
  kib: 2 ** 10,
  m: 2 ** 20,
  mb: 1e6,
  mib: 2 ** 20,
  g: 2 ** 30,
  gb: 1e9,
  gib: 2 ** 30,
  t: 2 ** 40,
  tb: 1e12,
  tib: 2 ** 40,
};

/** Bytes of `512MiB`, `1GiB`, `2g`, `1.5GB`, `1000000`; a fraction of a byte is left out. 1..2^53 - 1. Throws UsageError naming `option`. */
export function parseBytes(text: string, option: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const factor = match === null ? undefined : UNITS[match[2]!.toLowerCase()];
  const bytes = match === null || factor === undefined ? Number.NaN : Math.floor(Number(match[1]) * factor);
  if (bytes >= 1 && bytes <= Number.MAX_SAFE_INTEGER) return bytes;
  throw new UsageError(`Cannot use ${option} ${text}: expected an amount of memory such as 512MiB or 2GiB.`);
}

const AGES: Readonly<Record<string, number>> = { min: 60e3, h: 3600e3, d: 86_400e3, w: 7 * 86_400e3 };

/** Milliseconds of `30d`, `12h`, `45min`, `2w`. Throws UsageError naming `option`. */
export function parseAge(text: string, option: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text);
  const factor = match === null ? undefined : AGES[match[2]!.toLowerCase()];
  if (match !== null && factor !== undefined) return Number(match[1]) * factor;
  throw new UsageError(`Cannot use ${option} ${text}: expected an age such as 30d, 12h, 45min or 2w.`);
}

/** `1.5 GiB`, `128 MiB`, `12 B`: at most one decimal, binary units. */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ["TiB", 2 ** 40],
    ["GiB", 2 ** 30],
    ["MiB", 2 ** 20],
    ["KiB", 2 ** 10],
  ] as const) {
    if (bytes >= size) return `${Number((bytes / size).toFixed(1))} ${unit}`;
  }
  return `${bytes} B`;
}

/** `1.2 s`, `3 min 20 s`, `2 h 05 min` from milliseconds. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

const SINGULAR_ENDS: Readonly<Record<string, string>> = { sses: "ss", ches: "ch", ses: "sis", ies: "y" };

/** `1 hypothesis`, `2 hypotheses`, `0 fixels`: a count of things, in words. `plural`: ends in -s (-sses, -ches, -ies; other -ses stand for -sis). */
export function formatCount(count: number, plural: string): string {
  if (count !== 1) return `${count} ${plural}`;
  return `1 ${plural.replace(/(sses|ches|ses|ies|s)$/, (end) => SINGULAR_ENDS[end] ?? "")}`;
}
