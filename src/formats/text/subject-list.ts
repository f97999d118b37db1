// Which files are the subjects: a text with one file name a line, and where to look for them.
import { accessSync, constants, opendirSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { InputError } from "../../errors.js";
import { shellWord } from "../../shell-word.js";
import { systemErrorCode } from "../../system-error.js";
import { pathKindOf } from "../path-kind.js";
import { linesOf } from "./lines.js";
import { readTextFile, type TextOptions } from "./read-text.js";

/**
 * Names in order; trailing blanks stripped, blank lines skipped. Leading blanks belong to a name. Where every line stands in quotes (R's write.table), they
 * are not part of the names. May be empty.
 */
export function parseSubjectList(text: string): string[] {
  const names: string[] = [];
  for (const { content } of linesOf(text)) if (content.trim() !== "") names.push(content.trimEnd());
  return names.every((name) => QUOTED.test(name))
    ? names.map((name) => name.slice(1, -1).replaceAll('""', '"'))
    : names;
}

const QUOTED = /^"(?:[^"]|"")+"$/;

/** Throws as readTextFile; InputError when it names nothing. */
export async function readSubjectList(path: string, options: TextOptions = {}): Promise<string[]> {
  return namesOfList(await readTextFile(path, options), path);
}

/** As parseSubjectList. Throws InputError when the text, that of `path`, names nothing. */
export function namesOfList(text: string, path: string): string[] {
  const names = parseSubjectList(text);
  if (names.length > 0) return names;
  throw new InputError(
    `Cannot read ${path}: expected one file name a line, got no name at all. Is it the right file?`,
    { path },
  );
}

export interface SubjectSearch {
  /** Searched first. Absent for lists of element-wise columns and of plain vectors. */
  readonly fixelDirectory?: string | undefined;
  readonly listPath: string;
  /** Default: where the process runs. */
  readonly workingDirectory?: string | undefined;
}

export interface SubjectFiles {
  /** One a name, in order; relative ones are relative to the process's working directory unless `workingDirectory` was given. */
  readonly paths: readonly string[];
  /** The folder that had them all. */
  readonly searchedIn: string;
}

/** The first folder that has ALL files: fixel directory, the list's own, the working directory. Throws InputError telling what each lacked. */
export function resolveSubjectFiles(names: readonly string[], search: SubjectSearch): SubjectFiles {
  const folders = new Set<string>();
  if (search.fixelDirectory !== undefined) folders.add(search.fixelDirectory);
  folders.add(dirname(search.listPath));
  folders.add(search.workingDirectory ?? ".");

  if (search.fixelDirectory !== undefined) assertNoTemplate(names, search.listPath);
  const lacks: string[] = [];
  for (const searchedIn of folders) {
    const paths = names.map((name) => (isAbsolute(name) ? name : join(searchedIn, name)));
    const listed = filesListedIn(searchedIn, names.length);
    const missing = paths.findIndex((path, i) => !listed.has(names[i]!) && pathKindOf(path) !== "file");
    if (missing === -1) return { paths, searchedIn };
    lacks.push(
      `in ${describeFolder(searchedIn)} the first one missing is ${names[missing]} (${missing + 1} of ${names.length})`,
    );
  }
  const ending = endingOf(names, folders);
  const unreadable = names.find((name) => name.includes("\ufffd"));
  const remedy = looksLikeTable(names)
    ? "It looks like a table: a list has one file name a line; tables are for convert cohort."
    : unreadable !== undefined
      ? `${unreadable} has bytes that are no UTF-8, in which lists are read: write the list in UTF-8, or give the files plain names.`
      : ending !== undefined
        ? `${names[0]}${ending} is there: write the names with their ending, for example by sed 's/$/${ending}/' ${shellWord(search.listPath)} > NEW.`
        : "Correct the names, or move the list beside the files.";
  const message = `Cannot find the files named in ${search.listPath}: expected all ${names.length} in one folder, got none that has them: ${lacks.join("; ")}. ${remedy}`;
  throw new InputError(message, { path: search.listPath });
}

/** From as many names on a folder is listed: a look at each of them takes three times as long. */
const LEAST_LISTED = 32;
/** Entries that are listed for every name: a folder may have more of others. */
const LISTED_A_NAME = 4;
const LISTED_AT_ONCE = 1024;

/** Files that the folder lists, where it can be passed through: what is not among them may be there all the same. */
function filesListedIn(folder: string, nNames: number): ReadonlySet<string> {
  const files = new Set<string>();
  if (nNames < LEAST_LISTED) return files;
  try {
    accessSync(folder, constants.X_OK);
    const entries = opendirSync(folder, { bufferSize: LISTED_AT_ONCE });
    try {
      for (let left = LISTED_A_NAME * nNames; left > 0; left--) {
        const entry = entries.readSync();
        if (entry === null) break;
        // a name that is no UTF-8 has this in place of its bytes, here and in the list, and cannot be opened by it
        if (entry.isFile() && !entry.name.includes("\ufffd")) files.add(entry.name);
      }
    } finally {
      entries.closeSync();
    }
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error; // not to be listed: each is looked at
  }
  return files;
}

/** Throws InputError: `ls fd > list` names them too. */
function assertNoTemplate(names: readonly string[], listPath: string): void {
  const i = names.findIndex((name) => /^(.*\/)?(index|directions)\.(mif|nii)(\.gz)?$/.test(name));
  if (i < 0) return;
  throw new InputError(
    `Cannot use ${listPath}: expected data files of subjects, got ${names[i]} (name ${i + 1} of ${names.length}), which is the template's own. Take index and directions out of the list.`,
    { path: listPath },
  );
}

const ENDINGS = [".mif", ".mif.gz", ".nii", ".nii.gz", ".csv", ".txt", ".npy"];

/** That all names lack in one of the folders; undefined: they lack another thing. */
function endingOf(names: readonly string[], folders: ReadonlySet<string>): string | undefined {
  return ENDINGS.find((ending) =>
    [...folders].some((folder) => names.every((name) => pathKindOf(join(folder, `${name}${ending}`)) === "file")),
  );
}

/** Several cells in every line, as many as in the first. */
function looksLikeTable(names: readonly string[]): boolean {
  const counts = new Set(names.map((name) => name.split(/[\t,;]/).length));
  return counts.size === 1 && !counts.has(1);
}

const describeFolder = (folder: string): string => (folder === "." ? "the working directory" : folder);
