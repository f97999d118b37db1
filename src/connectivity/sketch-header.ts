// The header of sketch.bin (FORMAT.md): what it was made from, and the checksums of what lies behind it.
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { z as Z } from "zod";
import { signatureOf } from "../checksum.js";
import { systemErrorCode } from "../system-error.js";
import { shapeOf } from "../zod.js";
import type { ConnectivityManifest } from "./manifest.js";
import { SKETCH_FILE, SKETCH_HEADER_BYTES, sketchBytes } from "./sketch-layout.js";

export const SKETCH_FORMAT = "fixelstream-sketch";
export const SKETCH_VERSION = 1;

const shape = shapeOf((z) => {
  const crc32 = z.number().int().nonnegative();

  return z.object({
    format: z.literal(SKETCH_FORMAT),
    formatVersion: z.literal(SKETCH_VERSION),
    nElements: z.number().int().positive(),
    nGroups: z.number().int().nonnegative(),
    /** Of the rows: along a curve through the voxels, or as the matrix has them. */
    order: z.enum(["morton", "index"]),
    /** `files` of the connectivity.json that it belongs to. */
    matrix: z.record(z.string(), crc32),
    sections: z.object({ records: crc32, indices: crc32, weights: crc32 }),
  });
});

export type SketchHeader = Z.infer<ReturnType<typeof shape>>;

/** Undefined: there is none in that prepared connectivity, or none that belongs to it and is as it was written: it is made again then. */
export function readSketchHeader(path: string, { files, nElements }: ConnectivityManifest): SketchHeader | undefined {
  const file = join(path, SKETCH_FILE);
  if (!existsSync(file)) return undefined;
  const json = readJson(file);
  const parsed = shape().safeParse(json);
  const signature = signatureOf(json);
  if (!parsed.success || signature === undefined || signature.expectedCrc32 !== signature.gotCrc32) return undefined;
  const { matrix, nGroups } = parsed.data;
  const isOfMatrix = Object.entries(files).every(([name, crc]) => matrix[name] === crc);
  if (!isOfMatrix || parsed.data.nElements !== nElements) return undefined;
  return statSync(file).size === sketchBytes(nElements, nGroups) ? parsed.data : undefined;
}

/** Undefined: no JSON, or no file that can be read: making it again says why. */
function readJson(file: string): unknown {
  const bytes = Buffer.alloc(SKETCH_HEADER_BYTES);
  let fd: number | undefined;
  try {
    fd = openSync(file, "r");
    if (readSync(fd, bytes, 0, bytes.byteLength, 0) < bytes.byteLength) return undefined;
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError || systemErrorCode(error) !== undefined) return undefined;
    throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
