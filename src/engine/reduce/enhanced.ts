// From enhanced statistics of a piece to what is kept of them, whoever enhanced: the unshuffled data's own, a counter an element, a maximum a shuffle.
import { NO_ELEMENT } from "../../run/null-state.js";
import type { Context } from "../context.js";
import type { Batch, LaneRange } from "../plan/job.js";
import { createSequentialCounter } from "../sequential.js";

export interface EnhancedReducer {
  /** Before the first piece of a batch: no maximum yet. */
  begin(): void;
  /** f32 [nRows][lanes] in the worker's `enhanced`; of the group only those lanes. */
  reduce(
    h: number,
    group: number,
    piece: { readonly firstElement: number; readonly nRows: number },
    of: { readonly batch: Batch; readonly lanes: LaneRange },
  ): void;
}

export function createEnhancedReducer(context: Context): EnhancedReducer {
  const { job, worker: w, kernels: k, f32, u32 } = context;
  const counter = createSequentialCounter(context);
  const { size, shared, layout } = job;
  const { lanes } = k.panels;
  return {
    begin() {
      const count = size.hypotheses.length * layout.batchShuffles;
      f32(w.maxima, count).fill(0);
      u32(w.maximaElements, count).fill(NO_ELEMENT);
    },
    reduce(h, group, { firstElement, nRows }, { batch, lanes: range }) {
      const { defaults, counters } = shared.hypotheses[h]!;
      const of = (lane: number) => Math.max(0, Math.min(lanes, lane - group * lanes));
      const [first, end] = [of(range.first), of(range.end)];
      if (group === 0 && first === 0 && batch.keepDefault) k.f32KeepDefault(nRows, firstElement, w.enhanced, defaults);
      if (batch.sequential !== undefined) {
        const values = f32(w.enhanced, nRows * lanes);
        const own = f32(defaults, size.nElements);
        for (let row = 0; row < nRows; row++) {
          const element = firstElement + row;
          if (!counter.isOpen(element, batch)) continue;
          const of = { values, at: row * lanes, step: 1, first: group * lanes, count: end };
          counter.count(h, element, own[element]!, of, batch);
        }
        return;
      }
      const maxima = (h * layout.batchShuffles + group * lanes) * 4;
      const counted = Math.max(first, Math.min(end, of(batch.counted)));
      for (const [from, to, counts] of [
        [first, counted, counters],
        [counted, end, 0],
      ] as const) {
        if (from === to) continue;
        k.f32ReduceEnhanced(
          nRows,
          firstElement,
          from,
          to,
          w.enhanced,
          defaults,
          shared.eligible ?? 0,
          counts,
          w.maxima + maxima,
          w.maximaElements + maxima,
        );
      }
    },
  };
}
