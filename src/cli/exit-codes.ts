// 0 done · 1 could not · 2 used wrongly · 70 our bug · 129, 130, 143 stopped by a signal. Documented in README.md.
import { constants } from "node:os";
import { type FixelstreamError, Interrupted, isFixelstreamError } from "../errors.js";

const CODES: Readonly<Record<FixelstreamError["_tag"], number>> = {
  UsageError: 2,
  InputError: 1,
  DesignError: 1,
  BudgetError: 1,
  ShardMismatchError: 1,
  Interrupted: 130,
  InternalError: 70,
};

export function exitCodeOf(error: unknown): number {
  // As a shell counts them: 128 and the signal's number.
  if (error instanceof Interrupted) return 128 + constants.signals[error.signal];
  return isFixelstreamError(error) ? CODES[error._tag] : 70;
}
