// What a text of vectors is, a list of files or a matrix of numbers: decided by all of its lines, and by what lies on the disk.
import { dirname, isAbsolute, join } from "node:path";
import { InputError, isFixelstreamError } from "../src/errors.js";
import { pathKindOf } from "../src/formats/path-kind.js";
import { contentLines } from "../src/formats/text/lines.js";
import { parseMatrix } from "../src/formats/text/matrix.js";
import { isNumber, TOKEN } from "../src/formats/text/numbers.js";
import { parseSubjectList } from "../src/formats/text/subject-list.js";
import { listNames } from "../src/subject-names.js";
import { formatCount } from "../src/units.js";

interface LineCounts {
  readonly lines: number;
  /** Of one number. */
  readonly numbers: number;
  /** Of several cells, one a number at least. */
  readonly mixed: number;
}

/** Where nothing decides, the first error of the more likely reading is what is said. Throws InputError where both readings are possible. */
export function formOfVectorText(text: string, path: string): "list" | "matrix" {
  const counts = countLines(text);
  if (counts === undefined) return "matrix";
  const { lines, numbers, mixed } = counts;
  if (lines === 0) return "list";
  if (numbers === lines) return formOfNumbers(text, path);
  const names = parseSubjectList(text);
  if (foldersOf(path).some((folder) => names.every((name) => isFile(folder, name)))) return "list";
  if (isMatrix(text, path)) return "matrix";
  return numbers + mixed > lines / 2 ? "matrix" : "list";
}

/** Undefined: a line has several numbers and nothing else, which no file is called. */
function countLines(text: string): LineCounts | undefined {
  const counts = { lines: 0, numbers: 0, mixed: 0 };
  for (const { content } of contentLines(text)) {
    const tokens = content.match(TOKEN) ?? [];
    if (tokens.length === 0) continue;
    const nNumbers = tokens.filter(isNumber).length;
    counts.lines++;
    if (nNumbers === tokens.length && nNumbers > 1) return undefined;
    if (nNumbers === tokens.length) counts.numbers++;
    else if (nNumbers > 0 && tokens.length > 1) counts.mixed++;
  }
  return counts;
}

/** One number a line: files may be called so. All are there: a list. None is: a matrix of one column. */
function formOfNumbers(text: string, path: string): "list" | "matrix" {
  const names = parseSubjectList(text);
  // a list has no comments
  if (names.some((name) => name.trimStart().startsWith("#"))) return "matrix";
  const found = foldersOf(path).map((folder) => ({ folder, files: names.filter((name) => isFile(folder, name)) }));
  const most = found.reduce((a, b) => (b.files.length > a.files.length ? b : a));
  if (most.files.length === 0) return "matrix";
  if (most.files.length === names.length && new Set(names).size === names.length) return "list";
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  const present = new Set(most.files);
  const missing = names.filter((name) => !present.has(name));
  const doubt = [
    ...(missing.length > 0 ? [`no files ${listNames(missing, 3)}`] : []),
    ...(twice === undefined ? [] : [`${twice} more than once`]),
  ].join(", ");
  const where = most.folder === "." ? "the working directory" : most.folder;
  throw new InputError(
    `Cannot tell what ${path} is: expected a list of files or a matrix of numbers, got ${formatCount(names.length, "lines")} of one number each that may be either: there are files ${listNames([...present], 3)} in ${where}, but ${doubt}. For a list write ./ in front of every name; for a matrix begin the file with a line # values.`,
    { path },
  );
}

/** As resolveSubjectFiles searches. */
const foldersOf = (path: string): string[] => [...new Set([dirname(path), "."])];

const isFile = (folder: string, name: string): boolean =>
  pathKindOf(isAbsolute(name) ? name : join(folder, name)) === "file";

function isMatrix(text: string, path: string): boolean {
  try {
    parseMatrix(text, path);
    return true;
  } catch (error) {
    if (isFixelstreamError(error)) return false;
    throw error;
  }
}
