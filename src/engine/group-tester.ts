// The way through the products that a model takes: one for all hypotheses, or one a hypothesis.
import type { ModelJob } from "./job.js";
import type { ModelLoader } from "./model-block.js";
import { createResidualTester } from "./residual-tester.js";
import type { RunnerContext } from "./runner-context.js";
import { createSharedTester, type GroupTester } from "./shared-design-tester.js";

export function createGroupTester(context: RunnerContext, modelJob: ModelJob, loader: ModelLoader): GroupTester {
  const { nGroups, nElementColumns } = modelJob.size;
  const create = nGroups === 1 && nElementColumns === 0 ? createSharedTester : createResidualTester;
  return create(context, modelJob, loader);
}
