// How many of the shuffles of an analysis differ for what a hypothesis tests. Those that give the statistic of the unshuffled data whatever the data
// decide the smallest p-value. mathematics M14.
import type { Arrangements } from "../shuffle/arrangements.js";
import type { ShufflePlan } from "../shuffle/shuffle-plan.js";
import { type GenericTest, N_GENERIC, STATISTIC_ROUNDING } from "./generic-statistics.js";

export interface Relabellings {
  /** Of the shuffles: statistics that differ; undefined: as good as all do, and they were not counted. */
  readonly nDifferent: number | undefined;
  /** Shuffles with the statistic of the unshuffled data, whatever the data. */
  readonly nSame: number;
  /** All that the hypothesis can have under any shuffle; undefined: unknown. */
  readonly nExist: number | undefined;
}

export interface RelabellingInputs {
  readonly test: GenericTest;
  readonly shuffles: ShufflePlan;
  /** False: they are listed, in an order that may mean something. */
  readonly isDrawn: boolean;
  /** Of what they are drawn from; undefined: unknown. */
  readonly arrangements: Arrangements | undefined;
  /** Operations of a shuffle. */
  readonly cost: number;
}

/** Looked at first: repeats are seen where there are fewer relabellings than shuffles (the birthdays of a class). */
const FIRST_LOOK = 1000;
const FIRST_LOOK_COST = 5e7;
const LEAST_LOOK = 256;
/** Fewer repeats than this share: there are some ten times as many relabellings as shuffles, or more. */
const REPEATS_OF_LOOK = 0.01;
/** Arrangements that are all looked at. */
const MOST_ARRANGEMENTS = 20_000;

/** In steps of a shuffle. Memory: 20 B a shuffle where some repeat others. */
export function* countRelabellings(inputs: RelabellingInputs): Generator<undefined, Relabellings> {
  const { test, shuffles, arrangements, isDrawn, cost } = inputs;
  const { count, exhaustive, nSubjects } = shuffles;
  const labels = new Int32Array(nSubjects);
  const signs = new Int8Array(nSubjects);
  const ofShuffle = (index: number, out: Float64Array) => {
    shuffles.labelsInto(index, labels);
    shuffles.signsInto(index, signs);
    test(out, labels, signs);
  };
  const wanted = Math.max(FIRST_LOOK, 8 * Math.ceil(Math.sqrt(count)));
  const look = Math.min(count, Math.max(LEAST_LOOK, Math.min(wanted, Math.floor(FIRST_LOOK_COST / cost))));
  // what is enumerated, or listed, need not begin with a fair sample
  if (!exhaustive && isDrawn && look < count) {
    const seen = yield* classify(look, test, ofShuffle);
    if (look - seen.nDifferent < REPEATS_OF_LOOK * look && seen.nSame <= 1)
      return { nDifferent: undefined, nSame: 1, nExist: undefined };
  }
  const { nDifferent, nSame } = yield* classify(count, test, ofShuffle);
  if (exhaustive) return { nDifferent, nSame, nExist: nDifferent };
  const known = arrangements !== undefined && arrangements.count <= Math.max(MOST_ARRANGEMENTS, 2 * count);
  if (nDifferent === count || !known) return { nDifferent, nSame, nExist: undefined };
  const all = yield* classify(arrangements.count, test, (index, out) => {
    arrangements.shuffleInto(index, labels, signs);
    test(out, labels, signs);
  });
  return { nDifferent, nSame, nExist: all.nDifferent };
}

interface Classes {
  readonly nDifferent: number;
  readonly nSame: number;
}

function* classify(
  count: number,
  test: GenericTest,
  statisticsInto: (index: number, out: Float64Array) => void,
): Generator<undefined, Classes> {
  const unshuffled = new Float64Array(N_GENERIC);
  test(unshuffled);
  const own = new Float64Array(N_GENERIC);
  const values = Array.from({ length: N_GENERIC }, () => new Float64Array(count));
  let nSame = 0;
  for (let index = 0; index < count; index++) {
    statisticsInto(index, own);
    let same = true;
    for (let e = 0; e < N_GENERIC; e++) {
      values[e]![index] = own[e]!;
      same &&= Math.abs(own[e]! - unshuffled[e]!) <= STATISTIC_ROUNDING;
    }
    if (same) nSame++;
    yield;
  }
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  return { nDifferent: countClasses(values, order), nSame };
}

/** Classes of shuffles whose values lie in one chain of neighbours, in every element. `order` is sorted. */
function countClasses(values: readonly Float64Array[], order: Uint32Array, element = 0): number {
  if (element === values.length || order.length < 2) return Math.min(1, order.length);
  const own = values[element]!;
  order.sort((a, b) => own[a]! - own[b]!);
  let classes = 0;
  let first = 0;
  for (let i = 1; i <= order.length; i++) {
    if (i < order.length && own[order[i]!]! - own[order[i - 1]!]! <= STATISTIC_ROUNDING) continue;
    classes += countClasses(values, order.subarray(first, i), element + 1);
    first = i;
  }
  return classes;
}
