// An HDF5 file opened for reading: names, shapes, texts, and rectangles of numbers through libhdf5, which runs in a thread of its own (remote.ts) because
// files of strangers may lead it into endless loops. Large contiguous datasets are read past it, at their byte offset.
import { type DatasetDescription, type NumberArray, viewOf } from "./dataset.js";
import type { LocalFile } from "./local-file.js";
import type { Asked } from "./remote.js";
import { type Later, openRemote } from "./remote-object.js";

export type { DatasetDescription, NumberArray };

/** As LocalFile, each call in the other thread. */
export interface Hdf5File extends Pick<LocalFile, "path" | "fileBytes"> {
  readonly kindOf: Later<LocalFile["kindOf"]>;
  readonly namesIn: Later<LocalFile["namesIn"]>;
  readonly groupsWith: Later<LocalFile["groupsWith"]>;
  readonly describe: Later<LocalFile["describe"]>;
  readonly readTexts: Later<LocalFile["readTexts"]>;
  readonly readAttribute: Later<LocalFile["readAttribute"]>;
  /** As LocalFile, as numbers; good until the next call. */
  readRectangle(dataset: DatasetDescription, first: readonly number[], count: readonly number[]): Promise<NumberArray>;
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
  const asked = (action: string): Asked => ({ action, path, signal });
  const file = await openRemote<{ readonly handle: number; readonly fileBytes: number }>(
    { kind: "file", path },
    asked(`open ${path}`),
  );
  const call =
    (method: keyof LocalFile) =>
    // the first argument says what is read
    (...args: readonly unknown[]): Promise<never> =>
      file.ask(method, args, asked(`read ${nameOf(args[0])} of ${path}`));
  return {
    path,
    fileBytes: file.opened.fileBytes,
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
      const bytes = file.bytes(nValues * dataset.valueBytes);
      await file.ask("readRectangle", [dataset, first, count], asked(`read ${dataset.objectPath} of ${path}`), bytes);
      return viewOf(bytes, 0, nValues, dataset, path);
    },
    async close() {
      try {
        await file.close(asked(`close ${path}`));
      } catch {
        // the thread has ended, and the file with it: nothing depends on it
      }
    },
  };
}

const nameOf = (what: unknown): string => (typeof what === "string" ? what : (what as DatasetDescription).objectPath);
