// A table of subjects: columns of numbers, or of levels. What is in a cell is decided as R's read.csv(stringsAsFactors = TRUE) does.
import { isSyntactic } from "./expression.js";

export type Column = NumberColumn | LogicalColumn | FactorColumn;

export interface NumberColumn {
  readonly kind: "number";
  readonly name: string;
  /** NaN: missing. */
  readonly values: Float64Array;
  /** The cells have decimal commas. */
  readonly decimalComma?: boolean;
}

export interface LogicalColumn {
  readonly kind: "logical";
  readonly name: string;
  /** 0, 1; NaN: missing. */
  readonly values: Float64Array;
}

export interface FactorColumn {
  readonly kind: "factor";
  readonly name: string;
  /** In the order of their characters' numbers, on every machine: capitals before small letters. */
  readonly levels: readonly string[];
  /** Index into levels; -1: missing. */
  readonly codes: Int32Array;
  /** Its levels are ordered. */
  readonly ordered?: boolean;
}

export interface DataTable {
  readonly nRows: number;
  readonly columns: readonly Column[];
}

/** Cells without a value. Deviation: R takes an empty cell among texts for a level of its own, and BIDS' n/a for another. */
export const MISSING: ReadonlySet<string> = new Set(["", "NA", "n/a"]);

const NUMBER = /^[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|0[xX][0-9a-fA-F]+|inf|infinity|nan)$/i;
const WITH_COMMA = /^[-+]?\d*,\d+(?:[eE][-+]?\d+)?$/;
const LOGICAL = new Set(["T", "F", "TRUE", "FALSE"]);

/** @param rows cells, as many in each as columns. */
export function tableOf(names: readonly string[], rows: readonly (readonly string[])[]): DataTable {
  return {
    nRows: rows.length,
    columns: names.map((name, i) =>
      columnOf(
        name,
        rows.map((row) => row[i]!.trim()),
      ),
    ),
  };
}

function columnOf(name: string, cells: readonly string[]): Column {
  const present = cells.filter((cell) => !MISSING.has(cell));
  if (present.every((cell) => LOGICAL.has(cell))) {
    const values = cells.map((cell) => (MISSING.has(cell) ? Number.NaN : cell.startsWith("T") ? 1 : 0));
    return { kind: "logical", name, values: Float64Array.from(values) };
  }
  const decimalComma = present.some((cell) => WITH_COMMA.test(cell));
  if (present.every((cell) => NUMBER.test(cell) || (decimalComma && WITH_COMMA.test(cell) && !cell.includes(".")))) {
    const values = Float64Array.from(cells, (cell) => (MISSING.has(cell) ? Number.NaN : numberOf(cell)));
    return { kind: "number", name, values, ...(decimalComma ? { decimalComma } : {}) };
  }
  const levels = sortedTexts(present);
  const index = new Map(levels.map((level, i) => [level, i]));
  return { kind: "factor", name, levels, codes: Int32Array.from(cells, (cell) => index.get(cell) ?? -1) };
}

function numberOf(cell: string): number {
  const text = cell.replace(",", ".").toLowerCase();
  const sign = text.startsWith("-") ? -1 : 1;
  const bare = text.replace(/^[-+]/, "");
  if (bare.startsWith("inf")) return sign * Number.POSITIVE_INFINITY;
  return bare === "nan" ? Number.NaN : sign * Number(bare);
}

/** Distinct texts by their characters' numbers. */
export function sortedTexts(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort((a, b) => {
    const left = [...a];
    const right = [...b];
    for (let i = 0; i < Math.min(left.length, right.length); i++) {
      const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
      if (difference !== 0) return difference;
    }
    return left.length - right.length;
  });
}

/** A column by its name, or by what R's read.csv makes of it: `my.score` finds `my score`. */
export function findColumn({ columns }: DataTable, name: string): Column | undefined {
  return columns.find((column) => column.name === name) ?? columns.find((column) => madeName(column.name) === name);
}

/** R's make.names. */
export function madeName(name: string): string {
  const dotted = name.replace(/[^\p{L}\p{N}._]/gu, ".");
  const begun = /^(\p{L}|\.(?!\p{N}))/u.test(dotted) ? dotted : `X${dotted}`;
  return isSyntactic(begun) ? begun : `${begun}.`;
}

/** Rows of a table, in an order of their own. */
export function rowsOf(table: DataTable, rows: readonly number[]): DataTable {
  return {
    nRows: rows.length,
    columns: table.columns.map((column) =>
      column.kind === "factor"
        ? { ...column, codes: Int32Array.from(rows, (row) => column.codes[row]!) }
        : { ...column, values: Float64Array.from(rows, (row) => column.values[row]!) },
    ),
  };
}
