// An HDF5 file opened for making or adding: groups, names, attributes, empty matrices and whole chunks, through libhdf5 in its own thread (remote.ts). The
// bytes of contiguous matrices are written past libhdf5, at their offsets, when the file is closed.
import type { LocalDraft } from "./local-draft.js";
import type { MatrixSpec, MatrixType } from "./matrix-spec.js";
import { type Later, openRemote } from "./remote-object.js";

export type { MatrixSpec, MatrixType };

/** As LocalDraft, each call in the other thread. */
export interface Hdf5Draft {
  readonly has: Later<LocalDraft["has"]>;
  readonly makeGroup: Later<LocalDraft["makeGroup"]>;
  readonly makeMatrix: Later<LocalDraft["makeMatrix"]>;
  readonly makeTexts: Later<LocalDraft["makeTexts"]>;
  readonly setAttribute: Later<LocalDraft["setAttribute"]>;
  readonly removeAttribute: Later<LocalDraft["removeAttribute"]>;
  readonly writeRectangle: Later<LocalDraft["writeRectangle"]>;
  /** Throws InputError when anything could not be written. Idempotent. */
  close(): Promise<void>;
}

const VALUE_BYTES: Readonly<Record<MatrixType, number>> = { f32: 4, f64: 8, u32: 4, i32: 4 };

/** `path` is what is written; `output` what the user knows it by. Throws InputError when it cannot be made or opened; `signal` ends any call with its reason. */
export async function openDraft(
  path: string,
  output: string,
  mode: "make" | "add",
  signal?: AbortSignal,
): Promise<Hdf5Draft> {
  const asked = { action: `write ${output}`, path: output, signal };
  const draft = await openRemote({ kind: "draft", path, output, mode }, asked);
  const call =
    (method: keyof LocalDraft) =>
    (...args: readonly unknown[]): Promise<never> =>
      draft.ask(method, args, asked);
  return {
    has: call("has"),
    makeGroup: call("makeGroup"),
    makeMatrix: call("makeMatrix"),
    makeTexts: call("makeTexts"),
    setAttribute: call("setAttribute"),
    removeAttribute: call("removeAttribute"),
    async writeRectangle(objectPath, spec: MatrixSpec, first, count, fill) {
      const nBytes = count.reduce((product, size) => product * size, VALUE_BYTES[spec.type]);
      const bytes = draft.bytes(nBytes);
      fill(new Uint8Array(bytes, 0, nBytes));
      await draft.ask("writeRectangle", [objectPath, spec, first, count], asked, bytes);
    },
    close: () => draft.close(asked),
  };
}
