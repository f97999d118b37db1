// What an analysis knows of its data before and after they are opened, whatever the elements are and whatever kind of source they come from.
import type { CarriedHeader } from "../../results/result-files.js";
import type { ColumnSourceSpec, ElementType } from "../../store/column-source.js";
import type { Warning } from "../../warnings.js";
import type { OpenEvents } from "../inputs/input-source.js";

export interface SourceChecksum {
  readonly name: string;
  readonly crc32: number;
}

export interface OpenedData {
  readonly spec: ColumnSourceSpec;
  /** u32 [elements of the source] over all of its subjects: how many have no finite value; undefined: every value is finite. */
  readonly missing: Uint32Array | undefined;
  readonly storePath: string;
  /** Found in the cache, or named by the user. */
  readonly reused: boolean;
  /** Of each row. */
  readonly sources: readonly SourceChecksum[];
  /** Keys and geometry that results carry over. */
  readonly header?: CarriedHeader;
}

export interface DataInput {
  readonly nSubjects: number;
  /** Of the source, inside a mask or not. */
  readonly nElements: number;
  /** Names in row order; undefined where the input has values without names. */
  readonly subjects: readonly string[] | undefined;
  /** The scalar, where the input has a name for it. */
  readonly scalar: string | undefined;
  /** How the input was read where that is not the plain case: sentences. */
  readonly notes?: readonly string[];
  /** What says which subjects there are, for messages about their number. */
  readonly subjectsFrom: string;
  /** The folder that had all files of a list of subjects; undefined where there is none. */
  readonly searchedIn: string | undefined;
  /** The data as far as they are known without converting: float32 until a value turns up that needs more. */
  readonly expected: ColumnSourceSpec;
  /** Bytes that `open` will write to the cache. */
  readonly bytesToWrite: number;
  /** Of what was found out when it was resolved. */
  readonly warnings?: readonly Warning[];
  /** Looks at what `open` would read; it does so itself. Throws InputError with all problems. */
  checkSources(signal?: AbortSignal): Promise<void>;
  /** The type that the values may need, at most, as far as headers tell; after checkSources. */
  widestType(): ElementType;
  /** Opens (and converts, where needed) the data. */
  open(events?: OpenEvents): Promise<OpenedData>;
  /** The data are no longer needed: what is in the cache may be cleared away. Idempotent. */
  close(): void;
}

/** An element-wise regressor. */
export interface ColumnInput {
  readonly expected: ColumnSourceSpec;
  readonly bytesToWrite: number;
  readonly warnings?: readonly Warning[];
  checkSources(signal?: AbortSignal): Promise<void>;
  widestType(): ElementType;
  open(events?: OpenEvents): Promise<OpenedColumn>;
  close(): void;
}

export interface OpenedColumn {
  readonly spec: ColumnSourceSpec;
  readonly sources: readonly SourceChecksum[];
}
