// A system that moves fewer bytes a call than it was asked for, as it may: network file systems, signals, pipes.
import fs from "node:fs";
import { open } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { createRandom } from "./seeded-random.js";

/** Every read and write of `work` moves a part only, never nothing. Resolves to how many calls were cut short. */
export async function withShortTransfers(seed: number, work: () => Promise<unknown>): Promise<number> {
  const random = createRandom(seed);
  let nShort = 0;
  const partOf = (length: number): number => {
    if (length < 2) return length;
    nShort++;
    return 1 + Math.floor(random.uniform() * (length - 1));
  };
  const handle = await open(process.execPath, "r");
  const prototype = Object.getPrototypeOf(handle) as { read: (...values: unknown[]) => Promise<unknown> };
  await handle.close();
  const { readSync, writeSync } = fs;
  const { read } = prototype;
  type Call = (fd: number, bytes: Uint8Array, offset?: number, length?: number, position?: number | null) => number;
  fs.readSync = ((fd, bytes, offset = 0, length = bytes.byteLength - offset, position = null) =>
    readSync(fd, bytes, offset, partOf(length), position)) as Call as typeof fs.readSync;
  fs.writeSync = ((fd, bytes, offset, length, position) => {
    if (typeof bytes === "string") return writeSync(fd, bytes);
    const from = offset ?? 0;
    return writeSync(fd, bytes, from, partOf(length ?? bytes.byteLength - from), position);
  }) as Call as typeof fs.writeSync;
  prototype.read = function (target, offset, length, position) {
    return read.call(this, target, offset, partOf(length as number), position);
  };
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    Object.assign(fs, { readSync, writeSync });
    prototype.read = read;
    syncBuiltinESMExports();
  }
  return nShort;
}
