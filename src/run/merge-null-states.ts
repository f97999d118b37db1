// Parts of a run become the run: whatever pieces its shuffles were cut into, the same bits come out.
import { InternalError } from "../errors.js";
import type { HypothesisNull, NullState } from "./null-state.js";

/**
 * Maxima one range after the other, counters added up, the defaults that all have. Parts may come in any order. Throws InternalError for parts of different
 * plans, overlapping ones, and parts of runs that go on, which have no defaults.
 */
export function mergeNullStates(parts: readonly NullState[]): NullState {
  const [one] = parts;
  if (one === undefined) throw new InternalError("Nothing is to be merged.");
  if (parts.some((part) => !isOfSamePlan(part, one) || part.defaultsCrc32 !== undefined))
    throw new InternalError("States of different plans, or of runs that go on, are not merged.");
  const pieces = parts.flatMap(piecesOf).sort((a, b) => a.first - b.first);
  const ranges: { first: number; end: number }[] = [];
  for (const { first, end } of pieces) {
    const last = ranges.at(-1);
    if (last !== undefined && first < last.end) throw new InternalError("States that overlap are not merged.");
    if (last?.end === first) last.end = end;
    else ranges.push({ first, end });
  }
  const count = pieces.reduce((sum, { first, end }) => sum + end - first, 0);
  const hypotheses = one.hypotheses.map(({ defaults }, h): HypothesisNull => {
    const maxima = new Float64Array(count);
    const elements = new Uint32Array(count);
    let at = 0;
    for (const { first, end, part, offset } of pieces) {
      const own = part.hypotheses[h]!;
      maxima.set(own.maxima.subarray(offset, offset + end - first), at);
      elements.set(own.elements.subarray(offset, offset + end - first), at);
      at += end - first;
    }
    const counters = new Uint32Array(one.nElements);
    for (const part of parts) {
      const own = part.hypotheses[h]!.counters;
      for (let i = 0; i < counters.length; i++) counters[i]! += own[i]!;
    }
    return { maxima, elements, counters, defaults };
  });
  return { ...one, ranges, hypotheses };
}

/** Every bit of the statistics of the unshuffled data. What was computed elsewhere from the same plan must have the same. */
export function haveSameDefaults(one: NullState, other: NullState): boolean {
  const bytesOf = ({ defaults: { buffer, byteOffset, byteLength } }: HypothesisNull) =>
    Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
  return one.hypotheses.every((own, h) => bytesOf(own).equals(bytesOf(other.hypotheses[h]!)));
}

const isOfSamePlan = (one: NullState, other: NullState) =>
  one.planHash === other.planHash &&
  one.nElements === other.nElements &&
  one.hypotheses.length === other.hypotheses.length &&
  one.uncorrectedShuffles === other.uncorrectedShuffles;

/** Ranges, and where each lies in the arrays of its part. */
function piecesOf(part: NullState) {
  let offset = 0;
  return part.ranges.map(({ first, end }) => {
    const piece = { first, end, part, offset };
    offset += end - first;
    return piece;
  });
}
