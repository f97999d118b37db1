// Where the subjects' values come from: a store as named, a store found in the cache, or one converted into the cache now.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { convertFixelDirectory } from "../../../converters/fixel-directory.js";
import { InputError, isFixelstreamError, UsageError } from "../../errors.js";
import { type FixelDirectory, openFixelDirectory } from "../../formats/fixel-directory.js";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import { readImageHeader } from "../../formats/image.js";
import type { ImageHeader } from "../../formats/image-header.js";
import { placeWarnings } from "../../formats/place-warnings.js";
import { resolveSubjectFiles } from "../../formats/text/subject-list.js";
import { checksumSteps } from "../../publish/checksum-file.js";
import { type UseMark, useEntry } from "../../publish/in-use.js";
import { openStore, type Store } from "../../store/open-store.js";
import { selectRows } from "../../store/select-rows.js";
import { firstDifference, keysInCommon } from "../../subject-names.js";
import { assertConverted, type ConvertedEntry, subjectsConverted } from "./assert-converted.js";
import { keyOfFiles } from "./cache-key.js";
import { findCachedInput } from "./cached-input.js";
import { resolveHdf5 } from "./hdf5-input.js";
import {
  type FixelInput,
  type FixelInputOptions,
  type OpenEvents,
  type OpenedInput,
  readList,
  uncheckedWarnings,
} from "./input-source.js";
import { repeatedSubjects } from "./repeated-subjects.js";
import { subjectHeaders } from "./subject-headers.js";

export type { FixelInput, FixelInputOptions, OpenEvents, OpenedInput };

/** The default scalar of a directory, and of HDF5 files. */
const DEFAULT_SCALAR = "FD";

/** Checks everything that can be checked without reading values. Throws InputError, UsageError. */
export async function resolveFixelInput(options: FixelInputOptions): Promise<FixelInput> {
  const { input } = options;
  if (isHdf5Path(input)) return resolveHdf5(options);
  if (existsSync(join(input, "store.json")) || /\.fxs\/?$/.test(input)) return resolveStore(options);
  return resolveDirectory(options, openFixelDirectory(input));
}

async function resolveStore(options: FixelInputOptions): Promise<FixelInput> {
  const { input, subjects, io, verify } = options;
  const store = openStore(input, { io, verify });
  const scalar = scalarOf(store, options.scalar);
  if (store.template === undefined) {
    throw new InputError(
      `Cannot use ${input}: expected a store of fixels, got one of kind ${store.manifest.kind}; it has no template to write results with.`,
      { path: input },
    );
  }
  store.checkTemplate();
  const names = store.subjectNames(scalar);
  const rows = subjects === "-" ? undefined : rowsOf(store, scalar, await readList(options, subjects), subjects);
  const selected = rows === undefined ? names : rows.map((row) => names[row]!);
  const { template } = store;
  let use: UseMark | undefined;
  return {
    nFixels: store.nElements,
    subjects: selected,
    scalar,
    searchedIn: undefined,
    template,
    expected: store.spec(scalar, rows),
    bytesToWrite: 0,
    warnings: [
      ...(verify !== false ? uncheckedWarnings(store) : []),
      ...placeWarnings(input, template),
      ...repeatedSubjects(input, selected, undefined),
    ],
    async checkSources() {},
    widestType: () => store.spec(scalar).elementType,
    close: () => use?.release(),
    async open() {
      use ??= useEntry(input); // whoever replaces it meanwhile keeps this one until then
      // Results of a store carry no keys of single subjects.
      return openedStore(store, scalar, rows, true, { ...readGeometry(template.directionsPath), entries: [] });
    },
  };
}

/** By the scalar's own names, else by those of another: a store has one order of subjects. Throws InputError as selectRows. */
function rowsOf(store: Store, scalar: string, listed: readonly string[], listPath: string): number[] {
  const select = (names: readonly string[]) => selectRows(listed, names, { listPath, storePath: store.path });
  const own = store.subjectNames(scalar);
  try {
    return select(own);
  } catch (error) {
    if (!isFixelstreamError(error, "InputError")) throw error;
    for (const other of store.scalarNames) {
      const names = store.subjectNames(other);
      const keys = keysInCommon([
        { scalar, names: own },
        { scalar: other, names },
      ]);
      if (other === scalar || keys === undefined || firstDifference(keys[0]!, keys[1]!) >= 0) continue;
      try {
        return select(names);
      } catch (cause) {
        if (!isFixelstreamError(cause, "InputError")) throw cause;
      }
    }
    throw error;
  }
}

function readGeometry(path: string): Pick<ImageHeader, "transform" | "voxelSizes"> {
  const { transform, voxelSizes } = readImageHeader(path);
  return { transform, voxelSizes };
}

/** Of the first subject's file; where that lacks a transform, with the geometry of the template. */
function readSubjectHeader(path: string, directionsPath: string): OpenedInput["header"] {
  const { transform, voxelSizes, entries } = readImageHeader(path);
  return { ...(transform === undefined ? readGeometry(directionsPath) : { transform, voxelSizes }), entries };
}

function openedStore(
  store: Store,
  scalar: string,
  rows: readonly number[] | undefined,
  reused: boolean,
  header: OpenedInput["header"],
): OpenedInput {
  const sources = store.manifest.scalars[scalar]!.sources;
  const taken = rows === undefined ? sources : rows.map((row) => sources[row]!);
  const missing = store.missing(scalar);
  store.assertSame();
  return {
    spec: store.spec(scalar, rows),
    missing,
    storePath: store.path,
    reused,
    sources: taken.map(({ name, crc32 }) => ({ name, crc32 })),
    header,
  };
}

/** What the entry was made of. Of template and first subject more goes into results than the values: they are compared in any case. */
function convertedFrom(
  { indexPath, directionsPath }: FixelDirectory,
  paths: readonly string[],
  { manifest: { template, scalars } }: Store,
  scalar: string,
): ConvertedEntry {
  const subjects = subjectsConverted(paths, scalars[scalar]!.sources);
  return {
    always: [
      { path: indexPath, crc32: template?.index.crc32, sum: checksumSteps },
      { path: directionsPath, crc32: template?.directions.crc32, sum: checksumSteps },
      subjects[0]!,
    ],
    files: subjects,
  };
}

function scalarOf(store: Store, wanted: string | undefined): string {
  if (wanted !== undefined || store.scalarNames.length !== 1) {
    const name = wanted ?? DEFAULT_SCALAR;
    if (store.scalarNames.includes(name)) return name;
    throw new UsageError(
      `Cannot use scalar ${name}: ${store.path} holds ${store.scalarNames.join(", ")}. Choose one with --scalar.`,
    );
  }
  return store.scalarNames[0]!;
}

async function resolveDirectory(options: FixelInputOptions, directory: FixelDirectory): Promise<FixelInput> {
  if (options.subjects === "-") {
    throw new UsageError(
      `Cannot use - as the subject list: expected a file naming one subject a line, because ${options.input} is a fixel directory. "-" stands for all subjects of a store.`,
    );
  }
  const names = await readList(options, options.subjects);
  const { paths, searchedIn } = resolveSubjectFiles(names, {
    fixelDirectory: directory.path,
    listPath: options.subjects,
  });
  const scalar = options.scalar ?? DEFAULT_SCALAR;
  const cached = await findCachedInput({
    ...{ cache: options.cache, io: options.io, verify: options.verify, scalar },
    ...{ nSubjects: names.length, nElements: directory.nFixels },
    keyNow: () =>
      keyOfFiles({
        head: `fixelstream-store 1 ${scalar} ${directory.nFixels}`,
        paths: [directory.indexPath, directory.directionsPath, ...paths],
        names,
        signal: options.signal,
      }),
    convert: ({ onProgress, ...target }) =>
      convertFixelDirectory({
        ...target,
        inputDirectory: options.input,
        subjectList: options.subjects,
        names,
        scalar,
        memoryBytes: options.memoryBytes,
        nThreads: options.nThreads === 0 ? 0 : undefined,
        command: options.command,
        signal: options.signal,
        onProgress: ({ phase, done, total }) => onProgress(phase, done, total),
      }),
  });
  return {
    nFixels: directory.nFixels,
    subjects: names,
    scalar: options.scalar,
    searchedIn,
    template: directory,
    warnings: [
      ...directory.warnings,
      ...placeWarnings(options.input, directory),
      ...repeatedSubjects(options.subjects, names, paths),
    ],
    expected: cached.expected,
    bytesToWrite: cached.bytesToWrite,
    ...subjectHeaders(cached, names, paths),
    async open(events) {
      const { store, reused } = await cached.open(events);
      if (reused && (options.verify !== false || options.verifyInputs)) {
        const { verifyInputs, signal } = options;
        const check = { verifyInputs, onWarning: events?.onWarning, signal };
        await assertConverted(convertedFrom(directory, paths, store, scalar), check);
      }
      const header = readSubjectHeader(paths[0]!, directory.directionsPath);
      return openedStore(store, scalar, undefined, reused, header);
    },
    close: () => cached.close(),
  };
}
