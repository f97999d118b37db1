// Phase "score" of models whose design varies or whose variance is grouped. Unlike bins, scores of different elements are compared, and their degrees of
// freedom differ: maxima are Z. But Z grows with the statistic, so an element's counter compares statistics where its degrees of freedom are its own, and of
// a group of elements with the same degrees of freedom only the largest becomes a Z. With variance groups every value has degrees of freedom of its own: an
// approximate Z with a proven bound decides, and the exact one where it cannot.
import { approximateZ, FAST_Z_BOUND } from "../../stats/glm/fast-z.js";
import { roundScore, scoreOfNone, zOfStatistic } from "../../stats/glm/scores.js";
import type { Context } from "../context.js";
import { OWN_PATTERN_SHUFFLES } from "../plan/blocks.js";
import type { Batch } from "../plan/job.js";
import type { Sink, StatisticTile } from "../seams.js";
import { createSequentialCounter } from "../sequential.js";
import { createLaneMaxima } from "./lane-maxima.js";

/** Z of t > 0 is below t: where t is so far below a positive maximum, its Z is too, with all its rounding. */
const BELOW = 1 - 1e-9;

export interface ModelScores {
  /** An element's score where it has no statistic. */
  noneOf(kind: "t" | "F", rank: number, dof: number): number;
  /** Whether a score may be the largest Z of lane `lane`, of all hypotheses' lanes: false where it surely is not. */
  mayBeLargest(lane: number, x: number, test: ScoredTest): boolean;
  /** The largest score of some elements of a lane, and whose it is. */
  contend(lane: number, x: number, test: ScoredTest, element: number): void;
  readonly statistics: Sink["statistics"];
}

export interface ScoredTest {
  readonly kind: "t" | "F";
  readonly rank: number;
  readonly dof: number;
  readonly none: number;
}

export function createModelScores(context: Context): ModelScores | undefined {
  const { job, modelJob, kernels: k, f64, u32, u8 } = context;
  const { shared, size } = job;
  const { batchShuffles, laneShuffles } = job.layout;
  const mostShuffles = Math.max(laneShuffles, OWN_PATTERN_SHUFFLES);
  if (modelJob === undefined) return undefined;
  const { regions, model } = modelJob;
  const counter = createSequentialCounter(context);
  const { values: maxima, contend } = createLaneMaxima(context);
  const eligible = shared.eligible === undefined ? undefined : u8(shared.eligible, size.nElements);
  const elementDofs = f64(shared.elementDofs, size.nElements);
  const largest = f64(regions.largest, mostShuffles);
  const winners = u32(regions.winners, mostShuffles);
  const kept = shared.hypotheses.map(({ defaults, counters }) => ({
    defaults: f64(defaults, size.nElements),
    counters: u32(counters, size.nElements),
  }));

  // of F a root of a quantile, the same for every tile of a group
  let known = { kind: "t" as "t" | "F", rank: 0, dof: Number.NaN, none: 0 };
  const noneOf = (kind: "t" | "F", rank: number, dof: number): number => {
    if (known.kind !== kind || known.rank !== rank || known.dof !== dof) {
      known = { kind, rank, dof, none: scoreOfNone(kind, rank, dof) };
    }
    return known.none;
  };

  // of hundreds of members it takes longer to say them than to count them: a group's tiles come one after the other
  let placed: readonly number[] | undefined;

  const mayBeLargest = (lane: number, x: number, { kind, dof, none }: ScoredTest): boolean => {
    // most are clearly below what the lane has already
    if (kind === "t" && maxima[lane]! > 0 && x < maxima[lane]! * BELOW) return false;
    const near = kind === "t" ? Math.sign(x) * approximateZ(Math.abs(x), dof) : Number.NaN;
    return x === none || !(near + FAST_Z_BOUND < maxima[lane]!);
  };

  const contendAs = (lane: number, x: number, test: ScoredTest, element: number) => {
    const { kind, rank, dof, none } = test;
    if (mayBeLargest(lane, x, test)) contend(lane, x === none ? 0 : zOfStatistic(kind, rank, x, dof), element);
  };

  /** Every value with degrees of freedom of its own. */
  const scoreByDofs = ({ h, firstElement, members, first, count, stride }: StatisticTile, keepsDefault: boolean) => {
    const { kind, rank } = model.hypotheses[h]!;
    const { defaults, counters } = kept[h]!;
    const statistics = f64(regions.statistics, count * stride);
    const dofs = f64(regions.dofs, count * stride);
    for (let b = 0; b < count; b++) {
      const lane = h * batchShuffles + first + b;
      for (let i = 0; i < members.length; i++) {
        const element = firstElement + members[i]!;
        const x = roundScore(statistics[b * stride + i]!);
        const own = dofs[b * stride + i]!;
        if (keepsDefault && b === 0) defaults[element] = zOfStatistic(kind, rank, x, roundScore(own));
        const near = kind === "t" ? Math.sign(x) * approximateZ(Math.abs(x), own) : Number.NaN;
        const clear = Math.abs(near - defaults[element]!) > FAST_Z_BOUND && near + FAST_Z_BOUND < maxima[lane]!;
        const z = clear ? near : zOfStatistic(kind, rank, x, roundScore(own));
        if (z < defaults[element]!) counters[element]!++;
        if (!clear && eligible?.[element] !== 0) contend(lane, z, element);
      }
    }
  };

  /** All elements of the tile with the same degrees of freedom: only the largest statistic of a shuffle becomes a Z. */
  const scoreByStatistic = (
    { h, firstElement, members, first, count, stride }: StatisticTile,
    dof: number,
    keepsDefault: boolean,
  ) => {
    const { kind, rank } = model.hypotheses[h]!;
    const { defaults, counters } = shared.hypotheses[h]!;
    const none = noneOf(kind, rank, dof);
    if (members !== placed) u32(regions.members, members.length).set(members);
    placed = members;
    if (keepsDefault) for (const member of members) elementDofs[firstElement + member] = dof;
    const mask = shared.eligible === undefined ? 0 : shared.eligible + firstElement;
    const statistics = [regions.statistics, stride, regions.members, none, keepsDefault ? 1 : 0] as const;
    const ofElements = [defaults + firstElement * 8, counters + firstElement * 4, mask] as const;
    k.f64ReduceMembers(count, members.length, ...statistics, ...ofElements, regions.largest, regions.winners);
    const test = { kind, rank, dof, none };
    for (let b = 0; b < count; b++) {
      const x = largest[b]!;
      // else none of them may be a maximum
      if (x !== Number.NEGATIVE_INFINITY) contendAs(h * batchShuffles + first + b, x, test, firstElement + winners[b]!);
    }
  };

  /** What the others keep of a tile, in numbers that grow with Z within an element: with degrees of freedom of its own every value becomes a Z, exact ones. */
  const countSingly = ({ h, firstElement, members, first, count, stride, dof }: StatisticTile, batch: Batch) => {
    const { kind, rank } = model.hypotheses[h]!;
    const { defaults } = kept[h]!;
    const statistics = f64(regions.statistics, count * stride);
    const none = dof === undefined ? 0 : noneOf(kind, rank, dof);
    const dofs = dof === undefined ? f64(regions.dofs, count * stride) : undefined;
    const keepsDefault = batch.keepDefault && first === 0;
    const values = new Float64Array(count);
    for (const [i, member] of members.entries()) {
      const element = firstElement + member;
      if (keepsDefault && dof !== undefined) elementDofs[element] = dof;
      for (let b = 0; b < count; b++) {
        const x = roundScore(statistics[b * stride + i]!);
        if (dofs !== undefined) values[b] = zOfStatistic(kind, rank, x, roundScore(dofs[b * stride + i]!));
        else values[b] = x === 0 || !Number.isFinite(x) ? none : x;
      }
      if (keepsDefault) defaults[element] = values[0]!;
      counter.count(h, element, defaults[element]!, { values, at: 0, step: 1, first, count }, batch);
    }
  };

  return {
    ...{ noneOf, mayBeLargest, contend: contendAs },
    statistics(tile: StatisticTile, batch: Batch) {
      if (batch.sequential !== undefined) return countSingly(tile, batch);
      const keepsDefault = batch.keepDefault && tile.first === 0;
      if (tile.dof === undefined) scoreByDofs(tile, keepsDefault);
      else scoreByStatistic(tile, tile.dof, keepsDefault);
    },
  };
}
