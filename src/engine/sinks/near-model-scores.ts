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
  const { batchShuffles, laneShuffles, tileShuffles, groupWidth } = job.layout;
  const { hypotheses } = modelJob!.model;
  const maxima = f64(w.maxima, size.hypotheses.length * batchShuffles);
  const kept = shared.hypotheses.map(({ defaults, counters }) => ({
    defaults: f64(defaults, size.nElements),
    counters: u32(counters, size.nElements),
  }));
  /** The largest exact score of each row, and the lowest member that has it. */
  const best = new Float64Array(tileShuffles);
  const winners = new Uint32Array(tileShuffles);
  /** Of each member: shuffles that were surely below before the tile, and those of the tile that were told to be. */
  const belowBefore = new Uint32Array(groupWidth);
  const toldBelow = new Uint32Array(groupWidth);

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
    const { h, group, width } = tile;
    for (let done = 0; done < tile.count; done += laneShuffles) {
      const first = tile.first + done;
      const count = Math.min(laneShuffles, tile.count - done);
      group.computeExactly(h, first, count);
      statistics({ ...tile, first, count, stride: width, isSquared: false }, batch);
    }
  };

  /** Whether all of the tile was told; else it would have taken too long, and nothing of it is counted. */
  const tellTile = ({ h, firstElement, members, first, count, dof, group }: NearTile): boolean => {
    const { defaults, counters } = kept[h]!;
    const { kind, rank } = hypotheses[h]!;
    const test = { kind, rank, dof, none: noneOf(kind, rank, dof) };
    const most = mostTold(members.length, first + count);
    const below = group.surelyBelow(h);
    belowBefore.set(below);
    toldBelow.fill(0);
    best.fill(Number.NEGATIVE_INFINITY);
    winners.fill(0xffffffff);
    const mayTell = (nEntries: number) => {
      told[h]! += nEntries;
      if (told[h]! <= most) return true;
      below.set(belowBefore.subarray(0, below.length));
      return false;
    };
    const nOpen = group.screen(h, count);
    if (!mayTell(nOpen)) return false;
    group.tellExactly(h, first, nOpen, (b, c, score) => {
      if (score < defaults[firstElement + members[c]!]!) toldBelow[c]!++;
      consider(b, c, score);
    });
    const constant = group.constantMember(h);
    const scores = group.mostScores(h);
    for (let b = 0; b < count; b++) {
      const lane = h * batchShuffles + first + b;
      if (constant >= 0) consider(b, constant, test.none);
      if (mayReach(lane, scores(b), test)) {
        const nLargest = group.collectLargest(h, b);
        if (!mayTell(nLargest)) return false;
        group.tellExactly(h, first, nLargest, (_, c, score) => consider(b, c, score));
      }
      // exact scores: they may contend, whatever becomes of the rest of the tile
      if (best[b] !== Number.NEGATIVE_INFINITY) contend(lane, best[b]!, test, firstElement + members[winners[b]!]!);
    }
    if (nOpen > 0) for (const [c, member] of members.entries()) counters[firstElement + member]! += toldBelow[c]!;
    return true;
  };

  return (tile: NearTile, batch: Batch): void => {
    const { h, firstElement, members, first, group } = tile;
    // all unshuffled scores are wanted exactly
    const isWhole = first === 0 ? batch.keepDefault : group.isExact[h]!;
    if (isWhole) scoreExactly(tile, batch);
    if (first === 0) {
      group.isExact[h] = false;
      told[h] = 0;
      const observed = Float64Array.from(members, (member) => kept[h]!.defaults[firstElement + member]!);
      group.setLimits(h, observed);
    }
    if (!isWhole && !tellTile(tile)) {
      group.isExact[h] = true;
      scoreExactly(tile, batch);
    }
    if (tile.isLast) addBelow(tile);
  };
}
