// Which fixels each streamline visits, spilled to the disk: 4 bytes a visit, in the order of the streamlines. Words u32, little-endian: the number of fixels;
// with weights the bits of a float32; the fixels, ascending. Streamlines that visit none are not there.
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { InputError } from "../../errors.js";
import type { Turns } from "../../turns.js";

/** Words before the fixels. */
export const headWords = (isWeighted: boolean): number => (isWeighted ? 2 : 1);

/** Words written and read together. */
const CHUNK_WORDS = 2 ** 18;

export interface VisitsWriter {
  /** A streamline's words from words[first]. */
  add(words: Uint32Array, first: number, count: number): void;
  /** Everything is with the system: bytes, and their CRC-32. */
  finish(): { readonly bytes: number; readonly crc32: number };
  close(): void;
}

export function createVisitsWriter(path: string): VisitsWriter {
  const fd = openSync(path, "wx");
  const buffer = new Uint32Array(CHUNK_WORDS);
  let filled = 0;
  let bytes = 0;
  let crc = 0;
  const flush = () => {
    if (filled === 0) return; // of nothing zlib starts anew
    const piece = new Uint8Array(buffer.buffer, 0, 4 * filled);
    crc = crc32(piece, crc);
    for (let done = 0; done < piece.byteLength; ) done += writeSync(fd, piece, done);
    bytes += piece.byteLength;
    filled = 0;
  };
  return {
    add(words, first, count) {
      for (let i = 0; i < count; i++) {
        if (filled === CHUNK_WORDS) flush();
        buffer[filled++] = words[first + i]!;
      }
    },
    finish() {
      flush();
      return { bytes, crc32: crc };
    },
    close: () => closeSync(fd),
  };
}

export interface VisitsReader {
  /** Every streamline in order: its words are words[first..first+count], valid during the call. Throws what `visit` throws, and the reason of the turns' signal. */
  forEach(visit: (words: Uint32Array, first: number, count: number) => void, turns: Turns): Promise<void>;
  /** Of all bytes, as they were read last. */
  readonly crc32: number;
  close(): void;
}

/** `mostFixels` of one streamline. Bytes of memory: readerBytes. */
export function openVisits(path: string, isWeighted: boolean, mostFixels: number): VisitsReader {
  const fd = openSync(path, "r");
  const head = headWords(isWeighted);
  const words = new Uint32Array(readerWords(mostFixels));
  let crc = 0;
  /** Bytes. */
  let position = 0;
  return {
    async forEach(visit, turns) {
      crc = 0;
      position = 0;
      let begin = 0;
      let end = 0;
      for (;;) {
        const got = fill(fd, words, end);
        if (got > 0) crc = crc32(new Uint8Array(words.buffer, 4 * end, 4 * got), crc);
        end += got;
        while (begin < end) {
          const count = head + words[begin]!;
          if (begin + count > end) break;
          visit(words, begin, count);
          begin += count;
        }
        if (turns.isDue()) await turns.take();
        if (got === 0) break;
        words.copyWithin(0, begin, end);
        end -= begin;
        begin = 0;
        if (end === words.length) throw damaged(path);
      }
      if (begin < end) throw damaged(path);
    },
    get crc32() {
      return crc;
    },
    close: () => closeSync(fd),
  };

  /** Words that were read. */
  function fill(fd: number, into: Uint32Array, from: number): number {
    const bytes = new Uint8Array(into.buffer, 4 * from, Math.min(CHUNK_WORDS, into.length - from) * 4);
    let done = 0;
    while (done < bytes.byteLength) {
      const got = readSync(fd, bytes, done, bytes.byteLength - done, position + done);
      if (got === 0) break;
      done += got;
    }
    position += done;
    if (done % 4 !== 0) throw damaged(path);
    return done / 4;
  }
}

const readerWords = (mostFixels: number) => CHUNK_WORDS + mostFixels + 2;
export const readerBytes = (mostFixels: number): number => 4 * readerWords(mostFixels);
export const WRITER_BYTES = 4 * CHUNK_WORDS;

const damaged = (path: string) =>
  new InputError(
    `Cannot read ${path}: expected the visits that this run wrote, got others. The disk fails, or somebody changed the file: run the command again.`,
    { path },
  );
