// The rows of each variance group of a shuffle, one group after the other: an element's own column is zero outside its group there, so only its rows are
// multiplied. They keep their order, and what is left out added nothing.
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";

export interface GroupRowsOfShuffles {
  /** Row of the data of each row. */
  readonly rows: Int32Array;
  /** i32, i8 [count][rows of the group]. Pointers; `signs` 0: all +1. */
  readonly labels: number;
  readonly signs: number;
}

/** Rows of the data in each variance group, ascending. */
export function rowsOfGroups({ model }: ModelJob): readonly Int32Array[] {
  const { count, of } = model.groups!;
  return Array.from({ length: count }, (_, g) => Int32Array.from(Array.from(of.keys()).filter((i) => of[i] === g)));
}

/** Splits i32, i8 [count][n] at the pointers into the worker's `groupLabels` and `groupSigns`. */
export function createGroupShuffle(
  { job, i32, i8 }: Context,
  modelJob: ModelJob,
): (labels: number, signs: number, count: number) => readonly GroupRowsOfShuffles[] {
  const n = job.size.nSubjects;
  const { groupLabels, groupSigns } = modelJob.regions;
  const ofGroups = rowsOfGroups(modelJob);
  return (labels, signs, count) => {
    const from = i32(labels, count * n);
    const fromSigns = i8(signs, signs === 0 ? 0 : count * n);
    let done = 0;
    return ofGroups.map((rows) => {
      const place = { rows, labels: groupLabels + done * 4, signs: signs === 0 ? 0 : groupSigns + done };
      const to = i32(place.labels, count * rows.length);
      const toSigns = i8(place.signs, signs === 0 ? 0 : count * rows.length);
      let at = 0;
      for (let first = 0; first < count * n; first += n) {
        for (let t = 0; t < rows.length; t++) to[at + t] = from[first + rows[t]!]!;
        if (signs !== 0) for (let t = 0; t < rows.length; t++) toSigns[at + t] = fromSigns[first + rows[t]!]!;
        at += rows.length;
      }
      done += at;
      return place;
    });
  };
}
