// An HDF5 file opened for making or adding by libhdf5 in this thread, which is the worker of open.ts: groups, names, attributes, empty matrices and whole
// chunks. Every call is guarded by the latch.
import { InputError, InternalError } from "../../errors.js";
import type { H5Dataset, H5Group, H5WriteMetadata } from "./h5wasm-types.js";
import { loadHdf5 } from "./library.js";
import type { MatrixSpec, MatrixType } from "./matrix-spec.js";

export interface LocalDraft {
  has(objectPath: string): boolean;
  /** With the groups above it. */
  makeGroup(groupPath: string): void;
  /** Values are not written; contiguous storage is allocated, so that its offset is known once the file is closed. */
  makeMatrix(objectPath: string, spec: MatrixSpec): void;
  /** One value a text, variable-length UTF-8. */
  makeTexts(objectPath: string, texts: readonly string[]): void;
  setAttribute(objectPath: string, name: string, value: string | readonly string[] | Float64Array | Int32Array): void;
  removeAttribute(objectPath: string, name: string): void;
  /** One rectangle, best a whole chunk: `fill` writes its bytes, little-endian. */
  writeRectangle(
    objectPath: string,
    spec: MatrixSpec,
    first: readonly number[],
    count: readonly number[],
    fill: (bytes: Uint8Array) => void,
  ): void;
  /** Throws InputError when anything could not be written. Idempotent. */
  close(): void;
}

const TYPES: Readonly<Record<MatrixType, { type: 0 | 1; size: number; signed: boolean }>> = {
  f32: { type: 1, size: 4, signed: true },
  f64: { type: 1, size: 8, signed: true },
  u32: { type: 0, size: 4, signed: false },
  i32: { type: 0, size: 4, signed: true },
};

/** `path` is what is written; `output` what the user knows it by. Throws InputError when it cannot be made or opened. */
export async function openLocalDraft(path: string, output: string, mode: "make" | "add"): Promise<LocalDraft> {
  const { module, latch, openFile, isDataset, isGroup } = await loadHdf5();
  const guard = <T>(work: () => T): T => latch.guardMaking(`write ${output}`, output, work);
  const file = guard(() => openFile(path, mode === "make" ? "x" : "a"));
  if (file.file_id < 0n) throw new InputError(`Cannot write ${output}: libhdf5 gives no reason.`, { path: output });
  let open = true;

  const get = (objectPath: string) => {
    let found: unknown = file;
    for (const step of objectPath.split("/").filter((name) => name !== "")) {
      if (!isGroup(found) || !found.keys().includes(step)) return null;
      found = found.get(step);
    }
    return found as H5Group | H5Dataset;
  };
  const expect = (objectPath: string) => {
    const found = guard(() => get(objectPath));
    if (found !== null) return found;
    throw new InternalError(`${objectPath} was never made in ${output}.`);
  };
  const makeGroup = (groupPath: string) =>
    guard(() => {
      let group: H5Group = file;
      for (const step of groupPath.split("/").filter((name) => name !== "")) {
        const next: unknown = group.keys().includes(step) ? group.get(step) : group.create_group(step);
        if (!isGroup(next))
          throw new InputError(`Cannot write ${output}: expected ${groupPath} to be a group, got a dataset.`, {
            path: output,
          });
        group = next;
      }
    });
  const parentOf = (objectPath: string) => objectPath.slice(0, objectPath.lastIndexOf("/"));
  const nameOf = (objectPath: string) => objectPath.slice(objectPath.lastIndexOf("/") + 1);
  const writeRectangle: LocalDraft["writeRectangle"] = (objectPath, spec, first, count, fill) => {
    const bytes = count.reduce((product, size) => product * size, TYPES[spec.type].size);
    const pointer = module._malloc(bytes);
    if (pointer === 0)
      throw new InputError(`Cannot write ${output}: a rectangle of ${bytes} bytes does not fit libhdf5's memory.`, {
        path: output,
      });
    try {
      fill(module.HEAPU8.subarray(pointer, pointer + bytes));
      const status = guard(() =>
        module.set_dataset_data(
          file.file_id,
          objectPath,
          count.map(BigInt),
          first.map(BigInt),
          count.map(() => 1n),
          BigInt(pointer),
        ),
      );
      if (status < 0) throw new InputError(`Cannot write ${output}: libhdf5 gives no reason.`, { path: output });
    } finally {
      module._free(pointer);
    }
  };

  return {
    has: (objectPath) => guard(() => get(objectPath)) !== null,
    makeGroup,
    makeMatrix(objectPath, spec) {
      makeGroup(parentOf(objectPath));
      const shape = spec.shape.map(BigInt);
      const metadata: H5WriteMetadata = {
        ...TYPES[spec.type],
        vlen: false,
        littleEndian: true,
        shape,
        maxshape: shape,
        chunks: spec.gzip === undefined ? null : spec.gzip.chunk.map(BigInt),
        compression: spec.gzip === undefined ? 0 : 1,
        compression_opts: spec.gzip === undefined ? [] : [spec.gzip.level],
        track_order: false,
      };
      // No data are given: libhdf5 makes the dataset and complains that it has nothing to write (h5wasm 0.10.3 calls H5Dwrite all the same).
      latch.guardFile(`write ${output}`, output, () => module.create_dataset(file.file_id, objectPath, 0n, metadata));
      if (!isDataset(expect(objectPath))) throw new InternalError(`${objectPath} of ${output} is no dataset.`);
      if (spec.gzip === undefined) {
        // The first write allocates all of a contiguous dataset.
        const one = spec.shape.map(() => 1);
        writeRectangle(
          objectPath,
          spec,
          spec.shape.map(() => 0),
          one,
          (bytes) => bytes.fill(0),
        );
      }
    },
    makeTexts(objectPath, texts) {
      makeGroup(parentOf(objectPath));
      const group = expect(parentOf(objectPath)) as H5Group;
      guard(() =>
        group.create_dataset({ name: nameOf(objectPath), data: [...texts], shape: [texts.length], dtype: "S" }),
      );
    },
    setAttribute(objectPath, name, value) {
      const found = expect(objectPath);
      guard(() =>
        found.create_attribute(name, typeof value === "string" || ArrayBuffer.isView(value) ? value : [...value]),
      );
    },
    removeAttribute(objectPath, name) {
      const found = expect(objectPath);
      guard(() => found.delete_attribute(name));
    },
    writeRectangle,
    close() {
      if (!open) return;
      open = false;
      const status = guard(() => file.close());
      latch.disallow(path);
      if (status < 0) throw new InputError(`Cannot write ${output}: libhdf5 could not close it.`, { path: output });
    },
  };
}
