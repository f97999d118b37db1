// Texts of numbers that a run wrote (write-numbers.ts), read back piece by piece: neither text nor strings of it are held.
import { open } from "node:fs/promises";
import { createGrowingArray } from "../formats/text/growing-array.js";
import { type Matrix, readMatrix } from "../formats/text/matrix.js";

const PIECE_BYTES = 2 ** 18;
/** Longer ones are no numbers of ours (NUMBER_BYTES). */
const LONGEST_TOKEN = 32;
const FEED = 0x0a;
const SPACE = 0x20;
const HASH = 0x23;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
/** Both are exact, so one rounding makes the value: Clinger, How to read floating point numbers accurately (1990), section 4. */
const EXACT_INTEGER = 2 ** 53;
const POWERS = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));

/** The numbers of a text that a run wrote. A text that someone has changed is read as one that people write. Rejects with InputError as readMatrix. */
export async function readNumbers(path: string): Promise<Matrix> {
  return (await readWritten(path)) ?? (await readMatrix(path));
}

/** Undefined: not of the form that runs write: comments, then rows of as many numbers each, one character between two. */
async function readWritten(path: string): Promise<Matrix | undefined> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const parser = createParser();
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, piece.byteLength, null);
      if (bytesRead === 0) return parser.end();
      if (!parser.add(piece.subarray(0, bytesRead))) return undefined;
    }
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

function createParser() {
  const values = createGrowingArray();
  let nRows = 0;
  let nColumns = 0;
  let first = 0;
  let isComment = false;
  let isStart = true;
  const token = Buffer.alloc(LONGEST_TOKEN);
  let length = 0;

  const take = (): boolean => {
    const value = length === 0 ? undefined : parseToken(token, length);
    if (value === undefined) return false;
    length = 0;
    values.push(value);
    return true;
  };
  const endRow = (): boolean => {
    if (!take()) return false;
    if (nRows === 0) nColumns = values.length();
    if (values.length() - first !== nColumns) return false;
    first = values.length();
    nRows++;
    return true;
  };

  return {
    /** False: not of the form. */
    add(bytes: Uint8Array): boolean {
      for (let i = 0; i < bytes.length; i++) {
        const byte = bytes[i]!;
        if (isComment) {
          if (byte === FEED) {
            isComment = false;
            isStart = true;
          }
        } else if (byte === COMMA || byte === SPACE) {
          if (!take()) return false;
          isStart = false;
        } else if (byte === FEED) {
          if (!endRow()) return false;
          isStart = true;
        } else if (byte === HASH && isStart && nRows === 0) {
          isComment = true;
        } else {
          if (length === LONGEST_TOKEN) return false;
          token[length++] = byte;
          isStart = false;
        }
      }
      return true;
    },
    end(): Matrix | undefined {
      if (nRows === 0 || length > 0 || first !== values.length()) return undefined;
      return { nRows, nColumns, values: values.take() };
    },
  };
}

/** The first `length` bytes; undefined: no number as formatNumber writes one. */
function parseToken(bytes: Buffer, length: number): number | undefined {
  let i = bytes[0] === MINUS || bytes[0] === PLUS ? 1 : 0;
  let digits = 0;
  let nDigits = 0;
  let decimals = 0;
  let seenPoint = false;
  for (; i < length; i++) {
    const byte = bytes[i]!;
    const digit = byte - ZERO;
    if (digit >= 0 && digit <= 9) {
      digits = digits * 10 + digit;
      nDigits++;
      if (seenPoint) decimals++;
    } else if (byte === POINT && !seenPoint) seenPoint = true;
    else return parseOther(bytes.toString("latin1", 0, length));
  }
  if (nDigits === 0) return undefined;
  if (digits >= EXACT_INTEGER || decimals >= POWERS.length) return parseOther(bytes.toString("latin1", 0, length));
  const size = digits / POWERS[decimals]!;
  return bytes[0] === MINUS ? -size : size;
}

/** With an exponent, or of too many digits, or not finite. */
function parseOther(text: string): number | undefined {
  if (/^-?\d+(\.\d+)?(e[+-]\d+)?$/.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (text === "nan") return Number.NaN;
  return text === "inf" ? Number.POSITIVE_INFINITY : text === "-inf" ? Number.NEGATIVE_INFINITY : undefined;
}
