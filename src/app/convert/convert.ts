// The use case "make a store or an .h5 of a fixel directory": defaults, then the converter of the kind of output.
import { addScalar, storeToExtend } from "../../../converters/add-scalar.js";
import {
  type ConvertProgress,
  type ConvertSummary,
  convertFixelDirectory,
} from "../../../converters/fixel-directory.js";
import { checkSubjectFiles } from "../../../converters/subject-files.js";
import { UsageError } from "../../errors.js";
import { openFixelDirectory } from "../../formats/fixel-directory.js";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import { readSubjectList, resolveSubjectFiles } from "../../formats/text/subject-list.js";
import type { Warning } from "../../warnings.js";
import { assertFree } from "./assert-free.js";

export type { ConvertProgress, ConvertSummary };

export interface ConvertFixelsOptions {
  /** Fixel directory with index and directions. */
  readonly inputDirectory: string;
  /** Text with one file name a line, looked for in the fixel directory, beside the list, in the working directory. */
  readonly subjectList: string;
  /** The store to write, or the ModelArray file where it ends in .h5. */
  readonly output: string;
  /** Default FD. */
  readonly scalar?: string | undefined;
  /** Compress an .h5, 1 to 9. Default: contiguous and uncompressed. */
  readonly gzipLevel?: number | undefined;
  /** Default 1 GiB. What the conversion holds beside the program itself. */
  readonly memoryBytes?: number | undefined;
  /** 0 or 1: the main thread works alone. Default: as many as are of use. */
  readonly nThreads?: number | undefined;
  /** Replace an existing store, at the very end. Default false. */
  readonly force?: boolean | undefined;
  /** As typed, for the provenance. */
  readonly command: string;
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
  readonly onWarning?: ((warning: Warning) => void) | undefined;
  /** Ends the reading of the list with its reason; the rest is stopped by what onProgress throws. */
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_MEMORY_BYTES = 2 ** 30;

/**
 * Makes a store of a cohort, adds a scalar to one that has others of the same subjects, or resumes what was killed. The bytes written depend on the inputs alone (but for the provenance in store.json).
 * Throws UsageError, InputError (every problem of the subject files in one message), BudgetError.
 */
export async function convertFixels(options: ConvertFixelsOptions): Promise<ConvertSummary> {
  const { output, gzipLevel } = options;
  const filled = {
    ...options,
    gzipLevel,
    scalar: options.scalar ?? "FD",
    memoryBytes: options.memoryBytes ?? DEFAULT_MEMORY_BYTES,
    force: options.force ?? false,
  };
  if (isHdf5Path(output)) return convertToHdf5(filled);
  if (gzipLevel !== undefined)
    throw new UsageError(`Cannot compress ${output}: --gzip is for .h5 files. Leave it out, or name the output .h5.`);
  const store = storeToExtend(filled);
  return store === undefined ? convertFixelDirectory(filled) : addScalar(filled);
}

/** Not resumed: a killed run begins again. */
async function convertToHdf5(
  options: ConvertFixelsOptions & {
    scalar: string;
    memoryBytes: number;
    force: boolean;
    gzipLevel: number | undefined;
  },
): Promise<ConvertSummary> {
  const { output, scalar, force, onProgress } = options;
  await assertFree(output, force);
  const directory = openFixelDirectory(options.inputDirectory);
  const { memoryBytes, signal } = options;
  const names = await readSubjectList(options.subjectList, { memoryBytes, signal });
  const search = { fixelDirectory: directory.path, listPath: options.subjectList };
  const { paths, searchedIn } = resolveSubjectFiles(names, search);
  const total = names.length;
  const files = await checkSubjectFiles(names, paths, directory.nFixels, {
    onChecked: (done) => onProgress?.({ phase: "check", done, total }),
    onWarning: options.onWarning,
    signal,
  });
  const { convertImages } = await import("../../../converters/image-cohort.js");
  const [converted] = await convertImages({
    ...options,
    directory,
    scalars: [{ name: scalar, files }],
    onProgress: (phase, share) =>
      onProgress?.({ phase: phase === "compress" ? "verify" : phase, done: share * total, total }),
  });
  const { elementType, groups } = converted!;
  const dataBytes = total * directory.nFixels * (elementType === "f32" ? 4 : 8);
  const missing = { nElements: 0, nValues: 0 }; // counted when the file is used
  const { nFixels: nElements } = directory;
  return {
    ...{ path: output, nSubjects: total, nElements, elementType, dataBytes, groups, searchedIn, missing },
    blockWidth: nElements,
    nResumed: 0,
    nReadAgain: 0,
  };
}
