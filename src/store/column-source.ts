// Where blocks of elements come from: a raw store, a contiguous HDF5 dataset, or memory (tests).
import type { IoPolicy } from "../mapping/file-bytes.js";
import type { FileIdentity } from "../publish/file-identity.js";

/** Storage type of one value, little-endian. */
export type ElementType = "f32" | "f64";

/** A rectangle of numbers on disk. Plain data: it crosses to worker threads, which open it for themselves. */
export interface ColumnSourceSpec {
  readonly path: string;
  /** First byte of the matrix in the file. Needs no alignment. */
  readonly byteOffset: number;
  /** "blocked": [nBlocks][nRowsInFile][blockWidth], last block padded. "row-major": [nRowsInFile][nElements]. */
  readonly layout: "blocked" | "row-major";
  readonly nRowsInFile: number;
  readonly nElements: number;
  readonly elementType: ElementType;
  /** Elements; of a block on disk ("blocked"), or the width that reads well ("row-major"). */
  readonly blockWidth: number;
  /** Rows taken, in order; absent: all, in file order. */
  readonly rows?: readonly number[];
  readonly io: IoPolicy;
  /** True when we wrote the file and published it by rename (IoPolicy "auto" then maps it). */
  readonly ours: boolean;
  /** Of the file when what else is known of it was read; another of that name is refused. Absent: any. */
  readonly identity?: FileIdentity | undefined;
  /** "blocked": of each block as it was written. Absent: there are none, or they are not to be compared. */
  readonly blockCrc32?: Uint32Array;
  /** Bytes of the window of a mapped file, resident at most once a source; absent: 64 MiB. */
  readonly windowBytes?: number;
}

export interface ColumnSource {
  readonly spec: ColumnSourceSpec;
  /** Rows delivered (selected subjects). */
  readonly nRows: number;
  readonly nElements: number;
  /**
   * Copies elements first..first+count of every selected row, as [nRows][count] little-endian values of `spec.elementType`, row-major, into `target`
   * (exactly nRows * count * size bytes). Any range inside 0..nElements is allowed; ranges within one block are fastest.
   */
  copyColumnsInto(target: Uint8Array, first: number, count: number): void;
  /**
   * Compares blocks firstBlock..endBlock, of all rows, with `spec.blockCrc32`; nothing where there is none. `held`: what copyColumnsInto gave last, from
   * element `first` on; what is a whole block in it is not read again. Throws InputError naming file, block and elements.
   */
  checkBlocks(firstBlock: number, endBlock: number, held: Uint8Array, first: number): void;
  close(): void;
}
