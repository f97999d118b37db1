// 0 done · 1 could not · 2 used wrongly · 70 our bug. Documented in README.md.
import { isFixelstreamError } from "../errors.js";

export function exitCodeOf(error: unknown): number {
  if (!isFixelstreamError(error)) return 70;
  if (error._tag === "UsageError") return 2;
  return error._tag === "InternalError" ? 70 : 1;
}
