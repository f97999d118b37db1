// What one thread does with one piece of claimed work. Main thread and workers run the same code over the same memory.
import { createFixedBinner } from "./bin-fixed.js";
import { createModelBinner } from "./bin-model.js";
import { createWindowEnhancer } from "./enhance-windows.js";
import { type EngineJob, modelJobOf, type PhaseOrder } from "./job.js";
import { createBlockLoader } from "./load-block.js";
import { createModelLoader } from "./model-block.js";
import { createFixedObserver } from "./observe-fixed.js";
import { createModelObserver } from "./observe-model.js";
import { createRunnerContext, type RunnerInputs, type RunnerReport } from "./runner-context.js";

export type { RunnerInputs };

export interface Runner {
  /** Before the first piece of a phase: this worker's maxima are begun anew. */
  begin(order: PhaseOrder): void;
  run(order: PhaseOrder, piece: number): void;
  /** Counted over a phase; whoever runs the phase clears it. */
  readonly report: RunnerReport;
  close(): void;
}

export function createEnhanceRunner(inputs: RunnerInputs<EngineJob>): Runner {
  const context = createRunnerContext(inputs);
  const loader = createBlockLoader(context);
  const modelJob = modelJobOf(context.job);
  const modelLoader = modelJob === undefined ? undefined : createModelLoader(context, loader, modelJob);
  const observeBlock =
    modelJob === undefined
      ? createFixedObserver(context, loader)
      : createModelObserver(context, modelJob, modelLoader!);
  const binBlock =
    modelJob === undefined ? createFixedBinner(context, loader) : createModelBinner(context, modelJob, modelLoader!);
  const { enhanceWindow, clearMaxima, close } = createWindowEnhancer(context);
  return {
    report: context.report,
    begin(order) {
      if (order.phase === "enhance") clearMaxima();
    },
    run(order, piece) {
      if (order.phase === "observe") observeBlock(piece);
      else if (order.phase === "bin") binBlock(piece, order);
      else if (order.phase === "enhance") enhanceWindow(piece, order);
    },
    close() {
      loader.close();
      modelLoader?.close();
      close();
    },
  };
}
