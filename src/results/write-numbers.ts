// Texts of numbers as MRtrix3 writes them, of any size: some thousand numbers at a time, with a turn of the event loop between.
import { formatNumber } from "../formats/text/write.js";
import { writeFileInPieces } from "../formats/write-file.js";

export interface NumberForm {
  readonly digits: number;
  readonly separator: "," | "\n" | " ";
}

/** Digits of the peer: vectors, and matrices. */
export const ROW_DIGITS = 10;
export const MATRIX_DIGITS = 15;
/** Bytes of a number and its separator, at most. */
export const NUMBER_BYTES = 23;
/** Numbers turned to text together, so that no file is held as a whole. */
const PIECE_NUMBERS = 8192;

/** `rows` one below the other, after a comment with the command. Rejects with InputError, or the reason of `signal`. */
export async function writeNumbers(
  path: string,
  rows: readonly ArrayLike<number>[],
  form: NumberForm & { readonly commandHistory: string },
  signal: AbortSignal | undefined,
): Promise<void> {
  await writeFileInPieces(path, piecesOf(rows, form), { signal });
}

function* piecesOf(
  rows: readonly ArrayLike<number>[],
  { commandHistory, digits, separator }: NumberForm & { readonly commandHistory: string },
): Generator<Uint8Array> {
  yield Buffer.from(`# command_history: ${commandHistory.replace(/\s*\n\s*/g, " ")}\n`);
  for (const values of rows) {
    for (let first = 0; first < values.length; first += PIECE_NUMBERS) {
      const cells: string[] = [];
      const end = Math.min(first + PIECE_NUMBERS, values.length);
      for (let i = first; i < end; i++) cells.push(formatNumber(values[i]!, digits));
      yield Buffer.from(`${cells.join(separator)}${end === values.length ? "\n" : separator}`);
    }
  }
}
