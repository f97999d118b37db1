// MRtrix3's fixel directory and a subject list -> a store. Every file is read once; memory stays inside the budget whatever the cohort's size.
import fs from "node:fs";
import path from "node:path";
import { InternalError, UsageError } from "../src/errors.js";
import { openFixelDirectory } from "../src/formats/fixel-directory.js";
import { isPlainName } from "../src/formats/plain-name.js";
import { readSubjectList, resolveSubjectFiles } from "../src/formats/text/subject-list.js";
import { blockWidthFor, countBlocks } from "../src/store/block-width.js";
import {
  beginStoreBuild,
  type FinishedPartial,
  resumableElementType,
  type StoreBuild,
  type StoreBuildPlan,
} from "../src/store/build-store.js";
import { assertOutputFree, type StoreClaim, withClaim } from "../src/store/claim-store.js";
import type { ElementType } from "../src/store/column-source.js";
import { bytesPerValue, dataFileBytes } from "../src/store/element-type.js";
import type { Manifest } from "../src/store/manifest.js";
import { systemErrorCode } from "../src/system-error.js";
import type { Warning } from "../src/warnings.js";
import { type GroupPlan, planGroups } from "./plan-groups.js";
import { readersOf } from "./read-subject.js";
import { isWorthASecondThread, type SpareThread, startSpareThread } from "./second-thread.js";
import { STRIP_BYTES } from "./strips.js";
import { checkSubjectFiles, describeInput } from "./subject-files.js";
import { createBuffer, workBytes, writeGroups } from "./write-groups.js";

/** Bytes of memory from which on strips are prepared for before it is known how large they may be. */
const LEAST_FOR_STRIPS = 2 ** 27;

export interface FixelConversion {
  /** Holds index and directions; the subjects' files are looked for here first. */
  readonly inputDirectory: string;
  /** A text with one file name a line. */
  readonly subjectList: string;
  /** What it names, for a caller that has read it: it is not read again. */
  readonly names?: readonly string[] | undefined;
  /** False: files are looked for beside the list and in the working directory only. Default true. */
  readonly searchInputDirectory?: boolean | undefined;
  /** The store to write, `cohort.fxs`. */
  readonly output: string;
  /** What the values are called in the store. */
  readonly scalar: string;
  /** What the conversion may hold beside the program itself. */
  readonly memoryBytes: number;
  /** 0 or 1: the main thread works alone; more: another helps. Default: where there is a core for it and the matrix is large. */
  readonly nThreads?: number | undefined;
  /** Replace a store that exists. */
  readonly force: boolean;
  /** Of a caller that is the only writer of the output already. */
  readonly claim?: StoreClaim | undefined;
  /** What becomes of the store when it is whole but for its name. Default: it is published as the output. */
  readonly onComplete?: ((finished: FinishedPartial) => void) | undefined;
  /** For the provenance: as typed. */
  readonly command: string;
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
  readonly onWarning?: ((warning: Warning) => void) | undefined;
  /** Ends the reading of the list with its reason; the rest is stopped by what onProgress throws. */
  readonly signal?: AbortSignal | undefined;
}

/** `check`: headers of files. `read`: subjects, those of an earlier run included. `verify`: blocks whose checksum is known, read back where an earlier run wrote them. Counts up to `total`. */
export interface ConvertProgress {
  readonly phase: "check" | "read" | "verify";
  readonly done: number;
  readonly total: number;
}

export interface ConvertSummary {
  /** As typed. */
  readonly path: string;
  readonly nSubjects: number;
  readonly nElements: number;
  /** f64 when some value is not exactly a float32. */
  readonly elementType: ElementType;
  readonly blockWidth: number;
  /** Of the matrix on disk. */
  readonly dataBytes: number;
  /** Subjects that an earlier, killed run had written. */
  readonly nResumed: number;
  /** Subjects that an earlier, killed run had written, but whose values were others by now: they were read again. */
  readonly nReadAgain: number;
  readonly groups: GroupPlan;
  /** The folder that had all the files. */
  readonly searchedIn: string;
  /** Elements with, and number of, values that are not finite. */
  readonly missing: { readonly nElements: number; readonly nValues: number };
}

/**
 * Converts, or goes on where a killed run of the same conversion stopped. Throws UsageError (name of the scalar), InputError (inputs, all problems of
 * the subject files at once; output exists; disk full; a file changed meanwhile), BudgetError (memory for less than one subject).
 */
export async function convertFixelDirectory(conversion: FixelConversion): Promise<ConvertSummary> {
  let spare: SpareThread | undefined;
  const onSize = (dataBytes: number) => {
    const memoryBytes = conversion.memoryBytes < LEAST_FOR_STRIPS ? 0 : 2 * STRIP_BYTES;
    if (isWorthASecondThread(dataBytes, conversion.nThreads)) spare ??= startSpareThread({ memoryBytes });
  };
  try {
    const checked = await checkInputs(conversion, onSize);
    return await withClaim(conversion.output, conversion.claim ?? "store", (claim) =>
      convertChecked(conversion, checked, claim, spare),
    );
  } finally {
    await spare?.discard();
  }
}

async function convertChecked(
  conversion: FixelConversion,
  checked: Awaited<ReturnType<typeof checkInputs>>,
  claim: StoreClaim,
  spare: SpareThread | undefined,
): Promise<ConvertSummary> {
  const { output, memoryBytes, nThreads, onProgress } = conversion;
  const { files, nFixels, searchedIn, planOf } = checked;
  const groupsOf = (elementType: ElementType) => {
    const readerBytes = files.reduce((most, file) => Math.max(most, file.readerBytes[elementType]), 0);
    return planGroups({ shape: planOf(elementType).shape, readerBytes, memoryBytes });
  };
  // One buffer for whatever comes, because a second one could stand beside the first until the garbage collector runs.
  const possible: ElementType[] = files.some((file) => file.mayNeedFloat64) ? ["f32", "f64"] : ["f32"];
  const [widest] = possible
    .map((type) => ({ shape: planOf(type).shape, groups: groupsOf(type) }))
    .sort((a, b) => workBytes(b.shape, b.groups) - workBytes(a.shape, a.groups));
  const buffer = createBuffer(widest!.shape, widest!.groups, nThreads);

  const first: ElementType = resumableElementType(planOf("f32")) === "f64" ? "f64" : "f32";
  const convertAs = async (elementType: ElementType): Promise<ConvertSummary | undefined> => {
    const plan = planOf(elementType);
    const { shape } = plan;
    const groups = groupsOf(elementType);
    const build = beginStoreBuild({ ...plan, claim }, groups.stagingBytes);
    try {
      const report = (phase: ConvertProgress["phase"], total: number) => (done: number) =>
        onProgress?.({ phase, done, total });
      const onSubject = report("read", shape.nSubjects);
      const nReadAgain = await build.checkResumed(() => onSubject(0));
      const held = { groups, buffer, nThreads, spare: elementType === first ? spare : undefined };
      if (!(await writeGroups({ build, shape, ...readersOf(files, elementType), ...held, onSubject })))
        return undefined;
      onSubject(shape.nSubjects);
      const onBlock = report("verify", countBlocks(nFixels, shape.blockWidth));
      const manifest = await finish(conversion, build, (iBlock) => onBlock(iBlock + 1));
      const { nElements = 0, nValues = 0 } = manifest.scalars[plan.scalar]?.missing ?? {};
      return {
        path: output,
        nSubjects: shape.nSubjects,
        nElements: nFixels,
        elementType,
        blockWidth: shape.blockWidth,
        dataBytes: dataFileBytes(shape),
        nResumed: build.written.filter(Boolean).length,
        nReadAgain,
        groups,
        searchedIn,
        missing: { nElements, nValues },
      };
    } finally {
      await build.close();
    }
  };

  // float32 until a value turns up that it cannot hold; then everything again as float64.
  const asFloat32 = first === "f64" ? undefined : await convertAs("f32");
  const summary = asFloat32 ?? (await convertAs("f64"));
  if (summary === undefined) throw new InternalError(`A value of ${conversion.inputDirectory} is no float64.`);
  return summary;
}

async function finish(
  { onComplete }: FixelConversion,
  build: StoreBuild,
  onBlock: (iBlock: number) => void,
): Promise<Manifest> {
  if (onComplete === undefined) return await build.finish(onBlock);
  const finished = await build.complete(onBlock);
  try {
    onComplete(finished);
  } finally {
    finished.partial.leave(); // nothing when it was published
  }
  return finished.manifest;
}

/** Bytes of a list that is read to count its lines, and for that alone. */
const LONGEST_COUNTED = 2 ** 20;
/** Bytes of the three numbers of a direction. */
const DIRECTION_BYTES = 12;

/** What the matrix will take, by the lines of the list and the size of plain directions. 0: it is not to be seen before all of it is read. */
function guessDataBytes({ inputDirectory, subjectList, names }: FixelConversion): number {
  try {
    const directions = fs.statSync(path.join(inputDirectory, "directions.mif"), { throwIfNoEntry: false });
    if (directions === undefined) return 0;
    const nFixels = Math.floor(directions.size / DIRECTION_BYTES);
    return (names?.length ?? countLines(subjectList)) * nFixels * bytesPerValue("f32");
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return 0; // who reads it says what is wrong
  }
}

/** 0: a pipe, which can be read but once, or too long. */
function countLines(file: string): number {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat?.isFile() !== true || stat.size > LONGEST_COUNTED) return 0; // a pipe that was opened and closed has lost its writer
  const fd = fs.openSync(file, "r");
  try {
    const bytes = Buffer.allocUnsafe(stat.size);
    const got = fs.readSync(fd, bytes, 0, bytes.length, 0); // by position: /dev/stdin may share its own with who reads it
    return bytes.toString("latin1", 0, got).split("\n").length - 1;
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Everything that can be wrong with the inputs, before anything is written. `onSize`: what the matrix will take, at first by a guess, because a thread takes longer to
 * start than all that is done here; before any file of a subject is opened.
 */
async function checkInputs(conversion: FixelConversion, onSize: (dataBytes: number) => void) {
  const { inputDirectory, subjectList, output, scalar, force, command, onProgress } = conversion;
  if (!isPlainName(scalar)) {
    throw new UsageError(`Cannot name a scalar ${JSON.stringify(scalar)}: expected a plain file name such as FD.`);
  }
  assertOutputFree(output, force, conversion.claim);
  onSize(guessDataBytes(conversion));
  const { indexPath, directionsPath, nFixels, warnings } = openFixelDirectory(inputDirectory);
  // an analysis has said it already
  if (conversion.claim === undefined) for (const warning of warnings) conversion.onWarning?.(warning);
  const { memoryBytes, signal } = conversion;
  const names = conversion.names ?? (await readSubjectList(subjectList, { memoryBytes, signal }));
  const total = names.length;
  onSize(total * nFixels * bytesPerValue("f32"));
  const { paths, searchedIn } = resolveSubjectFiles(names, {
    fixelDirectory: conversion.searchInputDirectory === false ? undefined : inputDirectory,
    listPath: subjectList,
  });
  const files = await checkSubjectFiles(names, paths, nFixels, {
    onChecked: (done) => onProgress?.({ phase: "check", done, total }),
    onWarning: conversion.onWarning,
    signal,
  });
  const shape = { nSubjects: total, nElements: nFixels, blockWidth: blockWidthFor(total) };
  const inputs = {
    sources: files.map(({ name, path, sizeBytes, mtimeMs, status }) => ({ name, path, sizeBytes, mtimeMs, status })),
    template: {
      index: describeInput(path.basename(indexPath), indexPath),
      directions: describeInput(path.basename(directionsPath), directionsPath),
    },
  };
  const planOf = (elementType: ElementType): StoreBuildPlan => ({
    ...inputs,
    output,
    replace: force,
    kind: "fixel",
    scalar,
    shape: { ...shape, elementType },
    command,
  });
  return { files, nFixels, searchedIn, planOf };
}
