// Groups of elements whose scores are known nearly (glm/near-groups.ts): to the maxima, counters and defaults that sinks/model-scores.ts has of exact ones.
import { zOfStatistic } from "../../stats/glm/scores.js";
import type { Context } from "../context.js";
import type { Batch } from "../plan/job.js";
import type { NearTile } from "../seams.js";
import type { ModelScores, ScoredTest } from "./model-scores.js";
import { mostTold } from "./most-told.js";

/** Z grows with a score, but for its rounding. */
const ROUNDING = 1e-9;

export function createNearScorer(context: Context, { noneOf, mayBeLargest, contend, statistics }: ModelScores) {
  const { job, modelJob, worker: w, f64, u32 } = context;
  const { shared, size } = job;
  const { batchShuffles, laneShuffles } = job.layout;
  const { hypotheses } = modelJob!.model;
  const maxima = f64(w.maxima, size.hypotheses.length * batchShuffles);
  const kept = shared.hypotheses.map(({ defaults, counters }) => ({
    defaults: f64(defaults, size.nElements),
    counters: u32(counters, size.nElements),
  }));
  /** The largest exact score of each row, and the lowest member that has it. */
  const best = new Float64Array(laneShuffles);
  const winners = new Uint32Array(laneShuffles);

  const consider = (b: number, member: number, score: number) => {
    if (score < best[b]! || (score === best[b]! && member >= winners[b]!)) return;
    best[b] = score;
    winners[b] = member;
  };

  /** Of an F there is no approximate Z. */
  const mayReach = (lane: number, most: number, test: ScoredTest): boolean => {
    if (!mayBeLargest(lane, most, test)) return false;
    if (test.kind === "t" || !(maxima[lane]! > 0)) return true;
    const above = most * (1 + ROUNDING);
    // a Z that is no number says nothing
    return (
      !(above < Number.POSITIVE_INFINITY) || !(zOfStatistic("F", test.rank, above, test.dof) < maxima[lane]! - ROUNDING)
    );
  };

  const told = size.hypotheses.map(() => 0);

  const addBelow = ({ h, firstElement, members, group }: NearTile) => {
    const { counters } = kept[h]!;
    for (const [c, below] of group.surelyBelow(h).entries()) counters[firstElement + members[c]!]! += below;
  };

  const scoreExactly = (tile: NearTile, batch: Batch) => {
    const { h, first, count, group, width } = tile;
    group.computeExactly(h, first, count);
    statistics({ ...tile, stride: width, isSquared: false }, batch);
  };

  return (tile: NearTile, batch: Batch): void => {
    const { h, firstElement, members, first, count, dof, group } = tile;
    const { defaults, counters } = kept[h]!;
    const { kind, rank } = hypotheses[h]!;
    const test = { kind, rank, dof, none: noneOf(kind, rank, dof) };
    // all unshuffled scores are wanted exactly: together with those of the shuffles beside them
    const isWhole = first === 0 ? batch.keepDefault : group.isExact[h]!;
    if (isWhole) scoreExactly(tile, batch);
    if (first === 0) {
      group.isExact[h] = false;
      told[h] = 0;
      const observed = Float64Array.from(members, (member) => defaults[firstElement + member]!);
      group.setLimits(h, observed);
    }
    if (isWhole) {
      if (tile.isLast) addBelow(tile);
      return;
    }
    best.fill(Number.NEGATIVE_INFINITY);
    winners.fill(0xffffffff);
    const nOpen = group.screen(h, count);
    told[h]! += nOpen;
    group.tellExactly(h, first, nOpen, (b, c, score) => {
      const element = firstElement + members[c]!;
      if (score < defaults[element]!) counters[element]!++;
      consider(b, c, score);
    });
    const constant = group.constantMember(h);
    for (let b = 0; b < count; b++) {
      const lane = h * batchShuffles + first + b;
      if (constant >= 0) consider(b, constant, test.none);
      if (mayReach(lane, group.mostOf(h, b), test)) {
        const nLargest = group.collectLargest(h, b);
        told[h]! += nLargest;
        group.tellExactly(h, first, nLargest, (_, c, score) => consider(b, c, score));
      }
      if (best[b] !== Number.NEGATIVE_INFINITY) contend(lane, best[b]!, test, firstElement + members[winners[b]!]!);
    }
    // of one tile at most they are told one by one
    group.isExact[h] = told[h]! > mostTold(members.length, first + count);
    if (tile.isLast) addBelow(tile);
  };
}
