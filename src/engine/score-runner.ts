// A thread's part in a run without enhancement.
import { modelJobOf, type ScoreJob } from "./job.js";
import { createBlockLoader } from "./load-block.js";
import { createModelLoader } from "./model-block.js";
import { createFixedObserver } from "./observe-fixed.js";
import { createModelObserver } from "./observe-model.js";
import type { Runner } from "./runner.js";
import { createRunnerContext, type RunnerInputs } from "./runner-context.js";
import { createFixedScorer } from "./score-fixed.js";
import { createModelScorer } from "./score-model.js";
import { clearScoreMaxima } from "./score-reduce.js";

export function createScoreRunner(inputs: RunnerInputs<ScoreJob>): Runner {
  const context = createRunnerContext(inputs);
  const loader = createBlockLoader(context);
  const modelJob = modelJobOf(context.job);
  const modelLoader = modelJob === undefined ? undefined : createModelLoader(context, loader, modelJob);
  const observeBlock =
    modelJob === undefined
      ? createFixedObserver(context, loader)
      : createModelObserver(context, modelJob, modelLoader!);
  const scoreBlock =
    modelJob === undefined ? createFixedScorer(context, loader) : createModelScorer(context, modelJob, modelLoader!);
  return {
    report: context.report,
    begin(order) {
      if (order.phase === "score") clearScoreMaxima(context);
    },
    run(order, piece) {
      if (order.phase === "observe") observeBlock(piece);
      else if (order.phase === "score") scoreBlock(piece, order);
    },
    close() {
      loader.close();
      modelLoader?.close();
    },
  };
}
