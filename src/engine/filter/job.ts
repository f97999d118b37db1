// What every thread of a filter must know: plain data, posted once. Offsets are bytes in the shared linear memory.
import type { KernelVariant } from "../../kernels/kernel-set.js";
import type { FilterPlan } from "./plan.js";

interface JobOfAny {
  /** Matrix directory, as typed. */
  readonly matrix: string;
  readonly nFixels: number;
  readonly kernels: KernelVariant;
  readonly plan: FilterPlan;
}

export interface SmoothJob extends JobOfAny {
  readonly kind: "smooth";
  /** float32: of the connectivity, 1 / (s sqrt(2 pi)). */
  readonly scale: number;
  /** float32: of the squared distance, -1 / (2 s^2). */
  readonly decay: number;
  /** float32: lower weights do not count. */
  readonly least: number;
}

/** Connectivity-based fixel enhancement (mathematics M11). */
export interface EnhanceJob extends JobOfAny {
  readonly kind: "cfe";
  readonly extentPower: number;
  /** Of the connectivity. */
  readonly exponent: number;
  /** False: extents are not divided by the sum of the weights. */
  readonly normalised: boolean;
}

export interface FilterSetup {
  readonly job: SmoothJob | EnhanceJob;
  readonly memory: WebAssembly.Memory;
  /** Compiled once, in the main thread; undefined with the reference kernels. */
  readonly module: WebAssembly.Module | undefined;
}

/** One group of subjects over all pieces of fixels. */
export interface FilterOrder {
  readonly phase: "filter";
  /** Heights of the group, and one (cfe). */
  readonly nBins: number;
}

/** Counted over one phase by one thread. */
export interface FilterReport {
  nConnections: number;
  /** Connections whose weights count. */
  nWeights: number;
}
