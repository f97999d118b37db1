// Where the vectors come from: a store as named, a store found in the cache, or one converted into the cache now.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { VectorSource } from "../../../converters/vector-source.js";
import { convertVectors, describeMissingIntegers, openVectorSource } from "../../../converters/vectors.js";
import { UsageError } from "../../errors.js";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import { chooseScalar, describeScalar } from "../../formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../../formats/hdf5/open.js";
import { checksumSteps } from "../../publish/checksum-file.js";
import { identityBehind } from "../../publish/file-identity.js";
import { type UseMark, useEntry } from "../../publish/in-use.js";
import type { ColumnSourceSpec, ElementType } from "../../store/column-source.js";
import { DEFAULT_VECTOR_SCALAR } from "../../store/manifest.js";
import { openStore, type Store } from "../../store/open-store.js";
import type { Warning } from "../../warnings.js";
import { assertConverted, type ConvertedEntry } from "./assert-converted.js";
import { keyOfLines } from "./cache-key.js";
import { findCachedInput } from "./cached-input.js";
import { describeInPlace } from "./hdf5-in-place.js";
import { type InputOptions, type OpenEvents, uncheckedWarnings } from "./input-source.js";
import { repeatedSubjects } from "./repeated-subjects.js";
import { checksumSourceSteps } from "./source-checksum.js";

export interface VectorInputOptions extends InputOptions {
  /** Values of -column: --scalar is not about them. */
  readonly isColumn?: boolean | undefined;
  /** Where the input is neither a store nor an .h5. Default: vectors in text or numpy's files. */
  readonly openSource?: (() => Promise<VectorSource>) | undefined;
}

export interface VectorInput {
  readonly nSubjects: number;
  readonly nElements: number;
  /** Names in row order; undefined where the input has values without names. */
  readonly subjects: readonly string[] | undefined;
  /** Of a store, an .h5 or a .npz whose array was named. */
  readonly scalar: string | undefined;
  /** How it was read where that is not the plain case: sentences. */
  readonly notes?: readonly string[];
  /** The data as far as they are known without converting: float32 until a value turns up that needs more. */
  readonly expected: ColumnSourceSpec;
  /** Bytes that `open` will write to the cache. */
  readonly bytesToWrite: number;
  /** Of what was found out when it was resolved. */
  readonly warnings?: readonly Warning[];
  /** The type that the values may need, at most. */
  widestType(): ElementType;
  open(events?: OpenEvents): Promise<OpenedVectors>;
  /** The vectors are no longer needed: what is in the cache may be cleared away. Idempotent. */
  close(): void;
}

export interface OpenedVectors {
  readonly spec: ColumnSourceSpec;
  /** u32 [nElements]: subjects without a finite value; undefined: every value is finite. */
  readonly missing: Uint32Array | undefined;
  readonly storePath: string;
  /** Found in the cache, or named by the user. */
  readonly reused: boolean;
  readonly sources: readonly { readonly name: string; readonly crc32: number }[];
}

/** Throws InputError, UsageError, BudgetError. */
export async function resolveVectorInput(options: VectorInputOptions): Promise<VectorInput> {
  const { input, io, verify } = options;
  if (isHdf5Path(input)) return resolveHdf5(options);
  if (existsSync(join(input, "store.json")) || /\.fxs\/?$/.test(input)) return resolveStore(options);
  const array = { name: options.scalar, canBeNamed: options.isColumn !== true };
  const source = await (options.openSource?.() ?? openVectorSource(input, { ...options, array }));
  if (options.scalar !== undefined && options.scalar !== source.arrayName) throw withoutScalars(options, source);
  const { nSubjects, nElements } = source;
  const cached = await findCachedInput({
    ...{ cache: options.cache, io, verify, scalar: DEFAULT_VECTOR_SCALAR, nSubjects, nElements },
    keyNow: async () => cacheKey(source),
    convert: (target) =>
      convertVectors({
        ...target,
        source,
        scalar: DEFAULT_VECTOR_SCALAR,
        memoryBytes: options.memoryBytes,
        command: options.command,
      }),
  });
  return {
    nSubjects,
    nElements,
    subjects: source.subjectNames,
    scalar: options.scalar,
    notes: source.notes ?? [],
    warnings: repeatedSubjects(input, source.subjectNames, filesOf(source)),
    expected: cached.expected,
    bytesToWrite: cached.bytesToWrite,
    widestType: () => (cached.isKnown ? cached.expected.elementType : source.elementTypes.at(-1)!),
    async open(events) {
      const { store, reused } = await cached.open(events);
      if (reused && (verify !== false || options.verifyInputs)) {
        const { verifyInputs, signal } = options;
        await assertConverted(convertedFrom(source, store), { verifyInputs, onWarning: events?.onWarning, signal });
      }
      const message = describeMissingIntegers(
        source,
        store.manifest.scalars[DEFAULT_VECTOR_SCALAR]?.missing?.nValues ?? 0,
      );
      if (message !== undefined) events?.onWarning?.({ tag: "missing-integers", message });
      return openedStore(store, DEFAULT_VECTOR_SCALAR, reused);
    },
    close: () => cached.close(),
  };
}

function withoutScalars({ input, scalar }: VectorInputOptions, { arrayName }: VectorSource): UsageError {
  const got = arrayName === undefined ? "one matrix without a name" : `an archive with ${arrayName} alone`;
  return new UsageError(
    `Cannot choose scalar ${scalar} of ${input}: expected a store, an .h5 or a .npz that has it, got ${got}. Leave --scalar out.`,
  );
}

function resolveStore({ input, scalar: wanted, io, verify }: VectorInputOptions): VectorInput {
  const store = openStore(input, { io, verify });
  const scalar = wanted ?? store.scalarNames[0]!;
  if ((wanted === undefined && store.scalarNames.length > 1) || !store.scalarNames.includes(scalar)) {
    throw new UsageError(
      `Cannot choose a scalar of ${input}: expected one of ${store.scalarNames.join(", ")}, got ${wanted ?? "none"}. Name it with --scalar.`,
    );
  }
  let use: UseMark | undefined;
  return {
    nSubjects: store.nSubjects,
    nElements: store.nElements,
    subjects: namedSubjects(store.subjectNames(scalar)),
    scalar,
    expected: store.spec(scalar),
    bytesToWrite: 0,
    warnings: [
      ...(verify !== false ? uncheckedWarnings(store) : []),
      ...repeatedSubjects(input, namedSubjects(store.subjectNames(scalar)), undefined),
    ],
    widestType: () => store.spec(scalar).elementType,
    async open() {
      use ??= useEntry(input); // whoever replaces it meanwhile keeps this one until then
      return openedStore(store, scalar, true);
    },
    close: () => use?.release(),
  };
}

/** A scalar of a ModelArray file where it lies; all of its subjects. */
async function resolveHdf5(options: VectorInputOptions): Promise<VectorInput> {
  const { input } = options;
  const identity = identityBehind(input);
  const file = await openHdf5(input, options.signal);
  try {
    const scalar = await describeScalar(file, await chooseScalar(file, options.scalar));
    const { spec, scan } = await describeInPlace(file, scalar, { ...options, identity });
    return {
      nSubjects: scalar.nSubjects,
      nElements: scalar.nElements,
      subjects: scalar.subjectNames,
      scalar: scalar.name,
      expected: spec,
      bytesToWrite: 0,
      warnings: repeatedSubjects(input, scalar.subjectNames, undefined),
      widestType: () => spec.elementType,
      async open(events) {
        const { missing, crc32 } = await scan(events ?? {});
        const sources = scalar.subjectNames.map((name, row) => ({ name, crc32: crc32[row]! }));
        return { spec, missing, storePath: input, reused: true, sources };
      },
      close() {},
    };
  } finally {
    await file.close();
  }
}

/** Undefined: rows of a matrix without names, which carry its name and their number. */
const namedSubjects = (names: readonly string[]): readonly string[] | undefined =>
  names.every((name, row) => name.endsWith(`[${row}]`)) ? undefined : names;

function openedStore(store: Store, scalar: string, reused: boolean): OpenedVectors {
  const missing = store.missing(scalar);
  store.assertSame();
  return {
    spec: store.spec(scalar),
    missing,
    storePath: store.path,
    reused,
    sources: store.manifest.scalars[scalar]!.sources.map(({ name, crc32 }) => ({ name, crc32 })),
  };
}

function convertedFrom({ sources, kind }: VectorSource, { manifest }: Store): ConvertedEntry {
  const converted = manifest.scalars[DEFAULT_VECTOR_SCALAR]!.sources;
  const files = sources.map((source, row) => ({
    path: source.path,
    status: converted[row]!.status,
    crc32: converted[row]!.crc32,
    sum: (file: string) => (kind === "voxel" ? checksumSourceSteps(file) : checksumSteps(file)),
  }));
  return { always: [], files };
}

/** Undefined: rows of one file. */
function filesOf({ sources }: VectorSource): string[] | undefined {
  const paths = sources.map(({ path }) => path);
  return new Set(paths).size === 1 ? undefined : paths;
}

function cacheKey({ nSubjects, nElements, sources, voxels }: VectorSource): string {
  const lines = sources.map(({ name, path, sizeBytes, mtimeMs }) => JSON.stringify([name, path, sizeBytes, mtimeMs]));
  const elements = voxels === undefined ? "" : ` ${voxels.sha256}`;
  return keyOfLines([`fixelstream-vectors 1 ${nSubjects} ${nElements}${elements}`, ...lines]);
}
