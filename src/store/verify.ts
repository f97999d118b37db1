// Recomputes every checksum of a store.
import fs from "node:fs";
import path from "node:path";
import { checksumFile } from "./checksum-file.js";
import { bytesPerValue } from "./element-type.js";
import { openStore } from "./open-store.js";
import { scanBlocks } from "./scan-blocks.js";

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
  /** Blocks read, of all scalars. */
  readonly nBlocks: number;
  readonly damagedBlocks: readonly DamagedBlock[];
  /** Other files of the store whose bytes changed. */
  readonly damagedFiles: readonly { file: string; expectedCrc32: number; gotCrc32: number }[];
}

/** Reads the whole store once. Damage is the report, not an error; throws InputError when it does not open at all. */
export function verifyStore(
  storePath: string,
  onProgress?: (doneBlocks: number, allBlocks: number) => void,
): VerifyReport {
  const { manifest } = openStore(storePath, { io: "read" });
  const damagedBlocks: DamagedBlock[] = [];
  const checkedFiles = manifest.template ? [manifest.template.index, manifest.template.directions] : [];
  const allBlocks = Object.values(manifest.scalars).reduce((sum, scalar) => sum + scalar.blockCrc32.length, 0);
  let nBlocks = 0;
  for (const [scalar, entry] of Object.entries(manifest.scalars)) {
    if (entry.missing !== undefined) checkedFiles.push(entry.missing);
    const buffer = new Uint8Array(Math.max(BUFFER_BYTES, manifest.blockWidth * bytesPerValue(entry.elementType)));
    const file = path.join(storePath, entry.file);
    const fd = fs.openSync(file, "r");
    try {
      const { blockCrc32 } = scanBlocks(fd, file, { ...manifest, elementType: entry.elementType }, buffer, () =>
        onProgress?.(++nBlocks, allBlocks),
      );
      for (const [iBlock, gotCrc32] of blockCrc32.entries()) {
        const expectedCrc32 = entry.blockCrc32[iBlock]!;
        if (gotCrc32 === expectedCrc32) continue;
        const firstElement = iBlock * manifest.blockWidth;
        const nElements = Math.min(manifest.blockWidth, manifest.nElements - firstElement);
        damagedBlocks.push({ scalar, file: entry.file, iBlock, firstElement, nElements, expectedCrc32, gotCrc32 });
      }
    } finally {
      fs.closeSync(fd);
    }
  }
  const damagedFiles = checkedFiles
    .map(({ file, crc32 }) => ({ file, expectedCrc32: crc32, gotCrc32: checksumFile(path.join(storePath, file)) }))
    .filter(({ expectedCrc32, gotCrc32 }) => expectedCrc32 !== gotCrc32);
  return { path: storePath, nBlocks: allBlocks, damagedBlocks, damagedFiles };
}
