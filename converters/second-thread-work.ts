// What the second thread of a conversion is told, and answers: it reads raw files into a group that the main thread fills too, each taking the next subject that
// nobody has taken, and writes the group before it meanwhile.
//
//   main thread      | read 0      | read 1      | read 2      |
//   second thread                  | write 0 read 1 | write 1 read 2 | write 2
import type { BlockSumsState } from "../src/store/block-sums.js";
import type { BlockedShape } from "../src/store/element-type.js";
import type { RawFile } from "./raw-row.js";
import type { OpenFile, StripMemory, StripPlan } from "./strips.js";

export interface SecondSetup {
  readonly shape: BlockedShape;
  /** Of the groups and of a row, in bytes from its start. */
  readonly buffer: SharedArrayBuffer;
  readonly groups: readonly { readonly byteOffset: number; readonly byteLength: number }[];
  readonly row: { readonly byteOffset: number; readonly byteLength: number };
  readonly control: SharedArrayBuffer;
  /** By subject; those that are not raw are the main thread's. */
  readonly files: readonly (RawFile | undefined)[];
}

export interface Group {
  /** Which of the buffers. */
  readonly iBuffer: number;
  readonly firstSubject: number;
  readonly count: number;
}

/** To be worked at together with the main thread. */
export interface StripRequest {
  readonly plan: StripPlan;
  readonly files: readonly OpenFile[];
  /** Of the data file. */
  readonly fd: number;
  /** Where StripSums lies. */
  readonly sums: SharedArrayBuffer;
  /** Of this thread. */
  readonly memory: StripMemory;
}

export type SecondRequest =
  /** Into the file open as `fd`. */
  | (Group & { readonly type: "write"; readonly fd: number })
  /** `subjects`: those that are raw. */
  | (Group & { readonly type: "read"; readonly subjects: readonly number[] })
  | (StripRequest & { readonly type: "strips" })
  | { readonly type: "sums" };

/** `ready`: once. Then one to every request, in their order. */
export type SecondAnswer =
  | { readonly type: "ready" }
  /** A group, or the strips that it took. */
  | { readonly type: "written" }
  | { readonly type: "read"; readonly found: readonly FoundRow[] }
  | { readonly type: "sums"; readonly state: BlockSumsState }
  | { readonly type: "failed"; readonly failure: Failure };

/** An error as it crosses from thread to thread: what the system's have beside their message would be left behind. */
export interface Failure {
  /** Undefined: of the writing. */
  readonly subject: number | undefined;
  readonly message: string;
  readonly code: string | undefined;
  readonly syscall: string | undefined;
  readonly stack: string | undefined;
}

/** A row that was read and placed. */
export interface FoundRow {
  readonly subject: number;
  /** Of the file as it lies on disk. */
  readonly sourceCrc32: number;
  readonly valuesCrc32: number;
}
