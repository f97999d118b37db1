// What is a number in a text, and what only looks like a name.
import { InputError } from "../../errors.js";

/** What separates values in MRtrix3's matrices, any number of them, is not part of one. */
export const TOKEN = /[^ \t,;\r\v\f]+/g;
// One way only to match digits: `\d+\.?\d*` takes hours over a million of them.
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const NUMBER_WITH_COMMA = /^[+-]?(\d+,\d*|,\d+)(e[+-]?\d+)?$/i;
const NOT_FINITE = /^([+-]?)(nan|inf|infinity)$/i;
/** R's missing value. */
const MISSING = "NA";
/** Digits, signs and points that make no number; placeholders of missing values. */
const NO_NAME = /^[-+.,\d]*(e[-+]?\d*)?$|^[-+]?0x[\da-f]*$|^(n\/a|null|none|missing)$/i;

export const isNumber = (token: string): boolean => NUMBER.test(token) || NOT_FINITE.test(token) || token === MISSING;

/** 1,5 and the like. */
export const hasDecimalComma = (token: string): boolean => NUMBER_WITH_COMMA.test(token);

/** May name a column or a row. */
export const isName = (token: string): boolean => !isNumber(token) && !NO_NAME.test(token);

/** At most 40 characters, for messages. */
export const shorten = (token: string): string => (token.length > 40 ? `${token.slice(0, 40)}..` : token);

/** Undefined: no number. `where`: `line 3`. Throws InputError for one beyond 1.8e308. NA is NaN. */
export function parseNumber(token: string, path: string, where: string | number): number | undefined {
  if (NUMBER.test(token)) {
    const value = Number(token);
    if (Number.isFinite(value)) return value;
    const place = typeof where === "number" ? `line ${where}` : where;
    const message = `Cannot read ${path}: expected numbers up to 1.8e308, got ${shorten(token)} (${place}). Write inf if infinity is meant.`;
    throw new InputError(message, { path });
  }
  const special = NOT_FINITE.exec(token);
  if (special !== null) {
    if (special[2]!.toLowerCase() === "nan") return Number.NaN;
    return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return token === MISSING ? Number.NaN : undefined;
}
