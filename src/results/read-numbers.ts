// Texts of numbers that a run wrote (write-numbers.ts), read back piece by piece: neither text nor strings of it are held.
import { open } from "node:fs/promises";
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
const LETTER_E = 0x65;
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
    const parser = createParser((await file.stat()).size);
    const bytes = Buffer.allocUnsafe(PIECE_BYTES + 4);
    const piece = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
    // in front: the start of a number whose end comes with the next bytes
    for (let kept = 0; ; ) {
      const { bytesRead } = await file.read(bytes, kept, PIECE_BYTES - kept, null);
      if (bytesRead === 0) return kept === 0 ? parser.end() : undefined;
      const used = parser.add(piece, kept + bytesRead);
      if (used === undefined) return undefined;
      bytes.copyWithin(0, used, kept + bytesRead);
      kept += bytesRead - used;
      if (kept > LONGEST_TOKEN) return undefined;
    }
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** The same bytes twice; behind those of the text are four more, of any value. */
interface Piece {
  readonly bytes: Buffer;
  readonly view: DataView;
}

/** `sizeBytes` of the whole text. */
function createParser(sizeBytes: number) {
  let values = new Float64Array(0);
  let nValues = 0;
  let nBytes = 0;
  let nRows = 0;
  let nColumns = 0;
  let first = 0;
  let isComment = false;
  let isStart = true;

  /** Room for what these bytes can have; from the second piece on for as much as there will be, if all of it is like that. */
  const makeRoom = (length: number): void => {
    const needed = nValues + length;
    if (needed <= values.length) return;
    const expected = nBytes === 0 ? 0 : (1.02 * nValues * sizeBytes) / nBytes + length;
    const larger = new Float64Array(Math.ceil(Math.max(needed, expected, 1.5 * values.length)));
    larger.set(values.subarray(0, nValues));
    values = larger;
  };

  const endRow = (): boolean => {
    if (nRows === 0) nColumns = nValues;
    if (nValues - first !== nColumns) return false;
    first = nValues;
    nRows++;
    return true;
  };

  /** Bytes from `at` that a comment has, with the end of its line where that is there. */
  const skipComment = (bytes: Buffer, at: number, end: number): number => {
    const feed = bytes.subarray(0, end).indexOf(FEED, at);
    isComment = feed < 0;
    return feed < 0 ? end : feed + 1;
  };

  return {
    /** How many of the first `length` bytes are done with: what is behind may be half a number. Undefined: not of the form. */
    add(piece: Piece, length: number): number | undefined {
      const { bytes } = piece;
      makeRoom(Math.ceil(length / 2));
      let i = isComment ? skipComment(bytes, 0, length) : 0;
      const end = endOfNumbers(bytes, i, length);
      while (i < end) {
        if (bytes[i] === HASH && isStart && nRows === 0) {
          i = skipComment(bytes, i, length);
          continue;
        }
        const stop = takeNumber(piece, i, values, nValues++);
        if (stop < 0) return undefined;
        isStart = bytes[stop] === FEED;
        if (isStart && !endRow()) return undefined;
        i = stop + 1;
      }
      nBytes += i;
      return i;
    },
    end(): Matrix | undefined {
      if (nRows === 0 || isComment || first !== nValues) return undefined;
      return { nRows, nColumns, values: values.subarray(0, nValues) };
    },
  };
}

/** Behind the last byte between two numbers, or `from`: so much is whole. */
function endOfNumbers(bytes: Buffer, from: number, length: number): number {
  let end = length;
  while (end > from && !isBetween(bytes[end - 1]!)) end--;
  return end;
}

/** 10 and more: no digit. */
const digitAt = (bytes: Buffer, i: number): number => (bytes[i]! - ZERO) >>> 0;

/** Four bytes of a text, the first lowest: whether each is a digit, and the number that they are. */
const areDigits = (four: number): boolean =>
  ((four & 0xf0f0f0f0) | 0) === 0x30303030 && (((four + 0x06060606) & 0xf0f0f0f0) | 0) === 0x30303030;

function numberOf(four: number): number {
  const digits = (four - 0x30303030) | 0;
  const pairs = (Math.imul(digits, 10) + (digits >>> 8)) & 0x00ff00ff;
  return (Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff;
}

const isBetween = (byte: number): boolean => byte === COMMA || byte === SPACE || byte === FEED;

/** The number at `i` as `into[at]`, and where the byte behind it is, which is there; -1: no number of ours. */
function takeNumber({ bytes, view }: Piece, start: number, into: Float64Array, at: number): number {
  let i = bytes[start] === MINUS ? start + 1 : start;
  let digits = 0;
  const wholeFrom = i;
  for (let digit = digitAt(bytes, i); digit < 10; digit = digitAt(bytes, ++i)) digits = digits * 10 + digit;
  const nWhole = i - wholeFrom;
  let nDecimals = 0;
  if (bytes[i] === POINT) {
    const from = ++i;
    for (let four = view.getUint32(i, true); areDigits(four); four = view.getUint32(i, true)) {
      digits = digits * 10_000 + numberOf(four);
      i += 4;
    }
    for (let digit = digitAt(bytes, i); digit < 10; digit = digitAt(bytes, ++i)) digits = digits * 10 + digit;
    nDecimals = i - from;
  }
  let power = -nDecimals;
  if (bytes[i] === LETTER_E && bytes[i + 1] === MINUS) {
    const from = i + 2;
    let exponent = 0;
    i = from;
    for (let digit = digitAt(bytes, i); digit < 10 && i < from + 3; digit = digitAt(bytes, ++i))
      exponent = exponent * 10 + digit;
    power = i === from ? Number.NaN : power - exponent;
  }
  // rounded or not, what is not below is not taken
  if (nWhole > 0 && digits < EXACT_INTEGER && isBetween(bytes[i]!) && power > -POWERS.length) {
    const size = digits / POWERS[-power]!;
    into[at] = bytes[start] === MINUS ? -size : size;
    return i;
  }
  while (!isBetween(bytes[i]!)) i++;
  const value = i - start > LONGEST_TOKEN ? undefined : parseToken(bytes.subarray(start, i));
  if (value === undefined) return -1;
  into[at] = value;
  return i;
}

/** Any number as formatNumber writes it; undefined: another text. */
function parseToken(bytes: Buffer): number | undefined {
  const { length } = bytes;
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
