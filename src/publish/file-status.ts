// What tells a file that was put back, renamed or written over from the one that was read, where sizes and times of writing are the same: its number on the disk,
// and the time at which its status last changed, which no tool sets back. Copies, links and other rights have another status and the same contents: where it
// differs contents must be compared, and may be the same.
import { type BigIntStats, statSync } from "node:fs";

/** Of one file or several together. Throws what the system says. */
export function statusOf(...paths: readonly string[]): string {
  return paths.map((path) => statusIn(statSync(path, { bigint: true }))).join(", ");
}

/** As statusOf, of one file that has been looked at. */
export function statusIn({ ino, ctimeNs }: BigIntStats): string {
  return `${ino} ${ctimeNs}`;
}
