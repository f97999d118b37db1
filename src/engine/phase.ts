// One phase in one thread: claim a piece, do it, until none is left or the run is stopped.
import { CONTROL, type PhaseOrder, type PhaseReport } from "./job.js";
import type { Runner } from "./runner.js";
import { emptyReport } from "./runner-context.js";

/** The next unclaimed piece, or -1. */
export function claimPiece(control: Int32Array, nPieces: number): number {
  if (Atomics.load(control, CONTROL.stop) !== 0) return -1;
  const piece = Atomics.add(control, CONTROL.nextClaim, 1);
  return piece < nPieces ? piece : -1;
}

export function runPiece(runner: Runner, order: PhaseOrder, piece: number): void {
  runner.run(order, piece);
}

export function beginPhase(runner: Runner, order: PhaseOrder): void {
  Object.assign(runner.report, emptyReport());
  runner.begin(order);
}

export function reportOf(runner: Runner, busyMs: number): PhaseReport {
  return {
    ...runner.report,
    busyMs,
  };
}

export function runPhase(runner: Runner, control: Int32Array, order: PhaseOrder, nPieces: number): PhaseReport {
  const start = performance.now();
  beginPhase(runner, order);
  for (let piece = claimPiece(control, nPieces); piece >= 0; piece = claimPiece(control, nPieces)) {
    runPiece(runner, order, piece);
  }
  return reportOf(runner, performance.now() - start);
}
