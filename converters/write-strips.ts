// Groups of raw files in strips (strips.ts), by both threads of a conversion: for sources that lie in memory, where reading a little of every file at a time costs
// nothing. Files on a disk are read one by one (write-groups.ts).
import fs from "node:fs";
import { InternalError } from "../src/errors.js";
import { useLargePages } from "../src/mapping/large-pages.js";
import type { BlockSumsState } from "../src/store/block-sums.js";
import { countBlocks } from "../src/store/block-width.js";
import type { StoreBuild, WrittenElsewhere } from "../src/store/build-store.js";
import { applyShift, combineCrc32, createShift } from "../src/store/crc32-combine.js";
import { type BlockedShape, bytesPerValue } from "../src/store/element-type.js";
import { createSharedMemory } from "../src/store/finite.js";
import { systemErrorCode } from "../src/system-error.js";
import { CONTROL } from "./control-words.js";
import { planRuns, type Run } from "./plan-groups.js";
import { openRawFile, type RawFile, sumBehind } from "./raw-row.js";
import { ReadFailure, type SecondThread, type SpareThread } from "./second-thread.js";
import type { StripRequest } from "./second-thread-work.js";
import {
  planStrips,
  STRIP_BYTES,
  type StripPlan,
  type StripSums,
  stripSumsBytes,
  stripSumsIn,
  workStrips,
} from "./strips.js";

/** What decides for strips, and how many subjects go together. Tests set others. */
export const STRIP_LIMITS = {
  /** Bytes. Smaller matrices are written before two threads have begun. */
  leastBytes: 2 ** 26,
  /** Bytes of a group: what is done anew when the conversion is killed in it, half a second of work. */
  groupBytes: 2 ** 29,
  stripBytes: STRIP_BYTES,
  /** Files open at a time. */
  mostFiles: 512,
  /** Bytes. Of smaller pieces the sums cost more than the reading. */
  leastPieceBytes: 512,
  /** Milliseconds that a sample takes at most of a file that lies in memory: 0.005 to 0.02, from the fastest disk 0.08. */
  longestSampleMs: 0.05,
};

/** Files looked at, and bytes of each: whether they lie in memory. */
const SAMPLED = 9;
const SAMPLE_BYTES = 4096;

/** As GroupWork has it. */
interface StripSource {
  readonly build: Pick<StoreBuild, "written"> & Partial<Pick<StoreBuild, "writeElsewhere">>;
  readonly shape: BlockedShape;
  readonly rawFiles: readonly (RawFile | undefined)[];
  readonly describeFailure: (subject: number, cause: unknown) => unknown;
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  readonly spare?: Pick<SpareThread, "memory"> | undefined;
  readonly onSubject?: ((done: number) => void) | undefined;
}

export interface StripGroups {
  readonly runs: readonly Run[];
  /** Of a strip for each of two threads. */
  readonly memory: WebAssembly.Memory;
  readonly stripBytes: number;
}

/** Undefined: they are to be written in rows. */
export function planStripGroups({ build, shape, rawFiles, buffer, spare }: StripSource): StripGroups | undefined {
  const given = spare?.memory;
  const pieceBytes = shape.blockWidth * bytesPerValue(shape.elementType);
  const subjects = rawFiles.keys();
  const wanted = [...subjects].filter((subject) => build.written[subject] !== true);
  const rowBytes = countBlocks(shape.nElements, shape.blockWidth) * pieceBytes;
  if (build.writeElsewhere === undefined || !(buffer instanceof SharedArrayBuffer)) return undefined;
  if (wanted.length * rowBytes < STRIP_LIMITS.leastBytes || pieceBytes < STRIP_LIMITS.leastPieceBytes) return undefined;
  const files = wanted.map((subject) => rawFiles[subject]);
  if (files.includes(undefined) || !isInMemory(files as RawFile[], shape)) return undefined;
  const most = Math.max(1, Math.min(STRIP_LIMITS.mostFiles, Math.floor(STRIP_LIMITS.groupBytes / rowBytes)));
  const runs: Run[] = [];
  for (const run of planRuns(build.written, wanted.length)) {
    const nGroups = Math.ceil(run.count / most);
    for (let i = 0, first = run.first; i < nGroups; i++) {
      const end = run.first + Math.round(((i + 1) * run.count) / nGroups);
      runs.push({ first, count: end - first });
      first = end;
    }
  }
  const largest = runs.reduce((most, { count }) => Math.max(most, count), 0);
  const stripBytes = Math.min(STRIP_LIMITS.stripBytes, Math.floor(buffer.byteLength / 2 / 64) * 64); // no more than groups of rows would hold
  if (stripBytes < largest * pieceBytes) return undefined;
  const memory =
    given !== undefined && given.buffer.byteLength >= 2 * stripBytes ? given : createSharedMemory(2 * stripBytes);
  if (memory === undefined) return undefined;
  if (memory !== given) useLargePages(new Uint8Array(memory.buffer));
  return { runs, memory, stripBytes };
}

/** By the time that some take, from the middle of some: most of them. What cannot be read is no matter here. */
function isInMemory(files: readonly RawFile[], { nElements, elementType }: BlockedShape): boolean {
  const bytes = new Uint8Array(SAMPLE_BYTES);
  const middle = Math.floor((nElements * bytesPerValue(elementType)) / 2);
  let slow = 0;
  for (let i = 0; i < SAMPLED; i++) {
    const file = files[Math.floor(((i + 0.5) * files.length) / SAMPLED)]!;
    try {
      const fd = openRawFile(file);
      try {
        const start = performance.now();
        fs.readSync(fd, bytes, 0, SAMPLE_BYTES, file.dataOffset + middle);
        if (performance.now() - start > STRIP_LIMITS.longestSampleMs) slow += 1;
      } finally {
        fs.closeSync(fd);
      }
    } catch {
      return false; // the other way says what is wrong with it
    }
  }
  return slow <= SAMPLED / 2;
}

interface StripsAtWork extends StripGroups {
  readonly work: StripSource;
  readonly words: Int32Array;
  readonly second: SecondThread | undefined;
}

/** Writes the runs. Returns false before anything is written where not so many files can be open. Throws as writeGroups does. */
export async function writeStrips(strips: StripsAtWork): Promise<boolean> {
  const most = strips.runs.reduce((most, run) => (run.count > most.count ? run : most));
  const mostOpened = openFiles(strips, most);
  if (mostOpened === undefined) return false;
  if (most !== strips.runs[0]) closeFiles(mostOpened);
  for (const run of strips.runs) {
    const opened = run === strips.runs[0] && run === most ? mostOpened : openFiles(strips, run);
    if (opened === undefined) throw new InternalError(`${run.count} files cannot be opened after ${most.count} could.`);
    try {
      await strips.work.build.writeElsewhere!(run.first, run.count, (out) => writeRun(strips, run, opened, out));
    } finally {
      closeFiles(opened);
    }
  }
  return true;
}

function closeFiles(opened: readonly Opened[]): void {
  for (const { fd } of opened) fs.closeSync(fd);
}

interface Opened {
  readonly fd: number;
  readonly dataOffset: number;
}

/** Undefined: the system does not allow as many. */
function openFiles({ work }: StripsAtWork, { first, count }: Run): Opened[] | undefined {
  const opened: Opened[] = [];
  let isDone = false;
  try {
    for (let subject = first; subject < first + count; subject++) {
      const file = work.rawFiles[subject]!;
      try {
        opened.push({ fd: openRawFile(file), dataOffset: file.dataOffset });
      } catch (cause) {
        if (["EMFILE", "ENFILE"].includes(systemErrorCode(cause) ?? "")) return undefined;
        throw work.describeFailure(subject, cause);
      }
    }
    isDone = true;
    return opened;
  } finally {
    if (!isDone) closeFiles(opened);
  }
}

async function writeRun(
  { work: source, words, second, memory, stripBytes }: StripsAtWork,
  run: Run,
  files: readonly Opened[],
  { fd, hasten }: { readonly fd: number; hasten(): void },
): Promise<WrittenElsewhere> {
  const { shape } = source;
  const plan = planStrips(shape, run.first, run.count, stripBytes);
  const shared = new SharedArrayBuffer(stripSumsBytes(shape, plan));
  const sums = stripSumsIn(shared, shape, plan);
  words.fill(0);
  const request = { plan, files, fd, sums: shared, memory: { memory, from: stripBytes, bytes: stripBytes } };
  const asked = second?.isReady() === true ? second.strip(request) : undefined;
  asked?.catch(() => {}); // waited for below
  const own = { memory, from: 0, bytes: stripBytes };
  const work = async () => {
    for (const failure of workStrips({ shape, plan, files, fd, words, sums, memory: own })) {
      if (failure !== undefined)
        throw failure.subject === undefined ? failure.cause : new ReadFailure(failure.subject, failure.cause);
      hasten();
      report(source, run, words, sums);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const ours = work();
  const theirs = asked ?? (second && joinIn(second, request, { words, ours }));
  const results = await Promise.allSettled([theirs, ours]);
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  if (failures.length > 0) throw firstFailure(failures, source);
  hasten();
  return { ...crcsOf(source, run, plan, files, sums), sums: stateOf(shape, run, sums) };
}

/** By the other thread, where it is ready before ours has taken all. */
async function joinIn(
  second: SecondThread,
  request: StripRequest,
  { words, ours }: { readonly words: Int32Array; readonly ours: Promise<void> },
): Promise<void> {
  await Promise.race([second.started, ours]);
  const isLeft =
    Atomics.load(words, CONTROL.nextRead) < request.plan.nStrips && Atomics.load(words, CONTROL.stop) === 0;
  if (second.isReady() && isLeft) await second.strip(request);
}

/** Of files the first, in words. */
function firstFailure(failures: readonly unknown[], { describeFailure }: StripSource): unknown {
  const [first] = failures.filter((failure) => failure instanceof ReadFailure).sort((a, b) => a.subject - b.subject);
  return first === undefined ? failures[0] : describeFailure(first.subject, first.cause);
}

/** Progress is counted in subjects: as many as the strips that are written come to. */
function report({ onSubject }: StripSource, { first, count }: Run, words: Int32Array, { written }: StripSums): void {
  const done = written.reduce((sum, isWritten) => sum + isWritten, 0);
  try {
    onSubject?.(first + Math.floor((count * done) / written.length));
  } catch (reason) {
    Atomics.store(words, CONTROL.stop, 1);
    throw reason;
  }
}

/** Of each subject's values and file. Throws what is to be said of a file that has changed. */
function crcsOf(
  { shape, rawFiles, describeFailure }: StripSource,
  run: Run,
  plan: StripPlan,
  files: readonly Opened[],
  sums: StripSums,
) {
  const rowBytes = shape.nElements * bytesPerValue(shape.elementType);
  const partBytes = plan.blocksOfStrip * shape.blockWidth * bytesPerValue(shape.elementType);
  const afterPart = createShift(partBytes);
  const afterLast = createShift(rowBytes - (plan.nStrips - 1) * partBytes);
  const afterRow = createShift(rowBytes);
  const [valuesCrc32, sourceCrc32]: [number[], number[]] = [[], []];
  for (let i = 0; i < run.count; i++) {
    let ofRow = 0;
    for (let iStrip = 0; iStrip < plan.nStrips; iStrip++) {
      const shift = iStrip === plan.nStrips - 1 ? afterLast : afterPart;
      ofRow = (applyShift(shift, ofRow) ^ sums.partCrc32[iStrip * run.count + i]!) >>> 0;
    }
    valuesCrc32.push(ofRow);
    const subject = run.first + i;
    try {
      const { fd, dataOffset } = files[i]!;
      const file = rawFiles[subject]!;
      const behind = sumBehind(fd, file, rowBytes);
      const behindBytes = file.sizeBytes - dataOffset - rowBytes;
      const upToValues = (applyShift(afterRow, sums.headCrc32[i]!) ^ ofRow) >>> 0;
      sourceCrc32.push(behindBytes === 0 ? upToValues : combineCrc32(upToValues, behind, behindBytes));
    } catch (cause) {
      throw describeFailure(subject, cause);
    }
  }
  return { valuesCrc32, sourceCrc32 };
}

/** As if their rows had been summed one by one. */
function stateOf(
  shape: BlockedShape,
  { first, count }: Run,
  { blockCrc32, missing, hasMissing }: StripSums,
): BlockSumsState {
  const { nSubjects } = shape;
  const toEnd = createShift((nSubjects - first - count) * shape.blockWidth * bytesPerValue(shape.elementType));
  const had = new Uint8Array(nSubjects).fill(1, first, first + count);
  return {
    blockCrc32: blockCrc32.map((crc) => applyShift(toEnd, crc)),
    hasRow: had,
    hasBlocks: had,
    missing: hasMissing[0] === 0 ? undefined : missing.slice(),
  };
}
