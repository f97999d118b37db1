// Where values come from, and where they go: what a filter needs of files and of stores alike.
import type { ConnectedRows } from "../../connectivity/connected-rows.js";
import type { FilterSummary, FixelFilterOptions } from "./options.js";

/** Values of fixels firstFixel.. of `nRows` subjects from `firstRow` on, counted from the first that was asked for: [nRows][nFixels]. Valid until the next part. */
export interface ValuePart {
  readonly firstRow: number;
  readonly nRows: number;
  readonly firstFixel: number;
  readonly nFixels: number;
  readonly values: Float32Array | Float64Array;
}

export interface FilterSource {
  readonly nSubjects: number;
  readonly nFixels: number;
  /** Of the template. */
  readonly template: { readonly indexPath: string; readonly directionsPath: string };
  /** What is held while reading: bytes a fixel, and others. */
  readonly rowBytes: number;
  readonly otherBytes: number;
  /** Values of subjects first..first + count, in parts. Returns the CRC-32 of each subject's values as they came. Throws InputError, or the reason of the signal. */
  read(first: number, count: number, take: (part: ValuePart) => void): Promise<number[]>;
  close(): void;
}

/** A whole cohort in one file or store: it is filtered into a store. */
export interface CohortSource extends FilterSource {
  /** As typed. */
  readonly path: string;
  /** The file that holds the values. */
  readonly dataPath: string;
  readonly scalar: string;
  /** In row order. */
  readonly subjectNames: readonly string[];
  /** Throws InputError: another one lies there than was opened. */
  assertUnchanged(): void;
}

export interface FilterTarget {
  /** Bytes a fixel, and others, held while writing. */
  readonly rowBytes: number;
  readonly otherBytes: number;
  /** Runs of subjects that are to be filtered, none longer than a group: what an earlier run has finished is left out. */
  open(groupSize: number): Promise<readonly { readonly first: number; readonly count: number }[]>;
  /** In the order of the runs. `row` f32 [nFixels], free again when it resolves. `sourceCrc32`: of what it was made of. */
  write(subject: number, row: Float32Array, sourceCrc32: number): Promise<void>;
  /** Gives all of it its name. */
  publish(): Promise<void>;
  /** Takes away what was not published, or leaves it to be continued. Idempotent. */
  close(): Promise<void>;
}

/** What is known when a filter begins. */
export interface FilterWork {
  readonly options: FixelFilterOptions;
  readonly source: FilterSource;
  readonly target: FilterTarget;
  readonly rows: ConnectedRows;
  /** u8 [nFixels]; undefined: all. */
  readonly inside: Uint8Array | undefined;
}

/** What a filter tells of its work. */
export type FilterFigures = Pick<
  FilterSummary,
  "nFilledIn" | "nNotFinite" | "nResumed" | "clusters" | "groupSize" | "heldBytes"
>;
