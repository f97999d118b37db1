// What an image is, whichever file format holds it. Element order is always canonical for callers: axis 0 fastest, then 1, 2, 3;
// how the file orders them is `layout` and stays inside this room.
import type { DataType } from "./data-type.js";

/** Where one axis comes in the file: rank 0 varies fastest. `reversed`: the file counts it down. (`+0` and `-0` differ, so a number cannot hold it.) */
export interface AxisOrder {
  readonly rank: number;
  readonly reversed: boolean;
}

/** value = offset + scale * stored */
export interface Scaling {
  readonly offset: number;
  readonly scale: number;
}

/** Repeated keys stay separate and in order (`command_history`). */
export type HeaderEntries = readonly (readonly [key: string, value: string])[];

export interface ImageHeader {
  readonly format: "mif" | "nifti";
  /** 1 to 16 sizes, each >= 1; their product is a safe integer. */
  readonly dimensions: readonly number[];
  /** Millimetres, one an axis; NaN where the axis has none. */
  readonly voxelSizes: readonly number[];
  /** One an axis; the ranks are a permutation of 0..n-1. */
  readonly layout: readonly AxisOrder[];
  readonly dataType: DataType;
  readonly scaling: Scaling;
  /** 3 x 4: unit axis directions in scanner space and the position (mm) of the centre of element 0. Undefined: none, or not finite. */
  readonly transform: readonly (readonly number[])[] | undefined;
  readonly entries: HeaderEntries;
  /** "." when header and data share a file; else a path relative to the header's folder, or absolute. */
  readonly dataFile: string;
  /** Bytes from the start of the (decompressed) data file. */
  readonly dataOffset: number;
  /** What the reader left out or put in its own place, a phrase each; undefined: nothing. */
  readonly remarks?: readonly string[] | undefined;
}

/** What copyValuesInto fills. Views of shared WebAssembly memory are welcome. */
export type ValueTarget = Float64Array | Float32Array | Uint32Array;

export interface Image {
  /** As the user typed it. */
  readonly path: string;
  readonly header: ImageHeader;
  readonly nElements: number;
  /**
   * Copies elements first..first+count, in canonical order and with scaling applied, to target[0..count].
   * Throws InputError for a 64-bit integer that no float64 equals, or a value a Uint32Array target cannot hold, InternalError for a range outside the image.
   */
  copyValuesInto(target: ValueTarget, first: number, count: number): void;
  /** Idempotent. */
  close(): void;
}

/** What to write; data follow separately, in canonical order. */
export interface ImageSpec {
  readonly dimensions: readonly number[];
  /** Default 1 for the first three axes, NaN beyond. */
  readonly voxelSizes?: readonly number[] | undefined;
  readonly dataType: DataType;
  /** Default: axis 0 fastest, none reversed. */
  readonly layout?: readonly AxisOrder[] | undefined;
  readonly transform?: readonly (readonly number[])[] | undefined;
  readonly entries?: HeaderEntries | undefined;
  /** Replace an existing file. Default: an existing file is an InputError. */
  readonly overwrite?: boolean | undefined;
}

/** Values of every element, canonical order. */
export type ImageData = Float64Array | Float32Array | Uint32Array | Int32Array | Uint8Array | readonly number[];

export function countElements(dimensions: readonly number[]): number {
  return dimensions.reduce((product, size) => product * size, 1);
}

/** `+0,+1,+2,..` */
export function canonicalLayout(nAxes: number): AxisOrder[] {
  return Array.from({ length: nAxes }, (_, rank) => ({ rank, reversed: false }));
}

/** All values of a key, in order. */
export function entryValues(header: ImageHeader, key: string): string[] {
  return header.entries.filter(([name]) => name === key).map(([, value]) => value);
}
