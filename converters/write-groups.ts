// Subjects in groups: read together into one buffer, written as one piece of every block.
import pLimit from "p-limit";
import type { StoreBuild } from "../src/store/build-store.js";
import { type BlockedShape, bytesPerValue } from "../src/store/element-type.js";
import type { GroupPlan } from "./plan-groups.js";
import { type ReadSubject, readSubjectInto } from "./read-subject.js";
import type { SubjectFile } from "./subject-files.js";

export interface GroupWork {
  /** A store, or an .h5. */
  readonly build: Pick<StoreBuild, "written" | "writeSubjects">;
  readonly shape: BlockedShape;
  readonly groups: GroupPlan;
  /** One a subject, in row order. */
  readonly files: readonly SubjectFile[];
  /** At least groupBytes(shape, groups). */
  readonly buffer: ArrayBuffer;
  /** Subjects that are read, those of an earlier run included. */
  readonly onSubject?: ((done: number) => void) | undefined;
}

/** Bytes of a whole group. */
export function groupBytes(shape: BlockedShape, groups: GroupPlan): number {
  return groups.groupSize * shape.nElements * bytesPerValue(shape.elementType);
}

/**
 * Reads and writes every subject that is not written yet. False as soon as a value does not fit the element type: the store must be begun again
 * with another. Throws what reading and writing throw, the first subject's error when several fail.
 */
export async function writeGroups(work: GroupWork): Promise<boolean> {
  const { build, shape, groups, buffer } = work;
  const rowBytes = shape.nElements * bytesPerValue(shape.elementType);
  for (const { first, count } of planRuns(build.written, groups.groupSize)) {
    const read = await readGroup(work, first, count);
    if (read.some(({ exact }) => !exact)) return false;
    await build.writeSubjects(
      new Uint8Array(buffer, 0, count * rowBytes),
      first,
      read.map(({ crc32 }) => crc32),
    );
  }
  return true;
}

/** Subjects first.. into rows 0.. of the buffer. After a failure or a value that does not fit, the rest is not read. */
async function readGroup(work: GroupWork, first: number, count: number): Promise<ReadSubject[]> {
  const { shape, groups, files, buffer, onSubject } = work;
  const Values = shape.elementType === "f32" ? Float32Array : Float64Array;
  const limit = pLimit(groups.concurrency);
  let done = first;
  let stopped = false;
  const readOne = async (i: number): Promise<ReadSubject> => {
    if (stopped) return { crc32: 0, exact: false };
    try {
      const row = new Values(buffer, i * shape.nElements * Values.BYTES_PER_ELEMENT, shape.nElements);
      const subject = await readSubjectInto(row, files[first + i]!);
      onSubject?.(++done);
      stopped ||= !subject.exact;
      return subject;
    } catch (error) {
      stopped = true;
      throw error;
    }
  };
  // All must have come to rest before the buffer is used again, so not Promise.all.
  const results = await Promise.allSettled(Array.from({ length: count }, (_, i) => limit(readOne, i)));
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
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
