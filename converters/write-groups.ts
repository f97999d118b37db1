// Subjects in groups: read one by one, placed in the group, and written as one piece of every block while the next group is read.
//
//   read and place   | group 0 | group 1 | group 2 |             two buffers in turn
//   write                      | group 0 | group 1 | group 2 |
import pLimit from "p-limit";
import type { StoreBuild } from "../src/store/build-store.js";
import { type CutRow, cutRow } from "../src/store/cut-row.js";
import { type BlockedShape, bytesPerValue } from "../src/store/element-type.js";
import { type RowGroup, rowGroupBytes } from "../src/store/row-group.js";
import type { GroupPlan } from "./plan-groups.js";

/** A row of a store, which its reader fills. [nElements] */
export type Row = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

export interface ReadSubject {
  /** Of the file as it lies on disk, or what stands for it; a function of the CRC-32 of the values where they are a part of it. */
  readonly crc32: number | ((ofValues: number) => number);
  /** False: some value is no float32, and the row (then a Float32Array) is of no use. */
  readonly exact: boolean;
}

export interface GroupWork {
  /** A store, or an .h5. */
  readonly build: Pick<StoreBuild, "written" | "createGroup" | "writeGroup">;
  readonly shape: BlockedShape;
  readonly groups: GroupPlan;
  /** Fills the row of a subject. Called in the order of subjects, `groups.concurrency` at a time. */
  readonly readRow: (row: Row, subject: number) => Promise<ReadSubject>;
  /** At least workBytes(shape, groups). */
  readonly buffer: ArrayBuffer;
  /** Subjects that are read, those of an earlier run included. */
  readonly onSubject?: ((done: number) => void) | undefined;
}

/** Bytes of the groups and rows held. */
export function workBytes(shape: BlockedShape, { nBuffers, groupSize, nRows }: GroupPlan): number {
  return nBuffers * rowGroupBytes(shape, groupSize) + nRows * strideOf(shape);
}

/** Of rows: values of 8 bytes begin at a multiple of 8. */
function strideOf({ nElements, elementType }: BlockedShape): number {
  return Math.ceil((nElements * bytesPerValue(elementType)) / 8) * 8;
}

/**
 * Reads and writes every subject that is not written yet. False as soon as a value does not fit the element type: the store must be begun again
 * with another. Throws what reading and writing throw, the first subject's error when several fail.
 */
export async function writeGroups(work: GroupWork): Promise<boolean> {
  const { build, shape, groups, buffer } = work;
  const groupBytes = rowGroupBytes(shape, groups.groupSize);
  const held = Array.from({ length: groups.nBuffers }, (_, i) =>
    build.createGroup(new Uint8Array(buffer, i * groupBytes, groupBytes)),
  );
  const rows = Array.from({ length: groups.nRows }, (_, i) =>
    rowIn(shape, buffer, groups.nBuffers * groupBytes + i * strideOf(shape)),
  );
  if (groups.nRows === 0) rows.push(onlyRow(shape, held[0]!));
  const runs = planRuns(build.written, groups.groupSize);
  let writing: Promise<void> = Promise.resolve();
  try {
    for (const [i, { first, count }] of runs.entries()) {
      const group = held[i % held.length]!;
      if (held.length === 1) await writing;
      group.begin(first, count);
      const read = await readGroup(work, group, rows);
      await writing;
      if (read === undefined) return false;
      writing = build.writeGroup(group, read);
      writing.catch(() => {}); // answered above, or below
    }
    await writing;
    return true;
  } finally {
    await writing.catch(() => {});
  }
}

/** The group's subjects; the CRC-32 of each one's file. After a failure, or a value that does not fit (then undefined), the rest is not read. */
async function readGroup(work: GroupWork, group: RowGroup, rows: readonly HeldRow[]): Promise<number[] | undefined> {
  const { groups, readRow, onSubject } = work;
  const limit = pLimit(groups.concurrency);
  const free = [...rows];
  const { firstSubject, count } = group;
  let done = firstSubject;
  let stopped = false;
  const readOne = async (subject: number): Promise<number> => {
    if (stopped) return 0;
    try {
      const row = free.pop()!; // as many as files in flight
      const { crc32, exact } = await readRow(row.values, subject);
      stopped ||= !exact;
      if (stopped) return 0;
      const ofValues = group.place(subject, row.cut);
      free.push(row);
      onSubject?.(++done);
      return typeof crc32 === "number" ? crc32 : crc32(ofValues);
    } catch (error) {
      stopped = true;
      throw error;
    }
  };
  // All must have come to rest before the buffers are used again, so not Promise.all.
  const results = await Promise.allSettled(Array.from({ length: count }, (_, i) => limit(readOne, firstSubject + i)));
  const crcs = results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
  return stopped ? undefined : crcs;
}

interface HeldRow {
  readonly values: Row;
  readonly cut: CutRow;
}

function rowIn(shape: BlockedShape, buffer: ArrayBuffer, byteOffset: number): HeldRow {
  const Values = shape.elementType === "f32" ? Float32Array : Float64Array;
  const values = new Values(buffer, byteOffset, shape.nElements);
  return { values, cut: cutRow(shape, new Uint8Array(buffer, byteOffset, values.byteLength)) };
}

function onlyRow(shape: BlockedShape, group: RowGroup): HeldRow {
  const { buffer, byteOffset } = group.only();
  return rowIn(shape, buffer, byteOffset);
}

/** Runs of subjects not yet written, none longer than a group. */
export function planRuns(written: readonly boolean[], groupSize: number): { first: number; count: number }[] {
  const runs: { first: number; count: number }[] = [];
  for (const [i, isWritten] of written.entries()) {
    if (isWritten) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.first + last.count === i && last.count < groupSize) last.count += 1;
    else runs.push({ first: i, count: 1 });
  }
  return runs;
}
