// What a matrix of an HDF5 file is to be.

export type MatrixType = "f32" | "f64" | "u32" | "i32";

export interface MatrixSpec {
  readonly shape: readonly number[];
  readonly type: MatrixType;
  /** Compressed by deflate at this level, in chunks of this shape. Absent: contiguous. */
  readonly gzip?: { readonly level: number; readonly chunk: readonly number[] } | undefined;
}
