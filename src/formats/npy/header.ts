// The header of numpy's .npy (versions 1 to 3): what the array is and where its values begin. As numpy.lib.format describes it.
//
//   \x93NUMPY  major minor  length (u16, from version 2 on u32)  {'descr': '<f4', 'fortran_order': False, 'shape': (40, 2244), }  ..\n
import { InputError } from "../../errors.js";
import { type NpyType, parseDtype } from "./dtype.js";
import { describeRefused, type NpyPlace, numpyCommand } from "./refused-dtypes.js";

export interface NpyMatrix {
  readonly type: NpyType;
  /** Column by column: an element's values side by side. */
  readonly isFortran: boolean;
  readonly nRows: number;
  readonly nColumns: number;
  /** Bytes before the values. */
  readonly dataOffset: number;
}

/** Bytes that hold every header numpy writes for a matrix of numbers; 12 bytes and a line padded to 64. */
export const NPY_HEADER_BYTES = 4096;

/** What rows and columns are. */
export type NpyMeaning = "subjects x elements" | "nodes x nodes";

const MAGIC = "\x93NUMPY";

/**
 * `start`: the first bytes of the array, NPY_HEADER_BYTES or all there are. Throws InputError for what is no matrix of numbers, saying what it is, and the
 * line of numpy that makes one of it where there is one.
 */
export function parseNpyHeader(
  start: Uint8Array,
  place: NpyPlace,
  what: NpyMeaning = "subjects x elements",
): NpyMatrix {
  const refuse = (expected: string, got: string) => refused(place, expected, got);
  const text = Buffer.from(start.buffer, start.byteOffset, start.byteLength).toString("latin1");
  if (!text.startsWith(MAGIC) || start.byteLength < 12)
    throw refuse("a .npy array (beginning with \\x93NUMPY)", "something else. Is it the right file?");
  const major = start[6]!;
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const textOffset = major === 1 ? 10 : 12;
  const dataOffset = textOffset + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (major < 1 || major > 3) throw refuse("version 1, 2 or 3 of the .npy format", `version ${major}`);
  const header = text.slice(textOffset, dataOffset);
  const descr = /'descr'\s*:\s*('([^']*)'|\[)/.exec(header);
  const type = parseDtype(descr?.[2] ?? "");
  if (descr !== null && type === undefined) {
    const { what, remedy } = describeRefused(descr[2], place);
    throw refuse("float16 to float64, integers or booleans", `${what}. ${remedy}`);
  }
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header);
  const shape = /'shape'\s*:\s*\(([^)]*)\)/.exec(header);
  if (dataOffset > start.byteLength || type === undefined || order === null || shape === null)
    throw refuse("a .npy header with descr, fortran_order and shape", "a damaged one. Save the array again.");
  const sizes = sizesIn(shape[1]!);
  if (sizes.length !== 2) {
    const got = `${sizes.length} (shape ${shape[0]!.replace(/.*?\(/, "(")})`;
    const remedy =
      sizes.length === 0 || what === "nodes x nodes"
        ? `Save a matrix${what === "nodes x nodes" ? " a subject" : ""}.`
        : `${sizes.length === 1 ? "As one value a subject" : "With all but the first as elements"}: ${numpyCommand(place, "a.reshape(len(a),-1)")}`;
    throw refuse(`2 dimensions (${what})`, `${got}. ${remedy}`);
  }
  const [nRows, nColumns] = sizes as [number, number];
  if (!(nRows >= 1 && nColumns >= 1 && Number.isSafeInteger(8 * nRows * nColumns)))
    throw refuse(
      what === "nodes x nodes" ? "at least one node" : "at least one subject and one element",
      `shape (${nRows}, ${nColumns})`,
    );
  return { type, isFortran: order[1] === "True", nRows, nColumns, dataOffset };
}

/** `3, 5`, or `3L, 5L` of Python 2; what is no number is NaN. */
const sizesIn = (text: string): number[] =>
  text.split(",").flatMap((size) => {
    if (size.trim() === "") return [];
    const digits = /^\s*(\d+)L?\s*$/.exec(size);
    return [digits === null ? Number.NaN : Number(digits[1])];
  });

function refused({ path, member }: NpyPlace, expected: string, got: string): InputError {
  const what = member === undefined ? path : `${member} of ${path}`;
  return new InputError(`Cannot read ${what}: expected ${expected}, got ${got}`, { path });
}
