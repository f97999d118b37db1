// Where the chunks of a matrix are, by the index that its layout message names: libhdf5 as we have it does not tell, gives the fill value for what was never
// written, and takes the size of a chunk from the index without asking whether the chunk is as large.
// HDF5 file format specification 3.0, sections III.A.1 (version 1 B-trees), IV.A.2.i (layout message), VII.A to VII.C (single chunk, implicit, fixed array).
import { damaged, type HeaderBytes, integerAt, type Superblock, withHeaderBytes } from "./header-bytes.js";

/** Extensible arrays and version 2 B-trees, of matrices that may grow in files of the latest format, are not read. */
export interface ChunkIndex {
  readonly kind: "tree" | "single" | "implicit" | "fixed";
  /** In the file; undefined: no chunk was ever written. */
  readonly address: number | undefined;
  /** Of a single chunk with filters. */
  readonly single: { readonly lengthBytes: number; readonly filterMask: number } | undefined;
  /** Chunks at the edge that are not whole have no filters. */
  readonly edgesArePlain: boolean;
}

export interface ChunkTable {
  /** Chunks along rows and columns. */
  readonly grid: readonly [number, number];
  /** [grid rows][grid columns]; NaN: never written. */
  readonly byteOffsets: Float64Array;
  /** Stored. */
  readonly lengths: Float64Array;
  /** A bit for each filter that was left out. */
  readonly filterMasks: Uint32Array;
}

export interface ChunkedMatrix {
  readonly shape: readonly [number, number];
  readonly chunk: readonly [number, number];
  readonly valueBytes: number;
  readonly filtered: boolean;
}

/** A damaged header may promise more. */
const MOST_CHUNKS = 2 ** 24;
const CHUNKED = 2;
const EDGES_PLAIN = 1;
const SINGLE_HAS_FILTERS = 2;
const KINDS: Readonly<Record<number, ChunkIndex["kind"]>> = { 1: "single", 2: "implicit", 3: "fixed" };

/** `body`: of a layout message of chunked storage. Undefined: another index. */
export function parseChunkIndex(body: Buffer, { offsetBytes, lengthBytes, base }: Superblock): ChunkIndex | undefined {
  const version = body[0]!;
  const placed = (at: number): number | undefined => {
    const address = integerAt(body, at, offsetBytes);
    return address === undefined ? undefined : address + base;
  };
  const plain = { single: undefined, edgesArePlain: false };
  if (version <= 2) return body[2] === CHUNKED ? { kind: "tree", address: placed(8), ...plain } : undefined;
  if (version === 3) return { kind: "tree", address: placed(3), ...plain };
  const [flags, rank, sizeBytes] = [body[2]!, body[3]!, body[4]!];
  const typeAt = 5 + rank * sizeBytes;
  const kind = KINDS[body[typeAt]!];
  if (kind === undefined) return undefined;
  const edgesArePlain = (flags & EDGES_PLAIN) !== 0;
  const at = typeAt + 1;
  if (kind === "implicit") return { kind, address: placed(at), single: undefined, edgesArePlain };
  if (kind === "fixed") return { kind, address: placed(at + 1), single: undefined, edgesArePlain };
  if ((flags & SINGLE_HAS_FILTERS) === 0) return { kind, address: placed(at), single: undefined, edgesArePlain };
  const single = {
    lengthBytes: integerAt(body, at, lengthBytes) ?? 0,
    filterMask: body.readUInt32LE(at + lengthBytes),
  };
  return { kind, address: placed(at + lengthBytes + 4), single, edgesArePlain };
}

/**
 * Undefined: more chunks than are looked at. Throws InputError: an index that is damaged, leads out of the file, or gives a chunk without filters another
 * size than it has.
 */
export function readChunkTable(path: string, index: ChunkIndex, matrix: ChunkedMatrix): ChunkTable | undefined {
  const { shape, chunk, valueBytes, filtered } = matrix;
  const grid = [Math.ceil(shape[0] / chunk[0]), Math.ceil(shape[1] / chunk[1])] as const;
  const nChunks = grid[0] * grid[1];
  if (!(nChunks <= MOST_CHUNKS)) return undefined;
  const table: ChunkTable = {
    grid,
    byteOffsets: new Float64Array(nChunks).fill(Number.NaN),
    lengths: new Float64Array(nChunks),
    filterMasks: new Uint32Array(nChunks),
  };
  const { address } = index;
  if (address === undefined) return table;
  const chunkBytes = chunk[0] * chunk[1] * valueBytes;
  withHeaderBytes(path, (bytes) => {
    const add: Add = (i, byteOffset, lengthBytes, filterMask) => {
      if (!Number.isNaN(table.byteOffsets[i]!)) throw damaged(path, "two chunks for one place of a matrix");
      if (!filtered && lengthBytes !== chunkBytes)
        throw damaged(path, `a chunk of ${lengthBytes} bytes where each has ${chunkBytes}`);
      if (!(lengthBytes > 0 && byteOffset + lengthBytes <= bytes.fileBytes))
        throw damaged(path, `a chunk at bytes ${byteOffset} to ${byteOffset + lengthBytes} of ${bytes.fileBytes}`);
      table.byteOffsets[i] = byteOffset;
      table.lengths[i] = lengthBytes;
      table.filterMasks[i] = filterMask;
    };
    if (index.kind === "tree") return walkTree(bytes, address, grid, matrix, path, add);
    if (index.kind === "fixed") return readFixedArray(bytes, address, nChunks, matrix, path, add);
    for (let i = 0; i < nChunks; i++) {
      const { lengthBytes, filterMask } = index.single ?? { lengthBytes: chunkBytes, filterMask: 0 };
      add(i, address + i * chunkBytes, lengthBytes, filterMask);
    }
  });
  return table;
}

type Add = (iChunk: number, byteOffset: number, lengthBytes: number, filterMask: number) => void;

/**
 * `TREE`, type 1: keys around its children, each with size, filters and first value of the chunk that follows it; leaves have the chunks. libhdf5 searches by
 * all keys, and does not find what is out of order.
 */
function walkTree(
  { read, superblock }: HeaderBytes,
  root: number,
  [gridRows, gridColumns]: readonly [number, number],
  { chunk, valueBytes }: ChunkedMatrix,
  path: string,
  add: Add,
): void {
  const { offsetBytes, base } = superblock;
  const entryBytes = KEY_BYTES + offsetBytes;
  const seen = new Set<number>();
  const walk = (at: number, expectedLevel: number | undefined, from: Key | undefined, to: Key | undefined): void => {
    if (seen.has(at)) throw damaged(path, "a tree of chunks that leads in circles");
    seen.add(at);
    const head = read(at, 8 + 2 * offsetBytes);
    const [level, nEntries] = [head[5]!, head.readUInt16LE(6)];
    if (head.toString("latin1", 0, 4) !== "TREE" || head[4] !== 1 || (expectedLevel ?? level) !== level)
      throw damaged(path, `no tree of chunks at byte ${at}`);
    const entries = read(at + head.length, nEntries * entryBytes + KEY_BYTES);
    const keyAt = (i: number): Key =>
      [chunk[0], chunk[1], valueBytes].map((size, axis) =>
        Math.floor(Number(entries.readBigUInt64LE(i * entryBytes + 8 + 8 * axis)) / size),
      );
    if (from !== undefined && compare(from, keyAt(0)) > 0) throw damaged(path, "a tree of chunks out of order");
    if (to !== undefined && compare(keyAt(nEntries), to) > 0) throw damaged(path, "a tree of chunks out of order");
    for (let i = 0; i < nEntries; i++) {
      const [key, next] = [keyAt(i), keyAt(i + 1)];
      if (compare(key, next) >= 0) throw damaged(path, "a tree of chunks out of order");
      const entry = i * entryBytes;
      const child = integerAt(entries, entry + KEY_BYTES, offsetBytes);
      if (child === undefined) throw damaged(path, "a tree of chunks with a gap");
      if (level > 0) {
        walk(child + base, level - 1, key, next);
        continue;
      }
      const [row, column] = key as [number, number];
      // the third is the byte of a value, where no chunk begins but at the first
      const isExact = [0, 1, 2].every((axis) => {
        const first = entries.readBigUInt64LE(entry + 8 + 8 * axis);
        return axis < 2 ? first % BigInt(chunk[axis]!) === 0n : first === 0n;
      });
      if (!isExact) throw damaged(path, "a chunk between two places of a matrix");
      if (row >= gridRows || column >= gridColumns) continue; // the matrix was larger once
      add(row * gridColumns + column, child + base, entries.readUInt32LE(entry), entries.readUInt32LE(entry + 4));
    }
  };
  walk(root, undefined, undefined, undefined);
}

/** A chunk's row, column and value byte, in chunks. */
type Key = readonly number[];

function compare(a: Key, b: Key): number {
  const axis = a.findIndex((value, i) => value !== b[i]);
  return axis < 0 ? 0 : a[axis]! - b[axis]!;
}

/** Size, filters, and the first value's row, column and byte: HDF5 counts the bytes of a value as an axis. */
const KEY_BYTES = 4 + 4 + 8 * 3;

/** `FAHD`, then `FADB` with an entry a chunk, in pages where they are many; a page that was never written is not there. */
function readFixedArray(
  { read, superblock }: HeaderBytes,
  at: number,
  nChunks: number,
  { chunk, valueBytes }: ChunkedMatrix,
  path: string,
  add: Add,
): void {
  const { offsetBytes, lengthBytes, base } = superblock;
  const header = read(at, 8 + lengthBytes + offsetBytes);
  if (header.toString("latin1", 0, 4) !== "FAHD") throw damaged(path, `no array of chunks at byte ${at}`);
  const [isFiltered, entryBytes, pageBits] = [header[5] === 1, header[6]!, header[7]!];
  const nEntries = integerAt(header, 8, lengthBytes)!;
  const block = integerAt(header, 8 + lengthBytes, offsetBytes);
  if (block === undefined) return;
  const sizeBytes = entryBytes - offsetBytes - (isFiltered ? 4 : 0);
  if (nEntries < nChunks || sizeBytes < 0 || sizeBytes > 8 || (!isFiltered && sizeBytes !== 0) || pageBits > 31)
    throw damaged(path, "an array of chunks that does not fit its matrix");
  const takeEntries = (first: number, count: number, from: number) => {
    const entries = read(from, count * entryBytes);
    for (let i = 0; i < count && first + i < nChunks; i++) {
      const address = integerAt(entries, i * entryBytes, offsetBytes);
      if (address === undefined) continue;
      const length = isFiltered
        ? (integerAt(entries, i * entryBytes + offsetBytes, sizeBytes) ?? 0)
        : chunk[0] * chunk[1] * valueBytes;
      add(first + i, address + base, length, isFiltered ? entries.readUInt32LE((i + 1) * entryBytes - 4) : 0);
    }
  };
  const start = block + base;
  if (read(start, 4).toString("latin1") !== "FADB") throw damaged(path, `no array of chunks at byte ${start}`);
  const first = start + 6 + offsetBytes;
  const pageEntries = 2 ** pageBits;
  if (nEntries <= pageEntries) {
    takeEntries(0, nEntries, first);
    return;
  }
  const nPages = Math.ceil(nEntries / pageEntries);
  const written = read(first, Math.ceil(nPages / 8));
  const pages = first + written.length + CHECKSUM_BYTES;
  for (let page = 0; page < nPages && page * pageEntries < nChunks; page++) {
    // the first page is the highest bit
    if (((written[page >> 3]! >> (7 - (page & 7))) & 1) === 0) continue;
    const count = Math.min(pageEntries, nEntries - page * pageEntries);
    takeEntries(page * pageEntries, count, pages + page * (pageEntries * entryBytes + CHECKSUM_BYTES));
  }
}

const CHECKSUM_BYTES = 4;
