// Threads that work on one shared memory. A phase ends when every thread has found no more to claim: that is the barrier.
// nThreads = 0: the main thread works alone, and gives the event loop a turn several times a second.
import { Worker } from "node:worker_threads";
import { InternalError } from "../errors.js";
import type { KernelSet } from "../kernels/kernel-set.js";
import type { DesignPartition } from "../stats/design/partition.js";
import { createRunner } from "./create-runner.js";
import { type AnyJob, CONTROL, type PhaseOrder, type PhaseReport } from "./job.js";
import { beginPhase, claimPiece, reportOf, runPiece } from "./phase.js";
import { rebuildFailure, type WorkerRequest, type WorkerResponse } from "./protocol.js";
import { workerUrl } from "./worker-url.js";

export interface Pool {
  /** Reports of all threads. `onClaimed`: pieces claimed so far, some times a second and at the end. Rejects with the first error of any thread. */
  run(order: PhaseOrder, nPieces: number, onClaimed?: (nClaimed: number) => void): Promise<PhaseReport[]>;
  close(): Promise<void>;
}

export interface PoolInputs {
  readonly job: AnyJob;
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module | undefined;
  readonly kernels: KernelSet;
  readonly partition: DesignPartition;
  readonly onFallback: (reason: string) => void;
  /** Entry of the worker threads; tests give one that fails. */
  readonly entry?: URL;
  /** Stops every thread at its next claim; `run` rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A worker's garbage is small and short-lived; V8's default of up to 48 MiB would be resident memory for nothing. */
const YOUNG_GENERATION_MIB = 4;
/** Milliseconds between looks at the claim counter, and between turns of the event loop without threads. */
const TICK_MS = 200;

export async function openPool(inputs: PoolInputs, nThreads: number): Promise<Pool> {
  return nThreads === 0 ? openInlinePool(inputs) : openThreadPool(inputs, nThreads);
}

function openInlinePool(inputs: PoolInputs): Pool {
  const { job, memory, onFallback } = inputs;
  const runner = createRunner({
    job,
    iWorker: 0,
    memory,
    kernels: inputs.kernels,
    partition: inputs.partition,
    onFallback,
  });
  const control = new Int32Array(memory.buffer, job.shared.control, CONTROL.words);
  return {
    async run(order, nPieces, onClaimed) {
      Atomics.store(control, CONTROL.nextClaim, 0);
      let busyMs = 0;
      let turn = performance.now();
      beginPhase(runner, order);
      for (let piece = claimPiece(control, nPieces); piece >= 0; piece = claimPiece(control, nPieces)) {
        runPiece(runner, order, piece);
        const now = performance.now();
        if (now - turn < TICK_MS) continue;
        busyMs += now - turn;
        onClaimed?.(piece + 1);
        await new Promise((resolve) => setImmediate(resolve));
        inputs.signal?.throwIfAborted();
        turn = performance.now();
      }
      onClaimed?.(nPieces);
      return [reportOf(runner, busyMs + performance.now() - turn)];
    },
    async close() {
      runner.close();
    },
  };
}

async function openThreadPool(inputs: PoolInputs, nThreads: number): Promise<Pool> {
  const { job, memory, module, partition, onFallback } = inputs;
  const control = new Int32Array(memory.buffer, job.shared.control, CONTROL.words);
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB };
  const workers = Array.from({ length: nThreads }, () => new Worker(inputs.entry ?? workerUrl(), { resourceLimits }));
  /** Set while a request is under way. */
  const waiting = new Map<Worker, { resolve: (response: WorkerResponse) => void; reject: (error: Error) => void }>();
  let closing = false;
  let firstFailure: Error | undefined;

  const fail = (error: Error) => {
    firstFailure ??= error;
    // the others stop at their next claim; nobody waits for a thread that is gone
    Atomics.store(control, CONTROL.stop, 1);
    for (const { reject } of waiting.values()) reject(firstFailure);
    waiting.clear();
  };
  for (const worker of workers) {
    worker.on("message", (response: WorkerResponse) => {
      if (response.type === "fallback") return onFallback(response.reason);
      if (response.type === "failed") return fail(rebuildFailure(response.failure));
      waiting.get(worker)?.resolve(response);
      waiting.delete(worker);
    });
    worker.on("error", (error) => fail(new InternalError(`A worker thread died: ${error.message}`, { cause: error })));
    worker.on("exit", (code) => {
      if (!closing) fail(new InternalError(`A worker thread ended unexpectedly (exit code ${code}).`));
    });
  }
  const ask = (worker: Worker, request: WorkerRequest) =>
    new Promise<WorkerResponse>((resolve, reject) => {
      if (firstFailure !== undefined) return reject(firstFailure);
      waiting.set(worker, { resolve, reject });
      worker.postMessage(request);
    });
  const stop = () => fail(inputs.signal!.reason);
  inputs.signal?.addEventListener("abort", stop);
  if (inputs.signal?.aborted) stop();
  const close = async () => {
    closing = true;
    inputs.signal?.removeEventListener("abort", stop);
    await Promise.all(workers.map((worker) => worker.terminate()));
  };

  try {
    await Promise.all(
      workers.map((worker, iWorker) => ask(worker, { type: "open", job, memory, module, partition, iWorker })),
    );
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
