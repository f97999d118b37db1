// Commas between numbers: they separate, or they are decimal marks. All lines decide; where both are possible, both are named.
// Deviation: for the peer a comma always separates.
import { InputError } from "../../errors.js";
import { formatCount } from "../../units.js";
import { SEPARATED_BY } from "./cells.js";
import { contentLines, createSteps } from "./lines.js";
import { hasDecimalComma, isNumber, shorten, TOKEN } from "./numbers.js";
import type { TableLayout } from "./table-layout.js";

/** Of a text of numbers alone. Undefined: commas separate, as MRtrix3 has it. Throws InputError where two readings are possible. */
export function* decimalLayout(text: string, path: string): Generator<void, TableLayout | undefined> {
  const marks = { tight: false, semicolon: false, gap: false, pairs: true, fraction: "" };
  const isDue = createSteps();
  for (const line of contentLines(text)) {
    if (isDue(line)) yield;
    const { content } = line;
    marks.tight ||= /\d,\d/.test(content);
    marks.semicolon ||= content.includes(";");
    marks.gap ||= /[^\s,;][ \t]+[^\s,;]/.test(content);
    const pair = /^\s*[+-]?\d+,(\d+)\s*$/.exec(content);
    marks.pairs &&= pair !== null || content.trim() === "";
    if (pair !== null && /^0\d/.test(pair[1]!)) marks.fraction ||= content.trim();
  }
  // a column of decimals looks like two of whole numbers, but nobody writes those as 05
  if (marks.pairs && marks.fraction !== "") {
    throw new InputError(
      `Cannot read ${path}: commas may be decimal marks (1 column) or separate values (2 columns), as in ${shorten(marks.fraction)}, expected one reading, got two. Write decimal points, or whole numbers without zeros in front.`,
      { path },
    );
  }
  if (!marks.tight || !(marks.semicolon || marks.gap)) return undefined;
  const layout = { header: undefined, rowNames: false, rowNamesTitle: undefined };
  if (marks.semicolon) return { ...layout, separator: "semicolon" };
  // values that commas and blanks separate stand in the same places of every line
  const separated = yield* widthOf(text, (line) => ({
    tokens: line.match(TOKEN) ?? [],
    pattern: line
      .trim()
      .replace(/[^\s,]+/g, "x")
      .replace(/\s+/g, " "),
  }));
  const decimal = yield* widthOf(text, (line) => {
    const tokens = line.match(/[^ \t\r]+/g) ?? [];
    return { tokens: tokens.map((token) => (hasDecimalComma(token) ? token.replace(",", ".") : token)), pattern: "" };
  });
  if (decimal === undefined) return undefined;
  const separator = /\t/.test(text) ? "tab" : "blanks";
  if (separated === undefined) return { ...layout, separator };
  throw new InputError(
    `Cannot read ${path}: commas may be decimal marks (${formatCount(decimal, "columns")}, separated by ${SEPARATED_BY[separator]}) or separate values (${formatCount(separated, "columns")}), expected one reading, got two. Write decimal points, or separate the values in one way.`,
    { path },
  );
}

interface SplitLine {
  readonly tokens: readonly string[];
  /** The same in all lines. */
  readonly pattern: string;
}

/** Undefined: lines of different widths or patterns, or a token that is no number. */
function* widthOf(text: string, split: (line: string) => SplitLine): Generator<void, number | undefined> {
  let first: SplitLine | undefined;
  const isDue = createSteps();
  for (const content of contentLines(text)) {
    if (isDue(content)) yield;
    const line = split(content.content);
    if (line.tokens.length === 0) continue;
    first ??= line;
    if (line.tokens.length !== first.tokens.length || line.pattern !== first.pattern) return undefined;
    if (!line.tokens.every(isNumber)) return undefined;
  }
  return first?.tokens.length;
}
