// Raw files in strips: some blocks of all subjects of a group at a time, read straight to their places, summed, and written as they lie. What is held is a few MiB
// whatever the group is, what is written is contiguous, and the disk has it early. Either thread of a conversion takes the next strip that nobody has taken.
//
//   file of subject 4   |  aaaa bbbb  |  cccc dd  |           strip 0   [block 0] aaaa  AAAA   [block 1] bbbb  BBBB
//   file of subject 5   |  AAAA BBBB  |  CCCC DD  |    ->     strip 1   [block 2] cccc  CCCC   [block 3] dd00  DD00
import fs from "node:fs";
import { crc32 } from "node:zlib";
import { countBlocks } from "../src/store/block-width.js";
import { applyShift, createShift } from "../src/store/crc32-combine.js";
import { type BlockedShape, bytesPerValue } from "../src/store/element-type.js";
import { addNonFinite, scannerOf } from "../src/store/finite.js";
import { writeFully } from "../src/store/write-blocks.js";
import { CONTROL } from "./control-words.js";
import { RawFileChanged, sumPart } from "./raw-row.js";

/** Bytes of a strip at most. 351 subjects: 8 MiB are read in pieces of 24 KiB; twice as many bytes are no faster, half as many are slower. */
export const STRIP_BYTES = 2 ** 23;
/** Bytes before the values that are read together with the first of them. */
const HEAD_BYTES = 2 ** 16;
/** Views that are made once for each subject of a group, 150 B each. */
const MOST_VIEWS = 2 ** 14;
/** Pieces of one file: the system takes 1024 at a time (IOV_MAX), one of which is the header. */
const MOST_PIECES = 1023;

/** Whole subjects firstSubject.. in strips. */
export interface StripPlan {
  readonly firstSubject: number;
  readonly count: number;
  readonly blocksOfStrip: number;
  readonly nStrips: number;
}

export function planStrips(shape: BlockedShape, firstSubject: number, count: number, stripBytes: number): StripPlan {
  const nBlocks = countBlocks(shape.nElements, shape.blockWidth);
  const blockBytes = count * shape.blockWidth * bytesPerValue(shape.elementType);
  const fits = Math.min(Math.floor(stripBytes / blockBytes), Math.floor(MOST_VIEWS / count), MOST_PIECES);
  const blocksOfStrip = Math.max(1, Math.min(fits, Math.ceil(nBlocks / 8)));
  return { firstSubject, count, blocksOfStrip, nStrips: Math.ceil(nBlocks / blocksOfStrip) };
}

/** Files of the subjects of a group, open. */
export interface OpenFile {
  readonly fd: number;
  /** Bytes before the values. */
  readonly dataOffset: number;
}

/** What all threads write into: each of its own strips. */
export interface StripSums {
  /** u32 [count], CRC-32 of what lies before each subject's values. */
  readonly headCrc32: Uint32Array;
  /** u32 [nStrips][count], CRC-32 of each subject's part of a strip. */
  readonly partCrc32: Uint32Array;
  /** u32 [nBlocks], CRC-32 of the group's part of a block. */
  readonly blockCrc32: Uint32Array;
  /** u32 [nElements], values that are not finite: nothing where `hasMissing` is 0. */
  readonly missing: Uint32Array;
  /** i32 [1] */
  readonly hasMissing: Int32Array;
  /** i32 [nStrips], 1: written. */
  readonly written: Int32Array;
}

/** Bytes of what StripSums lies in. */
export function stripSumsBytes(shape: BlockedShape, { nStrips, count }: StripPlan): number {
  return 4 * (count + nStrips * count + countBlocks(shape.nElements, shape.blockWidth) + shape.nElements + nStrips + 1);
}

export function stripSumsIn(buffer: SharedArrayBuffer, shape: BlockedShape, { nStrips, count }: StripPlan): StripSums {
  const nBlocks = countBlocks(shape.nElements, shape.blockWidth);
  const headCrc32 = new Uint32Array(buffer, 0, count);
  const partCrc32 = new Uint32Array(buffer, headCrc32.byteLength, nStrips * count);
  const blockCrc32 = new Uint32Array(buffer, partCrc32.byteOffset + partCrc32.byteLength, nBlocks);
  const missing = new Uint32Array(buffer, blockCrc32.byteOffset + blockCrc32.byteLength, shape.nElements);
  const written = new Int32Array(buffer, missing.byteOffset + missing.byteLength, nStrips);
  const hasMissing = new Int32Array(buffer, written.byteOffset + written.byteLength, 1);
  return { headCrc32, partCrc32, blockCrc32, missing, hasMissing, written };
}

export interface StripWork {
  readonly shape: BlockedShape;
  readonly plan: StripPlan;
  /** [count] */
  readonly files: readonly OpenFile[];
  /** Of the data file. */
  readonly fd: number;
  /** i32 [CONTROL.words], shared. */
  readonly words: Int32Array;
  readonly sums: StripSums;
  readonly memory: StripMemory;
}

/** Of one thread alone, for a strip. */
export interface StripMemory {
  readonly memory: WebAssembly.Memory;
  /** A multiple of 64. */
  readonly from: number;
  readonly bytes: number;
}

/** `subject`: whose file could not be read; undefined: the strip could not be written. */
export interface StripFailure {
  readonly subject: number | undefined;
  readonly cause: unknown;
}

/** Takes strips until none is left. Yields after each was written, or what went wrong, which ends the work. */
export function* workStrips(work: StripWork): Generator<StripFailure | undefined, void> {
  const { words, plan } = work;
  const strips = createStrips(work);
  while (Atomics.load(words, CONTROL.stop) === 0) {
    const iStrip = Atomics.add(words, CONTROL.nextRead, 1);
    if (iStrip >= plan.nStrips) return;
    let subject: number | undefined;
    try {
      for (let i = 0; i < plan.count; i++) {
        subject = plan.firstSubject + i;
        strips.read(iStrip, i);
      }
      subject = undefined;
      strips.write(iStrip);
    } catch (cause) {
      Atomics.store(words, CONTROL.stop, 1);
      return yield { subject, cause };
    }
    yield;
  }
}

function createStrips({ shape, plan, files, fd, sums, memory: own }: StripWork) {
  const memory = new Uint8Array(own.memory.buffer, own.from, own.bytes);
  const scan = scannerOf(own.memory);
  const { nSubjects, nElements, blockWidth, elementType } = shape;
  const { firstSubject, count, blocksOfStrip } = plan;
  const valueBytes = bytesPerValue(elementType);
  const pieceBytes = blockWidth * valueBytes;
  const nBlocks = countBlocks(nElements, blockWidth);
  const lastBytes = nElements * valueBytes - (nBlocks - 1) * pieceBytes;
  const padding = new Uint8Array(pieceBytes - lastBytes);
  const head = new Uint8Array(HEAD_BYTES);
  const afterPiece = createShift(pieceBytes);
  const afterLast = createShift(lastBytes);
  const placeOf = (i: number, iInStrip: number) => (iInStrip * count + i) * pieceBytes;
  const places = Array.from({ length: count }, (_, i) =>
    Array.from({ length: blocksOfStrip }, (_, b) => memory.subarray(placeOf(i, b), placeOf(i, b) + pieceBytes)),
  );
  const blocksOf = (iStrip: number) => {
    const first = iStrip * blocksOfStrip;
    return { first, end: Math.min(first + blocksOfStrip, nBlocks) };
  };
  /** Of subject i of the group; in the last strip fewer, and the last one shorter. */
  const piecesOf = (i: number, { first, end }: { first: number; end: number }): Uint8Array[] => {
    const whole = places[i]!;
    if (end < nBlocks) return whole;
    const pieces = whole.slice(0, end - first);
    const last = pieces[end - first - 1]!;
    last.fill(0, lastBytes);
    pieces[end - first - 1] = last.subarray(0, lastBytes);
    return pieces;
  };

  return {
    read(iStrip: number, i: number): void {
      const blocks = blocksOf(iStrip);
      const pieces = piecesOf(i, blocks);
      const { fd, dataOffset } = files[i]!;
      if (iStrip === 0) sums.headCrc32[i] = readWithHead(fd, pieces, dataOffset);
      else readInto(fd, pieces, dataOffset + blocks.first * pieceBytes);
      let ofPart = 0;
      for (let b = 0; b < pieces.length; b++) {
        const crc = crc32(pieces[b]!);
        const iBlock = blocks.first + b;
        const isLast = iBlock === nBlocks - 1;
        ofPart = applyShift(isLast ? afterLast : afterPiece, ofPart) ^ crc;
        const before = i === 0 ? 0 : applyShift(afterPiece, sums.blockCrc32[iBlock]!);
        sums.blockCrc32[iBlock] = before ^ (isLast ? crc32(padding, crc) : crc);
      }
      sums.partCrc32[iStrip * count + i] = ofPart;
    },
    write(iStrip: number): void {
      const { first, end } = blocksOf(iStrip);
      const bytes = memory.subarray(0, (end - first) * count * pieceBytes);
      if (!scan(own.from, bytes.byteLength)) countMissing(first, end);
      const strideBytes = nSubjects * pieceBytes;
      const at = firstSubject * pieceBytes;
      // blocks of all subjects touch each other in the file
      if (count === nSubjects) writeFully(fd, bytes, first * strideBytes);
      else {
        for (let iBlock = first; iBlock < end; iBlock++) {
          const from = (iBlock - first) * count * pieceBytes;
          writeFully(fd, bytes.subarray(from, from + count * pieceBytes), iBlock * strideBytes + at);
        }
      }
      Atomics.store(sums.written, iStrip, 1);
    },
  };

  /** Returns the CRC-32 of what lies before the values. */
  function readWithHead(fd: number, pieces: readonly Uint8Array[], dataOffset: number): number {
    if (dataOffset > HEAD_BYTES) {
      readInto(fd, pieces, dataOffset);
      return sumPart(fd, 0, dataOffset);
    }
    const own = head.subarray(0, dataOffset);
    readInto(fd, [own, ...pieces], 0);
    return crc32(own);
  }

  function countMissing(first: number, end: number): void {
    Atomics.store(sums.hasMissing, 0, 1);
    for (let iBlock = first; iBlock < end; iBlock++) {
      const used = iBlock === nBlocks - 1 ? lastBytes : pieceBytes;
      const counts = sums.missing.subarray(iBlock * blockWidth, iBlock * blockWidth + used / valueBytes);
      for (let i = 0; i < count; i++) {
        const at = placeOf(i, iBlock - first);
        addNonFinite(memory.subarray(at, at + used), elementType, counts);
      }
    }
  }
}

/** Throws RawFileChanged where the file ends before. */
function readInto(fd: number, pieces: readonly Uint8Array[], position: number): void {
  let wanted = 0;
  for (const piece of pieces) wanted += piece.byteLength;
  let done = fs.readvSync(fd, pieces as Uint8Array[], position);
  for (let at = 0, i = 0; done < wanted; at += pieces[i++]!.byteLength) {
    const piece = pieces[i]!;
    while (done < at + piece.byteLength) {
      const got = fs.readSync(fd, piece, done - at, at + piece.byteLength - done, position + done);
      if (got === 0) throw new RawFileChanged(`ends at byte ${position + done}`);
      done += got;
    }
  }
}
