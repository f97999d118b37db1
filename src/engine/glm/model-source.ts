// Statistics of models whose design varies between elements or whose variance is grouped: a block's elements in groups of the same observations.
import type { Context } from "../context.js";
import type { Batch, ModelJob } from "../plan/job.js";
import type { Sink, Steps, TileSource } from "../seams.js";
import { createSequentialCounter } from "../sequential.js";
import { createDesignCache } from "./design-cache.js";
import type { BlockLoader } from "./load-block.js";
import { createModelLoader, type ElementGroup, type ModelBlock } from "./model-block.js";
import { createModelObserver } from "./observe-model.js";
import { createOwnPatternTester } from "./own-pattern-tester.js";
import { createResidualTester } from "./residual-tester.js";
import { createSharedTester } from "./shared-design-tester.js";

export function createModelSource(context: Context, modelJob: ModelJob, blocks: BlockLoader): TileSource {
  const loader = createModelLoader(context, blocks, modelJob);
  const { regions, size } = modelJob;
  const { laneShuffles } = context.job.layout;
  // one product for all hypotheses, or one a hypothesis
  const createTester = size.nGroups === 1 && size.nElementColumns === 0 ? createSharedTester : createResidualTester;
  const designs = createDesignCache(context, modelJob);
  const counter = createSequentialCounter(context);
  const prepare = createTester(context, modelJob, loader, designs);
  const ownPattern = createOwnPatternTester(context, modelJob);

  function* testNone({ place }: ModelBlock, { members }: ElementGroup, batch: Batch, sink: Sink): Steps {
    const tile = { firstElement: place.firstElement, members, stride: members.length, isSquared: false };
    context.f64(regions.statistics, laneShuffles * tile.stride).fill(Number.NaN);
    for (const h of size.contrastRanks.keys()) {
      for (let first = 0; first < batch.lanes; first += laneShuffles) {
        const count = Math.min(laneShuffles, batch.lanes - first);
        sink.statistics({ ...tile, h, first, count, dof: size.nGroups === 1 ? 0 : undefined }, batch);
        yield;
      }
    }
  }

  /** Elements can be left out: what others have is nothing to them. */
  const isSingly = ({ sequential }: Batch) => sequential !== undefined && context.job.enhancement === undefined;
  function* testGroup(block: ModelBlock, group: ElementGroup, batch: Batch, sink: Sink): Steps {
    const test = yield* prepare(block, group);
    yield* test === undefined ? testNone(block, group, batch, sink) : test(batch, sink);
  }

  function* testAlone(block: ModelBlock, groups: readonly ElementGroup[], batch: Batch, sink: Sink): Steps {
    const others = yield* ownPattern!.test(block, groups, batch, sink);
    for (const group of others) yield* testGroup(block, group, batch, sink);
  }

  return {
    observe: createModelObserver(context, modelJob, loader, designs),
    *tiles(iBlock, batch, sink) {
      const { byPattern } = batch;
      // nothing of it is wanted: it is not read
      if (isSingly(batch) && !loader.someElement(iBlock, byPattern, (element) => counter.isOpen(element, batch)))
        return;
      const block = byPattern ? loader.loadByPattern(iBlock) : loader.load(iBlock, "later");
      // elements with patterns of their own wait for a second one
      const waiting: ElementGroup[] = [];
      for (const all of block.groups) {
        const members = isSingly(batch) ? counter.openOf(block.place.firstElement, all.members, batch) : all.members;
        if (members.length === 0) continue;
        const group = { ...all, members };
        if (ownPattern?.takes(group) !== true) {
          yield* testGroup(block, group, batch, sink);
          continue;
        }
        waiting.push(group);
        if (waiting.length === 2) yield* testAlone(block, waiting.splice(0), batch, sink);
      }
      if (waiting.length > 0) yield* testAlone(block, waiting, batch, sink);
    },
    close() {
      loader.close();
      blocks.close();
    },
  };
}
