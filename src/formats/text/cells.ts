// Cells of one line of a table. RFC 4180 for what is quoted; blanks around a cell are not part of it.

export type Separator = "tab" | "semicolon" | "comma" | "blanks";

export interface Cell {
  readonly text: string;
  readonly quoted: boolean;
}

export const CHARACTERS: Readonly<Record<Separator, string>> = { tab: "\t", semicolon: ";", comma: ",", blanks: " " };
/** By precedence: of several that a line has the first separates its cells; what comes later may stand in a cell. */
export const SEPARATORS: readonly Separator[] = ["tab", "semicolon", "comma", "blanks"];

/** How a line reads in words. */
export const SEPARATED_BY: Readonly<Record<Separator, string>> = {
  tab: "tabs",
  semicolon: "semicolons",
  comma: "commas",
  blanks: "blanks",
};

/** Undefined: a quote is not closed, or something stands between it and the next separator. A line of blanks has no cells. */
export function splitCells(line: string, separator: Separator): Cell[] | undefined {
  const isBlank = (char: string | undefined) => char === " " || (char === "\t" && separator !== "tab");
  const isEnd = (char: string) => (separator === "blanks" ? isBlank(char) : char === CHARACTERS[separator]);
  const cells: Cell[] = [];
  let i = 0;
  const skipBlanks = () => {
    while (isBlank(line[i])) i++;
  };
  skipBlanks();
  while (i < line.length) {
    const cell = line[i] === '"' ? readQuoted(line, i) : readPlain(line, i, isEnd);
    if (cell === undefined) return undefined;
    cells.push(cell);
    i = cell.end;
    if (separator === "blanks" && i < line.length && !isBlank(line[i])) return undefined;
    skipBlanks();
    if (separator === "blanks") continue;
    if (i === line.length) break;
    if (!isEnd(line[i]!)) return undefined;
    i++;
    skipBlanks();
    if (i === line.length) cells.push(EMPTY);
  }
  return cells;
}

const EMPTY: Cell = { text: "", quoted: false };

function readPlain(line: string, start: number, isEnd: (char: string) => boolean) {
  let end = start;
  while (end < line.length && !isEnd(line[end]!)) end++;
  return { text: line.slice(start, end).trim(), quoted: false, end };
}

function readQuoted(line: string, start: number) {
  let text = "";
  for (let i = start + 1; i < line.length; i++) {
    if (line[i] !== '"') text += line[i];
    else if (line[i + 1] === '"') text += line[++i];
    else return { text: text.trim(), quoted: true, end: i + 1 };
  }
  return undefined;
}

/** What separates the cells of a first line: a tab, else a semicolon, else a comma outside quotes; else blanks. */
export function separatorOf(line: string): Separator {
  const bare = line.replace(/"[^"]*"/g, "");
  return SEPARATORS.find((separator) => bare.includes(CHARACTERS[separator])) ?? "blanks";
}
