// Element-wise regressors: a list of one file a subject, converted into the cache like the subjects' data.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { convertFixelDirectory } from "../../converters/fixel-directory.js";
import { checkSubjectFiles } from "../../converters/subject-files.js";
import { InputError } from "../errors.js";
import { readSubjectList, resolveSubjectFiles } from "../formats/text/subject-list.js";
import type { IoPolicy } from "../mapping/file-bytes.js";
import { blockWidthFor } from "../store/block-width.js";
import type { ColumnSourceSpec } from "../store/column-source.js";
import { dataFileBytes } from "../store/element-type.js";
import { openStore, type Store } from "../store/open-store.js";
import { noteUse } from "./cache.js";
import type { FixelInput, OpenEvents } from "./fixel-input.js";

export interface ColumnInput {
  /** As typed. */
  readonly list: string;
  /** The column as far as it is known without converting. */
  readonly expected: ColumnSourceSpec;
  /** Bytes that `open` will write to the cache. */
  readonly bytesToWrite: number;
  /** Looks at the headers that `open` would read. Throws InputError naming the files of another template. */
  checkSources(): void;
  open(events?: OpenEvents): Promise<ColumnSourceSpec>;
}

export interface ColumnOptions {
  readonly cache: string;
  readonly memoryBytes: number;
  readonly io: IoPolicy;
  readonly command: string;
  /** As FixelInputOptions. */
  readonly readList?: ((path: string) => string[]) | undefined;
}

/** In a store every column has the same scalar's name: its list is in the cache's key. */
const SCALAR = "column";

/** Lists are searched beside the list, then in the working directory. Throws InputError: wrong length, or files that are not there. */
export function resolveColumnInput(list: string, input: FixelInput, options: ColumnOptions): ColumnInput {
  const names = (options.readList ?? readSubjectList)(list);
  const nSubjects = input.subjects.length;
  if (names.length !== nSubjects) {
    throw new InputError(
      `Cannot use ${list} for -column: expected ${nSubjects} files (one per subject, in their order), got ${names.length}. Correct the list.`,
      { path: list },
    );
  }
  const { paths } = resolveSubjectFiles(names, { listPath: list });
  const cached = join(options.cache, `${cacheKey(input, names, paths)}.fxs`);
  const known = openCached(cached, options.io);
  const expected: ColumnSourceSpec = known?.spec(SCALAR) ?? {
    path: cached,
    byteOffset: 0,
    layout: "blocked",
    nRowsInFile: nSubjects,
    nElements: input.nFixels,
    elementType: "f32",
    blockWidth: blockWidthFor(nSubjects),
    io: options.io,
    ours: true,
  };
  return {
    list,
    expected,
    bytesToWrite: known === undefined ? dataFileBytes({ ...expected, nSubjects }) : 0,
    checkSources() {
      if (known === undefined) checkSubjectFiles(names, paths, input.nFixels);
    },
    async open({ onProgress, signal } = {}) {
      if (known !== undefined) {
        noteUse(cached);
        return expected;
      }
      mkdirSync(options.cache, { recursive: true });
      await convertFixelDirectory({
        inputDirectory: dirname(input.template.indexPath),
        subjectList: list,
        searchInputDirectory: false,
        output: cached,
        scalar: SCALAR,
        memoryBytes: options.memoryBytes,
        force: true,
        command: options.command,
        onProgress: ({ phase, done, total }) => {
          signal?.throwIfAborted();
          if (phase === "read") onProgress?.(done / total);
        },
      });
      return openStore(cached, { io: options.io }).spec(SCALAR);
    },
  };
}

function openCached(path: string, io: IoPolicy): Store | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return openStore(path, { io });
  } catch {
    return undefined; // unfinished or of another version: converted again
  }
}

function cacheKey(input: FixelInput, names: readonly string[], paths: readonly string[]): string {
  const hash = createHash("sha256");
  hash.update(`fixelstream-column 1 ${input.nFixels}\n`);
  for (const path of paths) {
    const { size, mtimeNs } = statSync(path, { bigint: true });
    hash.update(`${realpathSync(path)} ${size} ${mtimeNs}\n`);
  }
  for (const name of names) hash.update(`${name}\n`);
  return hash.digest("hex").slice(0, 24);
}
