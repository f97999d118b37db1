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

/** C's %.<digits>g: no trailing zeros, exponents of at least two digits below 1e-4 and from 10^digits on, `nan`, `inf`, `-inf`. */
export function formatNumber(value: number, significantDigits = 15): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa, exponentText] = value.toExponential(significantDigits - 1).split("e") as [string, string];
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < significantDigits) return trimZeros(value.toFixed(significantDigits - 1 - exponent));
  return `${trimZeros(mantissa)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function trimZeros(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
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
