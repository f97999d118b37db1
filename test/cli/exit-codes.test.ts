// The README's table of exit codes, for every kind of error.
import { expect, it } from "vitest";
import { exitCodeOf } from "../../src/cli/exit-codes.js";
import { BudgetError, DesignError, InputError, InternalError, Interrupted, UsageError } from "../../src/errors.js";

it.each([
  [new InputError("x"), 1],
  [new DesignError(["x"]), 1],
  [new BudgetError("x", { neededBytes: 2, givenBytes: 1 }), 1],
  [new UsageError("x"), 2],
  [new InternalError("x"), 70],
  [new TypeError("x is not a function"), 70],
  ["thrown by mistake", 70],
  [new Interrupted("SIGHUP"), 129],
  [new Interrupted("SIGINT"), 130],
  [new Interrupted("SIGTERM"), 143],
] as const)("%s: %i", (error, code) => expect(exitCodeOf(error)).toBe(code));
