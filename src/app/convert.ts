// The use case "make a store": defaults, then the converter of the kind of source.
import { type ConvertProgress, type ConvertSummary, convertFixelDirectory } from "../../converters/fixel-directory.js";

export type { ConvertProgress, ConvertSummary };

export interface ConvertFixelsOptions {
  /** Fixel directory with index and directions. */
  readonly inputDirectory: string;
  /** Text with one file name a line, looked for in the fixel directory, beside the list, in the working directory. */
  readonly subjectList: string;
  /** The store to write. */
  readonly output: string;
  /** Default FD. */
  readonly scalar?: string | undefined;
  /** Default 1 GiB. What the conversion holds beside the program itself. */
  readonly memoryBytes?: number | undefined;
  /** Replace an existing store, at the very end. Default false. */
  readonly force?: boolean | undefined;
  /** As typed, for the provenance. */
  readonly command: string;
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
}

const DEFAULT_MEMORY_BYTES = 2 ** 30;

/**
 * Makes a store of a cohort, or resumes one that was killed. The bytes written depend on the inputs alone (but for the provenance in store.json).
 * Throws UsageError, InputError (every problem of the subject files in one message), BudgetError.
 */
export function convertFixels(options: ConvertFixelsOptions): Promise<ConvertSummary> {
  return convertFixelDirectory({
    ...options,
    scalar: options.scalar ?? "FD",
    memoryBytes: options.memoryBytes ?? DEFAULT_MEMORY_BYTES,
    force: options.force ?? false,
  });
}
