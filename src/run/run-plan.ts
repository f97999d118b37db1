// What decides the numbers of a run, as plain JSON, and a hash of it. States of shuffles may be put together, continued and read back when they bear
// the same hash, on whatever machine and in whatever pieces they were computed.
//   in   the data, the design, what is tested, the model, the shuffles, the enhancement, the precision and the kernels
//   out  threads, memory, the way of reading, paths and names, the range of shuffles, and -strong, which decides what is made of the maxima only
import { createHash } from "node:crypto";

/** Raised when a field changes its meaning, and when a release computes other numbers from the same plan. */
export const RUN_PLAN_VERSION = 1;

/** What the numbers of a run come from: CRC-32 of each subject's source, in the order of the design's rows. */
export interface SourcesIdentity {
  readonly count: number;
  /** SHA-256 of the CRCs as uint32 little-endian. */
  readonly sha256: string;
}

export interface MatrixIdentity {
  readonly nRows: number;
  readonly nColumns: number;
  /** SHA-256 of the values as float64 little-endian, row-major: the text they were written as does not matter. */
  readonly sha256: string;
}

export interface ShufflesIdentity {
  readonly count: number;
  readonly errors: "ee" | "ise" | "both";
  /** Every distinct shuffle once. */
  readonly exhaustive: boolean;
  /** Null where nothing is drawn. */
  readonly seed: number | null;
  /** Of the block of each subject, from 0, as int32 little-endian; of a tree as serialiseTree (stats/shuffle/block-tree.ts) writes it. */
  readonly blocks: { readonly kind: "within" | "whole" | "tree"; readonly sha256: string } | null;
  /** Of a list of permutations given: indices from 0 as int32 little-endian, [subject][shuffle]. Null: drawn or enumerated. */
  readonly permutations: string | null;
}

/** Which voxels are neighbours. */
export interface GridIdentity {
  /** SHA-256 of the places of the elements in their grid. */
  readonly places: string;
  readonly dimensions: readonly number[];
  /** How many neighbours a voxel has. */
  readonly connectivity: 6 | 26;
}

export type EnhancementIdentity =
  | { readonly kind: "none" }
  | {
      readonly kind: "tfce";
      readonly dh: number;
      readonly extentPower: number;
      readonly heightPower: number;
      readonly graph: GridIdentity;
    }
  | {
      /** Every height: no dh. */
      readonly kind: "tfce-exact";
      readonly extentPower: number;
      readonly heightPower: number;
      readonly graph: GridIdentity;
    }
  | {
      readonly kind: "cluster";
      readonly threshold: number;
      readonly graph: GridIdentity;
    }
  | {
      readonly kind: "tfnbs";
      readonly dh: number;
      readonly extentPower: number;
      readonly heightPower: number;
      readonly nNodes: number;
    }
  | {
      readonly kind: "tfnbs-exact";
      readonly extentPower: number;
      readonly heightPower: number;
      readonly nNodes: number;
    }
  | { readonly kind: "nbs"; readonly threshold: number; readonly nNodes: number }
  | {
      readonly kind: "cfe";
      readonly dh: number;
      readonly extentPower: number;
      readonly heightPower: number;
      readonly exponent: number;
      readonly legacy: boolean;
      /** CRC-32 of the numbers in the three files of the matrix (src/connectivity/FORMAT.md). */
      readonly connectivity: { readonly index: number; readonly fixels: number; readonly values: number };
    };

export interface RunPlanParts {
  /** What an element is. */
  readonly kind: "fixel" | "voxel" | "edge" | "vector";
  readonly nSubjects: number;
  /** Analysed: inside the mask. */
  readonly nElements: number;
  readonly data: SourcesIdentity;
  /** SHA-256 of the columns analysed as uint32 little-endian; null: all. */
  readonly elements: string | null;
  /** SHA-256 of one byte an element, 1 where it may be a maximum; null: all may. */
  readonly eligible: string | null;
  readonly design: MatrixIdentity;
  /** Element-wise columns, after those of the design. */
  readonly columns: readonly SourcesIdentity[];
  readonly hypotheses: readonly { readonly kind: "t" | "F"; readonly contrast: MatrixIdentity }[];
  /** SHA-256 of the group of each subject, from 0, as int32 little-endian; null: one variance for all. */
  readonly varianceGroups: string | null;
  /** Whether each element has a design of its own: observations are missing, or it brings columns. */
  readonly variable: boolean;
  readonly shuffles: ShufflesIdentity;
  readonly enhancement: EnhancementIdentity;
  /** What enhanced statistics are divided by. Absent: they are not. */
  readonly nonStationarity?: { readonly skew: number; readonly shuffles: ShufflesIdentity };
  /** Shuffles from the first that count for uncorrected p. Absent: all. */
  readonly uncorrectedShuffles?: number;
  /** Exceedances after which the shuffles of an element stop counting. Absent: all count. */
  readonly negativeBinomial?: number;
  /** Of the null's products; double where the model leaves no choice. */
  readonly precision: "double" | "single";
  readonly kernels: "simd" | "reference" | "native";
  /** Of "native" kernels: whose sums the products are. Absent otherwise. */
  readonly product?: ProductIdentity | undefined;
}

export interface ProductIdentity {
  readonly library: string;
  readonly version: string;
  /** The processor that the library takes this one for. */
  readonly core: string;
}

export interface RunPlan extends RunPlanParts {
  readonly format: "fixelstream-plan";
  readonly formatVersion: typeof RUN_PLAN_VERSION;
  /** SHA-256 of everything else in the plan, as JSON with keys in order of their names. */
  readonly hash: string;
}

/** Adds the hash. */
export function createRunPlan(parts: RunPlanParts): RunPlan {
  const plan = { format: "fixelstream-plan", formatVersion: RUN_PLAN_VERSION, ...parts } as const;
  return {
    ...plan,
    hash: createHash("sha256")
      .update(JSON.stringify(inOrder(plan)))
      .digest("hex"),
  };
}

/** Values of any typed array, or bytes. */
export function sha256OfNumbers(values: NodeJS.TypedArray): string {
  return createHash("sha256").update(values).digest("hex");
}

export function identifySources(crc32: readonly number[]): SourcesIdentity {
  return { count: crc32.length, sha256: sha256OfNumbers(Uint32Array.from(crc32)) };
}

export function identifyMatrix(matrix: {
  readonly nRows: number;
  readonly nColumns: number;
  readonly values: Float64Array;
}): MatrixIdentity {
  const { nRows, nColumns, values } = matrix;
  // + 0: a negative zero is no other number
  return { nRows, nColumns, sha256: sha256OfNumbers(values.map((value) => value + 0)) };
}

/** Keys sorted at every depth, so that the order in which a plan was put together does not matter. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, inOrder(inner)]));
}
