// connectivity.json of a prepared connectivity. FORMAT.md.
import type { z as Z } from "zod";
import { shapeOf } from "../zod.js";

/** 2: norms are finite. 3: checksums. */
export const CONNECTIVITY_VERSION = 3;
export const CONNECTIVITY_FORMAT = "fixelstream-connectivity";
export const MANIFEST_FILE = "connectivity.json";

export const connectivityManifest = shapeOf((z) => {
  const crc32 = z.number().int().nonnegative();

  const sourceFile = z.object({
    path: z.string(),
    sizeBytes: z.number().int().nonnegative(),
    mtimeMs: z.number(),
    /** publish/file-status.ts, before it was read; undefined: prepared by an early version. */
    status: z.string().optional(),
    /** CRC-32 of the numbers in the order they were read (index: as float64), not of the file with its header. */
    contentCrc32: crc32,
  });

  return z.object({
    format: z.literal(CONNECTIVITY_FORMAT),
    formatVersion: z.literal(CONNECTIVITY_VERSION),
    nFixels: z.number().int().positive(),
    nElements: z.number().int().positive(),
    nConnections: z.number().int().nonnegative(),
    maxRowConnections: z.number().int().nonnegative(),
    /** Elements without any connection, or with connections of value 0 only. */
    nUnconnected: z.number().int().nonnegative(),
    /** Elements with connections whose weights, value^exponent, are too small for float32: their norm is 0. */
    nTooWeak: z.number().int().nonnegative(),
    exponent: z.number(),
    /** What the cache key was made of; compared on reuse. */
    key: z.string(),
    /** Of the bytes of each file. */
    files: z.object({ "counts.u32": crc32, "connections.bin": crc32, "norms.f32": crc32 }),
    sources: z.object({ index: sourceFile, fixels: sourceFile, values: sourceFile }),
  });
});

export type ConnectivityManifest = Z.infer<ReturnType<typeof connectivityManifest>>;
