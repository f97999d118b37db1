// What an entry of the cache is known by: it is used while names, sizes and times of its sources agree, and their contents where times cannot tell
// (assert-converted.ts).
import { createHash } from "node:crypto";
import { realpathSync, statSync } from "node:fs";
import { createTurns } from "../../turns.js";
import { dataFileBeside } from "./source-checksum.js";

/** 24 hexadecimal digits. */
export function keyOfLines(lines: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const line of lines) hash.update(`${line}\n`);
  return hash.digest("hex").slice(0, 24);
}

export interface KeyedFiles {
  /** What is made of the files, and of which size. */
  readonly head: string;
  readonly paths: readonly string[];
  readonly names: readonly string[];
  readonly signal: AbortSignal | undefined;
}

/** Of files as they are now; of an image of two files both. Throws InputError for the header of one, what the system says, or the reason of the signal. */
export async function keyOfFiles({ head, paths, names, signal }: KeyedFiles): Promise<string> {
  const turns = createTurns(signal);
  const lines = [head];
  for (const path of paths) {
    lines.push(lineOf(path));
    const data = dataFileBeside(path);
    if (data !== undefined) lines.push(lineOf(data));
    if (turns.isDue()) await turns.take();
  }
  return keyOfLines([...lines, ...names]);
}

function lineOf(path: string): string {
  const { size, mtimeNs } = statSync(path, { bigint: true });
  return `${realpathSync(path)} ${size} ${mtimeNs}`;
}
