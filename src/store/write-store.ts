// Writes one scalar's data file as an out-of-core transpose: groups of whole subjects in, blocks of all subjects out.
//
//   group (memory)  [count][nElements]             data file  [nBlocks][nSubjects][W]
//        element  0      W      2W                      block 0   block 1   block 2
//   row 4        |aaaaaa|bbbbbb|cccc|            rows 0-3 ......   ......   ......
//   row 5        |AAAAAA|BBBBBB|CCCC|   ->       rows 4-5 aaaaaa   bbbbbb   cccc00     one contiguous piece of count x W a block
//                                                             AAAAAA   BBBBBB   CCCC00
//
// A row's place depends on its index alone, so groups may come in any size and order and the bytes are the same.
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { InputError, InternalError } from "../errors.js";
import { countBlocks } from "./block-width.js";
import { type BlockedShape, bytesPerValue, dataFileBytes } from "./element-type.js";
import { type BlockScan, scanBlocksInTurns } from "./scan-blocks.js";
import { type Rectangle, writeRectangle } from "./write-rectangle.js";

const fdatasync = promisify(fs.fdatasync);

export interface ScalarWriterOptions {
  /** Of the data file; made, or reopened when `resume`. */
  readonly path: string;
  readonly shape: BlockedShape;
  /** Bytes held beside the caller's group: at least one row of a block. */
  readonly stagingBytes: number;
  /** Keep what an earlier writer wrote. */
  readonly resume?: boolean;
}

export interface ScalarWriter {
  /** Writes subjects firstSubject..firstSubject+count. `rows`: [count][nElements] little-endian values, row-major. Throws InputError (disk full). */
  writeSubjects(rows: Uint8Array, firstSubject: number, count: number): void;
  /** Writes any part of the matrix; see write-rectangle.ts. Throws InputError (disk full). */
  writeRectangle(values: Uint8Array, rectangle: Rectangle): void;
  /** Resolves when everything written before the call is on the disk. Other threads do the waiting. */
  sync(): Promise<void>;
  /**
   * Reads the file back, block after block: checksums and counts of values that are not finite. All subjects must have been written (by anyone).
   * Reading back costs one more pass over the page cache, and is chosen over combining checksums of pieces because it finds pieces that landed
   * in the wrong place, and leaves nothing to carry from a killed run to the one that resumes it.
   */
  scan(onBlock?: (iBlock: number) => void): Promise<BlockScan>;
  /** Idempotent. Keeps the file. */
  close(): void;
}

/** Throws InputError when the file cannot be made. */
export function createScalarWriter(options: ScalarWriterOptions): ScalarWriter {
  const { shape } = options;
  const rowBytes = shape.blockWidth * bytesPerValue(shape.elementType);
  const sourceRowBytes = shape.nElements * bytesPerValue(shape.elementType);
  const nBlocks = countBlocks(shape.nElements, shape.blockWidth);
  const blockBytes = shape.nSubjects * rowBytes;
  if (options.stagingBytes < rowBytes)
    throw new InternalError(`Staging of ${options.stagingBytes} B holds no row of ${rowBytes} B.`);
  const staging = new Uint8Array(options.stagingBytes);
  let fd = openSized(options, dataFileBytes(shape));

  /** Copies `nRows` rows of blocks iBlock.. (as many as `nTile`) from `rows` into staging, [nTile][nRows][W]. */
  function gather(rows: Uint8Array, firstRow: number, nRows: number, iBlock: number, nTile: number): void {
    const from = iBlock * rowBytes;
    const lastIsPadded = iBlock + nTile === nBlocks && nBlocks * rowBytes !== sourceRowBytes;
    if (lastIsPadded) staging.fill(0, (nTile - 1) * nRows * rowBytes, nTile * nRows * rowBytes);
    // Row by row, so that the source is read in long runs; blocks of one row are nRows x W apart in staging.
    for (let r = 0; r < nRows; r++) {
      const rowStart = (firstRow + r) * sourceRowBytes;
      const rowEnd = rowStart + sourceRowBytes;
      for (let t = 0; t < nTile; t++) {
        const start = rowStart + from + t * rowBytes;
        staging.set(rows.subarray(start, Math.min(start + rowBytes, rowEnd)), (t * nRows + r) * rowBytes);
      }
    }
  }

  function write(stagingOffset: number, lengthBytes: number, fileOffset: number): void {
    writeBytes(staging.subarray(stagingOffset, stagingOffset + lengthBytes), fileOffset);
  }

  function writeBytes(bytes: Uint8Array, fileOffset: number): void {
    try {
      for (let done = 0; done < bytes.byteLength; ) {
        done += fs.writeSync(fd, bytes, done, bytes.byteLength - done, fileOffset + done);
      }
    } catch (cause) {
      throw writeError(options.path, cause);
    }
  }

  return {
    writeSubjects(rows, firstSubject, count) {
      if (rows.byteLength !== count * sourceRowBytes || firstSubject < 0 || firstSubject + count > shape.nSubjects) {
        throw new InternalError(`${rows.byteLength} B are not subjects ${firstSubject} to ${firstSubject + count}.`);
      }
      const rowsAtOnce = Math.min(count, Math.floor(staging.byteLength / rowBytes));
      for (let firstRow = 0; firstRow < count; firstRow += rowsAtOnce) {
        const nRows = Math.min(rowsAtOnce, count - firstRow);
        const pieceBytes = nRows * rowBytes;
        const tile = Math.floor(staging.byteLength / pieceBytes);
        const position = (firstSubject + firstRow) * rowBytes;
        for (let iBlock = 0; iBlock < nBlocks; iBlock += tile) {
          const nTile = Math.min(tile, nBlocks - iBlock);
          gather(rows, firstRow, nRows, iBlock, nTile);
          // Pieces of all subjects touch each other in the file: one write for the tile.
          if (pieceBytes === blockBytes) write(0, nTile * pieceBytes, iBlock * blockBytes);
          else for (let t = 0; t < nTile; t++) write(t * pieceBytes, pieceBytes, (iBlock + t) * blockBytes + position);
        }
      }
    },
    writeRectangle: (values, rectangle) => writeRectangle(shape, values, rectangle, staging, writeBytes),
    sync: () => fdatasync(fd),
    scan: (onBlock) => scanBlocksInTurns(fd, options.path, shape, staging, onBlock),
    close() {
      if (fd >= 0) fs.closeSync(fd);
      fd = -1;
    },
  };
}

function openSized(options: ScalarWriterOptions, sizeBytes: number): number {
  try {
    const fd = fs.openSync(options.path, options.resume === true ? "r+" : "wx+");
    fs.ftruncateSync(fd, sizeBytes);
    return fd;
  } catch (cause) {
    throw writeError(options.path, cause);
  }
}

function writeError(file: string, cause: unknown): InputError {
  const code = (cause as NodeJS.ErrnoException).code;
  const reason =
    code === "ENOSPC"
      ? "the disk is full. Make room, or write somewhere else"
      : `${cause instanceof Error ? cause.message : cause}. Check the directory ${path.dirname(file)}`;
  return new InputError(`Cannot write ${file}: ${reason}.`, { path: file, cause });
}
