// Texts of numbers as MRtrix3 writes them, of any size: a piece is made while the one before is written.
import { formatNumberInto, NUMBER_ROOM } from "../formats/text/number-bytes.js";
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
/** Text that is made while what was made before is written, at most: memory that is touched for the first time takes longer than to fill it. */
const PIECE_BYTES = 2 ** 18;
const FEED = 0x0a;

/** `rows` one below the other, after a comment with the command. Rejects with InputError, or the reason of `signal`. */
export async function writeNumbers(
  path: string,
  rows: readonly ArrayLike<number>[],
  form: NumberForm & { readonly commandHistory: string },
  signal: AbortSignal | undefined,
): Promise<void> {
  await writeFileInPieces(path, piecesOf(rows, form), { signal, ahead: true });
}

function* piecesOf(
  rows: readonly ArrayLike<number>[],
  { commandHistory, digits, separator }: NumberForm & { readonly commandHistory: string },
): Generator<Uint8Array> {
  yield Buffer.from(`# command_history: ${commandHistory.replace(/\s*\n\s*/g, " ")}\n`);
  const between = separator.charCodeAt(0);
  const nNumbers = rows.reduce((sum, values) => sum + values.length, 0);
  const size = Math.min(PIECE_BYTES, nNumbers * NUMBER_BYTES + NUMBER_ROOM);
  let [piece, used] = [new Uint8Array(size), 0];
  let other: Uint8Array<ArrayBuffer> | undefined;
  for (const values of rows) {
    const last = values.length - 1;
    for (let i = 0; i <= last; i++) {
      used = formatNumberInto(piece, used, values[i]!, digits);
      piece[used++] = i === last ? FEED : between;
      if (used <= size - NUMBER_ROOM) continue;
      yield piece.subarray(0, used);
      other ??= new Uint8Array(size);
      [piece, other, used] = [other, piece, 0];
    }
  }
  yield piece.subarray(0, used);
}
