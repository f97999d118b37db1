// Text matrices whose values are integers: groups, permutations, F-test selectors.
import { InputError } from "../../errors.js";
import { formatCount } from "../../units.js";
import { type NumberTable, parseMatrix, tokenAt } from "./matrix.js";

export interface IntegerMatrix {
  readonly nRows: number;
  readonly nColumns: number;
  /** i32 [nRows x nColumns], row-major. */
  readonly values: Int32Array;
  /** As NumberTable. */
  readonly columnNames?: readonly string[];
  readonly rowNames?: readonly string[];
}

/** Throws InputError as parseMatrix, and for a value that is no 32-bit integer, naming row and column. `1.0` is an integer. */
export function parseIntegers(text: string, path: string): IntegerMatrix {
  return asIntegers(parseMatrix(text, path), text, path);
}

/** As parseIntegers, of what the text was parsed to. */
export function asIntegers(matrix: NumberTable, text: string, path: string): IntegerMatrix {
  const values = Int32Array.from(matrix.values);
  const wrong = values.findIndex((value, i) => value !== matrix.values[i]!);
  if (wrong !== -1) throw notAnInteger(matrix, wrong, text, path);
  return { ...matrix, values };
}

/** One list of integers, whether written as a row or as a column. Throws InputError when it is neither. */
export function vectorOf({ nRows, nColumns, values }: IntegerMatrix, path: string): Int32Array {
  if (nRows === 1 || nColumns === 1) return values;
  const message = `Cannot read ${path}: expected one row or one column of integers, got ${formatCount(nRows, "rows")} of ${nColumns}. Give one value a line.`;
  throw new InputError(message, { path });
}

function notAnInteger(matrix: NumberTable, index: number, text: string, path: string): InputError {
  const { nColumns } = matrix;
  const where = `row ${Math.floor(index / nColumns) + 1}, column ${(index % nColumns) + 1}, counting from 1`;
  const expected = "expected integers from -2147483648 to 2147483647";
  return new InputError(
    `Cannot read ${path}: ${expected}, got ${tokenAt(text, index, matrix)} (${where}). Correct the value.`,
    {
      path,
    },
  );
}
