// Signs of life: while this process holds a lock, a partial directory or a mark of use, it rewrites the first byte of the file that stands for it, every
// few seconds. Through the open file, never by name: a name may have been taken over, and another's thing must not be kept alive.
import { closeSync, fstatSync, fsync, openSync, writeSync } from "node:fs";
import { BEAT_EVERY_MS } from "./maker.js";
import { lstatAt } from "./remove-ours.js";

/** The first byte of every such file: they are JSON. */
const FIRST = new Uint8Array([0x7b]);

const beating = new Set<number>();
let timer: NodeJS.Timeout | undefined;
let lastMs = 0;

export interface Heartbeat {
  /** The very file has that name. */
  isAt(path: string): boolean;
  /** Idempotent. */
  stop(): void;
}

/** `path`: a JSON object of this process. Throws what opening it throws. */
export function startHeartbeat(path: string): Heartbeat {
  const fd = openSync(path, "r+");
  beating.add(fd);
  beatOnce(fd);
  if (timer === undefined) {
    lastMs = performance.now();
    timer = setInterval(beat, BEAT_EVERY_MS);
    timer.unref(); // does not keep the process
  }
  return {
    isAt(name) {
      if (!beating.has(fd)) return false;
      const [own, found] = [fstatSync(fd), lstatAt(name)];
      return found?.ino === own.ino && found.dev === own.dev;
    },
    stop() {
      if (!beating.delete(fd)) return;
      closeSync(fd);
      if (beating.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/** For work that keeps the event loop from turning: to be called now and then, and cheap when nothing is due. */
export function beatWhenDue(): void {
  if (beating.size > 0 && performance.now() - lastMs > BEAT_EVERY_MS) beat();
}

function beat(): void {
  lastMs = performance.now();
  for (const fd of beating) beatOnce(fd);
}

function beatOnce(fd: number): void {
  try {
    writeSync(fd, FIRST, 0, 1, 0);
    fsync(fd, () => {}); // a server learns of it then only
  } catch {
    // Gone, or the disk is: noticed where it matters, before publishing.
  }
}
