// The runner of a job's kind.
import type { Runner } from "./runner.js";
import { createEnhanceRunner } from "./runner.js";
import type { RunnerInputs } from "./runner-context.js";
import { createScoreRunner } from "./score-runner.js";

export function createRunner(inputs: RunnerInputs): Runner {
  const { job } = inputs;
  return job.kind === "score" ? createScoreRunner({ ...inputs, job }) : createEnhanceRunner({ ...inputs, job });
}
