// How the numbers of a text are laid out: decided by all of it, for all of it.
import { InputError } from "../../errors.js";
import { formatCount } from "../../units.js";
import { SEPARATED_BY, SEPARATORS, separatorOf } from "./cells.js";
import { decimalLayout } from "./decimal-commas.js";
import { contentLines, createSteps } from "./lines.js";
import { isNumber, shorten, TOKEN } from "./numbers.js";
import { layoutWith, type TableLayout, widthIn } from "./table-layout.js";

/** Undefined: numbers alone, separated as MRtrix3 has them. Throws InputError where two readings are possible: both are named. */
export function* findLayout(text: string, path: string): Generator<void, TableLayout | undefined> {
  const [first, second] = firstLines(text);
  if (first === undefined) return undefined;
  const tokens = first.match(TOKEN) ?? [];
  if (!tokens.every(isNumber)) return yield* tableLayout(text, first, second, path);
  return text.includes(",") ? yield* decimalLayout(text, path) : undefined;
}

function firstLines(text: string): string[] {
  const found: string[] = [];
  for (const { content } of contentLines(text)) {
    if (/[^\s,;]/.test(content)) found.push(content);
    if (found.length === 2) break;
  }
  return found;
}

/** Names above or beside the numbers, or quotes. Where no layout fits it is the likeliest: reading by it says what is wrong. */
function* tableLayout(
  text: string,
  first: string,
  second: string | undefined,
  path: string,
): Generator<void, TableLayout | undefined> {
  const fitting: { layout: TableLayout; width: number }[] = [];
  for (const separator of SEPARATORS) {
    const layout = layoutWith(separator, first, second);
    const width = layout && (yield* widthIn(text, layout));
    if (width !== undefined) fitting.push({ layout: layout!, width });
    // what tabs separate, blanks separate too
    if (separator === "tab" && (width ?? 0) > 1) break;
  }
  const [one, other] = fitting.filter(({ width }) => width > 1);
  if (one !== undefined && other !== undefined) {
    const reading = ({ layout, width }: { layout: TableLayout; width: number }) =>
      `${formatCount(width, "cells")} a row, separated by ${SEPARATED_BY[layout.separator]}`;
    throw new InputError(
      `Cannot read ${path}: its rows may have ${reading(one)}, or ${reading(other)}, as in ${JSON.stringify(shorten(first))}, expected one reading, got two. Separate the cells in one way, and write decimal points.`,
      { path },
    );
  }
  if (one !== undefined) yield* assertNoDecimals(text, one.layout, fitting.length > 1, path);
  return (one ?? fitting[0])?.layout ?? layoutWith(separatorOf(first), first, second);
}

/** A column of decimals under its name looks like R's table of one column with whole numbers for the names of its rows. */
function* assertNoDecimals(
  text: string,
  { separator, header, rowNames, rowNamesTitle }: TableLayout,
  hasOther: boolean,
  path: string,
): Generator<void, void> {
  const isShort = rowNames && rowNamesTitle === undefined && header?.length === 1;
  if (separator !== "comma" || !isShort || !hasOther) return;
  let isName = true;
  let shown: string | undefined;
  const isDue = createSteps();
  for (const line of contentLines(text)) {
    if (isDue(line)) yield;
    const content = line.content.trim();
    if (!/[^\s,;]/.test(content)) continue;
    if (!isName && !/^[+-]?\d+,\d+$/.test(content)) return;
    if (!isName) shown ??= content;
    isName = false;
  }
  throw new InputError(
    `Cannot read ${path}: commas may be decimal marks (1 column) or separate names of rows from values, as in ${shorten(shown ?? "")}, expected one reading, got two. Write decimal points, or a name above the names of rows.`,
    { path },
  );
}
