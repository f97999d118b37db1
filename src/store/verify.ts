// Recomputes every checksum of a store, as far as its files can be read.
import fs from "node:fs";
import path from "node:path";
import { checksumFile } from "../publish/checksum-file.js";
import { describeSystemError } from "../system-error.js";
import { withoutTurns } from "../turns.js";
import { countBlocks } from "./block-width.js";
import { bytesPerValue, dataFileBytes } from "./element-type.js";
import { MANIFEST_FILE, type Manifest, readSignedManifest, type ScalarEntry } from "./manifest.js";
import { readManifestText } from "./open-store.js";
import { walkBlocks } from "./scan-blocks.js";
import { type FileProblem, listFileProblems } from "./store-files.js";

/** Bytes; or one row of a block where that is more. */
const BUFFER_BYTES = 2 ** 22;

export interface DamagedBlock {
  readonly scalar: string;
  readonly file: string;
  readonly iBlock: number;
  /** Elements firstElement..firstElement+nElements are in it. */
  readonly firstElement: number;
  readonly nElements: number;
  readonly expectedCrc32: number;
  readonly gotCrc32: number;
}

export interface VerifyReport {
  readonly path: string;
  readonly manifest: Manifest;
  /** Blocks that the store has, of all scalars. */
  readonly nBlocks: number;
  readonly damagedBlocks: readonly DamagedBlock[];
  /** Other files of the store whose bytes changed. */
  readonly damagedFiles: readonly { file: string; expectedCrc32: number; gotCrc32: number }[];
  /** store.json has a checksum: those of versions before it had none. */
  readonly isSigned: boolean;
  /** Files that are not there, cannot be read, or have another size. Of a file that is too short the whole blocks are checked all the same. */
  readonly fileProblems: readonly FileProblem[];
}

type OnProgress = (doneBlocks: number, allBlocks: number) => void;

/** Reads the whole store once. Damage is the report, not an error; throws InputError when there is no store.json that can be understood. */
export const verifyStore = (storePath: string, onProgress?: OnProgress): VerifyReport =>
  withoutTurns(verifyStoreSteps(storePath, onProgress));

/** The same in steps of a block or a small file. */
export function* verifyStoreSteps(storePath: string, onProgress?: OnProgress): Generator<unknown, VerifyReport> {
  const { manifest, signature } = readSignedManifest(readManifestText(storePath), storePath);
  const fileProblems = listFileProblems(storePath, manifest);
  const damagedBlocks: DamagedBlock[] = [];
  const allBlocks = Object.values(manifest.scalars).reduce((sum, scalar) => sum + scalar.blockCrc32.length, 0);
  let nBlocks = 0;
  for (const scalar of Object.keys(manifest.scalars)) {
    try {
      const found = yield* scanScalar(storePath, manifest, scalar, () => onProgress?.(++nBlocks, allBlocks));
      for (const block of found) damagedBlocks.push(block);
    } catch (error) {
      const { file } = manifest.scalars[scalar]!;
      if (fileProblems.some((problem) => problem.file === file)) continue;
      fileProblems.push({ file, expected: `a file ${file} that can be read`, got: describeSystemError(error) });
    }
  }
  const damagedFiles = [];
  if (signature !== undefined && signature.expectedCrc32 !== signature.gotCrc32)
    damagedFiles.push({ file: MANIFEST_FILE, ...signature });
  for (const { file, crc32 } of checkedFiles(manifest)) {
    if (fileProblems.some((problem) => problem.file === file)) continue;
    yield;
    try {
      const gotCrc32 = checksumFile(path.join(storePath, file));
      if (gotCrc32 !== crc32) damagedFiles.push({ file, expectedCrc32: crc32, gotCrc32 });
    } catch (error) {
      fileProblems.push({ file, expected: `a file ${file} that can be read`, got: describeSystemError(error) });
    }
  }
  const isSigned = signature !== undefined;
  return { path: storePath, manifest, nBlocks: allBlocks, damagedBlocks, damagedFiles, fileProblems, isSigned };
}

function checkedFiles({ scalars, template }: Manifest): { file: string; crc32: number }[] {
  const missing = Object.values(scalars).flatMap((scalar) => (scalar.missing === undefined ? [] : [scalar.missing]));
  return [...(template === undefined ? [] : [template.index, template.directions]), ...missing];
}

/** Throws the system's error when the file cannot be read. */
function* scanScalar(
  storePath: string,
  manifest: Manifest,
  scalar: string,
  onBlock: () => void,
): Generator<unknown, DamagedBlock[]> {
  const { nElements, blockWidth } = manifest;
  const entry: ScalarEntry = manifest.scalars[scalar]!;
  const file = path.join(storePath, entry.file);
  const shape = { ...manifest, elementType: entry.elementType };
  const blockBytes = dataFileBytes({ ...shape, nElements: blockWidth });
  const fd = fs.openSync(file, "r");
  try {
    const present = Math.min(countBlocks(nElements, blockWidth), Math.floor(fs.fstatSync(fd).size / blockBytes));
    const buffer = new Uint8Array(Math.max(BUFFER_BYTES, blockWidth * bytesPerValue(entry.elementType)));
    const scanned = { ...shape, nElements: Math.min(nElements, present * blockWidth) };
    const { blockCrc32 } = yield* walkBlocks(fd, file, scanned, buffer, onBlock);
    return blockCrc32.flatMap((gotCrc32, iBlock) => {
      const expectedCrc32 = entry.blockCrc32[iBlock]!;
      if (gotCrc32 === expectedCrc32) return [];
      const firstElement = iBlock * blockWidth;
      const width = Math.min(blockWidth, nElements - firstElement);
      return [{ scalar, file: entry.file, iBlock, firstElement, nElements: width, expectedCrc32, gotCrc32 }];
    });
  } finally {
    fs.closeSync(fd);
  }
}
