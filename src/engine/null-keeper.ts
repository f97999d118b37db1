// Keeps what each shuffle leaves, and hands it out as a null state: maxima by shuffle index, and views of the counters and defaults in the shared memory.
import { type HypothesisNull, NO_ELEMENT, type NullState } from "../run/null-state.js";
import type { ShuffleRange } from "../run/shuffle-range.js";
import type { DesignPartition } from "../stats/design/partition.js";
import { zOfScore } from "../stats/glm/scores.js";
import { type EngineJob, valuesOf } from "./plan/job.js";

export interface NullKeeper {
  /** The maximum of each hypothesis of one more shuffle, the range's number `place`. */
  keep(place: number, maximumOf: (h: number) => { readonly value: number; readonly element: number }): void;
  /** Everything kept so far. */
  state(): NullState;
  /** The same after the last shuffle: nothing is kept afterwards. */
  finish(): NullState;
}

export function createNullKeeper(
  { job, buffer, partition }: { job: EngineJob; buffer: ArrayBufferLike; partition: DesignPartition },
  range: ShuffleRange,
  planHash: string,
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
  const zOfMaximum = hypotheses.map((_, h) => maximumToZ(job, partition, h));
  const zOfDefault = hypotheses.map((_, h) => defaultToZ(job, partition, buffer, h));
  let done = 0;

  const stateWith = (defaultsOf: (h: number) => Float32Array | Float64Array): NullState => ({
    planHash,
    nElements,
    ranges: done === 0 ? [] : [{ first: range.first, end: range.first + done }],
    hypotheses: hypotheses.map(
      (_, h): HypothesisNull => ({
        maxima: maxima[h]!.subarray(0, done),
        elements: elements[h]!.subarray(0, done),
        counters: regions[h]!.counters,
        get defaults() {
          return defaultsOf(h);
        },
      }),
    ),
  });

  return {
    keep(place, maximumOf) {
      for (const h of hypotheses.keys()) {
        const { value, element } = maximumOf(h);
        maxima[h]![place] = zOfMaximum[h] === undefined ? value : zOfMaximum[h](value, element);
        elements[h]![place] = element;
      }
      done = place + 1;
    },
    state() {
      // scores stay in their place: the batches to come are compared with them
      return stateWith((h) =>
        zOfDefault[h] === undefined ? regions[h]!.defaults : regions[h]!.defaults.map(zOfDefault[h]),
      );
    },
    finish() {
      for (const [h, { defaults }] of regions.entries()) {
        const toZ = zOfDefault[h];
        if (toZ !== undefined) for (let i = 0; i < nElements; i++) defaults[i] = toZ(defaults[i]!, i);
      }
      return stateWith((h) => regions[h]!.defaults);
    },
  };
}

type ToZ = ((score: number, element: number) => number) | undefined;

/** Undefined: maxima are what they must be. */
function maximumToZ({ sink, model, size }: EngineJob, partition: DesignPartition, h: number): ToZ {
  if (sink.kind !== "scores" || model !== undefined) return undefined;
  const { kind, rank } = partition.hypotheses[h]!.hypothesis;
  const none = sink.untestable[h]!;
  return (score) => zOfScore(kind, rank, score, size.dof, none);
}

function defaultToZ(job: EngineJob, partition: DesignPartition, buffer: ArrayBufferLike, h: number): ToZ {
  const { sink, model, size, shared } = job;
  if (sink.kind !== "scores" || model === undefined) return maximumToZ(job, partition, h);
  if (model.groups !== undefined) return undefined;
  const dofs = new Float64Array(buffer, shared.elementDofs, size.nElements);
  const { kind, rank } = model.hypotheses[h]!;
  return (score, element) => zOfScore(kind, rank, score, dofs[element]!);
}
