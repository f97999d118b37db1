// Reads a prepared connectivity (FORMAT.md) by ranges.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors.js";
import type { FileBytes, IoPolicy } from "../mapping/file-bytes.js";
import { openFileBytes } from "../mapping/policy.js";
import { type ConnectivityManifest, connectivityManifest } from "./manifest.js";

export interface Connectivity {
  readonly manifest: ConnectivityManifest;
  /** target u32 [count]: connections of elements first..first+count. */
  copyCountsInto(target: Uint32Array, first: number, count: number): void;
  /** target f32 [count]. */
  copyNormsInto(target: Float32Array, first: number, count: number): void;
  /** target: 8 bytes a connection, pairs (u32 element, f32 weight). */
  copyConnectionsInto(target: Uint8Array, first: number, count: number): void;
  close(): void;
}

/** undefined when the directory is unfinished, of another version, or its files have other sizes than it says. */
export function readConnectivityManifest(path: string): ConnectivityManifest | undefined {
  const file = join(path, "connectivity.json");
  if (!existsSync(file)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
  const parsed = connectivityManifest.safeParse(json);
  if (!parsed.success) return undefined;
  const { nElements, nConnections } = parsed.data;
  const sizes = { "counts.u32": 4 * nElements, "norms.f32": 4 * nElements, "connections.bin": 8 * nConnections };
  for (const [name, bytes] of Object.entries(sizes)) {
    if (!existsSync(join(path, name)) || statSync(join(path, name)).size !== bytes) return undefined;
  }
  return parsed.data;
}

export interface OpenConnectivityOptions {
  readonly io: IoPolicy;
  /** Bytes mapped at once; default: the reader's own. */
  readonly windowBytes?: number;
  /** Tests count what is read. */
  readonly wrap?: (file: FileBytes) => FileBytes;
}

/** Throws InputError when it is not a finished prepared connectivity of this version. */
export function openConnectivity(path: string, options: OpenConnectivityOptions): Connectivity {
  const manifest = readConnectivityManifest(path);
  if (manifest === undefined) {
    throw new InputError(
      `Cannot read the prepared connectivity ${path}: it is unfinished or damaged. Delete it; it is made again from the matrix directory.`,
      { path },
    );
  }
  const opened: FileBytes[] = [];
  const open = (name: string) => {
    const { io, windowBytes, wrap } = options;
    const file = openFileBytes(join(path, name), {
      io,
      ours: true,
      ...(windowBytes === undefined ? {} : { windowBytes }),
    });
    opened.push(file);
    return wrap === undefined ? file : wrap(file);
  };
  const counts = open("counts.u32");
  const norms = open("norms.f32");
  const connections = open("connections.bin");
  const bytesOf = (array: Uint32Array | Float32Array, count: number) =>
    new Uint8Array(array.buffer, array.byteOffset, count * 4);
  return {
    manifest,
    copyCountsInto: (target, first, count) => counts.copyInto(bytesOf(target, count), first * 4),
    copyNormsInto: (target, first, count) => norms.copyInto(bytesOf(target, count), first * 4),
    copyConnectionsInto: (target, first, count) => connections.copyInto(target.subarray(0, count * 8), first * 8),
    close() {
      for (const file of opened) file.close();
    },
  };
}
