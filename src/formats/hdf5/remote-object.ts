// An object that lives in libhdf5's thread (remote.ts): a file that is read, or one that is made. Its methods are called by name; large values come and go
// in shared memory.
import type { Target } from "./protocol.js";
import { type Asked, acquireThread } from "./remote.js";

/** A method of such an object, as seen from here. */
export type Later<Method> = Method extends (...args: infer Args) => infer Result
  ? (...args: Args) => Promise<Result>
  : never;

export interface RemoteObject<Opened> {
  readonly opened: Opened;
  /** Throws as Hdf5Thread.ask. */
  ask(method: string, args: readonly unknown[], asked: Asked, bytes?: SharedArrayBuffer): Promise<never>;
  /** At least so many, the same from call to call. */
  bytes(nBytes: number): SharedArrayBuffer;
  /** Throws what closing says. Idempotent. */
  close(asked: Asked): Promise<void>;
}

/** Throws as Hdf5Thread.ask. */
export async function openRemote<Opened extends { readonly handle: number }>(
  target: Target,
  asked: Asked,
): Promise<RemoteObject<Opened>> {
  const thread = acquireThread();
  let opened: Opened;
  try {
    opened = await thread.ask({ open: target }, asked);
  } catch (error) {
    thread.release();
    throw error;
  }
  const { handle } = opened;
  let shared = new SharedArrayBuffer(0);
  let isOpen = true;
  return {
    opened,
    ask: (method, args, about, bytes) => thread.ask({ handle, method, args, bytes }, about),
    bytes(nBytes) {
      if (shared.byteLength < nBytes) shared = new SharedArrayBuffer(nBytes);
      return shared;
    },
    async close(about) {
      if (!isOpen) return;
      isOpen = false;
      try {
        // also while the run is being stopped
        await thread.ask({ handle, method: "close", args: [] }, { ...about, signal: undefined });
      } finally {
        thread.release();
      }
    },
  };
}
