// Puts the parts of one thread together: a source of statistics, the sink that the run needs, and its enhancer where it has one.
import { type Context, type ContextInputs, createContext, emptyReport } from "./context.js";
import { createCfeEnhancer } from "./enhance/cfe.js";
import { createEmpirical } from "./enhance/empirical.js";
import { createGraphEnhancer } from "./enhance/graph.js";
import { createFixedSource } from "./glm/fixed-source.js";
import { createBlockLoader } from "./glm/load-block.js";
import { createModelSource } from "./glm/model-source.js";
import type { Batch, LaneRange, SumsOrder } from "./plan/job.js";
import { createEnhancedReducer } from "./reduce/enhanced.js";
import type { Enhancer, Runner, Sink, Steps, TileSource } from "./seams.js";
import { createSearcher } from "./search/searcher.js";
import { createSequentialCounter } from "./sequential.js";
import { createBinSink } from "./sinks/bins.js";
import { createScoreSink } from "./sinks/scores.js";
import { createScreenedSink } from "./sinks/screened-scores.js";
import { createZSink } from "./sinks/z.js";

export function createRunner(inputs: ContextInputs): Runner {
  const context = createContext(inputs);
  const { report, job } = context;
  const source = createSource(context);
  const sink = createSink(context);
  const cfe = job.enhancement?.kind === "cfe" ? job.enhancement : undefined;
  const enhancer = cfe && createCfeEnhancer(context, cfe);
  const searcher = cfe && job.search && createSearcher(context, cfe, job.search);
  const maps = job.enhancement?.kind === "graph" ? createGraphEnhancer(context, job.enhancement) : undefined;
  const reducer = createEnhancedReducer(context);
  const empirical = createEmpirical(context);
  const counter = createSequentialCounter(context);
  const { lanes: groupLanes } = context.kernels.panels;

  function* enhancePiece(
    { load, enhance }: Enhancer,
    piece: number,
    { batch, lanes }: { batch: Batch; lanes: readonly LaneRange[] },
  ): Steps {
    // all enhanced statistics of the unshuffled data are kept, and all are gathered
    const place = load(piece, batch.sequential && ((element) => counter.isOpen(element, batch)));
    if (place.nRows === 0) return;
    for (const [h, range] of lanes.entries()) {
      for (let group = Math.floor(range.first / groupLanes); group * groupLanes < range.end; group++) {
        enhance(h, group, batch);
        if (batch.empirical === "gather") {
          empirical.addRows(h, place, { first: 0, end: Math.min(groupLanes, range.end - group * groupLanes) });
        } else {
          if (batch.empirical === "divide") empirical.divideRows(h, place);
          reducer.reduce(h, group, place, { batch, lanes: range });
        }
        yield;
      }
    }
  }

  function* sumPiece(order: SumsOrder, piece: number): Steps {
    empirical.addMaps(order, piece);
    yield;
  }

  return {
    report,
    begin({ phase }) {
      Object.assign(report, emptyReport(job.size.nSubjects));
      if (phase === "statistics") {
        sink.begin();
        // whatever phases follow find the batch's maxima together
        if (job.enhancement !== undefined) reducer.begin();
      }
      if (phase === "maps") maps!.begin();
      searcher?.begin();
    },
    run(order, piece) {
      if (order.phase === "observe") return source.observe(piece);
      if (order.phase === "statistics") return source.tiles(piece, order.batch, sink);
      if (order.phase === "maps") return maps!.run(order, piece);
      if (order.phase === "sums") return sumPiece(order, piece);
      return order.phase === "enhance" ? enhancePiece(enhancer!, piece, order) : searcher!.run(order, piece);
    },
    close() {
      source.close();
      enhancer?.close();
      searcher?.close();
    },
  };
}

function createSource(context: Context): TileSource {
  const loader = createBlockLoader(context);
  const { modelJob } = context;
  return modelJob === undefined ? createFixedSource(context, loader) : createModelSource(context, modelJob, loader);
}

function createSink(context: Context): Sink {
  const { sink } = context.job;
  if (sink.kind === "z") return createZSink(context);
  if (sink.kind === "bins") return createBinSink(context, sink);
  return context.job.screened ? createScreenedSink(context, sink) : createScoreSink(context, sink);
}
