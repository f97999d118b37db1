// A ModelArray file of any layout -> a store, or a ModelArray file that can be used where it lies. Every chunk is read once, in bounded memory.
import path from "node:path";
import { BudgetError, InputError, InternalError, UsageError } from "../src/errors.js";
import { openFixelDirectory } from "../src/formats/fixel-directory.js";
import { assertRows, createRowSums, readRowChecksums } from "../src/formats/hdf5/checksums.js";
import { elementsOf, type FileElements, TABLES_SEEN } from "../src/formats/hdf5/element-kind.js";
import {
  type FixelTables,
  readFixelTables,
  tablesOfDirectory,
  writeFixelTemplate,
} from "../src/formats/hdf5/fixel-tables.js";
import { isHdf5Path } from "../src/formats/hdf5/hdf5-path.js";
import { LARGE_CHUNK_BYTES, type MatrixReader, openMatrixReader } from "../src/formats/hdf5/matrix-reader.js";
import { listAnalyses, listed, type ScalarDataset } from "../src/formats/hdf5/modelarray-layout.js";
import { type Hdf5File, openHdf5 } from "../src/formats/hdf5/open.js";
import { plainNameFor } from "../src/formats/hdf5/remedies.js";
import { readVoxelTable } from "../src/formats/hdf5/voxel-table.js";
import { createModelArray, type Rectangle } from "../src/formats/hdf5/write-modelarray.js";
import { isPlainName } from "../src/formats/plain-name.js";
import { beatWhenDue } from "../src/publish/heartbeat.js";
import { shellWord } from "../src/shell-word.js";
import { blockWidthFor, countBlocks } from "../src/store/block-width.js";
import {
  beginStoreBuild,
  type FinishedPartial,
  type StoreBuild,
  type StoreBuildPlan,
} from "../src/store/build-store.js";
import { assertOutputFree, type StoreClaim, withClaim } from "../src/store/claim-store.js";
import type { ElementType } from "../src/store/column-source.js";
import { creatorName, readProgramVersion } from "../src/store/creator.js";
import { formatBytes } from "../src/units.js";
import { withHdf5Output } from "./hdf5-output.js";
import { mergeStores } from "./merge-stores.js";
import { chooseScalars, type JoinedDatasets, placedNames } from "./modelarray-scalars.js";
import { describeInput } from "./subject-files.js";
import { createTemplateFolder, sweepTemplates } from "./template-folder.js";

export interface ModelArrayConversion {
  readonly input: string;
  /** `.h5`: ModelArray's layout, contiguous or compressed; else a store. */
  readonly output: string;
  /** Undefined: all of them. */
  readonly scalar: string | undefined;
  /** Fixel directory; undefined: from /fixels and /voxels. */
  readonly template: string | undefined;
  readonly gzipLevel: number | undefined;
  readonly memoryBytes: number;
  readonly force: boolean;
  readonly command: string;
  /** `share` 0..1 of the phase. */
  readonly onProgress?: ((phase: "read" | "verify" | "compress", share: number) => void) | undefined;
  /** Ends the reading with its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ModelArraySummary {
  readonly path: string;
  /** What the elements are, by the tables of the input. */
  readonly elements: FileElements;
  readonly nElements: number;
  readonly scalars: readonly {
    readonly name: string;
    readonly nSubjects: number;
    /** f64 when some value is not exactly a float32. */
    readonly elementType: ElementType;
  }[];
  /** Of all matrices. */
  readonly dataBytes: number;
  /** Scalars whose rows were brought into the order of the first; what of the input is not in the output, or not as it was: a sentence or two. */
  readonly warnings: readonly string[];
}

/** R's missing integers of each scalar. */
type Missing = Map<string, number>;
type Converted = Omit<ModelArraySummary, "warnings" | "elements">;

/** Bytes. A part passes through libhdf5, a copy of ours, perhaps a turned one and a narrower one. */
const COPIES = 4;
const LEAST_PART = 2 ** 20;
const MOST_PART = 2 ** 24;
const STAGING_BYTES = 2 ** 22;

type Sink = (name: string, values: Uint8Array, rectangle: Rectangle) => void;

/** Rows of a scalar that is in another order go where they belong, one by one. */
function placed(write: Sink, { placesOf }: JoinedDatasets): Sink {
  return (name, values, rectangle) => {
    const places = placesOf.get(name);
    if (places === undefined) return write(name, values, rectangle);
    const { firstSubject, nSubjects } = rectangle;
    const rowBytes = values.byteLength / nSubjects;
    for (let row = 0; row < nSubjects; row++) {
      const place = { ...rectangle, firstSubject: places[firstSubject + row]!, nSubjects: 1 };
      write(name, values.subarray(row * rowBytes, (row + 1) * rowBytes), place);
    }
  };
}

/** Throws UsageError, InputError (not ModelArray's, damaged, changed meanwhile, output exists, disk full), BudgetError. */
export async function convertModelArray(conversion: ModelArrayConversion): Promise<ModelArraySummary> {
  const { input, output } = conversion;
  sweepTemplates();
  const before = describeInput(path.basename(input), input);
  if (path.resolve(input) === path.resolve(output))
    throw new UsageError(`Cannot write ${output}: it is the input. Give the output another name.`);
  const file = await openHdf5(input, conversion.signal);
  try {
    const toHdf5 = isHdf5Path(output);
    const joined = await chooseScalars(file, conversion.scalar);
    for (const { name } of joined.scalars) assertPlain(name, input);
    const assertUnchanged = () => {
      const after = describeInput(before.name, input);
      if (after.mtimeMs === before.mtimeMs && after.sizeBytes === before.sizeBytes) return;
      throw new InputError(
        `Cannot convert ${input}: it was changed during the conversion, expected ${before.sizeBytes} bytes, got ${after.sizeBytes}. Make sure that nothing writes to it, and run the command again.`,
        { path: input },
      );
    };
    const missing: Missing = new Map();
    const convert = toHdf5 ? convertToHdf5 : convertToStore;
    const summary = await convert(conversion, file, joined, { missing, assertUnchanged });
    const elements = await elementsOf(file);
    const left = await describeLeftOut(file, output, elements);
    const warnings = [
      ...joined.warnings,
      ...joined.scalars.flatMap((one) => describeMissing(input, one, missing)),
      ...left,
    ];
    return { ...summary, elements, warnings };
  } finally {
    await file.close();
  }
}

/** A name out of a file becomes that of another file. Throws InputError. */
function assertPlain(name: string, input: string): void {
  if (isPlainName(name)) return;
  throw new InputError(
    `Cannot convert ${JSON.stringify(name.slice(0, 200))} of ${input}: expected a scalar whose name can be that of a file, such as FD, got another. Rename it in the file (h5py: file.move), or choose another with --scalar.`,
    { path: input },
  );
}

interface Watched {
  /** Filled. */
  readonly missing: Missing;
  readonly assertUnchanged: () => void;
}

async function convertToStore(
  conversion: ModelArrayConversion,
  file: Hdf5File,
  joined: JoinedDatasets,
  watched: Watched,
): Promise<Converted> {
  const { output, force, command } = conversion;
  const [first, ...others] = joined.scalars;
  if (first === undefined) throw new InternalError("No scalar was chosen.");
  if (conversion.gzipLevel !== undefined)
    throw new UsageError(`Cannot compress ${output}: --gzip is for .h5 files. Leave it out, or name the output .h5.`);
  assertOutputFree(output, force);
  const temporary = createTemplateFolder();
  try {
    const { indexPath, directionsPath } = await templateFiles(conversion, file, first, temporary.path);
    const template = {
      index: describeInput(path.basename(indexPath), indexPath),
      directions: describeInput(path.basename(directionsPath), directionsPath),
    };
    const types = new Map<string, ElementType>();
    if (others.length === 0) {
      await withClaim(output, "store", (claim) =>
        convertPart({ conversion, file, joined, template, claim, ...watched }, first, types, (build, onBlock) =>
          build.finish(onBlock),
        ),
      );
      return summarise(output, [first], types);
    }
    await withClaim(output, "parts", async (claim) => {
      const parts: FinishedPartial[] = [];
      try {
        for (const scalar of joined.scalars) {
          const part = { conversion, file, joined, template, claim, ...watched };
          parts.push(await convertPart(part, scalar, types, (build, onBlock) => build.complete(onBlock)));
        }
        watched.assertUnchanged();
        mergeStores(parts, output, { replace: force, command, lock: claim.lock });
      } finally {
        for (const { partial } of parts) partial.leave(); // nothing when they were merged
      }
    });
    return summarise(output, joined.scalars, types);
  } finally {
    temporary.remove();
  }
}

interface StorePart extends Watched {
  readonly conversion: ModelArrayConversion;
  readonly file: Hdf5File;
  readonly joined: JoinedDatasets;
  readonly template: StoreBuildPlan["template"];
  readonly claim: StoreClaim;
}

/** One scalar, as float32 or, where a value needs it, as float64; its type goes into `types`. */
async function convertPart<T>(
  { conversion, file, joined, template, claim, missing, assertUnchanged }: StorePart,
  scalar: ScalarDataset,
  types: Map<string, ElementType>,
  end: (build: StoreBuild, onBlock: (iBlock: number) => void) => Promise<T>,
): Promise<T> {
  const { output, force: replace, command, onProgress } = conversion;
  const { nSubjects, nElements, name } = scalar;
  const { path: absolute, sizeBytes, mtimeMs } = describeInput(name, conversion.input);
  const sources = placedNames(scalar, joined).map((subject) => ({ name: subject, path: absolute, sizeBytes, mtimeMs }));
  for (const elementType of ["f32", "f64"] as const) {
    const shape = { nSubjects, nElements, blockWidth: blockWidthFor(nSubjects), elementType };
    const plan = { output, replace, kind: "fixel", scalar: name, shape, sources, template, command } as const;
    const build = beginStoreBuild({ ...plan, claim }, STAGING_BYTES);
    try {
      const write = placed((_, values, rectangle) => build.writeRectangle(values, rectangle), joined);
      types.set(name, elementType);
      const scratchPath = path.join(build.path, "chunk");
      const inexact = await copyScalars(conversion, file, [scalar], { types, missing, write, scratchPath });
      if (inexact !== undefined) continue;
      assertUnchanged();
      const nBlocks = countBlocks(nElements, shape.blockWidth);
      return await end(build, (iBlock) => onProgress?.("verify", (iBlock + 1) / nBlocks));
    } finally {
      await build.close();
    }
  }
  throw new InternalError(`A value of ${name} is no float64.`);
}

async function convertToHdf5(
  conversion: ModelArrayConversion,
  file: Hdf5File,
  joined: JoinedDatasets,
  { missing, assertUnchanged }: Watched,
): Promise<Converted> {
  const { output, onProgress } = conversion;
  const { scalars } = joined;
  const types = new Map<string, ElementType>(scalars.map(({ name }) => [name, "f32"]));
  const tables = await tablesOf(conversion, file);
  const voxels = tables === undefined ? await readVoxelTable(file) : undefined;
  const creator = creatorName(readProgramVersion());
  return await withHdf5Output(output, conversion.force ? "replace" : "new", async ({ partialPath, scratchPath }) => {
    for (;;) {
      const writer = await createModelArray({
        ...{ output, partial: partialPath, tables, voxels, gzipLevel: conversion.gzipLevel, creator },
        signal: conversion.signal,
        scalars: scalars.map((scalar) => ({
          ...{ name: scalar.name, nElements: scalar.nElements },
          subjectNames: placedNames(scalar, joined),
          elementType: types.get(scalar.name)!,
        })),
      });
      try {
        const write = placed(writer.writeRectangle, joined);
        const inexact = await copyScalars(conversion, file, scalars, { types, missing, write, scratchPath });
        if (inexact === undefined) {
          assertUnchanged();
          await writer.finish((share) => {
            beatWhenDue(); // it holds the event loop
            onProgress?.("compress", share);
          });
          return summarise(output, scalars, types);
        }
        if (types.get(inexact) === "f64") throw new InternalError(`A value of ${inexact} is no float64.`);
        types.set(inexact, "f64");
      } finally {
        await writer.discard();
      }
    }
  });
}

interface CopyTarget {
  readonly types: ReadonlyMap<string, ElementType>;
  /** Filled. */
  readonly missing: Missing;
  readonly write: Sink;
  readonly scratchPath: string;
}

/** The scalar that turns out to need float64, if there is one. */
async function copyScalars(
  conversion: ModelArrayConversion,
  file: Hdf5File,
  scalars: readonly ScalarDataset[],
  { types, missing, write, scratchPath }: CopyTarget,
): Promise<string | undefined> {
  for (const [i, scalar] of scalars.entries()) {
    const reader = await openMatrixReader(file, scalar, { partBytes: planPart(conversion, scalar), scratchPath });
    try {
      const onPart = (share: number) => conversion.onProgress?.("read", (i + share) / scalars.length);
      if (!(await copyParts(file, scalar, reader, types.get(scalar.name)!, write, onPart))) return scalar.name;
      missing.set(scalar.name, reader.nMissing);
    } finally {
      reader.close();
    }
  }
  return undefined;
}

/** False: a value does not fit the type. Throws InputError for rows that are not as fixelstream wrote them. */
async function copyParts(
  file: Hdf5File,
  scalar: ScalarDataset,
  reader: MatrixReader,
  elementType: ElementType,
  write: Sink,
  onPart: (share: number) => void,
): Promise<boolean> {
  let narrow = new Float32Array(0);
  let done = 0;
  const rows = createRowSums(scalar.nSubjects);
  for await (const part of reader.parts()) {
    const { values, rectangle } = part;
    rows.add(part);
    let given = values;
    if (elementType === "f32" && values instanceof Float64Array) {
      if (narrow.length < values.length) narrow = new Float32Array(values.length);
      given = narrow.subarray(0, values.length);
      for (let i = 0; i < values.length; i++) {
        given[i] = values[i]!;
        if (given[i] !== values[i] && !Number.isNaN(values[i])) return false;
      }
    } else if (elementType === "f64" && values instanceof Float32Array) given = Float64Array.from(values);
    write(scalar.name, new Uint8Array(given.buffer, given.byteOffset, given.byteLength), rectangle);
    onPart(++done / reader.nParts);
  }
  const expected = await readRowChecksums(file, scalar);
  if (expected !== undefined) assertRows(file.path, scalar, expected, rows.sums);
  return true;
}

function planPart({ memoryBytes, input }: ModelArrayConversion, { values }: ScalarDataset): number {
  const chunkBytes = (values.chunks ?? []).reduce((product, size) => product * size, values.valueBytes);
  const least = Math.max(LEAST_PART, chunkBytes > LARGE_CHUNK_BYTES ? 0 : chunkBytes);
  const needed = COPIES * least + STAGING_BYTES;
  if (memoryBytes < needed) {
    throw new BudgetError(
      `Cannot convert ${input} in ${formatBytes(memoryBytes)}: expected at least ${formatBytes(needed)} for chunks of ${values.chunks?.join(" x ") ?? "no"} values. Give --memory ${Math.ceil(needed / 2 ** 20)}MiB or more.`,
      { neededBytes: needed, givenBytes: memoryBytes },
    );
  }
  return Math.max(least, Math.min(MOST_PART, Math.floor((memoryBytes - STAGING_BYTES) / COPIES)));
}

async function tablesOf({ template }: ModelArrayConversion, file: Hdf5File): Promise<FixelTables | undefined> {
  return template === undefined ? await readFixelTables(file) : tablesOfDirectory(openFixelDirectory(template));
}

async function templateFiles(
  { template, input, output }: ModelArrayConversion,
  file: Hdf5File,
  { nElements, name }: ScalarDataset,
  temporary: string,
) {
  const directory = template === undefined ? undefined : openFixelDirectory(template);
  const tables = directory === undefined ? await readFixelTables(file) : undefined;
  const nFixels = directory?.nFixels ?? tables?.nFixels;
  if (nFixels === undefined) {
    const elements = (await elementsOf(file)) as Exclude<FileElements, "fixels">;
    const plain = `fixelstream convert modelarray ${shellWord(input)} ${shellWord(plainNameFor(input))} --scalar ${shellWord(name)}`;
    const template = "Give the fixel directory that it was made with: --template DIRECTORY. Or, for vectorstats,";
    throw new UsageError(
      `Cannot write ${output}: a store of ${input} needs index and directions, and ${TABLES_SEEN[elements]}. ${elements === "elements" ? template : "For vectorstats"} make a plain file: ${plain}`,
    );
  }
  if (nFixels !== nElements) {
    throw new InputError(
      `Cannot convert ${input}: expected ${nElements} fixels in ${template ?? "/fixels"}, as ${name} has, got ${nFixels}. Give the right fixel directory with --template.`,
      { path: template ?? input },
    );
  }
  return directory ?? writeFixelTemplate(temporary, tables!);
}

function summarise(
  output: string,
  scalars: readonly ScalarDataset[],
  types: ReadonlyMap<string, ElementType>,
): Converted {
  const described = scalars.map(({ name, nSubjects }) => ({ name, nSubjects, elementType: types.get(name)! }));
  const nElements = scalars[0]!.nElements;
  const bytes = scalars.map(({ name, nSubjects }) => nSubjects * nElements * (types.get(name) === "f32" ? 4 : 8));
  return { path: output, nElements, scalars: described, dataBytes: bytes.reduce((sum, size) => sum + size, 0) };
}

function describeMissing(input: string, { name, values }: ScalarDataset, missing: Missing): string[] {
  const nMissing = missing.get(name) ?? 0;
  if (nMissing === 0) return [];
  return [
    `${nMissing} values of ${name} of ${input} are the least ${values.typeName}, which R writes for NA: they are NaN now.`,
  ];
}

/** What the output does not have. */
async function describeLeftOut(file: Hdf5File, output: string, elements: FileElements): Promise<string[]> {
  const left: string[] = [];
  const analyses = await listAnalyses(file);
  if (analyses.length > 0)
    left.push(`${output} does not have the results of ${file.path} (${listed(analyses)}). Export them from there.`);
  if (elements === "greyordinates")
    left.push(`${output} does not have /greyordinates of ${file.path}: keep it for the places of its elements.`);
  return left;
}
