// The gathered rows of one tile of shuffles for one group of elements: the masked shuffle of Q of the observations that are left.
import { maskShuffleInto } from "../../stats/shuffle/mask-shuffle.js";
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import type { ElementGroup } from "./model-block.js";

export interface ModelTiles {
  /** Before the tiles of a group: `rows` f64 [nRows][n], of which the remaining observations go to `entries` (nRows = G r), or to `indicators` (G). */
  place(group: ElementGroup, rows: Float64Array, target: "entries" | "indicators"): void;
  /** Gathers the entries for lanes first..first+count. */
  gather(nRows: number, first: number, count: number): void;
  /** The same for the indicators, without signs. */
  gatherIndicators(first: number, count: number): void;
  /** i32, i8 [count][n]: the masked shuffle itself. Pointers; `signs` 0: all +1. */
  maskedShuffle(group: ElementGroup, first: number, count: number): { readonly labels: number; readonly signs: number };
}

export function createModelTiles(context: Context, { regions, size }: ModelJob): ModelTiles {
  const { job, kernels: k, buffer, f64 } = context;
  const { shared } = job;
  const { tileShuffles } = job.layout;
  const n = job.size.nSubjects;
  const labelsOf = (first: number) => shared.labels + first * n * 4;
  const signsOf = (first: number) => shared.signs + first * n;
  const outLabels = new Int32Array(buffer, regions.labels, size.nElementColumns > 0 ? tileShuffles * n : 0);
  const outSigns = new Int8Array(buffer, regions.signs, size.nElementColumns > 0 ? tileShuffles * n : 0);

  let nMissing = 0;

  const gather = (nRows: number, first: number, count: number, signs: number, entries: number, gathered: number) => {
    const positions = shared.positions + first * n * 4;
    const { missing, runs } = regions;
    k.f64GatherMasked(
      ...([n, nRows, count, labelsOf(first), signs, nMissing, missing, positions] as const),
      ...([entries, gathered, runs] as const),
    );
  };

  return {
    place({ keep, missing }, rows, target) {
      nMissing = missing.length;
      new Int32Array(buffer, regions.missing, nMissing).set(missing);
      const nRows = rows.length / n;
      const entries = f64(regions[target], (n - nMissing) * nRows);
      let to = 0;
      for (let i = 0; i < n; i++) {
        if (keep[i] === 0) continue;
        for (let j = 0; j < nRows; j++) entries[to++] = rows[j * n + i]!;
      }
    },
    gather(nRows, first, count) {
      gather(nRows, first, count, job.hasSigns ? signsOf(first) : 0, regions.entries, regions.gathered);
    },
    gatherIndicators(first, count) {
      gather(size.nGroups, first, count, 0, regions.indicators, regions.gatheredIndicators);
    },
    maskedShuffle({ keep, isComplete }, first, count) {
      if (isComplete) return { labels: labelsOf(first), signs: job.hasSigns ? signsOf(first) : 0 };
      const labels = new Int32Array(buffer, labelsOf(first), count * n);
      const signs = new Int8Array(buffer, signsOf(first), count * n);
      for (let from = 0; from < count * n; from += n) {
        const end = from + n;
        maskShuffleInto(
          keep,
          labels.subarray(from, end),
          signs.subarray(from, end),
          outLabels.subarray(from, end),
          outSigns.subarray(from, end),
        );
      }
      return { labels: regions.labels, signs: job.hasSigns ? regions.signs : 0 };
    },
  };
}
