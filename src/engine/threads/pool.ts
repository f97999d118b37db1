// Threads that work on one shared memory. A phase ends when every thread has found no more to claim: that is the barrier.
// nThreads = 0: the main thread works alone, and gives the event loop a turn several times a second (turns.ts).
import { Worker } from "node:worker_threads";
import { InternalError } from "../../errors.js";
import type { Fallback } from "../../mapping/file-bytes.js";
import { createTurns } from "../../turns.js";
import { CONTROL, type PhaseOrder, type PhaseReport } from "../plan/job.js";
import type { Runner } from "../seams.js";
import { phaseSteps } from "./phase.js";
import { rebuildFailure, type WorkerRequest, type WorkerResponse } from "./protocol.js";
import { workerUrl } from "./worker-url.js";

export interface Pool<Order = PhaseOrder, Report = PhaseReport> {
  /** Reports of all threads. `onClaimed`: pieces claimed so far, some times a second and at the end. Rejects with the first error of any thread. */
  run(order: Order, nPieces: number, onClaimed?: (nClaimed: number) => void): Promise<Report[]>;
  /**
   * When it resolves, every thread has ended, its files closed (what a thread maps that does not stop in time stays mapped). Never rejects; a run that is
   * under way rejects. The stop flag stays set: no other run can begin on the same memory.
   */
  close(): Promise<void>;
}

export interface PoolInputs<Setup, Order = PhaseOrder, Report = PhaseReport> {
  /** i32 [CONTROL.words] in the shared memory. */
  readonly control: Int32Array;
  /** What a worker thread begins with. */
  readonly setup: Setup;
  /** The same work in this thread. */
  readonly createRunner: () => Runner<Order, Report>;
  /** Once a reason. */
  readonly onFallback: (fallback: Fallback) => void;
  /** Entry of the worker threads; tests give one that fails. */
  readonly entry?: URL;
  /** Stops every thread at its next step; `run` rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A worker's garbage is small and short-lived; V8's default of up to 48 MiB would be resident memory for nothing. */
const YOUNG_GENERATION_MIB = 4;
/** Milliseconds between looks at the claim counter. */
const TICK_MS = 200;
/** Milliseconds that a thread may take to end by itself: a step at most. */
const GRACE_MS = 700;

export async function openPool<Setup, Order = PhaseOrder, Report = PhaseReport>(
  inputs: PoolInputs<Setup, Order, Report>,
  nThreads: number,
): Promise<Pool<Order, Report>> {
  inputs.signal?.throwIfAborted();
  return nThreads === 0 ? openInlinePool(inputs) : openThreadPool(inputs, nThreads);
}

function openInlinePool<Setup, Order, Report>({
  control,
  createRunner,
  signal,
}: PoolInputs<Setup, Order, Report>): Pool<Order, Report> {
  const runner = createRunner();
  const turns = createTurns(signal);
  return {
    async run(order, nPieces, onClaimed) {
      signal?.throwIfAborted();
      Atomics.store(control, CONTROL.nextClaim, 0);
      for (const _ of phaseSteps(runner, control, order, nPieces)) {
        if (!turns.isDue()) continue;
        onClaimed?.(Math.min(nPieces, Atomics.load(control, CONTROL.nextClaim)));
        await turns.take();
      }
      onClaimed?.(nPieces);
      return [{ ...runner.report }];
    },
    async close() {
      runner.close();
    },
  };
}

async function openThreadPool<Setup, Order, Report>(
  inputs: PoolInputs<Setup, Order, Report>,
  nThreads: number,
): Promise<Pool<Order, Report>> {
  const { control, setup, onFallback, signal } = inputs;
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB };
  const workers = Array.from({ length: nThreads }, () => new Worker(inputs.entry ?? workerUrl(), { resourceLimits }));
  const exits = workers.map((worker) => new Promise<void>((resolve) => worker.once("exit", () => resolve())));
  /** Set while a request is under way. */
  const waiting = new Map<
    Worker,
    { resolve: (response: WorkerResponse<Report>) => void; reject: (error: Error) => void }
  >();
  let closing = false;
  let firstFailure: Error | undefined;

  const fail = (error: Error) => {
    firstFailure ??= error;
    // the others stop at their next step; nobody waits for a thread that is gone
    Atomics.store(control, CONTROL.stop, 1);
    for (const { reject } of waiting.values()) reject(firstFailure);
    waiting.clear();
  };
  for (const worker of workers) {
    worker.on("message", (response: WorkerResponse<Report>) => {
      if (response.type === "fallback") return onFallback(response.fallback);
      if (response.type === "failed") return fail(rebuildFailure(response.failure));
      waiting.get(worker)?.resolve(response);
      waiting.delete(worker);
    });
    worker.on("error", (error) => fail(new InternalError(`A worker thread died: ${error.message}`, { cause: error })));
    worker.on("exit", (code) => {
      if (!closing) fail(new InternalError(`A worker thread ended unexpectedly (exit code ${code}).`));
    });
  }
  const ask = (worker: Worker, request: WorkerRequest<Setup, Order>) =>
    new Promise<WorkerResponse<Report>>((resolve, reject) => {
      if (firstFailure !== undefined) return reject(firstFailure);
      waiting.set(worker, { resolve, reject });
      worker.postMessage(request);
    });
  const stop = () => fail(signal!.reason);
  signal?.addEventListener("abort", stop);
  const close = async () => {
    closing = true;
    signal?.removeEventListener("abort", stop);
    fail(new InternalError("Cannot run a phase: the threads were closed."));
    for (const worker of workers) worker.postMessage({ type: "close" } satisfies WorkerRequest<Setup>);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GRACE_MS);
    });
    await Promise.race([Promise.all(exits), late]);
    clearTimeout(timer);
    await Promise.all(workers.map((worker) => worker.terminate()));
  };

  try {
    await Promise.all(workers.map((worker, iWorker) => ask(worker, { type: "open", setup, iWorker })));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async run(order, nPieces, onClaimed) {
      Atomics.store(control, CONTROL.nextClaim, 0);
      const tick = () => onClaimed?.(Math.min(nPieces, Atomics.load(control, CONTROL.nextClaim)));
      const timer = setInterval(tick, TICK_MS);
      try {
        const responses = await Promise.all(workers.map((worker) => ask(worker, { type: "phase", order, nPieces })));
        onClaimed?.(nPieces);
        return responses.flatMap((response) => (response.type === "done" ? [response.report] : []));
      } finally {
        clearInterval(timer);
      }
    },
    close,
  };
}
