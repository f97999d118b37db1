// The maxima of all threads, by shuffle: results are stored by shuffle index, never by arrival.
import { InternalError } from "../../errors.js";
import { NO_ELEMENT } from "../../run/null-state.js";
import { type EngineJob, valuesOf } from "../plan/job.js";

/** Largest of all threads' maxima in a lane; equal values go to the lowest element, so the number of threads does not show. */
export function createMaximaReader(job: EngineJob, buffer: ArrayBufferLike, nWorkers: number) {
  const { size, sink, layout, workerOffsets } = job;
  const count = size.hypotheses.length * layout.batchShuffles;
  const workers = Array.from({ length: nWorkers }, (_, i) => {
    const base = layout.workersStart + i * layout.workerBytes;
    return {
      values: valuesOf(sink, buffer, base + workerOffsets.maxima, count),
      elements: new Uint32Array(buffer, base + workerOffsets.maximaElements, count),
    };
  });
  // an enhanced statistic of 0 is no maximum
  const least = sink.kind === "scores" ? Number.NEGATIVE_INFINITY : 0;
  return (h: number, lane: number): { readonly value: number; readonly element: number } => {
    const at = h * layout.batchShuffles + lane;
    let value = least;
    let element = NO_ELEMENT;
    for (const { values, elements } of workers) {
      const v = values[at]!;
      if (v > value || (v === value && elements[at]! < element)) {
        value = v;
        element = elements[at]!;
      }
    }
    if (element >= size.nElements && (element !== NO_ELEMENT || sink.kind === "scores")) {
      throw new InternalError(`A maximum names element ${element} of ${size.nElements}.`);
    }
    return { value, element };
  };
}
