// h5wasm 0.10.3, loaded when the first HDF5 file is named (it takes some 50 MB), never otherwise; always behind the latch.
import type { H5Dataset, H5File, H5Group, H5Module, H5Wasm } from "./h5wasm-types.js";
import { createLatch, type Latch, type ListenedFileSystem } from "./latch.js";

export interface Hdf5Library {
  readonly module: H5Module;
  readonly latch: Latch;
  /** `r` read, `a` change, `x` create. The caller guards, tells the latch of what is read, and looks at file_id. Files are written for libhdf5 1.10 and later. */
  openFile(path: string, mode: "r" | "a" | "x"): H5File;
  isDataset(found: unknown): found is H5Dataset;
  isGroup(found: unknown): found is H5Group;
}

/** Superblock 3: libhdf5 1.10 reads it, and a file whose writer was killed does not open. */
const FILE_VERSION = ["v110", "v110"] as const;

let loaded: Promise<Hdf5Library> | undefined;

/** One instance a thread. */
export function loadHdf5(): Promise<Hdf5Library> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Hdf5Library> {
  const specifier: string = "h5wasm/node"; // not a literal: see h5wasm-types.ts
  const h5wasm = (await import(specifier)) as { default: H5Wasm };
  const { File, Group, Dataset, ready } = h5wasm.default;
  const module = await ready;
  const latch = createLatch(module.FS as ListenedFileSystem);
  return {
    module,
    latch,
    openFile(path, mode) {
      if (mode === "r") return new File(path, mode);
      latch.allow(path);
      return new File(path, mode, { libver: FILE_VERSION });
    },
    isDataset: (found) => found instanceof Dataset,
    isGroup: (found) => found instanceof Group,
  };
}
