// What every thread must know that fits a model to one element after another: plain data, posted once.
import type { ElementModelSpec } from "../../stats/elementwise/model-spec.js";
import type { ColumnSourceSpec } from "../../store/column-source.js";

export interface ElementwiseSetup {
  /** Words of plan/job.ts: CONTROL. */
  readonly control: SharedArrayBuffer;
  /** f64 [statistics][elements of the group], row after row. */
  readonly results: SharedArrayBuffer;
  readonly model: ElementModelSpec;
  /** Of each scalar of the model, subject by subject in the same order. */
  readonly sources: readonly ColumnSourceSpec[];
  /** Elements that are fitted, ascending; undefined: all. */
  readonly chosen: Uint32Array | undefined;
  readonly pieceElements: number;
}

/** Some pieces, whose results are taken out together. */
export interface ElementwiseOrder {
  readonly phase: "elementwise";
  readonly firstPiece: number;
  /** Where the group's first element is among the chosen, and how many it has. */
  readonly firstChosen: number;
  readonly nChosen: number;
}

/** Counted over one group by one thread. */
export interface ElementwiseReport {
  nFitted: number;
  nTooFew: number;
  nUnusable: number;
  nPerfect: number;
  bytesRead: number;
  /** Why the first unusable element was so. */
  firstReason: string | undefined;
}
