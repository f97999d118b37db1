// Numbers as text the way MRtrix3 (C++ streams, printf %g) writes them.
import { writeFileFromPieces } from "../write-file.js";

export interface TextForm {
  /** Between the values of a row. Default " ". */
  readonly separator?: string | undefined;
  /** Becomes the first line, `# command_history: ...`. */
  readonly commandHistory?: string | undefined;
  /** 1 to 17. Default 15. */
  readonly significantDigits?: number | undefined;
}

const ZERO = 0x30;
const POINT = 0x2e;

/** C's %.<digits>g: no trailing zeros, exponents of at least two digits below 1e-4 and from 10^digits on, `nan`, `inf`, `-inf`. */
export function formatNumber(value: number, significantDigits = 15): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  // one conversion for nearly every number: toPrecision has C's form from 1e-4 on
  const text =
    Math.abs(value) < 1e-4 ? value.toExponential(significantDigits - 1) : value.toPrecision(significantDigits);
  const at = text.indexOf("e");
  if (at < 0) return trimZeros(text);
  const exponent = Number(text.slice(at + 1));
  // just below 1e-4, and rounded up to it
  if (exponent === -4) return trimZeros(value.toFixed(significantDigits + 3));
  return `${trimZeros(text.slice(0, at))}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function trimZeros(digits: string): string {
  if (!digits.includes(".")) return digits;
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === ZERO) end--;
  return digits.slice(0, digits.charCodeAt(end - 1) === POINT ? end - 1 : end);
}

/** `values` [nRows x nColumns], row-major. Every line ends with a newline. */
export function formatMatrix(values: ArrayLike<number>, nRows: number, nColumns: number, form: TextForm = {}): string {
  return Array.from(formatRows(values, nRows, nColumns, form)).join("");
}

/** Throws InputError when the file exists (unless `overwrite`) or cannot be written. Never holds more than one row as text. */
export function writeMatrix(
  path: string,
  matrix: { readonly values: ArrayLike<number>; readonly nRows: number; readonly nColumns: number },
  form: TextForm & { readonly overwrite?: boolean | undefined } = {},
): void {
  const encoder = new TextEncoder();
  function* piecesOf(): Generator<Uint8Array> {
    for (const line of formatRows(matrix.values, matrix.nRows, matrix.nColumns, form)) yield encoder.encode(line);
  }
  writeFileFromPieces(path, piecesOf(), { overwrite: form.overwrite ?? false });
}

function* formatRows(values: ArrayLike<number>, nRows: number, nColumns: number, form: TextForm): Generator<string> {
  const { separator = " ", commandHistory, significantDigits = 15 } = form;
  if (commandHistory !== undefined) yield `# command_history: ${commandHistory.replace(/\s*\n\s*/g, " ")}\n`;
  for (let row = 0; row < nRows; row++) {
    const cells: string[] = [];
    for (let column = 0; column < nColumns; column++)
      cells.push(formatNumber(values[row * nColumns + column]!, significantDigits));
    yield `${cells.join(separator)}\n`;
  }
}
