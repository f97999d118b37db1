// What the main thread and the thread of libhdf5 say to each other.
import { type FixelstreamError, InputError, InternalError, isFixelstreamError, UsageError } from "../../errors.js";
import { systemErrorCode } from "../../system-error.js";

export interface WorkerSetup {
  /** progress.ts */
  readonly progress: SharedArrayBuffer;
  /** libhdf5's own memory, which no limit of the thread bounds. */
  readonly mostBytes: number;
}

/** What is to be opened: a file for reading, or one that is made (`add`: to). */
export type Target =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "draft"; readonly path: string; readonly output: string; readonly mode: "make" | "add" };

export type Request =
  | { readonly id: number; readonly open: Target }
  | {
      readonly id: number;
      /** Of what was opened. */
      readonly handle: number;
      readonly method: string;
      readonly args: readonly unknown[];
      /** Where bytes come from or go to. */
      readonly bytes?: SharedArrayBuffer | undefined;
    };

export interface Response {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: SentError;
}

/** The thread is ready. */
export const READY = "ready";

export interface SentError {
  readonly tag: FixelstreamError["_tag"] | undefined;
  readonly message: string;
  readonly stack: string | undefined;
  readonly path: string | undefined;
  readonly code: string | undefined;
}

export function packError(error: unknown): SentError {
  const found = error instanceof Error ? error : new Error(String(error));
  return {
    tag: isFixelstreamError(found) ? found._tag : undefined,
    message: found.message,
    stack: found.stack,
    path: found instanceof InputError ? found.path : undefined,
    code: systemErrorCode(found),
  };
}

/** Errors keep what decides the exit code and the message. */
export function unpackError({ tag, message, stack, path, code }: SentError): Error {
  const error =
    tag === "InputError"
      ? new InputError(message, path === undefined ? {} : { path })
      : tag === "UsageError"
        ? new UsageError(message)
        : code !== undefined
          ? Object.assign(new Error(message), { code, syscall: "libhdf5" })
          : new InternalError(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
