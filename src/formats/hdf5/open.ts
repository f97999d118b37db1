// An HDF5 file opened for reading: names, shapes, texts, and rectangles of numbers through libhdf5, which runs in a thread of its own (remote.ts) because
// files of strangers may lead it into endless loops. Large contiguous datasets are read past it, at their byte offset.
import { type DatasetDescription, type NumberArray, viewOf } from "./dataset.js";
import type { LocalFile } from "./local-file.js";
import { type Asked, acquireThread } from "./remote.js";

export type { DatasetDescription, NumberArray };

type Later<Method> = Method extends (...args: infer Args) => infer Result ? (...args: Args) => Promise<Result> : never;

/** As LocalFile, each call in the other thread. */
export interface Hdf5File extends Pick<LocalFile, "path" | "fileBytes"> {
  readonly kindOf: Later<LocalFile["kindOf"]>;
  readonly namesIn: Later<LocalFile["namesIn"]>;
  readonly groupsWith: Later<LocalFile["groupsWith"]>;
  readonly describe: Later<LocalFile["describe"]>;
  readonly readTexts: Later<LocalFile["readTexts"]>;
  readonly readAttribute: Later<LocalFile["readAttribute"]>;
  /** What it gives is good until the next call. */
  readonly readRectangle: Later<LocalFile["readRectangle"]>;
  readonly layoutOf: Later<LocalFile["layoutOf"]>;
  readonly locateChunk: Later<LocalFile["locateChunk"]>;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Throws InputError: no such file, not HDF5, truncated, left by a writer that was killed; and with every call: libhdf5 does not come to an end, or wants
 * too much memory. `signal` ends any call with its reason.
 */
export async function openHdf5(path: string, signal?: AbortSignal): Promise<Hdf5File> {
  const thread = acquireThread();
  const asked = (action: string): Asked => ({ action, path, signal });
  let opened: { readonly handle: number; readonly fileBytes: number };
  try {
    opened = await thread.ask({ open: { kind: "file", path } }, asked(`open ${path}`));
  } catch (error) {
    thread.release();
    throw error;
  }
  const { handle, fileBytes } = opened;
  const call =
    (method: keyof LocalFile) =>
    // the first argument says what is read
    (...args: readonly unknown[]): Promise<never> =>
      thread.ask({ handle, method, args }, asked(`read ${nameOf(args[0])} of ${path}`));
  let bytes = new SharedArrayBuffer(0);
  let isOpen = true;
  return {
    path,
    fileBytes,
    kindOf: call("kindOf"),
    namesIn: call("namesIn"),
    groupsWith: call("groupsWith"),
    describe: call("describe"),
    readTexts: call("readTexts"),
    readAttribute: call("readAttribute"),
    layoutOf: call("layoutOf"),
    locateChunk: call("locateChunk"),
    async readRectangle(dataset, first, count) {
      const nValues = count.reduce((product, size) => product * size, 1);
      const nBytes = nValues * dataset.valueBytes;
      if (bytes.byteLength < nBytes) bytes = new SharedArrayBuffer(nBytes);
      const args = [dataset, first, count];
      await thread.ask(
        { handle, method: "readRectangle", args, bytes },
        asked(`read ${dataset.objectPath} of ${path}`),
      );
      return viewOf(bytes, 0, nValues, dataset, path);
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      try {
        // nothing depends on it: also while the run is being stopped
        await thread.ask({ handle, method: "close", args: [] }, { ...asked(`close ${path}`), signal: undefined });
      } catch {
        // the thread has ended, and the file with it
      } finally {
        thread.release();
      }
    },
  };
}

const nameOf = (what: unknown): string => (typeof what === "string" ? what : (what as DatasetDescription).objectPath);
