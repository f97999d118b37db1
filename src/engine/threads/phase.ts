// One phase in one thread: claim a piece, do it step by step, until none is left or the run is stopped.
import { CONTROL } from "../plan/job.js";
import type { Runner, Steps } from "../seams.js";

export const isStopped = (control: Int32Array): boolean => Atomics.load(control, CONTROL.stop) !== 0;

/** All of a phase's work in this thread as steps; stops at the next one when the run is stopped. */
export function* phaseSteps<Order, Report>(
  runner: Runner<Order, Report>,
  control: Int32Array,
  order: Order,
  nPieces: number,
): Steps {
  runner.begin(order);
  while (!isStopped(control)) {
    const piece = Atomics.add(control, CONTROL.nextClaim, 1);
    if (piece >= nPieces) return;
    for (const _ of runner.run(order, piece)) {
      if (isStopped(control)) return;
      yield;
    }
    // a small piece has no step to stop at
    yield;
  }
}

export function runPhase<Order, Report>(
  runner: Runner<Order, Report>,
  control: Int32Array,
  order: Order,
  nPieces: number,
): Report {
  for (const _ of phaseSteps(runner, control, order, nPieces)) {
    // the next step
  }
  return { ...runner.report };
}
