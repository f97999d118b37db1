// What a kind of results offers to a run: one interface, whatever the files are.
import type { ImageHeader } from "../formats/image-header.js";
import type { EarlierResults } from "./result-folder.js";
import type { RunRecord } from "./run-record.js";
import type { ResultWriter } from "./write-results.js";

/** What results carry over from the input. */
export type CarriedHeader = Pick<ImageHeader, "transform" | "voxelSizes" | "entries">;

/** Opened before the run, when everything that can fail has been tried; then written, then published or discarded. */
export interface ResultFiles extends ResultWriter {
  /** As typed. */
  readonly directory: string;
  /** Results of an earlier run; only where they may be overwritten. */
  readonly earlier: EarlierResults;
  /** Of all files together, at most. */
  readonly bytes: number;
  /** Files that come with the results and what they were copied from. */
  readonly copied: Readonly<Record<string, { readonly path: string; readonly sha256: string }>>;
  /** Of the first subject, when the data have been opened; for kinds that have headers. */
  describeInput(header: CarriedHeader): void;
  /** Moves everything in place; `record` is made of the names of all files written. */
  publish(record: (files: readonly string[]) => RunRecord, signal?: AbortSignal): Promise<void>;
  /** Removes what was not published, and directories made for it. Idempotent. */
  discard(): void;
}
