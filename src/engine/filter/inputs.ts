// What a filter gets to begin with, and what its lanes are.
import type { KernelVariant } from "../../kernels/kernel-set.js";
import type { EnhanceJob, FilterOrder, SmoothJob } from "./job.js";
import type { FilterPlan } from "./plan.js";

export interface FilterInputs {
  readonly matrix: string;
  readonly nFixels: number;
  readonly nThreads: number;
  readonly kernels: KernelVariant;
  readonly plan: FilterPlan;
  readonly does: Smoothing | Enhancement;
  /** u8 [nFixels]; undefined: all. */
  readonly inside: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Smoothing extends Pick<SmoothJob, "kind" | "scale" | "decay" | "least"> {
  /** Fills f32 [nFixels][4]: x, y, z of each fixel's voxel in the scanner's space, mm, and 0. */
  readonly fillPlaces: (places: Float32Array) => void;
  /** u8 [nFixels]: 1 where a fixel without any weight keeps its value; the others are NaN then. */
  readonly keeps: Uint8Array;
}

export interface Enhancement extends Pick<EnhanceJob, "kind" | "extentPower" | "exponent" | "normalised"> {
  readonly dh: number;
  readonly heightPower: number;
}

/** Where values are put, and what they are when they are taken out. */
export interface Lanes {
  begin(count: number): void;
  set(lane: number, fixel: number, value: number): void;
  /** Of the group that was set. */
  order(): FilterOrder;
  get(lane: number, fixel: number): number;
  /** A value that is finite now was not. */
  wasMissing(lane: number, fixel: number): boolean;
}
