// Numbers as formatNumber writes them, straight into bytes: results are millions of numbers. The digits are those of the product with a power of ten, held
// exactly as a sum of doubles; where it lies too near the middle of two decimals to say which is nearer, formatNumber is asked.
import { formatNumber } from "./write.js";

const ZERO = 0x30;
const POINT = 0x2e;
const MINUS = 0x2d;

/** With more the product is not below 2^50, and what is behind its point not known well enough. */
const MOST_DIGITS = 15;
/** 10^LEAST_EXPONENT and smaller are left to formatNumber. */
const LEAST_EXPONENT = -25;
/** Bytes that formatNumberInto may touch from where it begins; a number has 24 at most, `-1.7976931348623157e+308`. */
export const NUMBER_ROOM = 48;

const POWERS = Array.from({ length: MOST_DIGITS - LEAST_EXPONENT + 1 }, (_, k) => 10n ** BigInt(k));
/** 10^k is HIGH[k] + LOW[k], exactly: 5^k is below 2^106. */
const HIGH = Float64Array.from(POWERS, Number);
const LOW = Float64Array.from(POWERS, (power, k) => Number(power - BigInt(HIGH[k]!)));
/** Halves of a double, of 26 bits each, so that their products are exact: Dekker, A floating-point technique for extending the available precision (1971). */
const SPLITTER = 2 ** 27 + 1;
const HIGH_TOP = HIGH.map((power) => SPLITTER * power - (SPLITTER * power - power));
const HIGH_REST = HIGH.map((power, k) => power - HIGH_TOP[k]!);
/** [exponent - LEAST_EXPONENT]: the double nearest to the power of ten. */
const FIRSTS = Float64Array.from({ length: MOST_DIGITS - LEAST_EXPONENT + 1 }, (_, i) =>
  Number(`1e${i + LEAST_EXPONENT}`),
);
/** Behind its point the product is known to 2^-51: what lies nearer to the middle is not decided here. */
const MARGIN = 2 ** -40;
/** Whole numbers below have their own digits, whatever is asked. */
const SMALL_INTEGER = 1e9;
const SMALL_DIGITS = 9;

/** 000 to 999, each in four bytes. */
const THREES = Uint8Array.from(
  { length: 4000 },
  (_, i) => ZERO + (Math.floor(Math.floor(i / 4) / 10 ** (2 - (i % 4))) % 10),
);

/** Of the number before: those beside each other are often of one size. */
let lastExponent = 0;

/** Puts the number at `at`, where there are NUMBER_ROOM bytes, and returns where it ends. `digits` 1 to 17. Byte by byte what formatNumber gives. */
export function formatNumberInto(target: Uint8Array, at: number, value: number, digits: number): number {
  const size = Math.abs(value);
  if (size < SMALL_INTEGER && size === Math.floor(size) && digits >= SMALL_DIGITS && !Object.is(value, -0)) {
    if (value < 0) target[at++] = MINUS;
    return putWhole(target, at, size);
  }
  // NaN is neither above nor below
  if (!(digits <= MOST_DIGITS && size >= FIRSTS[0]! && size < FIRSTS[digits - LEAST_EXPONENT]!))
    return putText(target, at, formatNumber(value, digits));
  let exponent = Math.min(lastExponent, digits - 1);
  while (size < FIRSTS[exponent - LEAST_EXPONENT]!) exponent--;
  while (size >= FIRSTS[exponent + 1 - LEAST_EXPONENT]!) exponent++;
  lastExponent = exponent;
  // Dekker's product of two doubles, and what HIGH lacks
  let k = digits - 1 - exponent;
  const product = size * HIGH[k]!;
  const top = SPLITTER * size - (SPLITTER * size - size);
  const rest = size - top;
  const powerTop = HIGH_TOP[k]!;
  const powerRest = HIGH_REST[k]!;
  const error = top * powerTop - product + top * powerRest + rest * powerTop + rest * powerRest + size * LOW[k]!;
  let scaled = Math.floor(product);
  const behind = product - scaled + error;
  // from -0.2 to 1.2
  if (Math.abs(behind - 0.5) < MARGIN) return putText(target, at, formatNumber(value, digits));
  if (behind > 0.5) scaled++;
  if (scaled === HIGH[digits]!) {
    scaled = HIGH[digits - 1]!;
    exponent++;
    k--;
    if (exponent === digits) return putText(target, at, formatNumber(value, digits));
  }
  if (value < 0) target[at++] = MINUS;
  if (exponent < -4) {
    const first = Math.floor(scaled / HIGH[digits - 1]!);
    const end = putDecimals(target, putWhole(target, at, first), scaled - first * HIGH[digits - 1]!, digits - 1);
    return putText(target, end, exponent > -10 ? `e-0${-exponent}` : `e${exponent}`);
  }
  if (exponent >= 0) {
    const whole = Math.floor(scaled / HIGH[k]!);
    return putDecimals(target, putWhole(target, at, whole), scaled - whole * HIGH[k]!, k);
  }
  target[at] = ZERO;
  target[at + 1] = POINT;
  for (let i = 1; i < -exponent; i++) target[at + 1 + i] = ZERO;
  return trimmed(target, putDigits(target, at + 1 - exponent, scaled, digits));
}

/** Below 10^15. */
function putWhole(target: Uint8Array, at: number, value: number): number {
  let nDigits = 1;
  while (value >= HIGH[nDigits]!) nDigits++;
  if (nDigits > 1) return putDigits(target, at, value, nDigits);
  target[at] = ZERO + value;
  return at + 1;
}

/** The point and `nDigits` digits, without zeros at the end; of none no point. */
function putDecimals(target: Uint8Array, at: number, value: number, nDigits: number): number {
  if (value === 0) return at;
  target[at] = POINT;
  return trimmed(target, putDigits(target, at + 1, value, nDigits));
}

/** Where what ends in a digit above 0 ends. */
function trimmed(target: Uint8Array, end: number): number {
  while (target[end - 1] === ZERO) end--;
  return end;
}

/** At most 15 digits, zeros in front; behind them others are overwritten, 15 in all. */
function putDigits(target: Uint8Array, at: number, value: number, nDigits: number): number {
  if (nDigits > 9) {
    const shift = HIGH[nDigits - 9]!;
    const first = Math.floor(value / shift);
    putNine(target, at, first);
    putSix(target, at + 9, (value - first * shift) * HIGH[15 - nDigits]!);
  } else putNine(target, at, value * HIGH[9 - nDigits]!);
  return at + nDigits;
}

function putNine(target: Uint8Array, at: number, value: number): void {
  const whole = value | 0;
  const high = (whole / 1_000_000) | 0;
  putThree(target, at, high);
  putSix(target, at + 3, whole - 1_000_000 * high);
}

function putSix(target: Uint8Array, at: number, value: number): void {
  const whole = value | 0;
  const high = (whole / 1000) | 0;
  putThree(target, at, high);
  putThree(target, at + 3, whole - 1000 * high);
}

function putThree(target: Uint8Array, at: number, value: number): void {
  const place = 4 * value;
  target[at] = THREES[place]!;
  target[at + 1] = THREES[place + 1]!;
  target[at + 2] = THREES[place + 2]!;
}

function putText(target: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) target[at + i] = text.charCodeAt(i);
  return at + text.length;
}
