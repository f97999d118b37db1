// Matrices as people write them: design, contrasts, F-tests, groups, permutations. The separators are MRtrix3's: blanks, tabs, commas and
// semicolons, any number of them; `#` starts a comment. Never a column added.
import { InputError } from "../../errors.js";
import { createTurns, inTurns } from "../../turns.js";
import { readTextFile, type TextOptions } from "./read-text.js";

export interface Matrix {
  readonly nRows: number;
  readonly nColumns: number;
  /** f64 [nRows x nColumns], row-major; nan and inf are values. */
  readonly values: Float64Array;
}

/** Numbers, or lines without any, between two turns: some milliseconds. */
const VALUES_A_STEP = 2 ** 14;
const TOKEN = /[^ \t,;\r\v\f]+/g;
// One way only to match digits: `\d+\.?\d*` takes hours over a million of them.
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const NOT_FINITE = /^([+-]?)(nan|inf|infinity)$/i;

/** Throws InputError naming the line: not a number, out of range, ragged, no number at all. */
export function parseMatrix(text: string, path: string): Matrix {
  const steps = parseMatrixInSteps(text, path);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** As parseMatrix, line after line: for turns of the event loop between them. */
export function* parseMatrixInSteps(text: string, path: string): Generator<void, Matrix> {
  const values = createGrowingArray();
  let nRows = 0;
  let nColumns = 0;
  for (const { number, content } of contentLines(text)) {
    const before = values.length();
    TOKEN.lastIndex = 0;
    for (let match = TOKEN.exec(content); match !== null; match = TOKEN.exec(content)) {
      values.push(parseNumber(match[0], number, path));
      // a line may be all there is
      if (values.length() % VALUES_A_STEP === 0) yield;
    }
    if (number % VALUES_A_STEP === 0) yield;
    const width = values.length() - before;
    if (width === 0) continue;
    if (nRows === 0) nColumns = width;
    else if (width !== nColumns) {
      const message = `Cannot read ${path}: expected ${nColumns} columns as in its first row, got ${width} (line ${number}). Give every row the same number of values.`;
      throw new InputError(message, { path });
    }
    nRows += 1;
  }
  if (nRows === 0) {
    throw new InputError(
      `Cannot read ${path}: expected a matrix of numbers, got a file without any. Is it the right file?`,
      { path },
    );
  }
  return { nRows, nColumns, values: values.take() };
}

/** Throws as readTextFile and parseMatrix. */
export async function readMatrix(path: string, options: TextOptions = {}): Promise<Matrix> {
  const text = await readTextFile(path, options);
  return await inTurns(parseMatrixInSteps(text, path), createTurns(options.signal));
}

/** Value `index` (row-major, from 0) of a matrix that parseMatrix accepts, as it is written: for messages, because a number of many digits is rounded. */
export function tokenAt(text: string, index: number): string {
  let before = 0;
  for (const { content } of contentLines(text)) {
    const tokens = content.match(TOKEN) ?? [];
    if (index < before + tokens.length) return shorten(tokens[index - before]!);
    before += tokens.length;
  }
  return "another value";
}

const shorten = (token: string): string => (token.length > 40 ? `${token.slice(0, 40)}..` : token);

/** Lines without comments and byte order mark, numbered from 1. A line without content is given too. */
function* contentLines(text: string): Generator<{ number: number; content: string }> {
  let start = text.startsWith("\ufeff") ? 1 : 0;
  for (let number = 1; start < text.length; number++) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end);
    const comment = line.indexOf("#");
    yield { number, content: comment === -1 ? line : line.slice(0, comment) };
    start = end + 1;
  }
}

function parseNumber(token: string, line: number, path: string): number {
  const shown = shorten(token);
  if (NUMBER.test(token)) {
    const value = Number(token);
    if (Number.isFinite(value)) return value;
    const message = `Cannot read ${path}: expected numbers up to 1.8e308, got ${shown} (line ${line}). Write inf if infinity is meant.`;
    throw new InputError(message, { path });
  }
  const special = NOT_FINITE.exec(token);
  if (special !== null) {
    if (special[2]!.toLowerCase() === "nan") return Number.NaN;
    return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  const message = `Cannot read ${path}: expected a number, got ${JSON.stringify(shown)} (line ${line}). Names of columns or rows need a # in front of their line.`;
  throw new InputError(message, { path });
}

/** Doubles as it fills. A million columns must not pass through an argument list. */
function createGrowingArray() {
  let values = new Float64Array(1024);
  let used = 0;
  return {
    push(value: number): void {
      if (used === values.length) {
        const larger = new Float64Array(2 * used);
        larger.set(values);
        values = larger;
      }
      values[used++] = value;
    },
    length: () => used,
    take: () => values.slice(0, used),
  };
}
