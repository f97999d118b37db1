// The part of h5wasm 0.10.3 that is used. Its own declarations are left out of the program, because they bring ambient ones of Emscripten
// along that clash with ours of WebAssembly.

export interface H5Metadata {
  /** H5T_class_t: 0 integer, 1 float, 3 string. */
  readonly type: number;
  readonly size: number;
  readonly littleEndian: boolean;
  readonly signed: boolean;
  readonly vlen: boolean;
  readonly strpad?: number;
  readonly shape: readonly number[] | null;
  readonly chunks: readonly number[] | null;
}

export interface H5Filter {
  readonly id: number;
  readonly name: string;
  readonly cd_values: readonly number[];
}

export interface H5Attribute {
  readonly metadata: H5Metadata;
  readonly value: unknown;
}

export interface H5Object {
  readonly path: string;
  readonly attrs: Readonly<Record<string, H5Attribute>>;
  create_attribute(name: string, data: unknown, shape?: readonly number[] | null, dtype?: string | null): void;
  delete_attribute(name: string): number;
  create_reference(): { readonly ref_data: ArrayLike<number> };
}

export interface H5Dataset extends H5Object {
  readonly metadata: H5Metadata;
  readonly filters: readonly H5Filter[];
  readonly value: unknown;
}

export interface H5Group extends H5Object {
  keys(): string[];
  get(name: string): H5Object | null;
  create_group(name: string): H5Group;
  create_dataset(options: { name: string; data: unknown; shape?: readonly number[]; dtype?: string }): H5Dataset;
}

export interface H5File extends H5Group {
  /** -1n: not opened. */
  readonly file_id: bigint;
  close(): number;
}

/** What the low-level call needs to make a dataset. */
export interface H5WriteMetadata {
  readonly type: 0 | 1;
  readonly size: number;
  readonly signed: boolean;
  readonly vlen: false;
  readonly littleEndian: true;
  readonly shape: readonly bigint[];
  readonly maxshape: readonly bigint[];
  readonly chunks: readonly bigint[] | null;
  /** 1: deflate, its level in `compression_opts`. */
  readonly compression: 0 | 1;
  readonly compression_opts: readonly number[];
  readonly track_order: false;
}

export interface H5Module {
  readonly FS: unknown;
  /** Another object after the memory grew: to be asked for anew each time. */
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  create_dataset(file: bigint, path: string, dataPointer: bigint, metadata: H5WriteMetadata): number;
  get_dataset_data(
    file: bigint,
    path: string,
    count: readonly bigint[],
    offset: readonly bigint[],
    strides: readonly bigint[],
    pointer: bigint,
  ): number;
  set_dataset_data: H5Module["get_dataset_data"];
}

export interface H5Wasm {
  readonly ready: Promise<H5Module>;
  readonly File: new (path: string, mode: "r" | "a" | "x", options?: { libver?: readonly [string, string] }) => H5File;
  readonly Group: new (...found: never[]) => H5Group;
  readonly Dataset: new (...found: never[]) => H5Dataset;
}
