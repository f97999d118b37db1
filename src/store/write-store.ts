// Writes one scalar's data file, [nBlocks][nSubjects][W]: groups of whole subjects (row-group.ts), or any rectangles. A row's place depends on its index alone, so
// groups may come in any size and order and the bytes are the same.
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { InputError, InternalError } from "../errors.js";
import { systemErrorCode } from "../system-error.js";
import { countBlocks } from "./block-width.js";
import { type BlockedShape, bytesPerValue, dataFileBytes } from "./element-type.js";
import { readRectangle } from "./read-rectangle.js";
import { type BlockScan, scanBlocksInTurns } from "./scan-blocks.js";
import { writeBlocks, writeFully } from "./write-blocks.js";
import { type Rectangle, writeRectangle } from "./write-rectangle.js";

const fdatasync = promisify(fs.fdatasync);

/** Bytes written between two turns of the event loop, in which the next group is read: 2 ms at 2 GB/s. */
const TURN_BYTES = 2 ** 22;

export interface ScalarWriterOptions {
  /** Of the data file; made, or reopened when `resume`. */
  readonly path: string;
  readonly shape: BlockedShape;
  /** Bytes held beside the caller's group, for rectangles and for reading back: at least one row of a block. */
  readonly stagingBytes: number;
  /** Keep what an earlier writer wrote. */
  readonly resume?: boolean;
}

export interface ScalarWriter {
  /**
   * Writes subjects firstSubject..firstSubject+count. `blocks`: [nBlocks][count][W], left alone until the promise is settled. The event loop
   * turns meanwhile. Rejects with InputError (disk full).
   */
  writeBlocks(blocks: Uint8Array, firstSubject: number, count: number): Promise<void>;
  /** The same by somebody else, who is given the file. Rejects with InputError (disk full), or with what went wrong otherwise. */
  writeElsewhere(write: (fd: number) => Promise<void>): Promise<void>;
  /** Writes any part of the matrix; see write-rectangle.ts. Throws InputError (disk full). */
  writeRectangle(values: Uint8Array, rectangle: Rectangle): void;
  /** Fills `target` with a rectangle that was written, by anyone. False: it is not there. Throws what the system says. */
  readRectangle(target: Uint8Array, rectangle: Rectangle): boolean;
  /** Resolves when everything written before the call is on the disk. Other threads do the waiting. */
  sync(): Promise<void>;
  /**
   * Reads the file back, block after block: checksums and counts of values that are not finite. All subjects must have been written (by anyone): for what an
   * earlier run wrote, and for rectangles; groups are summed as they come (block-sums.ts).
   */
  scan(onBlock?: (iBlock: number) => void): Promise<BlockScan>;
  /** Idempotent. Keeps the file. */
  close(): void;
}

/** Throws InputError when the file cannot be made. */
export function createScalarWriter(options: ScalarWriterOptions): ScalarWriter {
  const { shape } = options;
  const rowBytes = shape.blockWidth * bytesPerValue(shape.elementType);
  const nBlocks = countBlocks(shape.nElements, shape.blockWidth);
  if (options.stagingBytes < rowBytes)
    throw new InternalError(`Staging of ${options.stagingBytes} B holds no row of ${rowBytes} B.`);
  const staging = new Uint8Array(options.stagingBytes);
  let fd = openSized(options, dataFileBytes(shape));

  const reporting = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw writeError(options.path, cause);
    }
  };
  const writeBytes = (bytes: Uint8Array, fileOffset: number) => reporting(() => writeFully(fd, bytes, fileOffset));

  return {
    async writeBlocks(blocks, firstSubject, count) {
      if (
        blocks.byteLength !== nBlocks * count * rowBytes ||
        firstSubject < 0 ||
        firstSubject + count > shape.nSubjects
      )
        throw new InternalError(`${blocks.byteLength} B are not subjects ${firstSubject} to ${firstSubject + count}.`);
      const steps = writeBlocks(fd, shape, blocks, { firstSubject, count });
      let unturned = 0;
      for (let step = reporting(() => steps.next()); !step.done; step = reporting(() => steps.next())) {
        unturned += step.value;
        if (unturned < TURN_BYTES) continue;
        unturned = 0;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    async writeElsewhere(write) {
      try {
        await write(fd);
      } catch (cause) {
        throw systemErrorCode(cause) === undefined ? cause : writeError(options.path, cause);
      }
    },
    writeRectangle: (values, rectangle) => writeRectangle(shape, values, rectangle, staging, writeBytes),
    readRectangle: (target, rectangle) => readRectangle(fd, shape, rectangle, target, staging),
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
