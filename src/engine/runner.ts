// Puts the parts of one thread together: a source of statistics, the sink that the run needs, and its enhancer where it has one.
import { type Context, type ContextInputs, createContext, emptyReport } from "./context.js";
import { createCfeEnhancer } from "./enhance/cfe.js";
import { createFixedSource } from "./glm/fixed-source.js";
import { createBlockLoader } from "./glm/load-block.js";
import { createModelSource } from "./glm/model-source.js";
import type { Batch } from "./plan/job.js";
import { createEnhancedReducer } from "./reduce/enhanced.js";
import type { Enhancer, Runner, Sink, Steps, TileSource } from "./seams.js";
import { createBinSink } from "./sinks/bins.js";
import { createScoreSink } from "./sinks/scores.js";

export function createRunner(inputs: ContextInputs): Runner {
  const context = createContext(inputs);
  const { report, job } = context;
  const source = createSource(context);
  const sink = createSink(context);
  const enhancer = job.enhancement && createCfeEnhancer(context, job.enhancement);
  const reducer = createEnhancedReducer(context);

  function* enhancePiece({ load, enhance }: Enhancer, piece: number, batch: Batch): Steps {
    const place = load(piece);
    for (const h of job.size.hypotheses.keys()) {
      for (let group = 0; group * context.kernels.panels.lanes < batch.lanes; group++) {
        enhance(h, group, batch);
        reducer.reduce(h, group, place, batch);
        yield;
      }
    }
  }

  return {
    report,
    begin({ phase }) {
      Object.assign(report, emptyReport(job.size.nSubjects));
      if (phase === "statistics") sink.begin();
      if (phase === "enhance") reducer.begin();
    },
    run(order, piece) {
      if (order.phase === "observe") return source.observe(piece);
      return order.phase === "statistics"
        ? source.tiles(piece, order.batch, sink)
        : enhancePiece(enhancer!, piece, order.batch);
    },
    close() {
      source.close();
      enhancer?.close();
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
  return sink.kind === "bins" ? createBinSink(context, sink) : createScoreSink(context, sink);
}
