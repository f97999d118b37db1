// An HDF5 file opened for reading by libhdf5 in this thread, which is the worker of open.ts: names, shapes, texts, and rectangles of numbers. Every call is
// guarded by the latch; nothing returns zeros for what could not be read, and nothing is read that the file is too small to hold.
import { statSync } from "node:fs";
import { InputError, InternalError } from "../../errors.js";
import { describeSystemError } from "../../system-error.js";
import { assertHeld, type DatasetDescription } from "./dataset.js";
import { type DatasetLayout, readDatasetLayout } from "./dataset-layout.js";
import type { H5Dataset, H5Group, H5Object } from "./h5wasm-types.js";
import { loadHdf5 } from "./library.js";

export interface LocalFile {
  /** As the user typed it. */
  readonly path: string;
  readonly fileBytes: number;
  kindOf(objectPath: string): "group" | "dataset" | undefined;
  /** Names in a group, in the file's order; empty when there is no such group. */
  namesIn(groupPath: string): string[];
  /** Those of them that are groups with a dataset `datasetName` in it. */
  groupsWith(groupPath: string, datasetName: string): string[];
  /** Throws InputError when there is no such dataset. */
  describe(datasetPath: string): DatasetDescription;
  /** Texts of a dataset of strings. */
  readTexts(datasetPath: string): string[];
  /** Texts or numbers of an attribute, always a list; undefined: no such attribute. 64-bit integers are bigint: names may be such. */
  readAttribute(objectPath: string, name: string): readonly (string | number | bigint)[] | undefined;
  /**
   * Bytes of the values first..first+count of each axis, in C order, little-endian and in the file's type, as a view of libhdf5's memory that is good
   * until the next call. Whole chunks only are fast. Throws InputError: damaged.
   */
  readRectangle(dataset: DatasetDescription, first: readonly number[], count: readonly number[]): Uint8Array;
  /** Where the bytes are. */
  layoutOf(dataset: DatasetDescription): DatasetLayout;
  /** Where a chunk's stored bytes are, without reading them: for chunks too large for libhdf5's memory. `at`: the chunk's first value. */
  locateChunk(dataset: DatasetDescription, at: readonly number[]): { byteOffset: number; lengthBytes: number };
  /** Idempotent. */
  close(): void;
}

/** An attribute is stored as it is. */
const PLAIN = {
  kind: "other",
  typeName: "",
  isReadable: false,
  littleEndian: true,
  signed: true,
  missing: undefined,
  chunks: undefined,
  filters: [],
} as const;
/** H5T_STR_SPACEPAD: Fortran's strings. */
const SPACE_PADDED = 2;
/** Bytes. Reads of metadata are shorter (16 KiB at most), stored chunks of 32 MiB longer: deflate shrinks by 1032 at most. */
const LEAST_CHUNK_READ = 2 ** 15;

/** Groups whose names are kept. */
const MOST_LISTED = 1000;

/** Throws InputError: no such file, not HDF5, truncated, left by a writer that was killed. */
export async function openLocalFile(path: string): Promise<LocalFile> {
  const fileBytes = sizeOfFile(path);
  const { module, latch, openFile, isDataset, isGroup } = await loadHdf5();
  latch.allow(path, fileBytes);
  const file = latch.guard(`open ${path}`, path, () => openFile(path, "r"));
  if (file.file_id < 0n) throw new InputError(`Cannot open ${path}: libhdf5 gives no reason.`, { path });
  const buffer = { pointer: 0, bytes: 0 };
  let open = true;
  const guard = <T>(what: string, work: () => T): T => {
    if (!open) throw new InternalError(`${path} was read after it was closed.`);
    return latch.guard(`read ${what} of ${path}`, path, work);
  };
  // Of groups that were asked about: a group of 20,000 is listed once.
  const members = new Map<string, ReadonlySet<string>>();
  const membersOf = (group: H5Group): ReadonlySet<string> => {
    const known = members.get(group.path);
    if (known !== undefined) return known;
    const found = new Set(group.keys());
    if (members.size >= MOST_LISTED) members.clear();
    members.set(group.path, found);
    return found;
  };
  const find = (objectPath: string): H5Object | null => {
    // Step by step, because asking for a path below a missing group is an error, not an answer.
    const steps = objectPath.split("/").filter((step) => step !== "");
    let group: unknown = file;
    for (const step of steps) {
      if (!isGroup(group) || !membersOf(group).has(step)) return null;
      group = group.get(step);
    }
    return group as H5Object;
  };
  const isDatasetAt = (objectPath: string) => isDataset(find(objectPath));
  const dataset = (datasetPath: string): H5Dataset => {
    const found = guard(datasetPath, () => find(datasetPath));
    if (isDataset(found)) return found;
    throw new InputError(
      `Cannot read ${datasetPath} of ${path}: expected a dataset, got ${found === null ? "nothing of that name" : "something else"}.`,
      { path },
    );
  };
  const fetch = (objectPath: string, first: readonly number[], count: readonly number[], bytes: number): number => {
    if (buffer.bytes < bytes) {
      if (buffer.pointer !== 0) module._free(buffer.pointer);
      buffer.bytes = 0;
      buffer.pointer = module._malloc(bytes);
      if (buffer.pointer === 0)
        throw new InputError(
          `Cannot read ${objectPath} of ${path}: ${bytes} bytes at once do not fit libhdf5's memory.`,
          { path },
        );
      buffer.bytes = bytes;
    }
    return module.get_dataset_data(
      file.file_id,
      objectPath,
      count.map(BigInt),
      first.map(BigInt),
      count.map(() => 1n),
      BigInt(buffer.pointer),
    );
  };

  const describe = (datasetPath: string): DatasetDescription => {
    const found = dataset(datasetPath);
    const { metadata, filters } = guard(datasetPath, () => ({ metadata: found.metadata, filters: found.filters }));
    const { name: typeName, ...datatype } = layoutAt(datasetPath).datatype;
    const isNumber = datatype.kind === "float" || datatype.kind === "integer";
    // of texts of any length libhdf5 gives the size in memory
    const valueBytes = isNumber ? datatype.valueBytes : metadata.size;
    if (valueBytes !== metadata.size) {
      throw new InputError(
        `Cannot read ${datasetPath} of ${path}: expected values of ${metadata.size} bytes, as libhdf5 says, got ${valueBytes} in its header. The file is damaged: restore it, or make it again.`,
        { path },
      );
    }
    const { shape, chunks } = metadata;
    return {
      objectPath: datasetPath,
      shape: shape ?? [],
      chunks: chunks ?? undefined,
      typeName,
      ...datatype,
      valueBytes,
      filters,
    };
  };

  const layoutAt = (objectPath: string): DatasetLayout => {
    const found = dataset(objectPath);
    const reference = guard(objectPath, () => Uint8Array.from(found.create_reference().ref_data));
    return readDatasetLayout(path, Number(new DataView(reference.buffer).getBigUint64(0, true)));
  };

  return {
    path,
    fileBytes,
    kindOf(objectPath) {
      const found = guard(objectPath, () => find(objectPath));
      return isDataset(found) ? "dataset" : isGroup(found) ? "group" : undefined;
    },
    namesIn(groupPath) {
      return guard(groupPath, () => {
        const found = find(groupPath);
        return isGroup(found) ? found.keys() : [];
      });
    },
    groupsWith(groupPath, datasetName) {
      return guard(groupPath, () => {
        const found = find(groupPath);
        if (!isGroup(found)) return [];
        return found.keys().filter((name) => isDatasetAt(`${groupPath}/${name}/${datasetName}`));
      });
    },
    describe,
    readTexts(datasetPath) {
      assertHeld(describe(datasetPath), { path, fileBytes });
      const found = dataset(datasetPath);
      return guard(datasetPath, () => textsOf(found.value, found.metadata.strpad));
    },
    readAttribute(objectPath, name) {
      return guard(`attribute ${name} of ${objectPath}`, () => {
        const found = find(objectPath);
        const attribute = found !== null && Object.hasOwn(found.attrs, name) ? found.attrs[name] : undefined;
        if (attribute === undefined) return undefined;
        const { shape, size } = attribute.metadata;
        const [objectName, bytes] = [`attribute ${name} of ${objectPath}`, size];
        assertHeld({ ...PLAIN, objectPath: objectName, shape: shape ?? [], valueBytes: bytes }, { path, fileBytes });
        const { value } = attribute;
        if (typeof value === "string" || (Array.isArray(value) && value.every((item) => typeof item === "string"))) {
          return textsOf(value, attribute.metadata.strpad);
        }
        if (typeof value === "number" || typeof value === "bigint") return [value];
        return ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<number | bigint>) : [];
      });
    },
    readRectangle(description, first, count) {
      const { shape, objectPath, valueBytes } = description;
      if (shape.some((size, axis) => first[axis]! < 0 || count[axis]! < 1 || first[axis]! + count[axis]! > size)) {
        throw new InternalError(`Values ${first} + ${count} of ${objectPath}, which is ${shape.join(" x ")}.`);
      }
      assertHeld(description, { path, fileBytes });
      const nValues = count.reduce((product, size) => product * size, 1);
      const status = guard(objectPath, () => fetch(objectPath, first, count, nValues * valueBytes));
      if (status < 0) throw new InputError(`Cannot read ${objectPath} of ${path}: libhdf5 gives no reason.`, { path });
      // Safety: the view is dropped before the next call, which may move the memory.
      return module.HEAPU8.subarray(buffer.pointer, buffer.pointer + nValues * valueBytes);
    },
    layoutOf: ({ objectPath }) => layoutAt(objectPath),
    locateChunk({ objectPath, shape, valueBytes }, at) {
      const one = shape.map(() => 1);
      const caught = latch.catchRead(LEAST_CHUNK_READ, () => fetch(objectPath, at, one, valueBytes));
      if (caught !== undefined) return caught;
      throw new InputError(
        `Cannot read ${objectPath} of ${path}: the chunk at ${at.join(", ")} is not where its index says, or was never written. Convert the file with h5repack.`,
        { path },
      );
    },
    close() {
      if (!open) return;
      if (buffer.pointer !== 0) module._free(buffer.pointer);
      open = false;
      latch.guard(`close ${path}`, path, () => file.close());
      latch.disallow(path);
    },
  };
}

function sizeOfFile(path: string): number {
  try {
    const found = statSync(path);
    if (found.isFile() && found.size === 0) {
      throw new InputError(`Cannot open ${path}: expected an HDF5 file, got an empty one. Make it again.`, { path });
    }
    if (found.isFile()) return found.size;
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(
      `Cannot open ${path}: expected an HDF5 file, got ${describeSystemError(cause)}. Check the path.`,
      { path, cause },
    );
  }
  throw new InputError(`Cannot open ${path}: expected an HDF5 file, got a directory or device. Check the path.`, {
    path,
  });
}

function textsOf(value: unknown, padding: number | undefined): string[] {
  const texts = (Array.isArray(value) ? value.flat() : [value]).map(String);
  return padding === SPACE_PADDED ? texts.map((text) => text.trimEnd()) : texts;
}
