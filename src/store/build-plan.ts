// What a store is to be made of, and store.json of one that is made.
import fs from "node:fs";
import path from "node:path";
import { checksumFile } from "../publish/checksum-file.js";
import { systemErrorCode } from "../system-error.js";
import type { StoreClaim } from "./claim-store.js";
import { creatorName, readProgramVersion } from "./creator.js";
import type { BlockedShape } from "./element-type.js";
import { FORMAT_VERSION, type Manifest, type VoxelIdentity } from "./manifest.js";
import type { BlockScan } from "./scan-blocks.js";

/** A file that goes into a store. */
export interface InputFile {
  /** As listed. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  /** publish/file-status.ts, before it is read. */
  readonly status?: string | undefined;
}

export interface StoreBuildPlan {
  /** As the user typed it. */
  readonly output: string;
  /** Replace a store that exists; it stays whole until the new one is. */
  readonly replace: boolean;
  readonly kind: Manifest["kind"];
  readonly scalar: string;
  readonly shape: BlockedShape;
  /** Of kind voxel. */
  readonly voxels?: VoxelIdentity | undefined;
  /** One a subject, in row order. */
  readonly sources: readonly InputFile[];
  readonly template?: { readonly index: InputFile; readonly directions: InputFile } | undefined;
  /** What the template was made of, where its files are made anew for every run; in place of them it decides whether a killed run is continued. */
  readonly templateOf?: InputFile | undefined;
  readonly command: string;
  /** What the values depend on beside the sources: only a build of the same is continued. Absent: nothing. */
  readonly recipe?: string | undefined;
  /** Of a caller that writes more than this build; undefined: the build takes one for itself. */
  readonly claim?: StoreClaim | undefined;
}

export function dataFileName({ scalar, shape }: StoreBuildPlan): string {
  return `${scalar}.${shape.elementType}`;
}

/** Copies the template's files into `partial`, and brings them to the disk. Rejects with what the system says. */
export async function copyTemplate({ template }: StoreBuildPlan, partial: string): Promise<void> {
  if (template === undefined) return;
  for (const { path: source } of [template.index, template.directions]) {
    const copy = path.join(partial, path.basename(source));
    await fs.promises.copyFile(source, copy);
    const handle = await fs.promises.open(copy, "r"); // the copy of a file that nobody may write is one too
    await handle
      .sync()
      .catch((error: unknown) => {
        if (systemErrorCode(error) !== "EPERM") throw error; // Windows: brought to the disk with the rest
      })
      .finally(() => handle.close());
  }
}

/** Writes what lies beside the matrix into `partial`, where the template has been copied; `crc32`: of the subjects' sources. */
export function assemble(plan: StoreBuildPlan, partial: string, crc32: readonly number[], scan: BlockScan): Manifest {
  const { shape, template } = plan;
  const version = readProgramVersion();
  return {
    formatVersion: FORMAT_VERSION,
    creator: creatorName(version),
    complete: true,
    kind: plan.kind,
    nSubjects: shape.nSubjects,
    nElements: shape.nElements,
    blockWidth: shape.blockWidth,
    byteOrder: "little",
    scalars: {
      [plan.scalar]: {
        elementType: shape.elementType,
        file: dataFileName(plan),
        ...(scan.missing === undefined ? {} : { missing: writeMissing(partial, plan.scalar, scan.missing) }),
        blockCrc32: scan.blockCrc32,
        sources: plan.sources.map((source, i) => ({ ...source, crc32: crc32[i]! })),
      },
    },
    ...(plan.voxels && { voxels: plan.voxels }),
    ...(template && {
      template: { index: signCopy(partial, template.index), directions: signCopy(partial, template.directions) },
    }),
    provenance: { command: plan.command, version, date: new Date().toISOString() },
  };
}

function writeMissing(partial: string, scalar: string, missing: Uint32Array) {
  const file = `${scalar}.missing`;
  const bytes = new Uint8Array(missing.buffer, missing.byteOffset, missing.byteLength);
  fs.writeFileSync(path.join(partial, file), bytes); // publishing brings every file to the disk
  const affected = missing.filter((count) => count > 0);
  return {
    file,
    crc32: checksumFile(path.join(partial, file)),
    nElements: affected.length,
    nValues: affected.reduce((sum, count) => sum + count, 0),
  };
}

function signCopy(partial: string, input: InputFile) {
  const file = path.basename(input.path);
  return { file, crc32: checksumFile(path.join(partial, file)) };
}
