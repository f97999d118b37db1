// Subjects as rows of numbers, wherever they come from: what a conversion to a store of vectors needs to know of its input.
import type { NumberArray } from "../src/formats/decode.js";
import type { InputFile } from "../src/store/build-store.js";
import type { ElementType } from "../src/store/column-source.js";
import type { VoxelIdentity } from "../src/store/manifest.js";

export interface VectorSource {
  /** As typed. */
  readonly path: string;
  /** Of the store that is made. Default: vector. */
  readonly kind?: "vector" | "voxel" | "edge" | undefined;
  /** Of kind voxel: what decides which elements there are, beside the sources. */
  readonly voxels?: VoxelIdentity | undefined;
  readonly nSubjects: number;
  readonly nElements: number;
  /** One a subject, in row order. Rows of one file carry its name and their number. */
  readonly sources: readonly InputFile[];
  /** One a subject; undefined: the input has values without names. */
  readonly subjectNames?: readonly string[] | undefined;
  /** How it was read where that is not the plain case: sentences. */
  readonly notes?: readonly string[];
  /** Of an archive of arrays: the one that is read. */
  readonly arrayName?: string | undefined;
  /** The input's values are integers (`int32`) whose least one stands for a missing value: all that is missing in the store was that. */
  readonly missingInteger?: string | undefined;
  /** The types that may be needed, the narrowest first: float32 until a value turns up that it cannot hold. */
  readonly elementTypes: readonly [ElementType, ...ElementType[]];
  /** Held beside the rows while they are read. */
  readonly readerBytes: number;
  /** A fresh pass over the rows: the type of the store is known by then. */
  openRows(): Promise<VectorRows>;
}

export interface VectorRows {
  /**
   * Fills `rows` [count][nElements] with subjects first..first+count; calls come with ascending `first`. Resolves to the CRC-32 of each subject's file,
   * or to undefined when a value does not fit (then `rows` is of no use). `onRow` is awaited after each subject that is a file of its own. Throws InputError.
   */
  readInto(
    rows: Float32Array | Float64Array,
    first: number,
    count: number,
    onRow: (row: number) => Promise<void>,
  ): Promise<number[] | undefined>;
  close(): void;
}

/** Copies `values` to rows[start..]; false when float32 changes one. NaN stays NaN. */
export function copyExactly(rows: Float32Array | Float64Array, start: number, values: NumberArray): boolean {
  rows.set(values, start);
  if (rows instanceof Float64Array) return true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (rows[start + i] !== value && !Number.isNaN(value)) return false;
  }
  return true;
}
