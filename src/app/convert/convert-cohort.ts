// The use case "a table of images into one file": ModelArray's cohort CSV into a store or an .h5.
import { readCohort } from "../../../converters/cohort-csv.js";
import { type ConvertedScalar, convertImages, type ImageScalar } from "../../../converters/image-cohort.js";
import { checkSubjectFiles } from "../../../converters/subject-files.js";
import { openFixelDirectory } from "../../formats/fixel-directory.js";
import { resolveSubjectFiles } from "../../formats/text/subject-list.js";
import type { Warning } from "../../warnings.js";
import { assertFree } from "./assert-free.js";

export interface ConvertCohortOptions {
  /** ModelArray's table, long or wide. */
  readonly cohort: string;
  /** Fixel directory with index and directions. */
  readonly template: string;
  /** cohort.fxs or cohort.h5. */
  readonly output: string;
  /** Undefined: all of the table. */
  readonly scalars: readonly string[] | undefined;
  readonly gzipLevel: number | undefined;
  readonly memoryBytes: number;
  /** 0 or 1: the main thread works alone. Default: as many as are of use. */
  readonly nThreads?: number | undefined;
  readonly force: boolean;
  readonly command: string;
  readonly onWarning?: ((warning: Warning) => void) | undefined;
  readonly onProgress?: ((phase: "check" | "read" | "verify" | "compress", share: number) => void) | undefined;
  /** Ends the reading of the table with its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ConvertCohortSummary {
  readonly path: string;
  readonly nElements: number;
  readonly scalars: readonly ConvertedScalar[];
  /** Subjects, the same for every scalar. */
  readonly nSubjects: number;
  /** What was done that the table does not say in so many words: rows that were brought into one order. */
  readonly warnings: readonly string[];
  /** Columns of a wide table that name no images. */
  readonly unusedColumns: readonly string[];
}

/** Paths are looked for in the template, beside the table, in the working directory. Throws InputError (all problems of the files of a scalar), BudgetError. */
export async function convertCohort(options: ConvertCohortOptions): Promise<ConvertCohortSummary> {
  const { cohort, output, force, onProgress } = options;
  await assertFree(output, force);
  const directory = openFixelDirectory(options.template);
  const { memoryBytes, signal } = options;
  const { scalars: found, joined, unused } = await readCohort(cohort, options.scalars, { memoryBytes, signal });
  const scalars: ImageScalar[] = [];
  for (const [i, { name, sourceFiles }] of found.entries()) {
    const search = { fixelDirectory: directory.path, listPath: cohort };
    const { paths } = resolveSubjectFiles(sourceFiles, search);
    const files = await checkSubjectFiles(sourceFiles, paths, directory.nFixels, {
      onChecked: (done) => onProgress?.("check", (i + done / paths.length) / found.length),
      onWarning: options.onWarning,
      signal,
    });
    scalars.push({ name, files });
  }
  const converted = await convertImages({ ...options, scalars, directory });
  return {
    ...{ path: output, nElements: directory.nFixels, scalars: converted, nSubjects: found[0]!.sourceFiles.length },
    warnings: joined === undefined ? [] : [joined],
    unusedColumns: unused,
  };
}
