// Streamlines of a .tck file, front to back in bounded memory: triples of coordinates, a triple of NaN after each streamline, one of infinity at the end.
import { InputError } from "../../errors.js";
import { formatCount } from "../../units.js";
import type { Warning } from "../../warnings.js";
import type { ByteSource } from "../byte-source.js";
import { openPositionalBytes } from "../positional-bytes.js";
import { assertTckPath, MAX_TCK_HEADER_BYTES, parseTckHeader, type TckHeader, tckHeaderEnd } from "./header.js";

export interface TrackBatch {
  readonly nStreamlines: number;
  /** Of the first, from 0. */
  readonly first: number;
  readonly nPoints: number;
}

export interface Tracks {
  /** As typed. */
  readonly path: string;
  readonly header: TckHeader;
  /** Of coordinates and delimiters. */
  readonly dataBytes: number;
  /** Read so far. */
  readonly bytesRead: number;
  /**
   * Whole streamlines, as many as fit: points f32 [nPoints][3] and u32 [nStreamlines] points of each (0 too). Undefined: that was all. Throws InputError: a coordinate that is
   * no number, a streamline that does not fit, a file that is cut short.
   */
  readInto(points: Float32Array, lengths: Uint32Array): TrackBatch | undefined;
  /** What is to be said once everything was read. */
  warnings(): Warning[];
  close(): void;
}

/** Bytes read together: whole points of either type. */
const CHUNK_BYTES = 24 * 2 ** 15;

/** Throws InputError: another format, unreadable, a header that is none. */
export function openTracks(path: string): Tracks {
  assertTckPath(path);
  const file = openPositionalBytes(path);
  let data: ByteSource = file;
  try {
    const header = readHeader(file, path);
    if (header.dataPath !== path) data = openPositionalBytes(header.dataPath);
    if (header.dataOffset > data.sizeBytes) {
      throw new InputError(
        `Cannot read ${path}: expected points from byte ${header.dataOffset} on, as its line \`file:\` says, got a file of ${data.sizeBytes} bytes. It is cut short: copy or make it again.`,
        { path },
      );
    }
    return createReader(path, header, data, () => {
      file.close();
      data.close();
    });
  } catch (error) {
    file.close();
    data.close();
    throw error;
  }
}

function readHeader(file: ByteSource, path: string): TckHeader {
  for (let size = 4096; ; size *= 8) {
    const start = Buffer.alloc(Math.min(size, file.sizeBytes, MAX_TCK_HEADER_BYTES));
    file.copyInto(start, 0);
    const isWhole = start.byteLength === file.sizeBytes || size >= MAX_TCK_HEADER_BYTES;
    if (isWhole || tckHeaderEnd(start) !== undefined || start.toString("latin1", 0, 6) !== "mrtrix")
      return parseTckHeader(start, path);
  }
}

/** Points decoded and not handed out yet: f32 [n][3]. */
function createDecoder({ bits, littleEndian, dataOffset }: TckHeader, data: ByteSource) {
  const bytes = Buffer.alloc(CHUNK_BYTES);
  const values = bits === 32 ? new Float32Array(bytes.buffer, bytes.byteOffset) : new Float64Array(bytes.buffer);
  const points = bits === 32 ? (values as Float32Array) : new Float32Array(values.length);
  const pointBytes = (3 * bits) / 8;
  let at = dataOffset;
  return {
    points,
    /** Bytes at the end that are no whole point. */
    get rest() {
      return (data.sizeBytes - dataOffset) % pointBytes;
    },
    get bytesRead() {
      return at - dataOffset;
    },
    /** Points that were read; 0: no more. */
    load(): number {
      const left = data.sizeBytes - at;
      const nBytes = Math.min(bytes.byteLength, left - (left % pointBytes));
      if (nBytes <= 0) return 0;
      const piece = bytes.subarray(0, nBytes);
      data.copyInto(piece, at);
      at += nBytes;
      if (!littleEndian) bits === 32 ? piece.swap32() : piece.swap64();
      if (bits === 64) for (let i = 0; i < nBytes / 8; i++) points[i] = values[i]!;
      return nBytes / pointBytes;
    },
  };
}

function createReader(path: string, header: TckHeader, data: ByteSource, close: () => void): Tracks {
  const decoder = createDecoder(header, data);
  const decoded = decoder.points;
  const limit = header.count > 0 ? header.count : Number.POSITIVE_INFINITY;
  /** Of the points decoded. */
  let next = 0;
  let nDecoded = 0;
  /** Points of the streamline that is being read: f32 [n][3]. */
  let current = new Float32Array(3 * 1024);
  let nCurrent = 0;
  /** It is whole and waits for a batch with room. */
  let isWhole = false;
  /** Streamlines that came to their end, those beyond the count too. */
  let nEnded = 0;
  let nHanded = 0;
  let isAtEnd = false;
  let hasEndMark = false;

  const refusePoint = (x: number, y: number, z: number) =>
    new InputError(
      `Cannot read ${path}: expected three finite coordinates, or three times NaN between streamlines, got ${x}, ${y}, ${z} for point ${nCurrent} of streamline ${nEnded} (both counted from 0). The file is damaged: make it again.`,
      { path },
    );
  const refuseCutShort = () =>
    new InputError(
      `Cannot read ${path}: expected ${formatCount(header.count, "streamlines")}, as its header says, and a mark of the end behind them, got the end of the file after ${nEnded}. It is cut short: copy or make it again, or accept what there is: tckedit writes it with a header that is right.`,
      { path },
    );
  const refuseLong = (mostPoints: number) =>
    new InputError(
      `Cannot read ${path}: expected streamlines of at most ${mostPoints} points, got more in streamline ${nEnded} (counted from 0). Is the mark behind it missing? Make the file again; if it is so long, raise --memory.`,
      { path },
    );
  const add = (x: number, y: number, z: number, mostPoints: number) => {
    if (3 * nCurrent === current.length) {
      if (nCurrent >= mostPoints) throw refuseLong(mostPoints);
      const longer = new Float32Array(3 * Math.min(2 * nCurrent, mostPoints));
      longer.set(current);
      current = longer;
    }
    current[3 * nCurrent] = x;
    current[3 * nCurrent + 1] = y;
    current[3 * nCurrent + 2] = z;
    nCurrent++;
  };
  /** To the end of the next streamline. False: there is none. */
  const readOne = (mostPoints: number): boolean => {
    for (;;) {
      if (next === nDecoded) {
        next = 0;
        nDecoded = decoder.load();
        if (nDecoded === 0) {
          isAtEnd = true;
          if (nEnded < header.count) throw refuseCutShort();
          return false;
        }
      }
      for (; next < nDecoded; next++) {
        const x = decoded[3 * next]!;
        const y = decoded[3 * next + 1]!;
        const z = decoded[3 * next + 2]!;
        // only what is finite is 0 less itself
        if (x - x === 0) {
          if (y - y !== 0 || z - z !== 0) throw refusePoint(x, y, z);
          if (nEnded < limit) add(x, y, z, mostPoints);
        } else if (Number.isNaN(x)) {
          next++;
          nEnded++;
          return true;
        } else {
          isAtEnd = true;
          hasEndMark = true;
          return false;
        }
      }
    }
  };

  return {
    path,
    header,
    dataBytes: data.sizeBytes - header.dataOffset,
    get bytesRead() {
      return decoder.bytesRead;
    },
    readInto(points, lengths) {
      const mostPoints = Math.floor(points.length / 3);
      const first = nHanded;
      let nStreamlines = 0;
      let nPoints = 0;
      while (nStreamlines < lengths.length) {
        if (!isWhole) {
          if (isAtEnd) break;
          isWhole = readOne(mostPoints);
          if (!isWhole) break;
          if (nEnded > limit) {
            isWhole = false;
            continue;
          }
        }
        if (nPoints + nCurrent > mostPoints) break;
        for (let i = 0; i < 3 * nCurrent; i++) points[3 * nPoints + i] = current[i]!;
        nPoints += nCurrent;
        lengths[nStreamlines++] = nCurrent;
        nHanded++;
        nCurrent = 0;
        isWhole = false;
      }
      return nStreamlines === 0 ? undefined : { nStreamlines, first, nPoints };
    },
    warnings() {
      // behind as many as there should be, a piece of a point is one of the mark
      const isPiece = decoder.rest > 0 && (header.count === 0 || nEnded < header.count);
      const left = hasEndMark ? nCurrent : nCurrent + (isPiece ? 1 : 0);
      const broken = left === 0 ? "" : "; the last streamline, which has no end, is left out";
      const found: string[] = [];
      if (header.count > 0 && nEnded < header.count)
        found.push(`its header says ${header.count}, and it holds ${nEnded}`);
      if (nEnded > limit) found.push(`its header says ${header.count}, and the other ${nEnded - limit} are left out`);
      if (!hasEndMark) found.push(`it has no mark of the end behind them${broken}`);
      else if (left > 0) found.push(`the mark of the end stands inside of one, which is left out`);
      if (found.length === 0) return [];
      const message = `${path}: ${formatCount(nHanded, "streamlines")} are used: ${found.join("; ")}. As MRtrix3 reads it; tckedit writes a file with a header that is right.`;
      return [{ tag: "streamlines-file", message }];
    },
    close,
  };
}
