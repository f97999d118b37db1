// A text of numbers, one after the other, that may be longer than memory: separated by blanks, commas or line ends; `#` starts a comment.
import { InputError } from "../../errors.js";
import { openPositionalBytes } from "../positional-bytes.js";
import { parseNumber, shorten, TOKEN } from "./numbers.js";

export interface NumberStream {
  /** As typed. */
  readonly path: string;
  /** The next; undefined: no more. Throws InputError: not a number. */
  next(): number | undefined;
  readonly nRead: number;
  close(): void;
}

const CHUNK_BYTES = 2 ** 16;
/** Characters without any blank: no number. */
const MOST_CHARACTERS = 4096;
/** A byte order mark, read byte by byte. */
const MARK = "\xef\xbb\xbf";
const LINE_FEED = 10;

/** Throws InputError: unreadable, or binary. */
export function openNumberStream(path: string): NumberStream {
  const bytes = openPositionalBytes(path);
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let at = 0;
  let rest = "";
  let line = 0;
  let tokens: { readonly text: string; readonly line: number }[] = [];
  let iToken = 0;
  let nRead = 0;
  let isComment = false;
  const noNumber = (text: string, line: number) =>
    new InputError(
      `Cannot read ${path}: expected numbers, got ${JSON.stringify(shorten(text))} (line ${line}). Is it the right file?`,
      { path },
    );
  /** Lines that came to their end since, as tokens. False: no more. */
  const load = (): boolean => {
    const n = Math.min(CHUNK_BYTES, bytes.sizeBytes - at);
    if (n <= 0 && rest === "") return false;
    const piece = chunk.subarray(0, n);
    bytes.copyInto(piece, at);
    if (piece.includes(0)) {
      throw new InputError(`Cannot read ${path}: expected a text of numbers, got binary data. Is it the right file?`, {
        path,
      });
    }
    at += n;
    const isLast = at >= bytes.sizeBytes;
    const read = piece.toString("latin1");
    const text = rest + (at === n && read.startsWith(MARK) ? read.slice(MARK.length) : read);
    // within a line of all numbers it may be cut between two of them
    const cut = isLast ? text.length : 1 + Math.max(text.lastIndexOf("\n"), lastBlank(text));
    rest = text.slice(cut);
    if (rest.length > MOST_CHARACTERS) throw noNumber(rest, line + 1);
    tokens = [];
    iToken = 0;
    for (const content of text.slice(0, cut).split(/(?<=\n)/)) {
      const comment = isComment ? 0 : content.indexOf("#");
      const values = comment === -1 ? content : content.slice(0, comment);
      for (const [found] of values.matchAll(TOKEN)) {
        const token = found.trim();
        if (token !== "") tokens.push({ text: token, line: line + 1 });
      }
      const hasEnd = content.charCodeAt(content.length - 1) === LINE_FEED;
      isComment = !hasEnd && comment !== -1;
      if (hasEnd) line++;
    }
    return true;
  };
  return {
    path,
    get nRead() {
      return nRead;
    },
    next() {
      while (iToken === tokens.length) if (!load()) return undefined;
      const token = tokens[iToken++]!;
      const value = parseNumber(token.text, path, token.line);
      if (value === undefined) throw noNumber(token.text, token.line);
      nRead++;
      return value;
    },
    close: () => bytes.close(),
  };
}

const lastBlank = (text: string): number => Math.max(text.lastIndexOf(" "), text.lastIndexOf(","));
