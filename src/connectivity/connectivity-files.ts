// The three files of a prepared connectivity (FORMAT.md), read by ranges. Worker threads open them again: this file loads no schema library.
import { join } from "node:path";
import type { Fallback, FileBytes, IoPolicy } from "../mapping/file-bytes.js";
import { openFileBytes } from "../mapping/policy.js";

export interface ConnectivityFiles {
  /** target u32 [count]: connections of elements first..first+count. */
  copyCountsInto(target: Uint32Array, first: number, count: number): void;
  /** target f32 [count]. */
  copyNormsInto(target: Float32Array, first: number, count: number): void;
  /** target: 8 bytes a connection, pairs (u32 element, f32 weight). */
  copyConnectionsInto(target: Uint8Array, first: number, count: number): void;
  close(): void;
}

export interface OpenConnectivityOptions {
  readonly io: IoPolicy;
  /** Bytes mapped at once; default: the reader's own. */
  readonly windowBytes?: number;
  readonly onFallback?: ((fallback: Fallback) => void) | undefined;
}

/** `path`: a prepared connectivity that open-connectivity.ts has found whole. Throws InputError when a file is gone. */
export function openConnectivityFiles(path: string, options: OpenConnectivityOptions): ConnectivityFiles {
  const opened: FileBytes[] = [];
  const open = (name: string) => {
    const { io, windowBytes, onFallback } = options;
    const file = openFileBytes(join(path, name), { io, ours: true, windowBytes, onFallback });
    opened.push(file);
    return file;
  };
  const counts = open("counts.u32");
  const norms = open("norms.f32");
  const connections = open("connections.bin");
  const bytesOf = (array: Uint32Array | Float32Array, count: number) =>
    new Uint8Array(array.buffer, array.byteOffset, count * 4);
  return {
    copyCountsInto: (target, first, count) => counts.copyInto(bytesOf(target, count), first * 4),
    copyNormsInto: (target, first, count) => norms.copyInto(bytesOf(target, count), first * 4),
    copyConnectionsInto: (target, first, count) => connections.copyInto(target.subarray(0, count * 8), first * 8),
    close() {
      for (const file of opened) file.close();
    },
  };
}
