// The words of a formula, as R's scanner has them.
import { UsageError } from "../../errors.js";

export type Token =
  | { readonly kind: "number"; readonly value: number; readonly integer: boolean; readonly start: number }
  | { readonly kind: "string"; readonly value: string; readonly start: number }
  | { readonly kind: "name"; readonly name: string; readonly start: number }
  | { readonly kind: "operator"; readonly text: string; readonly start: number }
  | { readonly kind: "end"; readonly start: number };

/** Characters of a formula: more is a file given by mistake. */
export const LONGEST = 10_000;

const OPERATOR = /%[^%\n]*%|\*\*|<=|>=|==|!=|&&|\|\||[-+*/^:~()!&|<>,=]/y;
const NUMBER = /(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)L?/y;
const NAME = /(?:[\p{L}]|\.(?![0-9]))[\p{L}\p{N}\p{M}._]*|\.(?![0-9])/uy;
const BLANKS = /\s+/y;

/** Throws UsageError: a character no formula has, a quote that is not closed. Positions count from 0. */
export function tokensOf(text: string): Token[] {
  if (text.length > LONGEST) {
    throw new UsageError(
      `Cannot read the formula: expected at most ${LONGEST} characters, got ${text.length}. Give the formula itself, such as '~ group * age'.`,
    );
  }
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const start = at;
    const blanks = match(BLANKS);
    if (blanks !== undefined) {
      at += blanks.length;
      continue;
    }
    const first = text[at]!;
    if (first === '"' || first === "'" || first === "`") {
      const end = endOfQuoted(text, at);
      const value = text.slice(at + 1, end).replace(/\\(.)/gs, "$1");
      tokens.push(first === "`" ? { kind: "name", name: value, start } : { kind: "string", value, start });
      at = end + 1;
      continue;
    }
    const number = match(NUMBER);
    if (number !== undefined) {
      const integer = number.endsWith("L");
      tokens.push({ kind: "number", value: Number(integer ? number.slice(0, -1) : number), integer, start });
      at += number.length;
      continue;
    }
    const name = match(NAME);
    if (name !== undefined) {
      tokens.push({ kind: "name", name, start });
      at += name.length;
      continue;
    }
    const operator = match(OPERATOR);
    if (operator === undefined) {
      throw unreadable(text, at, "a name, a number or one of + - : * ^ / ( ) ~", JSON.stringify(charAt(text, at)));
    }
    tokens.push({ kind: "operator", text: operator === "**" ? "^" : operator, start });
    at += operator.length;
  }
  tokens.push({ kind: "end", start: text.length });
  return tokens;
}

const charAt = (text: string, at: number) => String.fromCodePoint(text.codePointAt(at)!);

function endOfQuoted(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === text[start] && i > start + 1) return i;
    else if (text[i] === text[start] && text[start] !== "`") return i;
  }
  throw unreadable(text, start, "quotes that are closed", `one that is open to the end`);
}

/** The error of a formula that is none, with the place. */
export function unreadable(text: string, at: number, expected: string, got: string): UsageError {
  if (text.trim() === "")
    return new UsageError(
      "Cannot read the formula: expected one, got an empty text. Write it as R does, for example '~ group * age + sex'.",
    );
  const example = /^\s*~/.test(text) ? "~ group * age + sex" : "FD ~ group * age + sex";
  const advice = text.includes("~") ? "Write it as R does" : "A ~ stands before the variables";
  return new UsageError(
    `Cannot read the formula '${shown(text)}': expected ${expected}, got ${got} (character ${at + 1}). ${advice}, for example '${example}'.`,
  );
}

/** A formula in a message. */
export const shown = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}..` : text);
