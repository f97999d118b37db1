// The largest score of each lane of every hypothesis, and the element that has it: of equal ones the lowest, whatever the order in which they come.
import { NO_ELEMENT } from "../../run/null-state.js";
import type { Context } from "../context.js";

export interface LaneMaxima {
  /** f64 [hypotheses x batch], a view. */
  readonly values: Float64Array;
  /** Before a batch. */
  clear(): void;
  contend(lane: number, score: number, element: number): void;
}

export function createLaneMaxima({ job, worker: w, f64, u32 }: Context): LaneMaxima {
  const nLanes = job.size.hypotheses.length * job.layout.batchShuffles;
  const values = f64(w.maxima, nLanes);
  const elements = u32(w.maximaElements, nLanes);
  return {
    values,
    clear() {
      values.fill(Number.NEGATIVE_INFINITY);
      elements.fill(NO_ELEMENT);
    },
    contend(lane, score, element) {
      if (score < values[lane]! || (score === values[lane]! && element >= elements[lane]!)) return;
      values[lane] = score;
      elements[lane] = element;
    },
  };
}
