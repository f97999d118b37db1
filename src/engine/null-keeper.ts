// Keeps what each shuffle leaves, and hands it out as a null state: maxima by shuffle index, and views of the counters and defaults in the shared memory.
import { type HypothesisNull, NO_ELEMENT, type NullState } from "../run/null-state.js";
import type { ShuffleRange } from "../run/shuffle-range.js";
import type { DesignPartition } from "../stats/design/partition.js";
import { zOfScore } from "../stats/glm/scores.js";
import type { Turns } from "../turns.js";
import { type EngineJob, valuesOf } from "./plan/job.js";

export interface NullKeeper {
  /** The maximum of each hypothesis of one more shuffle, the range's number `place`. */
  keep(place: number, maximumOf: (h: number) => { readonly value: number; readonly element: number }): void;
  /** Everything kept so far. */
  state(): NullState;
  /** The same after the last shuffle: nothing is kept afterwards. A Z of every element can take seconds. */
  finish(turns: Turns): Promise<NullState>;
}

export function createNullKeeper(
  { job, buffer, partition }: { job: EngineJob; buffer: ArrayBufferLike; partition: DesignPartition },
  range: ShuffleRange,
  { planHash, uncorrectedShuffles }: { readonly planHash: string; readonly uncorrectedShuffles?: number | undefined },
): NullKeeper {
  const { nElements, hypotheses } = job.size;
  const count = range.end - range.first;
  const maxima = hypotheses.map(() => new Float64Array(count));
  const elements = hypotheses.map(() => new Uint32Array(count).fill(NO_ELEMENT));
  const regions = job.shared.hypotheses.map(({ defaults, counters }) => ({
    defaults: valuesOf(job.sink, buffer, defaults, nElements),
    counters: new Uint32Array(buffer, counters, nElements),
  }));
  for (const { defaults, counters } of regions) {
    defaults.fill(0);
    counters.fill(0);
  }
  const toZ = hypotheses.map((_, h) => scoreToZ(job, partition, buffer, h));
  let done = 0;
  let isFinished = false;

  const state = (): NullState => ({
    planHash,
    nElements,
    ...(uncorrectedShuffles === undefined ? {} : { uncorrectedShuffles }),
    ranges: done === 0 ? [] : [{ first: range.first, end: range.first + done }],
    hypotheses: regions.map(
      ({ defaults, counters }, h): HypothesisNull => ({
        maxima: maxima[h]!.subarray(0, done),
        elements: elements[h]!.subarray(0, done),
        counters,
        // scores stay in their place until the end: the batches to come are compared with them
        get defaults() {
          return toZ[h] === undefined || isFinished ? defaults : defaults.map(toZ[h]);
        },
      }),
    ),
  });

  return {
    state,
    keep(place, maximumOf) {
      for (const h of hypotheses.keys()) {
        const { value, element } = maximumOf(h);
        // maxima of other models are Z already: those of different elements were compared
        maxima[h]![place] = job.model === undefined && toZ[h] !== undefined ? toZ[h](value, element) : value;
        elements[h]![place] = element;
      }
      done = place + 1;
    },
    async finish(turns) {
      for (const [h, { defaults }] of regions.entries()) {
        if (toZ[h] === undefined) continue;
        for (let i = 0; i < nElements; i++) {
          if (turns.isDue()) await turns.take();
          defaults[i] = toZ[h](defaults[i]!, i);
        }
      }
      isFinished = true;
      return state();
    },
  };
}

/** Z of a kept score of hypothesis h; undefined where what is kept needs no change. */
function scoreToZ(
  { sink, model, size, shared }: EngineJob,
  partition: DesignPartition,
  buffer: ArrayBufferLike,
  h: number,
): ((score: number, element: number) => number) | undefined {
  if (sink.kind !== "scores" || model?.groups !== undefined) return undefined;
  const { kind, rank } = model?.hypotheses[h] ?? partition.hypotheses[h]!.hypothesis;
  if (model === undefined) return (score) => zOfScore(kind, rank, score, size.dof, sink.untestable[h]);
  const dofs = new Float64Array(buffer, shared.elementDofs, size.nElements);
  return (score, element) => zOfScore(kind, rank, score, dofs[element]!);
}
