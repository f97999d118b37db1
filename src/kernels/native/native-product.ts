// What is known of a library: plain data, for threads, plans and records.
import type { TileShape } from "../kernel-set.js";

/** What a thread needs to open it. */
export interface NativeLibrary {
  readonly path: string;
  /** Of OpenBLAS; undefined: as it detects, or as the user says. */
  readonly coreType?: string | undefined;
}

/** How tiles are multiplied, and by what. */
export interface NativeProduct {
  readonly library: NativeLibrary;
  readonly tile: TileShape;
}

export type Precision = "double" | "single";

export interface TrialRequest {
  readonly path: string;
  /** That of the job first. */
  readonly precisions: readonly Precision[];
  /** Of the job's tile. */
  readonly nSubjects: number;
  readonly rows: number;
  readonly width: number;
}

export interface PrecisionReport {
  readonly isRight: boolean;
  /** Largest difference from exact sums, relative to the sum of |a b|. */
  readonly error: number;
  /** What it may be at most, where it is larger. */
  readonly mostError?: number;
  /** Tiles are padded to a multiple of it. */
  readonly columns: number;
  /** An element has the same bits wherever in a tile it lies. */
  readonly hasSameBits: boolean;
  /** Of single: as of TileShape. */
  readonly sumsSlices?: boolean;
  readonly gflops: number;
  /** Of the SIMD kernels. */
  readonly simdGflops: number;
}

export interface TrialReport {
  readonly name: string;
  readonly version: string;
  /** The processor that the library takes this one for; empty where it does not say. */
  readonly core: string;
  readonly precisions: Readonly<Partial<Record<Precision, PrecisionReport>>>;
}

export type TrialOutcome = { readonly report: TrialReport } | { readonly failure: string };
