// The gathered rows of one tile of shuffles for one group of elements: the masked shuffle, then Q P_b of the group's own basis.
import { ROW_PANEL } from "../kernels/kernel-set.js";
import { maskShuffleInto } from "../stats/shuffle/mask-shuffle.js";
import type { ModelJob } from "./job.js";
import type { ElementGroup } from "./model-block.js";
import { type RunnerContext, roundUp } from "./runner-context.js";

export interface ModelTile {
  /** i32, i8 [count][n] for the observations that are left. Pointers. */
  readonly labels: number;
  readonly signs: number;
}

export interface ModelTiles {
  /** Rows `nBasis` of the worker's basis [nBasis][n], zero at missing observations, gathered for lanes first..first+count. */
  gather(group: ElementGroup, nBasis: number, first: number, count: number): ModelTile;
  /** The same for the indicators of variance groups, without signs. */
  gatherIndicators(tile: ModelTile, count: number): void;
}

export function createModelTiles(context: RunnerContext, { regions, size }: ModelJob): ModelTiles {
  const { job, kernels: k, at, buffer } = context;
  const { shared, tileShuffles } = job;
  const n = job.size.nSubjects;
  const outLabels = new Int32Array(buffer, at(regions.labels), tileShuffles * n);
  const outSigns = new Int8Array(buffer, at(regions.signs), tileShuffles * n);
  if (size.nGroups > 1) new Int8Array(buffer, at(regions.ones), tileShuffles * n).fill(1);

  const maskedTile = ({ keep, isComplete }: ElementGroup, first: number, count: number): ModelTile => {
    const tile = { labels: shared.labels + first * n * 4, signs: shared.signs + first * n };
    if (isComplete) return tile;
    const labels = new Int32Array(buffer, tile.labels, count * n);
    const signs = new Int8Array(buffer, tile.signs, count * n);
    for (let b = 0, from = 0; b < count; b++, from += n) {
      const end = from + n;
      maskShuffleInto(
        keep,
        labels.subarray(from, end),
        signs.subarray(from, end),
        outLabels.subarray(from, end),
        outSigns.subarray(from, end),
      );
    }
    return { labels: at(regions.labels), signs: at(regions.signs) };
  };

  return {
    gather(group, nBasis, first, count) {
      const tile = maskedTile(group, first, count);
      k.f64GatherBasis(n, nBasis, count, tile.labels, tile.signs, at(regions.basis), at(regions.gathered));
      return tile;
    },
    gatherIndicators({ labels }, count) {
      k.f64GatherBasis(
        n,
        size.nGroups,
        count,
        labels,
        at(regions.ones),
        at(regions.indicators),
        at(regions.gatheredIndicators),
      );
    },
  };
}

/** Rows of a product of `count` shuffles of `nBasis` rows each. */
export const tileRows = (count: number, nBasis: number): number => roundUp(count * nBasis, ROW_PANEL);
