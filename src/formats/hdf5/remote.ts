// libhdf5 in a thread of its own, watched: a request that neither ends nor reads for a while, or that is no longer wanted, ends with its thread. All files
// share one thread; it starts with the first file and ends some time after the last.
import { Worker } from "node:worker_threads";
import { InputError } from "../../errors.js";
import { formatBytes } from "../../units.js";
import { createProgress, readProgress } from "./progress.js";
import { READY, type Request, type Response, type Target, unpackError, type WorkerSetup } from "./protocol.js";

/** What a request is about, for messages. */
export interface Asked {
  /** `open a.h5`, `read /fixels of a.h5`. */
  readonly action: string;
  /** As typed. */
  readonly path: string;
  readonly signal: AbortSignal | undefined;
}

export interface Hdf5Thread {
  /** Throws InputError: libhdf5 does not come to an end with it, wants too much memory, or what libhdf5 says; the reason of the signal. */
  ask<T>(request: RequestBody, asked: Asked): Promise<T>;
  /** Of a file, when it is closed. */
  release(): void;
}

export type RequestBody =
  | { readonly open: Target }
  | {
      readonly handle: number;
      readonly method: string;
      readonly args: readonly unknown[];
      readonly bytes?: SharedArrayBuffer | undefined;
    };

/** Milliseconds between two looks at a thread that is busy. */
const LOOK_MS = 250;
/** Looks in which it neither read nor answered: 10 s. Counted, because a process that was stopped for a night has not worked. */
const MOST_IDLE_LOOKS = 40;
/** Bytes. libhdf5: three times a chunk of 32 MiB, a part of a matrix. JavaScript: names of some million subjects. */
const MOST_LIBRARY_BYTES = 2 ** 29;
const MOST_HEAP_MIB = 512;
/** Milliseconds without an open file. A conversion opens its files one after the other. */
const LINGER_MS = 1000;

interface Pending {
  readonly asked: Asked;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

let current: Thread | undefined;

/** The thread, for one more file. */
export function acquireThread(): Hdf5Thread {
  if (current === undefined || current.isDead()) current = startThread();
  current.retain();
  return current;
}

interface Thread extends Hdf5Thread {
  retain(): void;
  isDead(): boolean;
}

/** The built entry: beside this file when built, in dist/ when run from source (tests; `npm run build` first). */
function workerUrl(): URL {
  const here = import.meta.url;
  return here.endsWith(".ts") ? new URL("../../../dist/src/formats/hdf5/worker.js", here) : new URL("worker.js", here);
}

function startThread(): Thread {
  const progress = createProgress();
  const setup: WorkerSetup = { progress, mostBytes: MOST_LIBRARY_BYTES };
  const worker = new Worker(workerUrl(), {
    workerData: setup,
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MIB },
    // Emscripten's own complaints: what matters of them comes back as an error.
    stdout: true,
    stderr: true,
  });
  worker.stdout.resume();
  worker.stderr.resume();
  worker.unref();
  const pending = new Map<number, Pending>();
  let nAsked = 0;
  let nFiles = 0;
  let isReady = false;
  let died: ((asked: Asked) => Error) | undefined;
  let watch: NodeJS.Timeout | undefined;
  let linger: NodeJS.Timeout | undefined;

  const settle = (id: number): Pending | undefined => {
    const found = pending.get(id);
    pending.delete(id);
    if (pending.size === 0) {
      clearInterval(watch);
      watch = undefined;
      worker.unref();
    }
    return found;
  };
  const die = (reason: (asked: Asked) => Error) => {
    if (died !== undefined) return;
    died = reason;
    clearTimeout(linger);
    void worker.terminate();
    for (const id of [...pending.keys()]) {
      const { asked, reject } = settle(id)!;
      reject(reason(asked));
    }
  };
  worker.on("message", (message: Response | typeof READY) => {
    if (message === READY) {
      isReady = true;
      return;
    }
    const found = settle(message.id);
    if (message.error === undefined) found?.resolve(message.value);
    else found?.reject(unpackError(message.error));
  });
  worker.on("error", (error: Error & { code?: string }) => {
    die(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? tooMuch : () => error);
  });
  worker.on("exit", () => die(gone));

  const look = () => {
    let last = Number.NaN;
    let nIdle = 0;
    return () => {
      const now = readProgress(progress);
      nIdle = isReady && now === last ? nIdle + 1 : 0;
      last = now;
      if (nIdle >= MOST_IDLE_LOOKS) die(endless);
    };
  };

  return {
    isDead: () => died !== undefined,
    retain() {
      nFiles += 1;
      clearTimeout(linger);
    },
    release() {
      nFiles -= 1;
      if (nFiles > 0 || died !== undefined) return;
      linger = setTimeout(() => die(gone), LINGER_MS).unref();
    },
    ask<T>(body: RequestBody, asked: Asked): Promise<T> {
      const { signal } = asked;
      return new Promise<T>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        if (died !== undefined) return reject(died(asked));
        const id = nAsked++;
        const stop = () => die(() => signal!.reason);
        signal?.addEventListener("abort", stop, { once: true });
        const done = () => signal?.removeEventListener("abort", stop);
        pending.set(id, {
          asked,
          resolve(value) {
            done();
            resolve(value as T);
          },
          reject(error) {
            done();
            reject(error);
          },
        });
        worker.ref();
        watch ??= setInterval(look(), LOOK_MS);
        worker.postMessage({ id, ...body } satisfies Request);
      });
    },
  };
}

function endless({ action, path }: Asked): InputError {
  return new InputError(
    `Cannot ${action}: libhdf5 was at it for ${(LOOK_MS * MOST_IDLE_LOOKS) / 1000} s without reading or coming to an end. The file is damaged: restore it, or make it again.`,
    { path },
  );
}

function gone({ action, path }: Asked): InputError {
  return new InputError(`Cannot ${action}: the thread of libhdf5 has ended. Run the command again.`, { path });
}

function tooMuch({ action, path }: Asked): InputError {
  return new InputError(
    `Cannot ${action}: libhdf5 wants more memory than ${formatBytes(MOST_LIBRARY_BYTES)}. The file is damaged, or has texts or chunks that are too large: make it again, or rewrite it with h5repack.`,
    { path },
  );
}
