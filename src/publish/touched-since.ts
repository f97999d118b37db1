// Which files may have another content than something that was made of them, though their sizes and times of writing are the same. No tool sets back the time
// at which a file's status last changed: what is written, restored, moved, linked or given other rights since has a later one.
import { statSync } from "node:fs";

/** Nanoseconds that the clocks of two disks may differ by. */
const CLOCKS_APART = 60_000_000_000n;

/** Of `paths` those touched since `made`, which was written when everything had been read. Throws what the system says. */
export function* touchedSince(made: string, paths: readonly string[]): Generator<undefined, string[]> {
  const { mtimeNs, dev } = statSync(made, { bigint: true });
  const touched: string[] = [];
  for (const path of new Set(paths)) {
    const stat = statSync(path, { bigint: true });
    if (stat.ctimeNs >= (stat.dev === dev ? mtimeNs : mtimeNs - CLOCKS_APART)) touched.push(path);
    yield;
  }
  return touched;
}
