// What is asked of a model of all elements, and what is told of it.
import type { ElementModelSpec } from "../../stats/elementwise/model-spec.js";
import type { Correction } from "../../stats/linear/adjust-p-values.js";
import type { Warning } from "../../warnings.js";

export interface ModelOptions extends Pick<ElementModelSpec, "kind" | "formula" | "coding" | "changedRsq"> {
  /** Store, ModelArray file (.h5), fixel directory, or a matrix of vectors. */
  readonly input: string;
  /** Table of the subjects. */
  readonly cohort: string;
  /** ModelArray file (.h5), table (.csv), or a directory. */
  readonly output: string;
  /** The response; undefined: the name on the left of the formula. */
  readonly scalar: string | undefined;
  readonly analysis: string;
  /** All statistics. */
  readonly full: boolean;
  readonly termStatistics: readonly string[] | undefined;
  readonly smoothStatistics: readonly string[] | undefined;
  readonly modelStatistics: readonly string[] | undefined;
  readonly corrections: readonly Correction[];
  /** An element is fitted with more subjects than that, and than that share of them. */
  readonly minSubjects: { readonly abs: number; readonly rel: number };
  /** List of element_id; undefined: all. */
  readonly elements: string | undefined;
  /** Column of the table, or an expression of its columns. */
  readonly weights: string | undefined;
  /** Expression of columns: rows where it is TRUE. */
  readonly subset: string | undefined;
  /** Columns whose levels are ordered: `NAME`, or `NAME=low,..,high`. */
  readonly ordered: readonly string[];
  readonly subjectColumn: string | undefined;
  /** Undefined: REML where a smooth is penalised, else GCV.Cp. */
  readonly method: ElementModelSpec["method"] | undefined;
  readonly template: string | undefined;
  readonly cache: string | undefined;
  readonly memoryBytes: number;
  readonly nThreads: number;
  /** Somebody asked for so many: else there may be fewer, where there is little to do. */
  readonly areThreadsAsked?: boolean;
  readonly io: "auto" | "mmap" | "read";
  readonly verify: boolean | undefined;
  readonly force: boolean;
  readonly command: string;
  readonly signal?: AbortSignal | undefined;
  readonly onWarning?: ((warning: Warning) => void) | undefined;
  readonly onProgress?: ((phase: string, share: number) => void) | undefined;
}

export interface ModelSummary {
  readonly output: string;
  readonly analysis: string;
  readonly formula: string;
  readonly nSubjects: number;
  /** Asked for. */
  readonly nElements: number;
  readonly nFitted: number;
  /** With too few subjects. */
  readonly nTooFew: number;
  /** Whose subjects make no such model. */
  readonly nUnusable: number;
  /** Fitted up to rounding. */
  readonly nPerfect: number;
  /** Elements whose numbers are an earlier run's. */
  readonly nResumed: number;
  readonly heldBytes: number;
  readonly statistics: readonly string[];
  readonly method: ElementModelSpec["method"] | undefined;
  /** Of the fitting alone. */
  readonly elapsedMs: number;
  readonly bytesRead: number;
}
