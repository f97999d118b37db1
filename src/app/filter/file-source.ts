// Data files as the source of a filter: one, or all of a fixel directory.
// Deviation: files of several columns are left out and named; MRtrix3 filters the first column.
import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { readSubjectInto } from "../../../converters/read-subject.js";
import { assertUnchanged, checkSubjectFiles, type SubjectFile } from "../../../converters/subject-files.js";
import { InputError, isFixelstreamError } from "../../errors.js";
import { type FixelDirectory, hasIndex, openFixelDirectory } from "../../formats/fixel-directory.js";
import { imageKindOf, openImage, readImageHeader } from "../../formats/image.js";
import { pathKindOf } from "../../formats/path-kind.js";
import { createTurns } from "../../turns.js";
import { formatCount } from "../../units.js";
import type { Warning } from "../../warnings.js";
import type { FilterSource } from "./source.js";

export interface FileSource extends FilterSource {
  readonly directory: FixelDirectory;
  readonly files: readonly SubjectFile[];
  /** Of the directory, that are no data files; a phrase each. */
  readonly left: readonly string[];
}

interface ReadEvents {
  readonly onWarning?: ((warning: Warning) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Throws InputError: not there, not in a fixel directory, of another number of fixels. */
export async function openFileSource(path: string, events: ReadEvents): Promise<FileSource> {
  const folder = dirname(path);
  if (!hasIndex(folder)) {
    throw new InputError(
      `Cannot filter ${path}: expected a data file in its fixel directory, beside index and directions, got no index there. Give the file where it lies in the fixel directory.`,
      { path },
    );
  }
  const directory = openFixelDirectory(folder);
  return await sourceOf(directory, [path], [], events);
}

/** Throws InputError: no fixel directory, no data file in it, data files of another number of fixels (all of them named). */
export async function openDirectorySource(path: string, events: ReadEvents): Promise<FileSource> {
  const directory = openFixelDirectory(path);
  const own = [directory.indexPath, directory.directionsPath].map((file) => basename(file));
  const names: string[] = [];
  const left: string[] = [];
  for (const name of readdirSync(path).sort()) {
    if (own.includes(name) || name.startsWith(".") || isDataOf(name, path)) continue;
    const why = whyLeft(join(path, name));
    if (why === undefined) names.push(name);
    else left.push(`${name} (${why})`);
  }
  if (names.length === 0) {
    const found = left.length === 0 ? "index and directions alone" : `none of ${left.join(", ")}`;
    throw new InputError(
      `Cannot filter ${path}: expected data files beside index and directions (fixels x 1 x 1 values), got ${found}. Is it the right directory?`,
      { path },
    );
  }
  const paths = names.map((name) => join(path, name));
  return await sourceOf(directory, paths, left, events);
}

/** The values of a header file (.mih) beside it. */
function isDataOf(name: string, folder: string): boolean {
  return /\.dat$/i.test(name) && pathKindOf(join(folder, name.replace(/\.dat$/i, ".mih"))) === "file";
}

/** Undefined: it is a data file, of whatever number of fixels. */
function whyLeft(path: string): string | undefined {
  if (pathKindOf(path) !== "file") return "a directory";
  if (imageKindOf(path) === undefined) return "not an image";
  try {
    const [, columns = 1, ...rest] = readImageHeader(path).dimensions;
    if (rest.some((size) => size !== 1)) return "not fixel data";
    return columns === 1 ? undefined : `${formatCount(columns, "columns")}`;
  } catch (error) {
    if (isFixelstreamError(error)) return undefined; // refused by name, with the others
    throw error;
  }
}

async function sourceOf(
  directory: FixelDirectory,
  paths: readonly string[],
  left: readonly string[],
  { onWarning, signal }: ReadEvents,
): Promise<FileSource> {
  const { nFixels, indexPath, directionsPath } = directory;
  for (const warning of directory.warnings) onWarning?.(warning);
  const names = paths.map((path) => basename(path));
  const files = await checkSubjectFiles(names, paths, nFixels, { onWarning, signal });
  const row = new Float32Array(nFixels);
  const turns = createTurns(signal);
  return {
    ...{ nSubjects: files.length, nFixels, template: { indexPath, directionsPath }, directory, files, left },
    rowBytes: 4,
    otherBytes: files.reduce((most, { readerBytes }) => Math.max(most, readerBytes.f32, readerBytes.f64), 0),
    async read(first, count, take) {
      const crcs: number[] = [];
      for (let i = 0; i < count; i++) {
        if (turns.isDue()) await turns.take();
        await readFloat32(row, files[first + i]!);
        crcs.push(crc32(new Uint8Array(row.buffer)));
        take({ firstRow: i, nRows: 1, firstFixel: 0, nFixels, values: row });
      }
      return crcs;
    },
    close() {},
  };
}

/** Rounded to float32, in which the peer reads whatever a file holds. */
async function readFloat32(row: Float32Array<ArrayBuffer>, file: SubjectFile): Promise<void> {
  if (file.way === "packed") {
    await readSubjectInto(row, file);
    return;
  }
  // values as they lie in a file go from the disk into the row
  assertUnchanged(file);
  const image = openImage(file.typedPath);
  try {
    image.copyValuesInto(row, 0, row.length);
  } finally {
    image.close();
  }
  assertUnchanged(file);
}
