// A group of whole subjects into the data file, block by block: by whichever thread has the time.
import fs from "node:fs";
import { countBlocks } from "./block-width.js";
import { type BlockedShape, bytesPerValue } from "./element-type.js";

/**
 * Bytes written at once where nothing but size limits it. The page cache takes memory in pieces as large as a write; large ones are what a virtual machine has given
 * back to its host while they were free: 351 MB took 0.07 s in writes of 8 MiB, 0.6 to 0.8 three seconds later, 0.1 in either case in writes of this size.
 */
const WRITE_BYTES = 2 ** 18;

/** Bytes between two steps. */
const STEP_BYTES = 2 ** 20;

/** Writes all of `bytes` at a place in the file. Throws what the system says. */
export function writeFully(fd: number, bytes: Uint8Array, fileOffset: number): void {
  for (let done = 0; done < bytes.byteLength; ) {
    done += fs.writeSync(fd, bytes, done, Math.min(WRITE_BYTES, bytes.byteLength - done), fileOffset + done);
  }
}

/**
 * Writes `blocks`, [nBlocks][count][W] of subjects firstSubject.., into the file open as `fd`; yields the bytes of each piece after it was written. Throws what the
 * system says.
 */
export function* writeBlocks(
  fd: number,
  { nSubjects, nElements, blockWidth, elementType }: BlockedShape,
  blocks: Uint8Array,
  { firstSubject, count }: { readonly firstSubject: number; readonly count: number },
): Generator<number, void> {
  const rowBytes = blockWidth * bytesPerValue(elementType);
  // pieces of all subjects touch each other in the file
  const isAll = count === nSubjects;
  const pieceBytes = isAll ? Math.max(STEP_BYTES, rowBytes) : count * rowBytes;
  const strideBytes = isAll ? pieceBytes : nSubjects * rowBytes;
  const end = countBlocks(nElements, blockWidth) * count * rowBytes;
  for (let at = 0, place = firstSubject * rowBytes; at < end; at += pieceBytes, place += strideBytes) {
    const piece = blocks.subarray(at, Math.min(at + pieceBytes, end));
    writeFully(fd, piece, place);
    yield piece.byteLength;
  }
}
