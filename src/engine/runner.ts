// What one thread does with one piece of claimed work. Main thread and workers run the same code over the same memory.
import { type BinOrder, createFixedBinner } from "./bin-fixed.js";
import { createWindowEnhancer } from "./enhance-windows.js";
import type { PhaseOrder } from "./job.js";
import { createBlockLoader } from "./load-block.js";
import { createFixedObserver } from "./observe-fixed.js";
import { createRunnerContext, type RunnerInputs, type RunnerReport } from "./runner-context.js";

export type { RunnerInputs };

export interface Runner {
  observeBlock(iBlock: number): void;
  binBlock(iBlock: number, order: BinOrder): void;
  enhanceWindow(iWindow: number, order: Extract<PhaseOrder, { phase: "enhance" }>): void;
  /** Before the first window of a batch: this worker's maxima become 0. */
  clearMaxima(): void;
  readonly report: Readonly<RunnerReport>;
  resetReport(): void;
  close(): void;
}

export function createRunner(inputs: RunnerInputs): Runner {
  const context = createRunnerContext(inputs);
  const { report } = context;
  const loader = createBlockLoader(context);
  const { enhanceWindow, clearMaxima, close } = createWindowEnhancer(context);
  return {
    observeBlock: createFixedObserver(context, loader),
    binBlock: createFixedBinner(context, loader),
    enhanceWindow,
    clearMaxima,
    report,
    resetReport() {
      report.largestBin = 0;
      report.nonFiniteElement = -1;
      report.bytesRead = 0;
    },
    close() {
      loader.close();
      close();
    },
  };
}
