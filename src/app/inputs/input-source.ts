// What an analysis knows of its data before and after they are opened, whatever kind of source they come from.
import type { ImageHeader } from "../../formats/image-header.js";
import { readSubjectList } from "../../formats/text/subject-list.js";
import type { IoPolicy } from "../../mapping/file-bytes.js";
import type { ColumnSourceSpec, ElementType } from "../../store/column-source.js";
import type { Store } from "../../store/open-store.js";
import { firstDifference, keysInCommon } from "../../subject-names.js";
import type { Warning } from "../../warnings.js";

export interface InputOptions {
  /** As typed. */
  readonly input: string;
  /** Undefined: the kind's own, or the only one of a store. */
  readonly scalar: string | undefined;
  readonly cache: string;
  readonly memoryBytes: number;
  /** Of the analysis; 0: what is converted is converted by the main thread alone. */
  readonly nThreads?: number | undefined;
  readonly io: IoPolicy;
  /** False: checksums are not compared. Default: true. */
  readonly verify?: boolean | undefined;
  /** Contents of all files are compared with what was converted. */
  readonly verifyInputs?: boolean | undefined;
  readonly command: string;
  /** Ends the reading of an .h5 with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** `input`: fixel directory, store or ModelArray file (.h5). */
export interface FixelInputOptions extends InputOptions {
  /** Subject list, or "-" with a store: all rows in store order. */
  readonly subjects: string;
  /** Names in a list of subjects, where somebody wants to see what is read. Throws InputError. */
  readonly readList?: ((path: string) => Promise<string[]>) | undefined;
  /** Fixel directory for the results of an .h5 that has no /fixels and /voxels. */
  readonly template?: string | undefined;
}

/** Names of a list of subjects. Throws as readSubjectList. */
export function readList({ readList, memoryBytes, signal }: FixelInputOptions, path: string): Promise<string[]> {
  return readList === undefined ? readSubjectList(path, { memoryBytes, signal }) : readList(path);
}

export interface OpenEvents {
  /** Share 0..1 of a conversion. */
  readonly onProgress?: ((share: number) => void) | undefined;
  /** Another process converts the same, and is waited for; or what is in the cache cannot be marked as used, or is another user's. */
  readonly onWarning?: ((warning: Warning) => void) | undefined;
  /** Stops a conversion between two files, by throwing its reason; the same command continues it. */
  readonly signal?: AbortSignal | undefined;
}

export interface FixelInput {
  readonly nFixels: number;
  /** Subject names in row order. */
  readonly subjects: readonly string[];
  /** The scalar's name; undefined for a fixel directory, which has none. */
  readonly scalar: string | undefined;
  /** How subjects were found where that is not the plain case: sentences. */
  readonly notes?: readonly string[];
  /** The folder that had all files of the subject list; undefined for a store. */
  readonly searchedIn: string | undefined;
  readonly template: { readonly indexPath: string; readonly directionsPath: string };
  /** The data as far as they are known without converting: elements are float32 until a value turns up that needs more. */
  readonly expected: ColumnSourceSpec;
  /** Bytes that `open` will write to the cache. */
  readonly bytesToWrite: number;
  /** Of what was found out when it was resolved. */
  readonly warnings?: readonly Warning[];
  /** Looks at the headers that `open` would read; it does so itself. Throws InputError with all problems. */
  checkSources(signal?: AbortSignal): Promise<void>;
  /** The type that the values may need, at most, as far as headers tell; after checkSources. */
  widestType(): ElementType;
  /** Opens (and converts, where needed) the data. */
  open(events?: OpenEvents): Promise<OpenedInput>;
  /** The data are no longer needed: what is in the cache may be cleared away. Idempotent. */
  close(): void;
}

export interface OpenedInput {
  readonly spec: ColumnSourceSpec;
  /** u32 [nFixels] over all rows of the store; undefined: every value is finite. */
  readonly missing: Uint32Array | undefined;
  readonly storePath: string;
  /** Found in the cache, or named by the user. */
  readonly reused: boolean;
  /** Name and CRC-32 of each row's source. */
  readonly sources: readonly { readonly name: string; readonly crc32: number }[];
  /** Keys and geometry that results carry over. */
  readonly header: Pick<ImageHeader, "transform" | "voxelSizes" | "entries">;
}

/** That a list of element-wise values names the same subjects as the data, and in another order. `names`, `subjects`: in row order. */
export function orderWarnings(
  list: string,
  names: readonly string[] | undefined,
  subjects: readonly string[] | undefined,
): Warning[] {
  if (names === undefined || subjects === undefined) return [];
  const keys = keysInCommon([subjects, names].map((listed) => ({ scalar: "", names: listed })));
  const row = keys === undefined ? -1 : firstDifference(keys[0]!, keys[1]!);
  if (row < 0) return [];
  const message = `${list} seems to name the subjects in another order than the data: ${names[row]} in row ${row + 1}, where ${subjects[row]} is. Rows are used as they stand: sort the list if they are not meant so.`;
  return [{ tag: "column-order", message }];
}

/** What a store was written without. */
export function uncheckedWarnings({ path, isSigned, manifest }: Store): Warning[] {
  if (isSigned) return [];
  const message = `${path}/store.json has no checksum: it was written by ${manifest.creator}. Names and numbers in it cannot be compared; its values and its template are. Convert the cohort again to have one.`;
  return [{ tag: "unchecked", message }];
}
