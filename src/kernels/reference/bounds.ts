// Reference bounds of enhanced statistics: the same whole numbers and float32 roundings as the fast set, step by step. Contract: ../CONTRACTS.md.
import { PANELS } from "../kernel-set.js";

const { lanes: LANES } = PANELS;
/** Lanes of a line of levels. */
export const LEVEL_LANES = 64;
const { fround } = Math;

/** Of the connections of the rows, in groups of 8. */
export interface BoundInputs {
  readonly nRows: number;
  /** [nRows][8]: two views of the same words. */
  readonly rows: Uint32Array;
  readonly factors: Float32Array;
  readonly indices: Uint32Array;
  readonly weights: Uint16Array;
  readonly levels: Uint8Array;
  readonly bins: Uint8Array;
  readonly groupBytes: number;
  readonly needs: Float32Array;
  readonly growth: Float32Array;
  readonly ownHeights: Float32Array;
  readonly heights: Float32Array;
  readonly unit: number;
  readonly refine: boolean;
}

/** [room][3]: two views of the same words. */
export interface Candidates {
  readonly room: number;
  readonly words: Uint32Array;
  readonly bounds: Float32Array;
  /** Candidates so far, pairs past bound 1. */
  readonly counts: Uint32Array;
}

export function levelBins(
  { first, count, nGroups, groupBytes }: { first: number; count: number; nGroups: number; groupBytes: number },
  order: Uint32Array,
  bins: Uint8Array,
  table: Uint8Array,
  levels: Uint8Array,
): void {
  for (let place = first; place < first + count; place++) {
    for (let lane = 0; lane < LEVEL_LANES; lane++) {
      const group = Math.floor(lane / LANES);
      const bin = group < nGroups ? table[bins[group * groupBytes + order[place]! * LANES + (lane % LANES)]!]! : 0;
      levels[place * LEVEL_LANES + lane] = bin;
    }
  }
}

export function boundRows(inputs: BoundInputs, out: Candidates): number {
  const { rows, factors, levels, bins, needs, growth } = inputs;
  let i = 0;
  for (; i < inputs.nRows && out.counts[0]! + LEVEL_LANES <= out.room; i++) {
    const [place, element] = [rows[8 * i]!, rows[8 * i + 1]!];
    const [a, b, c] = [factors[8 * i + 5]!, factors[8 * i + 6]!, factors[8 * i + 7]!];
    for (let lane = 0; lane < LEVEL_LANES; lane++) {
      const need = needs[lane]!;
      const bin = bins[Math.floor(lane / LANES) * inputs.groupBytes + element * LANES + (lane % LANES)]!;
      if (bin === 0) continue;
      const x = fround(sumOfLevels(inputs, i, lane) + b);
      let bound = fround(fround(fround(fround(x * x) * a) * growth[bin]!) + c);
      if (!(bound >= need)) continue;
      out.counts[1]!++;
      const level = levels[place * LEVEL_LANES + lane]!;
      if (inputs.refine && level > 0) {
        bound = refinedBound(inputs, i, { lane, level, bin, need, x, a, c });
        if (!(bound >= need)) continue;
      }
      const at = 3 * out.counts[0]!++;
      out.words[at] = i;
      out.words[at + 1] = lane;
      out.bounds[at + 2] = bound;
    }
  }
  return i;
}

function sumOfLevels({ rows, indices, weights, levels }: BoundInputs, i: number, lane: number): number {
  const [place, , firstGroup, nGroups, weightSum] = rows.subarray(8 * i, 8 * i + 5);
  const own = levels[place! * LEVEL_LANES + lane]!;
  let sum = weightSum!;
  for (let g = firstGroup!; g < firstGroup! + nGroups!; g++) {
    let s = 0;
    for (let j = 8 * g; j < 8 * g + 8; j++) s += Math.min(levels[indices[j]! * LEVEL_LANES + lane]!, own);
    sum += ((s - 128) * 256 * weights[g]! + 2 ** 14) >> 15;
  }
  return sum & 0xffff;
}

interface Lane {
  readonly lane: number;
  readonly level: number;
  readonly bin: number;
  readonly need: number;
  readonly x: number;
  readonly a: number;
  readonly c: number;
}

function refinedBound(inputs: BoundInputs, i: number, { lane, level: own, bin, need, x, a, c }: Lane): number {
  const { rows, indices, weights, levels, heights, ownHeights, growth, unit } = inputs;
  const scale = fround(a / fround(fround(unit * unit) * 16384));
  const wanted = fround(Math.sqrt(fround(fround(need - c) / scale)));
  const total = fround(x * 128);
  const grown = fround(unit * fround(Math.sqrt(growth[bin]!)));
  const [firstGroup, nGroups] = [rows[8 * i + 2]!, rows[8 * i + 3]!];
  const histogram = new Uint32Array(32);
  for (let g = 0, end = 0; ; ) {
    end = Math.min(end + Math.floor((nGroups + 3) / 4), nGroups);
    for (; g < end; g++) {
      for (let j = 8 * (firstGroup + g); j < 8 * (firstGroup + g) + 8; j++) {
        histogram[Math.min(levels[indices[j]! * LEVEL_LANES + lane]!, own)]! += weights[firstGroup + g]!;
      }
    }
    let [extent, read, sum] = [0, 0, 0];
    for (let level = own; level > 0; level--) {
      extent += histogram[level]!;
      read += extent;
      const e = fround(extent);
      sum = fround(sum + fround(fround(e * e) * (level === own ? ownHeights[bin]! : heights[level]!)));
    }
    let amplitude = fround(Math.sqrt(sum));
    if (end < nGroups) amplitude = fround(amplitude + fround(Math.max(fround(total - fround(read)), 0) * grown));
    if (amplitude < wanted || end === nGroups) return fround(fround(fround(amplitude * amplitude) * scale) + c);
  }
}
