// One pass over a data file: the checksum of every block and how many values of each element are not finite.
import fs from "node:fs";
import { crc32 } from "node:zlib";
import { InputError } from "../errors.js";
import { countBlocks } from "./block-width.js";
import { type BlockedShape, bytesPerValue } from "./element-type.js";
import { addNonFinite, allFinite } from "./finite.js";

export interface BlockScan {
  /** CRC-32 of each block, padding included. */
  readonly blockCrc32: number[];
  /** u32 [nElements]: subjects without a finite value. Undefined when there are none. */
  readonly missing: Uint32Array | undefined;
}

/** Bytes read between two turns of the event loop: 16 ms at 2 GB/s. */
const TURN_BYTES = 2 ** 25;

/** As walkBlocks, but the event loop turns meanwhile: progress is drawn and signals are heard. */
export async function scanBlocksInTurns(...inputs: Parameters<typeof walkBlocks>): Promise<BlockScan> {
  const blocks = walkBlocks(...inputs);
  let unturned = 0;
  for (;;) {
    const step = blocks.next();
    if (step.done) return step.value;
    unturned += step.value;
    if (unturned < TURN_BYTES) continue;
    unturned = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * Reads the file open as `fd` from start to end through `buffer` (at least one row of a block, aligned to 4 bytes); yields the bytes of each block after it was
 * read. Throws InputError when the file is too short.
 */
export function* walkBlocks(
  fd: number,
  path: string,
  shape: BlockedShape,
  buffer: Uint8Array,
  onBlock?: (iBlock: number) => void,
): Generator<number, BlockScan> {
  const rowBytes = shape.blockWidth * bytesPerValue(shape.elementType);
  const rowsAtOnce = Math.min(shape.nSubjects, Math.floor(buffer.byteLength / rowBytes));
  const nBlocks = countBlocks(shape.nElements, shape.blockWidth);
  const blockCrc32: number[] = [];
  let missing: Uint32Array | undefined;
  for (let iBlock = 0; iBlock < nBlocks; iBlock++) {
    let crc = 0;
    for (let row = 0; row < shape.nSubjects; row += rowsAtOnce) {
      const piece = buffer.subarray(0, Math.min(rowsAtOnce, shape.nSubjects - row) * rowBytes);
      readFully(fd, path, piece, (iBlock * shape.nSubjects + row) * rowBytes);
      crc = crc32(piece, crc);
      if (allFinite(piece, shape.elementType)) continue;
      missing ??= new Uint32Array(shape.nElements);
      const counts = missing.subarray(iBlock * shape.blockWidth, (iBlock + 1) * shape.blockWidth);
      for (let start = 0; start < piece.byteLength; start += rowBytes)
        addNonFinite(piece.subarray(start, start + rowBytes), shape.elementType, counts);
    }
    blockCrc32.push(crc);
    onBlock?.(iBlock);
    yield shape.nSubjects * rowBytes;
  }
  return { blockCrc32, missing };
}

function readFully(fd: number, path: string, target: Uint8Array, byteOffset: number): void {
  for (let done = 0; done < target.byteLength; ) {
    const got = fs.readSync(fd, target, done, target.byteLength - done, byteOffset + done);
    if (got === 0)
      throw new InputError(`Cannot read ${path}: it ends at byte ${byteOffset + done}. Convert the cohort again.`, {
        path,
      });
    done += got;
  }
}
