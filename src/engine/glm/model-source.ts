// Statistics of models whose design varies between elements or whose variance is grouped: a block's elements in groups of the same observations.
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import type { TileSource } from "../seams.js";
import type { BlockLoader } from "./load-block.js";
import { createModelLoader } from "./model-block.js";
import { createModelObserver } from "./observe-model.js";
import { createResidualTester } from "./residual-tester.js";
import { createSharedTester } from "./shared-design-tester.js";

export function createModelSource(context: Context, modelJob: ModelJob, blocks: BlockLoader): TileSource {
  const loader = createModelLoader(context, blocks, modelJob);
  const { nGroups, nElementColumns } = modelJob.size;
  // one product for all hypotheses, or one a hypothesis
  const createTester = nGroups === 1 && nElementColumns === 0 ? createSharedTester : createResidualTester;
  const testGroup = createTester(context, modelJob, loader);
  return {
    observe: createModelObserver(context, modelJob, loader),
    *tiles(iBlock, batch, sink) {
      const block = loader.load(iBlock);
      for (const group of block.groups) yield* testGroup(block, group, batch, sink);
    },
    close() {
      loader.close();
      blocks.close();
    },
  };
}
