// Subjects in groups: read one by one, placed in the group, and written as one piece of every block while the next group is read; where it pays by a second thread,
// which reads too (second-thread-work.ts).
//
//   read and place   | group 0 | group 1 | group 2 |             two buffers in turn
//   write                      | group 0 | group 1 | group 2 |
import { setTimeout as delay } from "node:timers/promises";
import pLimit from "p-limit";
import { useLargePages } from "../src/mapping/large-pages.js";
import type { StoreBuild } from "../src/store/build-store.js";
import { type CutRow, cutRow } from "../src/store/cut-row.js";
import { type BlockedShape, bytesPerValue, dataFileBytes } from "../src/store/element-type.js";
import { type RowGroup, rowGroupBytes } from "../src/store/row-group.js";
import { createTurns } from "../src/turns.js";
import { claimRows } from "./claim-rows.js";
import { CONTROL } from "./control-words.js";
import { type GroupPlan, planRuns } from "./plan-groups.js";
import { createRawParts, type RawFile, type RawParts } from "./raw-row.js";
import {
  isWorthASecondThread,
  ReadFailure,
  type SecondThread,
  type SpareThread,
  startSecondThread,
} from "./second-thread.js";
import type { FoundRow, Group } from "./second-thread-work.js";
import { planStripGroups, writeStrips } from "./write-strips.js";

/** A row of a store, which its reader fills. [nElements] */
export type Row = Float32Array | Float64Array;

export interface ReadSubject {
  /** Of the file as it lies on disk, or what stands for it. */
  readonly crc32: number;
  /** False: some value is no float32, and the row (then a Float32Array) is of no use. */
  readonly exact: boolean;
}

export interface GroupWork {
  /** A store, or an .h5. */
  readonly build: Pick<StoreBuild, "written" | "createGroup" | "writeGroup"> &
    Partial<Pick<StoreBuild, "mergeSums" | "writeElsewhere">>;
  readonly shape: BlockedShape;
  readonly groups: GroupPlan;
  /** Fills the row of a subject whose file is not raw. Called in the order of subjects, `groups.concurrency` at a time. */
  readonly readRow: (row: Row, subject: number) => Promise<ReadSubject>;
  /** By subject: files whose bytes are values of the shape's type. */
  readonly rawFiles: readonly (RawFile | undefined)[];
  /** What to say of a raw file that could not be read. */
  readonly describeFailure: (subject: number, cause: unknown) => unknown;
  /** At least workBytes(shape, groups). Shared: a second thread may help. */
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  /** What was asked for; a second thread is waited for then. */
  readonly nThreads?: number | undefined;
  /** A thread that is starting already; it ends with the work. */
  readonly spare?: SpareThread | undefined;
  /** Subjects that are read, those of an earlier run included. */
  readonly onSubject?: ((done: number) => void) | undefined;
}

/** Bytes read between two turns of the event loop: 2 ms. */
const TURN_BYTES = 2 ** 22;

/** Bytes. What asks for large pages takes 20 ms to load where a fault takes 15 us: as much as 5 MiB in small ones. */
const LEAST_LARGE_BYTES = 2 ** 24;

/** Milliseconds. A thread that has started answers in 2. */
const LONGEST_ANSWER_MS = 10;

/** Bytes of the groups and rows held. */
export function workBytes(shape: BlockedShape, { nBuffers, groupSize, nRows }: GroupPlan): number {
  return nBuffers * rowGroupBytes(shape, groupSize) + nRows * strideOf(shape);
}

/** For writeGroups; shared with a second thread where one is worth starting. */
export function createBuffer(
  shape: BlockedShape,
  groups: GroupPlan,
  nThreads: number | undefined,
): ArrayBuffer | SharedArrayBuffer {
  const bytes = workBytes(shape, groups);
  const isShared = isWorthASecondThread(dataFileBytes(shape), nThreads);
  return isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
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
  const control = new SharedArrayBuffer(4 * CONTROL.words);
  const reading: Reading = {
    ...{ work, rows, words: new Int32Array(control), second: createSecond(work, held, rows, control) },
    parts: createRawParts(shape, rows[0]!.cut.bytes, { inOne: groups.nRows === 0 }),
  };
  const { second } = reading;
  let filled: Filled | undefined;
  let writing: Promise<void> = Promise.resolve();
  const write = ({ group, iBuffer, crcs }: Filled, by: SecondThread | undefined): Promise<void> => {
    const { firstSubject, count } = group;
    writing = build.writeGroup(group, crcs, by && ((fd) => by.write({ iBuffer, firstSubject, count }, fd)));
    writing.catch(() => {}); // answered by whoever waits for it
    return writing;
  };
  try {
    if (work.nThreads !== undefined) await second?.started;
    // it has started while the inputs were checked: what is left is its answer
    else if (work.spare !== undefined) await Promise.race([second?.started, delay(LONGEST_ANSWER_MS)]);
    const strips = planStripGroups(work);
    if (strips !== undefined && (await writeStrips({ ...strips, work, words: reading.words, second }))) return true;
    if (buffer.byteLength >= LEAST_LARGE_BYTES) useLargePages(new Uint8Array(buffer));
    for (const [i, { first, count }] of planRuns(build.written, groups.groupSize).entries()) {
      const iBuffer = i % held.length;
      const group = held[iBuffer]!;
      const isShared = second?.isReady() === true;
      if (filled !== undefined) write(filled, isShared ? second : undefined);
      if (held.length === 1) await writing;
      group.begin(first, count);
      const crcs = await readGroup(reading, group, iBuffer);
      await writing;
      if (crcs === undefined) return false;
      filled = { group, iBuffer, crcs };
    }
    const sums = second?.sums();
    sums?.catch(() => {});
    if (filled !== undefined) await write(filled, undefined);
    const found = await sums;
    if (found !== undefined) build.mergeSums?.(found);
    return true;
  } finally {
    Atomics.store(reading.words, CONTROL.stop, 1);
    await second?.close();
    await writing.catch(() => {});
  }
}

/** A group whose subjects are all in it; `crcs`: of their files. */
interface Filled {
  readonly group: RowGroup;
  readonly iBuffer: number;
  readonly crcs: readonly number[];
}

interface Reading {
  readonly work: GroupWork;
  readonly rows: readonly HeldRow[];
  /** i32 [CONTROL.words] */
  readonly words: Int32Array;
  readonly parts: RawParts;
  readonly second: SecondThread | undefined;
}

function createSecond(
  { buffer, shape, rawFiles, spare }: GroupWork,
  held: readonly RowGroup[],
  rows: readonly HeldRow[],
  control: SharedArrayBuffer,
): SecondThread | undefined {
  const row = rows[1]?.cut.bytes;
  if (!(buffer instanceof SharedArrayBuffer) || row === undefined) return undefined;
  const groups = held.map(({ bytes: { byteOffset, byteLength } }) => ({ byteOffset, byteLength }));
  const { byteOffset, byteLength } = row;
  return startSecondThread({ shape, buffer, groups, row: { byteOffset, byteLength }, control, files: rawFiles }, spare);
}

/** The group's subjects; the CRC-32 of each one's file. After a failure, or a value that does not fit (then undefined), the rest is not read. */
async function readGroup(reading: Reading, group: RowGroup, iBuffer: number): Promise<number[] | undefined> {
  const { work, words, second } = reading;
  const { firstSubject, count } = group;
  const [raw, others]: [number[], number[]] = [[], []];
  for (let subject = firstSubject; subject < firstSubject + count; subject++)
    (work.rawFiles[subject] === undefined ? others : raw).push(subject);
  const crcs = new Array<number>(count).fill(0);
  words.fill(0);
  const place = { iBuffer, firstSubject, count };
  const asked = second?.isReady() === true ? second.read(place, raw) : undefined;
  const ours = readRaw(reading, group, raw, crcs);
  const theirs = asked ?? (second && joinIn(second, place, raw, { words, ours }));
  const results = await Promise.allSettled([theirs, ours]);
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  if (failures.length > 0) throw firstOf(failures, work);
  for (const { subject, sourceCrc32, valuesCrc32 } of (await theirs) ?? []) {
    group.note(subject, valuesCrc32);
    crcs[subject - firstSubject] = sourceCrc32;
  }
  await readOthers(reading, group, others, crcs); // into the same rows: when the others have come to rest
  if (Atomics.load(words, CONTROL.stop) !== 0) return undefined;
  work.onSubject?.(firstSubject + count);
  return crcs;
}

/** By the other thread, where it is ready before ours has taken all. */
async function joinIn(
  second: SecondThread,
  group: Group,
  subjects: readonly number[],
  { words, ours }: { readonly words: Int32Array; readonly ours: Promise<void> },
): Promise<readonly FoundRow[]> {
  await Promise.race([second.started, ours]);
  const isLeft = Atomics.load(words, CONTROL.nextRead) < subjects.length && Atomics.load(words, CONTROL.stop) === 0;
  return second.isReady() && isLeft ? await second.read(group, subjects) : [];
}

/** Raw files by the main thread, as many as the other leaves it. */
async function readRaw({ work, words, parts }: Reading, group: RowGroup, subjects: readonly number[], crcs: number[]) {
  const { rawFiles: files, shape } = work;
  const turns = createTurns(undefined); // a caller stops the work by throwing from onSubject
  let unturned = 0;
  for (const row of claimRows({ words, subjects, files, group, parts })) {
    if ("cause" in row) throw stopping(words, new ReadFailure(row.subject, row.cause));
    crcs[row.subject - group.firstSubject] = row.sourceCrc32;
    report(work, words, group);
    unturned += rowGroupBytes(shape, 1);
    if (unturned < TURN_BYTES && !turns.isDue()) continue;
    unturned = 0;
    await turns.take();
  }
}

/** Other files, several at a time. A value that does not fit stops all. */
async function readOthers(
  { work, words, rows }: Reading,
  group: RowGroup,
  subjects: readonly number[],
  crcs: number[],
) {
  const limit = pLimit(work.groups.concurrency);
  const free = [...rows];
  const readOne = async (subject: number): Promise<void> => {
    if (Atomics.load(words, CONTROL.stop) !== 0) return;
    try {
      const row = free.pop()!; // as many as files in flight
      const { crc32, exact } = await work.readRow(row.values, subject);
      if (!exact) Atomics.store(words, CONTROL.stop, 1);
      if (Atomics.load(words, CONTROL.stop) !== 0) return;
      group.place(subject, row.cut);
      crcs[subject - group.firstSubject] = crc32;
      free.push(row);
      Atomics.add(words, CONTROL.nRead, 1);
      report(work, words, group);
    } catch (error) {
      throw stopping(words, error);
    }
  };
  // All must have come to rest before the buffers are used again, so not Promise.all.
  const results = await Promise.allSettled(subjects.map((subject) => limit(readOne, subject)));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

function report({ onSubject }: GroupWork, words: Int32Array, { firstSubject }: RowGroup): void {
  try {
    onSubject?.(firstSubject + Atomics.load(words, CONTROL.nRead));
  } catch (reason) {
    throw stopping(words, reason);
  }
}

function stopping(words: Int32Array, error: unknown): unknown {
  Atomics.store(words, CONTROL.stop, 1);
  return error;
}

/** Of what both threads say: of files the first, in words. */
function firstOf(failures: readonly unknown[], { describeFailure }: GroupWork): unknown {
  const ofFiles = failures.filter((failure) => failure instanceof ReadFailure);
  const [first] = ofFiles.sort((a, b) => a.subject - b.subject);
  return first === undefined ? failures[0] : describeFailure(first.subject, first.cause);
}

interface HeldRow {
  readonly values: Row;
  readonly cut: CutRow;
}

function rowIn(shape: BlockedShape, buffer: ArrayBufferLike, byteOffset: number): HeldRow {
  const Values = shape.elementType === "f32" ? Float32Array : Float64Array;
  const values = new Values(buffer as ArrayBuffer, byteOffset, shape.nElements);
  return { values, cut: cutRow(shape, new Uint8Array(buffer, byteOffset, values.byteLength)) };
}

function onlyRow(shape: BlockedShape, group: RowGroup): HeldRow {
  const { buffer, byteOffset } = group.only();
  return rowIn(shape, buffer, byteOffset);
}
