// Messages between the main thread and its workers: two discriminated unions, nothing else crosses.
import { BudgetError, DesignError, FixelstreamError, InputError, InternalError, UsageError } from "../../errors.js";
import type { Fallback } from "../../mapping/file-bytes.js";
import { asInputError } from "../../system-error.js";
import type { PhaseOrder, PhaseReport } from "../plan/job.js";

export type WorkerRequest<Setup, Order = PhaseOrder> =
  | { readonly type: "open"; readonly setup: Setup; readonly iWorker: number }
  | { readonly type: "phase"; readonly order: Order; readonly nPieces: number }
  /** Close what was opened, and end. */
  | { readonly type: "close" };

export type WorkerResponse<Report = PhaseReport> =
  | { readonly type: "ready" }
  | { readonly type: "done"; readonly report: Report }
  | { readonly type: "fallback"; readonly fallback: Fallback }
  | { readonly type: "failed"; readonly failure: Failure };

/** An error as it crosses: classes do not survive structured cloning. */
export interface Failure {
  readonly tag: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly path: string | undefined;
}

export function describeFailure(thrown: unknown): Failure {
  // the system's own errors lose what they are when they cross
  const error = asInputError(thrown);
  const tag = error instanceof FixelstreamError ? error._tag : "InternalError";
  const path = error instanceof InputError ? error.path : undefined;
  if (error instanceof Error) return { tag, message: error.message, stack: error.stack, path };
  return { tag, message: String(error), stack: undefined, path };
}

/** The error as the main thread throws it, its origin kept as the cause. */
export function rebuildFailure(failure: Failure): FixelstreamError {
  const cause = new Error(failure.message);
  if (failure.stack !== undefined) cause.stack = failure.stack;
  switch (failure.tag) {
    case "InputError":
      return new InputError(failure.message, failure.path === undefined ? { cause } : { path: failure.path, cause });
    case "UsageError":
      return new UsageError(failure.message, { cause });
    case "DesignError":
      return new DesignError([failure.message]);
    case "BudgetError":
      return new BudgetError(failure.message, { neededBytes: 0, givenBytes: 0 });
    default:
      return new InternalError(`A worker thread failed: ${failure.message}`, { cause });
  }
}
