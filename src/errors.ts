// Every error a user can meet. A message is one or more sentences on the pattern
//   what could not be done: expected ..., got ... (where). What to do.
// The tag decides the exit code (src/cli/exit-codes.ts); fields carry what a program may want to read.

export type ErrorTag =
  | "UsageError"
  | "InputError"
  | "DesignError"
  | "BudgetError"
  | "ShardMismatchError"
  | "Interrupted"
  | "InternalError";

export abstract class FixelstreamError extends Error {
  abstract readonly _tag: ErrorTag;
}

/** Options contradict each other, are unknown, or one is missing. `problems` lists all that were found, one sentence each. */
export class UsageError extends FixelstreamError {
  readonly _tag = "UsageError";
  readonly problems: readonly string[];
  constructor(problem: string | readonly string[], options?: ErrorOptions) {
    const problems = typeof problem === "string" ? [problem] : problem;
    super(problems.join("\n"), options);
    this.problems = problems;
  }
}

/** A file is not what it must be, or cannot be read or written. `path` is as the user typed it. */
export class InputError extends FixelstreamError {
  readonly _tag = "InputError";
  readonly path: string | undefined;
  constructor(message: string, fields: { path?: string; cause?: unknown } = {}) {
    super(message, { cause: fields.cause });
    this.path = fields.path;
  }
}

/** Design, contrasts, shuffles or groups cannot work together. `problems` lists all that were found, one sentence each. */
export class DesignError extends FixelstreamError {
  readonly _tag = "DesignError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** Parts of a run do not make a whole one. `problems`: one sentence a file, with the command that makes it. */
export class ShardMismatchError extends FixelstreamError {
  readonly _tag = "ShardMismatchError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** The work does not fit the memory given. Bytes. */
export class BudgetError extends FixelstreamError {
  readonly _tag = "BudgetError";
  readonly neededBytes: number;
  readonly givenBytes: number;
  constructor(message: string, fields: { neededBytes: number; givenBytes: number }) {
    super(message);
    this.neededBytes = fields.neededBytes;
    this.givenBytes = fields.givenBytes;
  }
}

/** The user or the system asked to stop. Thrown as the reason of an AbortSignal. */
export class Interrupted extends FixelstreamError {
  readonly _tag = "Interrupted";
  readonly signal: InterruptingSignal;
  constructor(signal: InterruptingSignal) {
    super(`Interrupted by ${signal}.`);
    this.signal = signal;
  }
}

export type InterruptingSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** A bug of ours. The CLI asks for a report and prints the stack. */
export class InternalError extends FixelstreamError {
  readonly _tag = "InternalError";
}

export function isFixelstreamError(error: unknown, tag?: ErrorTag): error is FixelstreamError {
  return error instanceof FixelstreamError && (tag === undefined || error._tag === tag);
}
