// One pass over a data file: the checksum of every block and how many values of each element are not finite.
import fs from "node:fs";
import { crc32 } from "node:zlib";
import { InputError } from "../errors.js";
import { countBlocks } from "./block-width.js";
import { type BlockedShape, bytesPerValue } from "./element-type.js";

export interface BlockScan {
  /** CRC-32 of each block, padding included. */
  readonly blockCrc32: number[];
  /** u32 [nElements]: subjects without a finite value. Undefined when there are none. */
  readonly missing: Uint32Array | undefined;
}

/** Bits of the exponent; all set: infinite or not a number. Of float64 only the high word is looked at. */
const EXPONENT = { f32: 0x7f800000, f64: 0x7ff00000 } as const;

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
      countNonFinite(piece, shape, missing, iBlock * shape.blockWidth);
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

/** x * 0 is NaN for infinities and NaN, 0 otherwise; four sums keep the adder busy. */
function allFinite(bytes: Uint8Array, elementType: "f32" | "f64"): boolean {
  const values =
    elementType === "f32"
      ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
      : new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  let [a, b, c, d] = [0, 0, 0, 0];
  // A row has a multiple of 16 values.
  for (let i = 0; i < values.length; i += 4) {
    a += values[i]! * 0;
    b += values[i + 1]! * 0;
    c += values[i + 2]! * 0;
    d += values[i + 3]! * 0;
  }
  return a + b + c + d === 0;
}

/** Adds to missing[firstElement + column] for each row of `bytes` whose value in that column is not finite. */
function countNonFinite(bytes: Uint8Array, shape: BlockedShape, missing: Uint32Array, firstElement: number): void {
  const wordsPerValue = bytesPerValue(shape.elementType) / 4;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const mask = EXPONENT[shape.elementType];
  const width = Math.min(shape.blockWidth, shape.nElements - firstElement);
  const rowWords = shape.blockWidth * wordsPerValue;
  for (let start = wordsPerValue - 1; start < words.length; start += rowWords) {
    for (let column = 0; column < width; column++) {
      if ((words[start + column * wordsPerValue]! & mask) === mask) missing[firstElement + column]! += 1;
    }
  }
}
