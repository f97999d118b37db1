// Keeps what each shuffle leaves, and hands it out as a null state: maxima by shuffle index, and views of the counters and defaults in the shared memory.
// Counters change while a batch goes on; what is handed out are those of the last whole one, so that a state is whole whenever it is asked for.
import { crc32 } from "node:zlib";
import { InputError, InternalError } from "../errors.js";
import { type HypothesisNull, NO_ELEMENT, type NullState } from "../run/null-state.js";
import type { ShuffleRange } from "../run/shuffle-range.js";
import type { DesignPartition } from "../stats/design/partition.js";
import { zOfScore } from "../stats/glm/scores.js";
import type { Turns } from "../turns.js";
import { type EngineJob, valuesOf } from "./plan/job.js";

export interface NullKeeper {
  /** The maximum of each hypothesis of one more shuffle, the range's number `place`. */
  keep(place: number, maximumOf: (h: number) => { readonly value: number; readonly element: number }): void;
  /** A batch is whole. Throws InputError when the statistics of the unshuffled data are not those of the run that is continued. */
  settle(): void;
  /** Everything kept up to the last whole batch. */
  state(): NullState;
  /** The same as a run that goes on leaves it: without defaults, and at no cost. Undefined before the first whole batch. */
  underWay(): NullState | undefined;
  /** The same after the last shuffle: nothing is kept afterwards. A Z of every element can take seconds. */
  finish(turns: Turns): Promise<NullState>;
}

export interface KeptFor {
  readonly planHash: string;
  readonly uncorrectedShuffles?: number | undefined;
  /** What an earlier run did of the plan, up to where the range begins. */
  readonly from?: NullState | undefined;
}

export function createNullKeeper(
  { job, buffer, partition }: { job: EngineJob; buffer: ArrayBufferLike; partition: DesignPartition },
  range: ShuffleRange,
  { planHash, uncorrectedShuffles, from }: KeptFor,
): NullKeeper {
  const { nElements, hypotheses } = job.size;
  const first = from === undefined ? range.first : firstContinued(from, { range, planHash, nElements });
  const before = range.first - first;
  const count = range.end - first;
  const maxima = hypotheses.map(() => new Float64Array(count));
  const elements = hypotheses.map(() => new Uint32Array(count).fill(NO_ELEMENT));
  const u32 = (pointer: number) => new Uint32Array(buffer, pointer, nElements);
  const regions = job.shared.hypotheses.map(({ defaults, counters, settled }) => ({
    defaults: valuesOf(job.sink, buffer, defaults, nElements),
    counters: u32(counters),
    settled: u32(settled),
  }));
  for (const [h, { defaults, counters, settled }] of regions.entries()) {
    const earlier = from?.hypotheses[h];
    defaults.fill(0);
    for (const into of [counters, settled]) earlier === undefined ? into.fill(0) : into.set(earlier.counters);
    if (earlier === undefined) continue;
    maxima[h]!.set(earlier.maxima);
    elements[h]!.set(earlier.elements);
  }
  const toZ = hypotheses.map((_, h) => scoreToZ(job, partition, buffer, h));
  let kept = before;
  let done = before;
  let isFinished = false;
  let defaultsCrc32: number[] | undefined;

  const stateWith = (defaultsOf: (h: number) => HypothesisNull["defaults"]): NullState => ({
    planHash,
    nElements,
    ...(uncorrectedShuffles === undefined ? {} : { uncorrectedShuffles }),
    ranges: done === 0 ? [] : [{ first, end: first + done }],
    hypotheses: regions.map(
      ({ settled }, h): HypothesisNull => ({
        maxima: maxima[h]!.subarray(0, done),
        elements: elements[h]!.subarray(0, done),
        counters: settled,
        get defaults() {
          return defaultsOf(h);
        },
      }),
    ),
  });
  // scores stay in their place until the end: the batches to come are compared with them
  const state = () =>
    stateWith((h) => {
      const { defaults } = regions[h]!;
      return toZ[h] === undefined || isFinished ? defaults : defaults.map(toZ[h]);
    });

  return {
    state,
    underWay() {
      if (defaultsCrc32 === undefined) return undefined;
      return { ...stateWith((h) => regions[h]!.defaults.subarray(0, 0)), defaultsCrc32 };
    },
    keep(place, maximumOf) {
      for (const h of hypotheses.keys()) {
        const { value, element } = maximumOf(h);
        // maxima of other models are Z already: those of different elements were compared
        maxima[h]![before + place] = job.model === undefined && toZ[h] !== undefined ? toZ[h](value, element) : value;
        elements[h]![before + place] = element;
      }
      kept = before + place + 1;
    },
    settle() {
      if (defaultsCrc32 === undefined) {
        defaultsCrc32 = regions.map(({ defaults: { buffer: bytes, byteOffset, byteLength } }) =>
          crc32(new Uint8Array(bytes, byteOffset, byteLength)),
        );
        assertSameDefaults(defaultsCrc32, from);
      }
      for (const { counters, settled } of regions) settled.set(counters);
      done = kept;
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

/** First shuffle of what is continued. */
function firstContinued(
  from: NullState,
  { range, planHash, nElements }: { range: ShuffleRange; planHash: string; nElements: number },
): number {
  const [done, more] = from.ranges;
  const isBefore = done !== undefined && more === undefined && done.end === range.first && range.leadingIdentity;
  if (!isBefore || from.planHash !== planHash || from.nElements !== nElements)
    throw new InternalError("A run continues the shuffles of another plan, or others than those before its own.");
  return done.first;
}

function assertSameDefaults(found: readonly number[], from: NullState | undefined): void {
  if (from?.defaultsCrc32 === undefined || from.defaultsCrc32.join() === found.join()) return;
  throw new InputError(
    "Cannot continue the shuffles of an earlier run: expected the statistics of the unshuffled data that it had, got others. This machine, or this version of Node.js, computes otherwise: continue where it was begun, or begin anew with --restart.",
  );
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
