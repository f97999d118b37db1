// What is wrong with the subjects' files that are read one by one: all of it in one message.
import { InputError, isFixelstreamError } from "../src/errors.js";

/** Problems written out in one message. */
const LISTED = 100;

export interface FilesToRead {
  /** Several of them, for people. */
  readonly what: string;
  readonly nFiles: number;
  /** The one that failed. */
  readonly first: number;
  readonly readOne: (i: number) => Promise<unknown>;
}

/** The error of file `first` and those of the files after it, in one. */
export async function allProblems(error: unknown, { what, nFiles, first, readOne }: FilesToRead): Promise<unknown> {
  if (!isFixelstreamError(error, "InputError")) return error;
  const problems = [error.message];
  for (let i = first + 1; i < nFiles && problems.length <= LISTED; i++) {
    try {
      await readOne(i);
    } catch (another) {
      if (!isFixelstreamError(another, "InputError")) return another;
      problems.push(another.message);
    }
  }
  if (problems.length === 1) return error;
  const rest = problems.length > LISTED ? ["and perhaps more"] : [];
  return new InputError([`Several ${what} cannot be used:`, ...problems.slice(0, LISTED), ...rest].join("\n  "));
}
