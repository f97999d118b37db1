// Element-wise regressors: a list of one file a subject, converted into the cache like the subjects' data.
import { dirname } from "node:path";
import { convertFixelDirectory } from "../../../converters/fixel-directory.js";
import { InputError } from "../../errors.js";
import { readSubjectList, resolveSubjectFiles } from "../../formats/text/subject-list.js";
import type { IoPolicy } from "../../mapping/file-bytes.js";
import type { ColumnSourceSpec, ElementType } from "../../store/column-source.js";
import { formatCount } from "../../units.js";
import type { Warning } from "../../warnings.js";
import { assertConverted, subjectsConverted } from "./assert-converted.js";
import { keyOfFiles } from "./cache-key.js";
import { findCachedInput } from "./cached-input.js";
import { type FixelInput, type OpenEvents, orderWarnings } from "./input-source.js";
import { repeatedSubjects } from "./repeated-subjects.js";
import { subjectHeaders } from "./subject-headers.js";

export interface ColumnInput {
  /** As typed. */
  readonly list: string;
  /** The column as far as it is known without converting. */
  readonly expected: ColumnSourceSpec;
  /** Bytes that `open` will write to the cache. */
  readonly bytesToWrite: number;
  readonly warnings: readonly Warning[];
  /** Looks at the headers that `open` would read. Throws InputError naming the files of another template. */
  checkSources(signal?: AbortSignal): Promise<void>;
  /** As FixelInput. */
  widestType(): ElementType;
  open(events?: OpenEvents): Promise<ColumnSourceSpec>;
  /** The column is no longer needed. Idempotent. */
  close(): void;
}

export interface ColumnOptions {
  readonly cache: string;
  readonly memoryBytes: number;
  /** As InputOptions'. */
  readonly nThreads?: number | undefined;
  readonly io: IoPolicy;
  /** False: checksums are not compared. Default: true. */
  readonly verify?: boolean | undefined;
  /** As FixelInputOptions. */
  readonly verifyInputs?: boolean | undefined;
  readonly command: string;
  /** As FixelInputOptions. */
  readonly readList?: ((path: string) => Promise<string[]>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** In a store every column has the same scalar's name: its list is in the cache's key. */
const SCALAR = "column";

/** Lists are searched beside the list, then in the working directory. Throws InputError: wrong length, or files that are not there. */
export async function resolveColumnInput(
  list: string,
  input: FixelInput,
  options: ColumnOptions,
): Promise<ColumnInput> {
  const names = await (options.readList?.(list) ?? readSubjectList(list, options));
  const nSubjects = input.subjects.length;
  if (names.length !== nSubjects) {
    throw new InputError(
      `Cannot use ${list} for -column: expected ${formatCount(nSubjects, "files")} (one per subject, in their order), got ${names.length}. Correct the list.`,
      { path: list },
    );
  }
  const { paths } = resolveSubjectFiles(names, { listPath: list });
  const cached = await findCachedInput({
    ...{
      cache: options.cache,
      io: options.io,
      verify: options.verify,
      scalar: SCALAR,
      nSubjects,
      nElements: input.nFixels,
    },
    keyNow: () => keyOfFiles({ head: `fixelstream-column 1 ${input.nFixels}`, paths, names, signal: options.signal }),
    convert: ({ onProgress, ...target }) =>
      convertFixelDirectory({
        ...target,
        inputDirectory: dirname(input.template.indexPath),
        subjectList: list,
        names,
        searchInputDirectory: false,
        scalar: SCALAR,
        memoryBytes: options.memoryBytes,
        nThreads: options.nThreads === 0 ? 0 : undefined,
        command: options.command,
        onProgress: ({ phase, done, total }) => onProgress(phase, done, total),
      }),
  });
  return {
    list,
    expected: cached.expected,
    bytesToWrite: cached.bytesToWrite,
    warnings: [...orderWarnings(list, names, input.subjects), ...repeatedSubjects(list, names, paths)],
    ...subjectHeaders(cached, names, paths),
    async open(events) {
      const { store, reused } = await cached.open(events);
      if (reused && (options.verify !== false || options.verifyInputs)) {
        const files = subjectsConverted(paths, store.manifest.scalars[SCALAR]!.sources);
        const { verifyInputs, signal } = options;
        await assertConverted({ always: [], files }, { verifyInputs, onWarning: events?.onWarning, signal });
      }
      return store.spec(SCALAR);
    },
    close: () => cached.close(),
  };
}
