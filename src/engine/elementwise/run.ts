// A model of all elements, group by group: threads fit what they claim, and whoever asked takes the results of a group before the next begins.
import type { Fallback } from "../../mapping/file-bytes.js";
import { CONTROL } from "../plan/job.js";
import { openPool } from "../threads/pool.js";
import type { ElementwiseOrder, ElementwiseReport, ElementwiseSetup } from "./job.js";
import { type ElementwisePlan, rangeOfPiece } from "./plan.js";
import { createElementwiseRunner } from "./runner.js";

export interface ElementwiseInputs extends Pick<ElementwiseSetup, "model" | "sources" | "chosen"> {
  readonly nStatistics: number;
  readonly plan: ElementwisePlan;
  readonly nThreads: number;
  readonly signal?: AbortSignal | undefined;
}

export interface GroupPlace {
  readonly group: number;
  /** Among the chosen elements. */
  readonly first: number;
  readonly count: number;
}

export interface ElementwiseEvents {
  /** True: an earlier run has its results. */
  isDone(place: GroupPlace): boolean;
  /** `results`: f64 [statistics][count], for the time of the call. */
  onGroup(place: GroupPlace, results: Float64Array, report: ElementwiseReport): void;
  onProgress(share: number): void;
  onFallback(fallback: Fallback): void;
}

/** Throws InputError where a thread cannot read what it must, or the reason of the signal. */
export async function runElementwise(inputs: ElementwiseInputs, events: ElementwiseEvents): Promise<void> {
  const { plan, sources, chosen, nStatistics, model, nThreads, signal } = inputs;
  const { pieceElements, nPieces, groupPieces } = plan;
  const { nElements } = sources[0]!;
  const control = new SharedArrayBuffer(4 * CONTROL.words);
  const results = new SharedArrayBuffer(8 * nStatistics * groupPieces * pieceElements);
  const setup: ElementwiseSetup = { control, results, model, sources, chosen, pieceElements };
  const pool = await openPool<ElementwiseSetup, ElementwiseOrder, ElementwiseReport>(
    {
      control: new Int32Array(control),
      setup,
      createRunner: () => createElementwiseRunner(setup, events.onFallback),
      onFallback: events.onFallback,
      entry: workerUrl(),
      signal,
    },
    nThreads,
  );
  try {
    for (let firstPiece = 0; firstPiece < nPieces; firstPiece += groupPieces) {
      const end = Math.min(firstPiece + groupPieces, nPieces);
      const firstChosen = rangeOfPiece(firstPiece, pieceElements, nElements, chosen).firstChosen;
      const last = rangeOfPiece(end - 1, pieceElements, nElements, chosen);
      const nChosen = last.firstChosen + last.nChosen - firstChosen;
      const place: GroupPlace = { group: firstPiece / groupPieces, first: firstChosen, count: nChosen };
      if (nChosen > 0 && !events.isDone(place)) {
        const order: ElementwiseOrder = { phase: "elementwise", firstPiece, firstChosen, nChosen };
        const reports = await pool.run(order, end - firstPiece, (n) => events.onProgress((firstPiece + n) / nPieces));
        const sum = reports.reduce((all, one) => ({
          nFitted: all.nFitted + one.nFitted,
          nTooFew: all.nTooFew + one.nTooFew,
          nUnusable: all.nUnusable + one.nUnusable,
          nPerfect: all.nPerfect + one.nPerfect,
          bytesRead: all.bytesRead + one.bytesRead,
          firstReason: all.firstReason ?? one.firstReason,
        }));
        events.onGroup(place, new Float64Array(results, 0, nStatistics * nChosen), sum);
      }
      events.onProgress(end / nPieces);
    }
  } finally {
    await pool.close();
  }
}

/** Built: beside this file; run from source (tests; `npm run build` first): in dist/. */
function workerUrl(): URL {
  const here = import.meta.url;
  return here.endsWith(".ts")
    ? new URL("../../../dist/src/engine/elementwise/worker.js", here)
    : new URL("./worker.js", here);
}
