// What a connectivity matrix is made of and how.
import type { Warning } from "../../warnings.js";

/** `exponent`: of the prepared matrix, that of analyses (-cfe_c). */
export const CONNECTIVITY_DEFAULTS = { angle: 45, threshold: 0.01, exponent: 0.5 } as const;

export interface MakeConnectivityOptions {
  readonly fixelDirectory: string;
  readonly tracks: string;
  /** The matrix directory. */
  readonly output: string;
  /** Degrees, 0 to 90. Default 45. */
  readonly angle?: number | undefined;
  /** 0 to 1. Default 0.01. */
  readonly threshold?: number | undefined;
  readonly mask?: string | undefined;
  /** Text, one weight a streamline. */
  readonly weights?: string | undefined;
  /** Fixel data files to make: connections of each fixel, and the sum of their values. */
  readonly count?: string | undefined;
  readonly extent?: string | undefined;
  /** The cache to which the prepared matrix is added; undefined: it is not prepared. */
  readonly prepareIn?: string | undefined;
  readonly memoryBytes: number;
  /** 0: the main thread alone. */
  readonly nThreads: number;
  readonly force: boolean;
  /** As typed, for the headers. */
  readonly command: string;
  readonly onProgress?: ((phase: "map" | "count", share: number) => void) | undefined;
  readonly onWarning?: ((warning: Warning) => void) | undefined;
  /** What is planned, a sentence each. */
  readonly onInfo?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}
