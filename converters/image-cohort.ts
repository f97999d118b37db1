// One image a subject and scalar -> a store or a ModelArray file. Subjects are read in groups (write-groups.ts); float32 until a value turns up that
// it cannot hold, then that scalar again as float64.
import path from "node:path";
import { InputError, InternalError } from "../src/errors.js";
import type { FixelDirectory } from "../src/formats/fixel-directory.js";
import { isHdf5Path } from "../src/formats/hdf5/hdf5-path.js";
import type { ModelArrayWriter } from "../src/formats/hdf5/write-modelarray.js";
import { beatWhenDue } from "../src/publish/heartbeat.js";
import { blockWidthFor, countBlocks } from "../src/store/block-width.js";
import { beginStoreBuild, type FinishedPartial, type StoreBuildPlan } from "../src/store/build-store.js";
import { type StoreClaim, withClaim } from "../src/store/claim-store.js";
import type { ElementType } from "../src/store/column-source.js";
import { creatorName, readProgramVersion } from "../src/store/creator.js";
import { createRowGroup } from "../src/store/row-group.js";
import { mergeStores } from "./merge-stores.js";
import { type GroupPlan, planGroups } from "./plan-groups.js";
import { readersOf } from "./read-subject.js";
import { describeInput, type SubjectFile } from "./subject-files.js";
import { createBuffer, workBytes, writeGroups } from "./write-groups.js";

export interface ImageScalar {
  readonly name: string;
  /** One a subject, in row order; `name` is what rows are selected by. */
  readonly files: readonly SubjectFile[];
}

export interface ImageConversion {
  readonly scalars: readonly ImageScalar[];
  readonly directory: FixelDirectory;
  /** `.h5`: ModelArray's layout; else a store. */
  readonly output: string;
  /** .h5 only. */
  readonly gzipLevel: number | undefined;
  readonly memoryBytes: number;
  /** As FixelConversion's. */
  readonly nThreads?: number | undefined;
  readonly force: boolean;
  readonly command: string;
  /** `share` 0..1 of the phase. */
  readonly onProgress?: ((phase: "read" | "verify" | "compress", share: number) => void) | undefined;
  /** Ends the work of libhdf5 with its reason; the rest is stopped by what onProgress throws. */
  readonly signal?: AbortSignal | undefined;
}

export interface ConvertedScalar {
  readonly name: string;
  readonly nSubjects: number;
  readonly elementType: ElementType;
  readonly groups: GroupPlan;
  /** Subjects that an earlier, killed run had written. */
  readonly nResumed: number;
}

/** Throws InputError (inputs, output exists, disk full), BudgetError. */
export async function convertImages(conversion: ImageConversion): Promise<ConvertedScalar[]> {
  return isHdf5Path(conversion.output) ? convertToHdf5(conversion) : convertToStore(conversion);
}

async function convertToHdf5(conversion: ImageConversion): Promise<ConvertedScalar[]> {
  const { scalars, directory, output, onProgress } = conversion;
  const [{ tablesOfDirectory }, { createModelArray }, { withHdf5Output }] = await Promise.all([
    import("../src/formats/hdf5/fixel-tables.js"),
    import("../src/formats/hdf5/write-modelarray.js"),
    import("./hdf5-output.js"),
  ]);
  const types = new Map<string, ElementType>(scalars.map(({ name }) => [name, "f32"]));
  const tables = tablesOfDirectory(directory);
  const creator = creatorName(readProgramVersion());
  return await withHdf5Output(output, conversion.force ? "replace" : "new", async ({ partialPath }) => {
    for (;;) {
      const writer = await createModelArray({
        ...{ output, partial: partialPath, tables, gzipLevel: conversion.gzipLevel, creator },
        signal: conversion.signal,
        scalars: scalars.map(({ name, files }) => ({
          name,
          subjectNames: files.map((file) => file.name),
          nElements: directory.nFixels,
          elementType: types.get(name)!,
        })),
      });
      try {
        const inexact = await writeAll(conversion, writer, types);
        if (inexact === undefined) {
          await writer.finish((share) => {
            beatWhenDue(); // it holds the event loop
            onProgress?.("compress", share);
          });
          return scalars.map((scalar) => describe(conversion, scalar, types.get(scalar.name)!));
        }
        if (types.get(inexact) === "f64") throw new InternalError(`A value of ${inexact} is no float64.`);
        types.set(inexact, "f64");
      } finally {
        await writer.discard();
      }
    }
  });
}

/** The scalar that needs float64, if one turns up. */
async function writeAll(
  conversion: ImageConversion,
  writer: ModelArrayWriter,
  types: ReadonlyMap<string, ElementType>,
): Promise<string | undefined> {
  const { scalars, directory, onProgress } = conversion;
  for (const [i, scalar] of scalars.entries()) {
    const { files, name } = scalar;
    const elementType = types.get(name)!;
    const groups = groupsOf(conversion, scalar, elementType);
    // one block of all elements is the matrix row by row
    const shape = { ...shapeOf(conversion, scalar, elementType), blockWidth: directory.nFixels };
    const isExact = await writeGroups({
      build: {
        written: files.map(() => false),
        createGroup: (buffer) => createRowGroup(shape, buffer, undefined),
        async writeGroup({ blocks, firstSubject, count: nSubjects }) {
          writer.writeRectangle(name, blocks, {
            firstSubject,
            nSubjects,
            firstElement: 0,
            nElements: directory.nFixels,
          });
        },
      },
      shape,
      groups,
      ...readersOf(files, elementType),
      buffer: new ArrayBuffer(workBytes(shape, groups)),
      onSubject: (done) => onProgress?.("read", (i + done / files.length) / scalars.length),
    });
    if (!isExact) return name;
  }
  return undefined;
}

async function convertToStore(conversion: ImageConversion): Promise<ConvertedScalar[]> {
  const { scalars, output, force } = conversion;
  if (conversion.gzipLevel !== undefined)
    throw new InputError(`Cannot compress ${output}: --gzip is for .h5 files. Leave it out, or name the output .h5.`);
  const [first, ...others] = scalars as [ImageScalar, ...ImageScalar[]];
  const counts = scalars.map(({ name, files }) => `${name} ${files.length}`);
  if (others.some(({ files }) => files.length !== first.files.length)) {
    throw new InputError(
      `Cannot write ${output}: expected the same number of subjects for every scalar of a store, got ${counts.join(", ")}. Convert them one by one with --scalar, or into an .h5.`,
    );
  }
  return await withClaim(output, "parts", async (claim) => {
    const parts: FinishedPartial[] = [];
    const converted: ConvertedScalar[] = [];
    try {
      for (const scalar of scalars) {
        const { finished, described } = await buildPart(conversion, scalar, claim);
        parts.push(finished);
        converted.push(described);
      }
      mergeStores(parts, output, { replace: force, command: conversion.command, lock: claim.lock });
      return converted;
    } finally {
      for (const { partial } of parts) partial.leave(); // nothing when they were merged
    }
  });
}

/** One scalar, whole but for its name. A killed run's is continued. */
async function buildPart(
  conversion: ImageConversion,
  scalar: ImageScalar,
  claim: StoreClaim,
): Promise<{ finished: FinishedPartial; described: ConvertedScalar }> {
  const { output, force: replace, nThreads } = conversion;
  const { indexPath, directionsPath } = conversion.directory;
  const sources = scalar.files.map(({ name, path, sizeBytes, mtimeMs, status }) => ({
    name,
    path,
    sizeBytes,
    mtimeMs,
    status,
  }));
  for (const elementType of ["f32", "f64"] as const) {
    const plan: StoreBuildPlan = {
      ...{ output, replace, kind: "fixel", scalar: scalar.name, sources, command: conversion.command, claim },
      shape: shapeOf(conversion, scalar, elementType),
      template: {
        index: describeInput(path.basename(indexPath), indexPath),
        directions: describeInput(path.basename(directionsPath), directionsPath),
      },
    };
    const groups = groupsOf(conversion, scalar, elementType);
    const build = beginStoreBuild(plan, groups.stagingBytes);
    try {
      const { files } = scalar;
      const buffer = createBuffer(plan.shape, groups, nThreads);
      const onSubject = (done: number) => conversion.onProgress?.("read", done / files.length);
      await build.checkResumed(() => onSubject(0));
      if (
        !(await writeGroups({
          build,
          shape: plan.shape,
          groups,
          ...readersOf(files, elementType),
          buffer,
          nThreads,
          onSubject,
        }))
      )
        continue;
      const nBlocks = countBlocks(plan.shape.nElements, plan.shape.blockWidth);
      const finished = await build.complete((iBlock) => conversion.onProgress?.("verify", (iBlock + 1) / nBlocks));
      const nResumed = build.written.filter(Boolean).length;
      return { finished, described: { ...describe(conversion, scalar, elementType), nResumed } };
    } finally {
      await build.close();
    }
  }
  throw new InternalError(`A value of ${scalar.name} is no float64.`);
}

function shapeOf({ directory }: ImageConversion, { files }: ImageScalar, elementType: ElementType) {
  return {
    nSubjects: files.length,
    nElements: directory.nFixels,
    blockWidth: blockWidthFor(files.length),
    elementType,
  };
}

function groupsOf(conversion: ImageConversion, scalar: ImageScalar, elementType: ElementType): GroupPlan {
  const readerBytes = scalar.files.reduce((most, file) => Math.max(most, file.readerBytes[elementType]), 0);
  const shape = shapeOf(conversion, scalar, elementType);
  return planGroups({ shape, readerBytes, memoryBytes: conversion.memoryBytes });
}

function describe(conversion: ImageConversion, scalar: ImageScalar, elementType: ElementType): ConvertedScalar {
  const groups = groupsOf(conversion, scalar, elementType);
  return { name: scalar.name, nSubjects: scalar.files.length, elementType, groups, nResumed: 0 };
}
