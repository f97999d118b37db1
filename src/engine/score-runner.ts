// A thread's part in a run without enhancement.
import type { ScoreJob } from "./job.js";
import { createBlockLoader } from "./load-block.js";
import { createFixedObserver } from "./observe-fixed.js";
import type { Runner } from "./runner.js";
import { createRunnerContext, type RunnerInputs } from "./runner-context.js";
import { createFixedScorer } from "./score-fixed.js";
import { clearScoreMaxima } from "./score-reduce.js";

export function createScoreRunner(inputs: RunnerInputs<ScoreJob>): Runner {
  const context = createRunnerContext(inputs);
  const loader = createBlockLoader(context);
  const observeBlock = createFixedObserver(context, loader);
  const scoreBlock = createFixedScorer(context, loader);
  return {
    report: context.report,
    begin(order) {
      if (order.phase === "score") clearScoreMaxima(context);
    },
    run(order, piece) {
      if (order.phase === "observe") observeBlock(piece);
      else if (order.phase === "score") scoreBlock(piece, order);
    },
    close: () => loader.close(),
  };
}
