// store.json: what a store holds, as FORMAT.md specifies it. Parse and serialise, pure.
import type { z as Z } from "zod";
import { formatCrc32, type Signature, signatureOf, signed } from "../checksum.js";
import { InputError } from "../errors.js";
import { formatCount } from "../units.js";
import { zod } from "../zod.js";

export const FORMAT_VERSION = 1;
export const MANIFEST_FILE = "store.json";
/** What the values of vectors are called in a store that an analysis makes: nobody gave them a name. */
export const DEFAULT_VECTOR_SCALAR = "values";
/** Appended to the name of a store that is being written, before the maker's id. Nothing of such a name opens as a store. */
export const PARTIAL_SUFFIX = ".partial";

function describeManifest() {
  const z = zod();
  const count = z.int().min(0);
  const crc32 = z.int().min(0).max(0xffffffff);
  /** A name inside the store: no way out of its directory. */
  const fileName = z
    .string()
    .max(255, "expected a file name of at most 255 characters")
    .regex(/^[^/\\]+$/, "expected a file name without a directory");
  const checkedFile = z.object({ file: fileName, crc32 });

  const source = z.object({
    /** As it stands in the subject list. Rows are selected by it. */
    name: z.string(),
    /** Absolute, where it was found. */
    path: z.string(),
    sizeBytes: count,
    mtimeMs: z.number(),
    /** publish/file-status.ts, before it was read. */
    status: z.string().optional(),
    /** Of the file's bytes as they are on disk (compressed, if it is). */
    crc32,
  });

  const scalar = z.object({
    elementType: z.enum(["f32", "f64"]),
    file: fileName,
    /** How many values are not finite, by element. Absent when all are. */
    missing: checkedFile.extend({ nElements: count, nValues: count }).optional(),
    /** One a block, over the whole block, padding included. */
    blockCrc32: z.array(crc32),
    /** One a subject, in row order. */
    sources: z.array(source),
  });

  return z.object({
    formatVersion: z.literal(FORMAT_VERSION),
    creator: z.string(),
    complete: z.literal(true),
    kind: z.enum(["fixel", "voxel", "edge", "vector"]),
    nSubjects: z.int().min(1),
    nElements: z.int().min(1),
    blockWidth: z.int().min(16).multipleOf(16),
    byteOrder: z.literal("little"),
    scalars: z.record(fileName, scalar),
    /** Of voxels: which the elements are, and in which order (formats/voxel-grid.ts). Absent for other kinds, and in stores of early versions. */
    voxels: z.object({ dimensions: z.array(z.int().min(1)), sha256: z.string().regex(/^[0-9a-f]{64}$/) }).optional(),
    /** The template's images, copied; absent for kinds that have none. */
    template: z.object({ index: checkedFile, directions: checkedFile }).optional(),
    provenance: z.object({ command: z.string(), version: z.string(), date: z.string() }),
  });
}

let described: ReturnType<typeof describeManifest> | undefined;

export type Manifest = Z.infer<ReturnType<typeof describeManifest>>;
export type ScalarEntry = Manifest["scalars"][string];
export type CheckedFile = NonNullable<Manifest["template"]>["index"];
export type VoxelIdentity = NonNullable<Manifest["voxels"]>;
export type SourceEntry = ScalarEntry["sources"][number];

/** The text of store.json, with its own checksum: indented down to scalars and sources (one a line), for people and for diff. */
export function formatManifest(manifest: Manifest): string {
  // Checksums and sources would take a line a number; one line an array of numbers and one a source keeps the file readable.
  return `${JSON.stringify(signed(manifest), null, 1)
    .replace(/\[\n\s+(\d[\d,\s]*?)\n\s+\]/g, (_, numbers: string) => `[${numbers.replace(/\s+/g, " ")}]`)
    .replace(
      /\{\n\s+("name": .*)\n\s+("path": .*)\n\s+("sizeBytes": .*)\n\s+("mtimeMs": .*)\n\s+(?:("status": .*)\n\s+)?("crc32": \d+)\n\s+\}/g,
      (_, ...parts: (string | undefined)[]) =>
        `{ ${parts
          .slice(0, 6)
          .filter((part) => part !== undefined)
          .join(" ")} }`,
    )}\n`;
}

/** The store.json that was read, and whether its bytes can be trusted. */
export interface ParsedManifest {
  readonly manifest: Manifest;
  /** Undefined: a store.json without checksum, of a version before there was one. */
  readonly signature: Signature | undefined;
}

/**
 * Reads what formatManifest wrote. `storePath` goes into messages. Throws InputError saying what is wrong with it, and when it is not what was written.
 */
export function parseManifest(text: string, storePath: string): Manifest {
  const { manifest, signature } = readSignedManifest(text, storePath);
  assertSigned(storePath, signature);
  return manifest;
}

/** Throws InputError when store.json is not what was written. */
export function assertSigned(storePath: string, signature: Signature | undefined): void {
  if (signature === undefined || signature.expectedCrc32 === signature.gotCrc32) return;
  const { expectedCrc32, gotCrc32 } = signature;
  throw new InputError(
    `Cannot open ${storePath} as a store: expected ${MANIFEST_FILE} as it was written (CRC-32 ${formatCrc32(expectedCrc32)}), got other contents (${formatCrc32(gotCrc32)}). ` +
      "It is damaged: copy it again, or convert the cohort again. If you changed it on purpose, take out its last key, crc32.",
    { path: storePath },
  );
}

/** The same, whatever its checksum says. Throws InputError for what cannot be a store.json. */
export function readSignedManifest(text: string, storePath: string): ParsedManifest {
  const fail = (reason: string, cause?: unknown) =>
    new InputError(`Cannot open ${storePath} as a store: its ${MANIFEST_FILE} ${reason}. Convert the cohort again.`, {
      path: storePath,
      cause,
    });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw fail(`is not JSON (${cause instanceof Error ? cause.message : cause})`, cause);
  }
  const version = json !== null && typeof json === "object" && "formatVersion" in json ? json.formatVersion : undefined;
  if (version !== undefined && version !== FORMAT_VERSION) {
    throw new InputError(
      `Cannot open ${storePath} as a store: expected format version ${FORMAT_VERSION}, got ${JSON.stringify(version).slice(0, 40)}. ` +
        "It was written by another version of fixelstream: use that one, or convert the cohort again.",
      { path: storePath },
    );
  }
  described ??= describeManifest();
  const parsed = described.safeParse(json);
  if (!parsed.success) {
    const first = parsed.error.issues[0]!;
    throw fail(`is damaged (${first.path.join(".").slice(0, 200) || "top level"}: ${first.message})`, parsed.error);
  }
  const problem = checkManifest(parsed.data);
  if (problem !== undefined) throw fail(`contradicts itself (${problem})`);
  return { manifest: parsed.data, signature: signatureOf(json) };
}

/** What the schema cannot say: lengths that must agree. */
function checkManifest(manifest: Manifest): string | undefined {
  const nBlocks = Math.ceil(manifest.nElements / manifest.blockWidth);
  if (Object.keys(manifest.scalars).length === 0) return "no scalar";
  for (const [name, scalar] of Object.entries(manifest.scalars)) {
    if (scalar.blockCrc32.length !== nBlocks)
      return `${name}: ${scalar.blockCrc32.length} checksums for ${formatCount(nBlocks, "blocks")}`;
    if (scalar.sources.length !== manifest.nSubjects)
      return `${name}: ${scalar.sources.length} sources for ${formatCount(manifest.nSubjects, "subjects")}`;
  }
  return undefined;
}
