// Turns of the event loop for work in the main thread: without them no signal, timer or message is heard until the work ends.

/** Milliseconds of work between two turns. */
const TURN_MS = 100;

export interface Turns {
  /** True when the work has gone on for long enough. */
  isDue(): boolean;
  /** Lets everything that waits happen. Throws the signal's reason when it was aborted. */
  take(): Promise<void>;
}

/** Does `work` step by step, with a turn where one is due. Rejects with the signal's reason; what `work` holds open is closed then. */
export async function inTurns<T>(work: Generator<unknown, T>, turns: Turns): Promise<T> {
  try {
    for (let step = work.next(); ; step = work.next()) {
      if (step.done) return step.value;
      if (turns.isDue()) await turns.take();
    }
  } finally {
    work.return(undefined as never);
  }
}

/** Does `work` to its end at once: nothing is heard meanwhile. */
export function withoutTurns<T>(work: Generator<unknown, T>): T {
  for (let step = work.next(); ; step = work.next()) if (step.done) return step.value;
}

/** The time since the last turn goes on from phase to phase: many short ones are no shorter than a long one. */
export function createTurns(signal: AbortSignal | undefined): Turns {
  let last = performance.now();
  return {
    isDue: () => performance.now() - last >= TURN_MS,
    async take() {
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      last = performance.now();
    },
  };
}
