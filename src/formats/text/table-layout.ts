// A table of numbers with names in its first row, its first column or both: which of its cells are names.
import { type Cell, type Separator, splitCells } from "./cells.js";
import { contentLines, createSteps } from "./lines.js";
import { hasDecimalComma, isName, isNumber } from "./numbers.js";

export interface TableLayout {
  readonly separator: Separator;
  /** The first line has names. */
  readonly header: readonly string[] | undefined;
  /** The first cell of every row is a name, or a number that stands for one. */
  readonly rowNames: boolean;
  /** What the header has above them. */
  readonly rowNamesTitle: string | undefined;
}

/** A first column of such a name has the subjects, though they be numbers. */
const SUBJECT_COLUMN =
  /^((src|source|bids|study|rbc|bbl|xnat|data|image|scan)[\s._-]*)?(subj(ect)?s?|subs?|participants?|ids?|names?|files?|file_?names?|e?id|r?id|guid)([\s._-]*(ids?|names?|labels?|keys?|no|nr|num|numbers?))?$/i;

/** Whether a column of that name tells subjects apart. */
export const namesSubjects = (column: string): boolean => SUBJECT_COLUMN.test(column.trim());

/** The layout that the first two lines have with that separator; undefined: a line that cannot be split. `second`: undefined where there is none. */
export function layoutWith(separator: Separator, first: string, second: string | undefined): TableLayout | undefined {
  const above = trimmed(splitCells(first, separator));
  const below = second === undefined ? undefined : trimmed(splitCells(second, separator));
  if (above === undefined || below === undefined) return oneLine(above, separator);
  const [corner, ...others] = above as [Cell, ...Cell[]];
  const rest = corner.text === "" ? others : above;
  const isHeader =
    (rest.length > 0 && rest.every(({ text }) => isName(text))) ||
    (namesSubjects(corner.text) && others.length > 0 && others.every(({ text }) => text !== "")) ||
    (above.every(({ quoted }) => quoted) && !below.every(({ quoted }) => quoted));
  if (!isHeader) {
    const rowNames = above.length > 1 && isName(corner.text) && isName(below[0]!.text);
    return { separator, header: undefined, rowNames, rowNamesTitle: undefined };
  }
  // R's write.table has no cell above its row names
  const isShort =
    below.length === above.length + 1 && (below[0]!.quoted || isName(below[0]!.text) || below[0]!.text === "1");
  const rowNames =
    isShort || (above.length > 1 && (corner.text === "" || namesSubjects(corner.text) || isName(below[0]!.text)));
  const names = (rowNames && !isShort ? others : above).map(({ text }) => text);
  return { separator, header: names, rowNames, rowNamesTitle: rowNames && !isShort ? corner.text : undefined };
}

/** Nothing below: a row of numbers, perhaps with its name. */
function oneLine(cells: readonly Cell[] | undefined, separator: Separator): TableLayout | undefined {
  if (cells === undefined) return undefined;
  const rowNames =
    cells.length > 1 &&
    isName(cells[0]!.text) &&
    cells.slice(1).every(({ text }) => isNumber(text) || hasDecimalComma(text));
  return { separator, header: undefined, rowNames, rowNamesTitle: undefined };
}

/** Without the empty cell behind a separator at the end of the line. */
function trimmed(cells: Cell[] | undefined): Cell[] | undefined {
  if (cells === undefined || cells.length === 0) return undefined;
  return cells.length > 1 && cells.at(-1)!.text === "" ? cells.slice(0, -1) : cells;
}

/** Cells a row if every line of the text fits the layout: as many cells, names and numbers where they belong. Undefined: some line does not. */
export function* widthIn(
  text: string,
  { separator, header, rowNames }: TableLayout,
): Generator<void, number | undefined> {
  const isPlain = ({ text, quoted }: Cell) => quoted || !(separator === "comma" ? /[\t;]/ : /[,;\t]/).test(text);
  let width = header === undefined ? undefined : header.length + (rowNames ? 1 : 0);
  let isFirst = true;
  const isDue = createSteps();
  for (const line of contentLines(text)) {
    if (isDue(line)) yield;
    const { content } = line;
    if (!/[^\s,;]/.test(content)) continue;
    let cells = splitCells(content, separator);
    if (cells === undefined) return undefined;
    const isHeader = isFirst && header !== undefined;
    isFirst = false;
    if (isHeader) {
      if (!cells.every(isPlain)) return undefined;
      continue;
    }
    if (cells.length === (width ?? 0) + 1 && cells.at(-1)!.text === "") cells = cells.slice(0, -1);
    width ??= trimmed(cells)!.length;
    if (cells.length < width || cells.length > width + 1) return undefined;
    if (rowNames && !isPlain(cells[0]!)) return undefined;
    const isValue = ({ text }: Cell) => isNumber(text) || (separator !== "comma" && hasDecimalComma(text));
    if (!cells.slice(rowNames ? 1 : 0, width).every(isValue)) return undefined;
  }
  return width;
}
