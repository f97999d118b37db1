// What a journal promises against what lies in the data file: the rows of an earlier run are read back before anything is built on them.
import fs from "node:fs";
import { crc32 } from "node:zlib";
import { createTurns, inTurns } from "../turns.js";
import { countBlocks } from "./block-width.js";
import { type BlockedShape, bytesPerValue } from "./element-type.js";
import type { JournalEntry } from "./journal.js";

/** Bytes read at once, or one row of a block. */
const BUFFER_BYTES = 2 ** 20;

/**
 * Subjects whose rows have the checksum that the journal has of them; of a subject that it has several times the last counts. `onEntry`: entries looked at.
 * Throws what the system says, or what `onEntry` throws.
 */
export async function findIntact(
  dataPath: string,
  shape: BlockedShape,
  entries: readonly JournalEntry[],
  onEntry: ((done: number, all: number) => void) | undefined,
): Promise<Set<number>> {
  const intact = new Set<number>();
  if (entries.length === 0) return intact;
  const turns = createTurns(undefined);
  const fd = fs.openSync(dataPath, "r");
  try {
    const rowBytes = shape.blockWidth * bytesPerValue(shape.elementType);
    const buffer = new Uint8Array(Math.max(BUFFER_BYTES, rowBytes));
    for (const [i, { firstSubject, valuesCrc32 }] of entries.entries()) {
      const pieces = sumRows(fd, shape, { firstSubject, count: valuesCrc32.length }, buffer);
      const sums = await inTurns(pieces, turns);
      for (const [j, expected] of valuesCrc32.entries()) {
        if (sums?.[j] === expected) intact.add(firstSubject + j);
        else intact.delete(firstSubject + j);
      }
      onEntry?.(i + 1, entries.length);
    }
    return intact;
  } finally {
    fs.closeSync(fd);
  }
}

/** CRC-32 of the values of some subjects, without the padding of the last block; undefined: the file ends before, or the padding is not zero. */
function* sumRows(
  fd: number,
  { nSubjects, nElements, blockWidth, elementType }: BlockedShape,
  { firstSubject, count }: { readonly firstSubject: number; readonly count: number },
  buffer: Uint8Array,
): Generator<undefined, number[] | undefined> {
  const valueBytes = bytesPerValue(elementType);
  const rowBytes = blockWidth * valueBytes;
  const rowsAtOnce = Math.floor(buffer.byteLength / rowBytes);
  const sums = new Array<number>(count).fill(0);
  for (let iBlock = 0; iBlock < countBlocks(nElements, blockWidth); iBlock++) {
    const used = Math.min(blockWidth, nElements - iBlock * blockWidth) * valueBytes;
    for (let first = 0; first < count; first += rowsAtOnce) {
      const nRows = Math.min(rowsAtOnce, count - first);
      const piece = buffer.subarray(0, nRows * rowBytes);
      if (!readFully(fd, piece, (iBlock * nSubjects + firstSubject + first) * rowBytes)) return undefined;
      for (let i = 0; i < nRows; i++) {
        const row = piece.subarray(i * rowBytes, (i + 1) * rowBytes);
        sums[first + i] = crc32(row.subarray(0, used), sums[first + i]);
        if (row.subarray(used).some((byte) => byte !== 0)) return undefined;
      }
    }
    yield;
  }
  return sums;
}

function readFully(fd: number, target: Uint8Array, byteOffset: number): boolean {
  for (let done = 0; done < target.byteLength; ) {
    const got = fs.readSync(fd, target, done, target.byteLength - done, byteOffset + done);
    if (got === 0) return false;
    done += got;
  }
  return true;
}
