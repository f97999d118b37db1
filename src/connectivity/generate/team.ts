// Threads that make a matrix together. Each has one task at a time, and whoever asks puts the results in order. Without threads the main thread does the work, with
// turns of the event loop between the tasks.
import { Worker } from "node:worker_threads";
import { InternalError } from "../../errors.js";
import type { Turns } from "../../turns.js";
import { createPerformer, type Performer, type Role, type Task, type TaskResult } from "./tasks.js";

export interface Team {
  /** Threads that work, at least 1. */
  readonly size: number;
  /** What they do from now on, each told apart by a number below `size`; what they did before is over. */
  begin(roleOf: (thread: number) => Role): Promise<void>;
  /** Rejects when a thread died, or with the reason of the signal. */
  run<T extends Task>(task: T): Promise<TaskResult<T>>;
  /** Idempotent. What is under way rejects. */
  close(): Promise<void>;
}

/** As the engine's threads (threads/pool.ts). */
const YOUNG_GENERATION_MIB = 4;

export function openTeam(nThreads: number, turns: Turns, signal: AbortSignal | undefined, entry = workerUrl()): Team {
  return nThreads === 0 ? openAlone(turns) : openThreads(nThreads, signal, entry);
}

function openAlone(turns: Turns): Team {
  let performer: Performer | undefined;
  return {
    size: 1,
    async begin(roleOf) {
      performer = undefined;
      performer = createPerformer(roleOf(0));
    },
    async run<T extends Task>(task: T) {
      if (turns.isDue()) await turns.take();
      return performer!.perform(task) as TaskResult<T>;
    },
    async close() {},
  };
}

interface Waiting {
  readonly message: unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

function openThreads(nThreads: number, signal: AbortSignal | undefined, entry: URL): Team {
  signal?.throwIfAborted();
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB };
  const workers = Array.from({ length: nThreads }, () => new Worker(entry, { resourceLimits }));
  const idle = [...workers];
  const busy = new Map<Worker, Waiting>();
  const queue: Waiting[] = [];
  let failure: { readonly reason: unknown } | undefined;
  const fail = (reason: unknown) => {
    failure ??= { reason };
    for (const { reject } of [...busy.values(), ...queue]) reject(failure.reason);
    busy.clear();
    queue.length = 0;
  };
  const next = (worker: Worker) => {
    const waiting = queue.shift();
    if (waiting === undefined) {
      idle.push(worker);
      return;
    }
    busy.set(worker, waiting);
    worker.postMessage(waiting.message);
  };
  let closing = false;
  for (const worker of workers) {
    worker.on("message", (result: unknown) => {
      const waiting = busy.get(worker);
      busy.delete(worker);
      next(worker);
      waiting?.resolve(result as never);
    });
    worker.on("error", (error) => fail(new InternalError(`A worker thread died: ${error.message}`, { cause: error })));
    worker.on("exit", (code) => {
      if (!closing) fail(new InternalError(`A worker thread ended unexpectedly (exit code ${code}).`));
    });
  }
  const ask = (message: unknown) =>
    new Promise<never>((resolve, reject) => {
      if (failure !== undefined) return reject(failure.reason);
      queue.push({ message, resolve, reject });
      const worker = idle.shift();
      if (worker !== undefined) next(worker);
    });
  const stop = () => fail(signal!.reason);
  signal?.addEventListener("abort", stop);
  return {
    size: nThreads,
    // nobody works between two roles: as many messages as threads reach every one of them
    async begin(roleOf) {
      await Promise.all(workers.map((_, thread) => ask({ role: roleOf(thread) })));
    },
    run: (task) => ask({ task }),
    async close() {
      closing = true;
      signal?.removeEventListener("abort", stop);
      fail(new InternalError("Cannot go on with a matrix: the threads were closed."));
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** The built entry: beside this file when built, in dist/ when run from source. */
function workerUrl(): URL {
  const here = import.meta.url;
  return here.endsWith(".ts")
    ? new URL("../../../dist/src/connectivity/generate/worker.js", here)
    : new URL("worker.js", here);
}
