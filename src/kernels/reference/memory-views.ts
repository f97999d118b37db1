// The linear memory as kernels take it: arrays at pointers.

export interface MemoryViews {
  readonly buffer: ArrayBufferLike;
  f64(pointer: number, count: number): Float64Array;
  f32(pointer: number, count: number): Float32Array;
  u32(pointer: number, count: number): Uint32Array;
  i32(pointer: number, count: number): Int32Array;
  u16(pointer: number, count: number): Uint16Array;
  u8(pointer: number, count: number): Uint8Array;
  i8(pointer: number, count: number): Int8Array;
}

/** `buffer`: the whole linear memory; it must not grow afterwards (views are made per call on it). Pointers above 2 GiB arrive as unsigned: all callers are TypeScript. */
export const viewsOf = (buffer: ArrayBufferLike): MemoryViews => ({
  buffer,
  f64: (pointer, count) => new Float64Array(buffer, pointer, count),
  f32: (pointer, count) => new Float32Array(buffer, pointer, count),
  u32: (pointer, count) => new Uint32Array(buffer, pointer, count),
  i32: (pointer, count) => new Int32Array(buffer, pointer, count),
  u16: (pointer, count) => new Uint16Array(buffer, pointer, count),
  u8: (pointer, count) => new Uint8Array(buffer, pointer, count),
  i8: (pointer, count) => new Int8Array(buffer, pointer, count),
});

/** Values from the first of the first row to the last of the last. */
export const span = (nRows: number, stride: number, width: number): number =>
  nRows === 0 ? 0 : (nRows - 1) * stride + width;
