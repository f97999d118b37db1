// The second thread of a conversion, from the main thread's side. It is never waited for while it starts: until it is ready, or where it cannot start, the main
// thread does everything.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { InternalError } from "../src/errors.js";
import type { BlockSumsState } from "../src/store/block-sums.js";
import { createSharedMemory } from "../src/store/finite.js";
import { CONTROL } from "./control-words.js";
import type {
  Failure,
  FoundRow,
  Group,
  SecondAnswer,
  SecondRequest,
  SecondSetup,
  StripRequest,
} from "./second-thread-work.js";

/** Bytes of a matrix. A thread takes 40 ms to start, and halves what 64 MiB take: 80 ms. */
export const LEAST_SHARED_BYTES = 2 ** 26;
/** A heap of small garbage. */
const YOUNG_GENERATION_MIB = 4;

export interface SecondThread {
  /** Resolves when it is ready, or could not start. */
  readonly started: Promise<void>;
  /** True from its first message on, until something goes wrong with it. */
  isReady(): boolean;
  /** Requests are done in their order. Both reject with what went wrong: of a subject ReadFailure, of the disk what the system says. */
  write(group: Group, fd: number): Promise<void>;
  read(group: Group, subjects: readonly number[]): Promise<readonly FoundRow[]>;
  /** Resolves when no strip is left to be taken, and all that it took are written. */
  strip(request: StripRequest): Promise<void>;
  /** What it has summed, and its end. Undefined: nothing was asked of it. */
  sums(): Promise<BlockSumsState | undefined>;
  /** Ends it; nothing is read or written any more when it resolves. */
  close(): Promise<void>;
}

/** Of a subject's file, read by the second thread. */
export class ReadFailure extends Error {
  readonly subject: number;
  constructor(subject: number, cause: unknown) {
    super("A subject could not be read.", { cause });
    this.subject = subject;
  }
}

/** Whether a second thread is to be started: as asked for, else where it pays and has a core of its own. */
export function isWorthASecondThread(dataBytes: number, nThreads: number | undefined): boolean {
  return nThreads === undefined ? dataBytes >= LEAST_SHARED_BYTES && availableParallelism() >= 2 : nThreads >= 2;
}

/** The built entry: beside this file when built, in dist/ when run from source (tests; `npm run build` first). */
function entryUrl(): URL {
  const here = import.meta.url;
  return here.endsWith(".ts")
    ? new URL("../dist/converters/second-thread-entry.js", here)
    : new URL("second-thread-entry.js", here);
}

/** A thread that is told later what to do, so that it starts while the inputs are checked. */
export interface SpareThread {
  readonly worker: Worker;
  /** For strips of two threads, where it was asked for and can be had. */
  readonly memory: WebAssembly.Memory | undefined;
  /** Its exit code, when it has ended for whatever reason. */
  readonly exited: Promise<number>;
  /** Ends it, if it has not ended. */
  discard(): Promise<void>;
}

/** `memoryBytes`: of a memory that the thread asks large pages for while it waits, because what asks takes 20 ms to load. */
export function startSpareThread({ memoryBytes = 0, entry = entryUrl() } = {}): SpareThread {
  const memory = memoryBytes === 0 ? undefined : createSharedMemory(memoryBytes);
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB };
  const worker = new Worker(entry, { resourceLimits, workerData: memory });
  worker.unref(); // whoever waits for an answer holds the process
  worker.on("error", () => {}); // what cannot start is done without; who works with it listens too
  const exited = new Promise<number>((resolve) => worker.once("exit", resolve));
  return {
    worker,
    memory,
    exited,
    async discard() {
      worker.ref(); // or the process ends while its end is waited for
      void worker.terminate();
      await exited;
    },
  };
}

export function startSecondThread(setup: SecondSetup, spare = startSpareThread()): SecondThread {
  const { worker, exited } = spare;
  const words = new Int32Array(setup.control);
  let begun = () => {};
  const started = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let isReady = false;
  let isClosing = false;
  let isEnding = false;
  let hasWorked = false;
  let death: Error | undefined;
  /** One a request, in order. */
  const waiting: { resolve(answer: SecondAnswer): void; reject(error: Error): void }[] = [];

  const die = (error: Error) => {
    const wasReady = isReady;
    isReady = false;
    begun();
    if (!wasReady) return; // it could not start: the main thread does all
    death ??= error;
    Atomics.store(words, CONTROL.stop, 1);
    for (const { reject } of waiting.splice(0)) reject(death);
  };
  worker.on("message", (answer: SecondAnswer) => {
    if (answer.type === "ready") {
      isReady = !isClosing;
      begun();
    } else if (answer.type === "failed") waiting.shift()?.reject(rebuild(answer.failure));
    else waiting.shift()?.resolve(answer);
  });
  worker.on("error", (cause) => die(new InternalError(`A thread of the conversion died: ${cause.message}`, { cause })));
  void exited.then((code) => {
    if (!isClosing) die(new InternalError(`A thread of the conversion ended unexpectedly (exit code ${code}).`));
  });
  worker.postMessage(setup);
  async function ask(request: SecondRequest): Promise<SecondAnswer> {
    if (death !== undefined) throw death;
    hasWorked = true;
    worker.ref();
    try {
      return await new Promise<SecondAnswer>((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.postMessage(request);
      });
    } finally {
      if (waiting.length === 0 && !isEnding) worker.unref();
    }
  }

  return {
    started,
    isReady: () => isReady,
    async write(group, fd) {
      await ask({ type: "write", ...group, fd });
    },
    async read(group, subjects) {
      const answer = await ask({ type: "read", ...group, subjects });
      return answer.type === "read" ? answer.found : [];
    },
    async strip(request) {
      await ask({ type: "strips", ...request });
    },
    async sums() {
      if (!hasWorked) return undefined;
      const answer = ask({ type: "sums" });
      isClosing = true;
      const found = await answer;
      return found.type === "sums" ? found.state : undefined;
    },
    async close() {
      isClosing = true;
      isEnding = true;
      isReady = false;
      Atomics.store(words, CONTROL.stop, 1);
      await spare.discard();
    },
  };
}

function rebuild({ subject, message, code, syscall, stack }: Failure): Error {
  const error = Object.assign(new Error(message), code === undefined ? {} : { code, syscall });
  if (stack !== undefined) error.stack = stack;
  return subject === undefined ? error : new ReadFailure(subject, error);
}
