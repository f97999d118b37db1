// What fixelfilter takes: plain options.
import type { KernelChoice } from "../../kernels/choose-kernels.js";
import type { Warning } from "../../warnings.js";

export type FilterName = "smooth" | "connect" | "cfe";

/** MRtrix3's versions differ where a fixel has nothing to be computed from (docs/from-mrtrix3.md). */
export type PeerVersion = "3.0" | "dev";

export const FILTER_DEFAULTS = {
  fwhm: 10,
  minweight: 0.01,
  thresholdValue: 0.5,
  thresholdConnectivity: 0.1,
  cfeDh: 0.1,
  cfeE: 2,
  cfeH: 3,
  cfeC: 0.5,
  cfeLegacy: false,
} as const;

export interface FixelFilterOptions {
  /** A fixel data file, a fixel directory, a store, or a ModelArray file (.h5). */
  readonly input: string;
  readonly filter: FilterName;
  /** Of the same kind; of an .h5 a store. */
  readonly output: string;
  /** Directory made by fixelconnectivity. */
  readonly matrix: string;
  /** Full width at half maximum, mm. */
  readonly fwhm: number;
  readonly minweight: number;
  readonly mask: string | undefined;
  readonly thresholdValue: number;
  readonly thresholdConnectivity: number;
  readonly cfeDh: number;
  readonly cfeE: number;
  readonly cfeH: number;
  readonly cfeC: number;
  readonly cfeLegacy: boolean;
  readonly like: PeerVersion;
  /** Of a store or an .h5. Default: FD, or the only one. */
  readonly scalar: string | undefined;
  /** Fixel directory that an .h5 was made with; undefined: its own tables say where its fixels are. */
  readonly template: string | undefined;
  readonly memoryBytes: number;
  /** 0: the main thread works alone. */
  readonly nThreads: number;
  readonly kernels: Exclude<KernelChoice, "native">;
  readonly force: boolean;
  /** As typed. */
  readonly command: string;
  /** `share` 0..1 of the phase. */
  readonly onProgress?: ((phase: string, share: number) => void) | undefined;
  readonly onWarning?: ((warning: Warning) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FilterSummary {
  /** As typed. */
  readonly output: string;
  readonly filter: FilterName;
  readonly isStore: boolean;
  /** Subjects of a store, data files else. */
  readonly nFiltered: number;
  readonly nFixels: number;
  /** Of the matrix. */
  readonly nConnections: number;
  /** Fixels without any connection. */
  readonly nUnconnected: number;
  /** Of the subjects: finished by an earlier run. */
  readonly nResumed: number;
  /** Fixels outside the mask. */
  readonly nOutside: number;
  /** Values that were not finite and are. */
  readonly nFilledIn: number;
  /** Values that are not finite in the output. */
  readonly nNotFinite: number;
  /** Clusters of each image, the largest first (connect). */
  readonly clusters: readonly (readonly number[])[];
  /** Subjects held together. */
  readonly groupSize: number;
  /** Planned, beside the program itself. */
  readonly heldBytes: number;
  /** Files of the directory that were not filtered, a phrase each. */
  readonly left: readonly string[];
}
