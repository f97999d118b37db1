// FSL's VEST matrices: .mat (design), .con (contrasts), .fts (F-tests), .grp (groups). Keywords begin with a slash; the numbers follow /Matrix.
import { InputError } from "../../errors.js";
import { formatCount } from "../../units.js";
import { contentLines } from "./lines.js";

export interface VestHeader {
  /** Lines before the first of the matrix. */
  readonly nLines: number;
  readonly nColumns: number | undefined;
  readonly nRows: number | undefined;
  /** Of a .con: /ContrastName1 and so on; undefined where not every row has one. */
  readonly rowNames: readonly string[] | undefined;
}

const KEYWORD = /^\s*\/(num(waves|points|contrasts)|ppheights|contrastname\d+|requiredeffect|nummat\w*|matrix)\b/i;

/** By its first line: a path begins with a slash too. */
export function isVest(text: string): boolean {
  for (const { content } of contentLines(text)) if (content.trim() !== "") return KEYWORD.test(content);
  return false;
}

/** Throws InputError: no /Matrix, or a count that is none. */
export function parseVestHeader(text: string, path: string): VestHeader {
  const counts: { columns?: number; rows?: number } = {};
  const names = new Map<number, string>();
  for (const { number, content } of contentLines(text)) {
    const line = content.trim();
    if (/^\/matrix\b/i.test(line)) {
      const { columns, rows } = counts;
      const listed = Array.from({ length: rows ?? names.size }, (_, i) => names.get(i + 1));
      const isNamed = listed.length > 0 && listed.every((name) => name !== undefined && name !== "");
      return {
        nLines: number,
        nColumns: columns,
        nRows: rows,
        rowNames: isNamed ? (listed as string[]) : undefined,
      };
    }
    const count = /^\/num(waves|points|contrasts)\s+(.*)$/i.exec(line);
    if (count !== null) {
      const value = Number(count[2]);
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new InputError(
          `Cannot read ${path}: expected a count of 1 or more behind /Num${count[1]}, got ${JSON.stringify(count[2]!.slice(0, 40))} (line ${number}). Correct it, or write the file with FSL's Text2Vest again.`,
          { path },
        );
      }
      counts[count[1]!.toLowerCase() === "waves" ? "columns" : "rows"] = value;
    }
    const name = /^\/contrastname(\d+)\s*(.*)$/i.exec(line);
    if (name !== null) names.set(Number(name[1]), name[2]!.replace(/^"(.*)"$/, "$1").trim());
  }
  throw new InputError(
    `Cannot read ${path}: expected a line /Matrix and numbers after it, as FSL's VEST files have, got none. Write the file with FSL's Text2Vest again.`,
    { path },
  );
}

/** Throws InputError: the matrix is not of the size that the keywords say. */
export function assertVestSize(
  { nColumns, nRows }: VestHeader,
  got: { readonly nRows: number; readonly nColumns: number },
  path: string,
): void {
  if ((nColumns ?? got.nColumns) === got.nColumns && (nRows ?? got.nRows) === got.nRows) return;
  throw new InputError(
    `Cannot read ${path}: expected ${nRows ?? got.nRows} rows of ${nColumns ?? got.nColumns} numbers after /Matrix, as /NumPoints or /NumContrasts and /NumWaves say, got ${formatCount(got.nRows, "rows")} of ${got.nColumns}. The file is cut short or was edited: write it with FSL's Text2Vest again.`,
    { path },
  );
}
