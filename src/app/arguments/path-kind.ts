// What an argument is, at a glance: enough to see that it stands in another's place. Nothing is checked here.
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * new        nothing of that name           fixels     fixel directory      list    text, a name a line
 * word       nothing, and no path at all    matrix     fixel connectivity   numbers text of numbers, .npy
 * directory  another directory              store      of convert           table   text of several columns with words
 * image      tracks    hdf5                 dash       "-"                  formula  nothing, with a ~
 */
export type ArgumentKind =
  | ("new" | "word" | "directory" | "fixels" | "matrix" | "store" | "image" | "tracks" | "hdf5")
  | ("dash" | "list" | "numbers" | "table" | "formula" | "unknown");

export interface ArgumentLook {
  readonly kind: ArgumentKind;
  /** Of text. */
  readonly nRows?: number;
  /** First cell of the first line of a table. */
  readonly title?: string;
  readonly nColumns?: number;
}

const IMAGE = /\.(mif|mih|nii|mgh|mgz|mif\.gz|nii\.gz|hdr)$/i;
const ENDINGS = ["mif", "mif.gz", "nii", "nii.gz"];
/** Bytes of a text that are looked at. */
const MOST_BYTES = 2 ** 22;

export function lookAtArgument(text: string): ArgumentLook {
  if (text === "-") return { kind: "dash" };
  if (!existsSync(text) && text.includes("~")) return { kind: "formula" };
  if (!existsSync(text)) return { kind: /^\w+$/.test(text) ? "word" : "new" };
  try {
    const status = statSync(text);
    if (status.isDirectory()) return { kind: kindOfDirectory(text) };
    if (!status.isFile()) return { kind: "unknown" };
  } catch {
    return { kind: "unknown" };
  }
  if (IMAGE.test(text)) return { kind: "image" };
  if (/\.(h5|hdf5)$/i.test(text)) return { kind: "hdf5" };
  if (/\.tck$/i.test(text)) return { kind: "tracks" };
  if (/\.np[yz]$/i.test(text)) return { kind: "numbers" };
  return lookAtText(text);
}

function kindOfDirectory(path: string): ArgumentKind {
  const has = (name: string) => ENDINGS.some((ending) => existsSync(join(path, `${name}.${ending}`)));
  if (existsSync(join(path, "store.json"))) return "store";
  if (!has("index")) return "directory";
  if (has("fixels") && has("values")) return "matrix";
  return has("directions") ? "fixels" : "directory";
}

function lookAtText(path: string): ArgumentLook {
  const bytes = Buffer.alloc(MOST_BYTES);
  let length: number;
  try {
    const file = openSync(path, "r");
    try {
      length = readSync(file, bytes, 0, MOST_BYTES, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return { kind: "unknown" };
  }
  const text = bytes.subarray(0, length).toString("utf8");
  if (text.includes("\0")) return { kind: "unknown" };
  const rows = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => line.trim().split(/[\s,;]+/));
  if (rows.length === 0) return { kind: "unknown" };
  const shape = { nRows: rows.length, nColumns: rows[0]!.length };
  if (rows.every((cells) => cells.every(isNumber))) return { kind: "numbers", ...shape };
  if (rows.every((cells) => cells.length === 1)) return { kind: "list", ...shape };
  // names of columns above, or of rows in front of numbers are a matrix too
  const body = rows[0]!.slice(1).every(isNumber) ? rows : rows.slice(1);
  const nNames = body.every(([first = ""]) => isNumber(first)) ? 0 : 1;
  if (body.length > 0 && !hasWords(body, nNames))
    return { kind: "numbers", nRows: body.length, nColumns: body[0]!.length - nNames };
  return { kind: "table", ...shape, title: rows[0]![0]! };
}

/** A column is words and nothing else, beside the first `nNames`: not a slip in a matrix of numbers. */
const hasWords = (rows: readonly string[][], nNames: number): boolean =>
  rows[0]!.some((_, column) => column >= nNames && rows.every((cells) => !isNumber(cells[column] ?? "")));

const isNumber = (cell: string): boolean => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?(nan|inf)$/i.test(cell);
