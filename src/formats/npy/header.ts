// The header of numpy's .npy (versions 1 to 3): what the array is and where its values begin. As numpy.lib.format describes it.
//
//   \x93NUMPY  major minor  length (u16, from version 2 on u32)  {'descr': '<f4', 'fortran_order': False, 'shape': (40, 2244), }  ..\n
import { InputError } from "../../errors.js";

export interface NpyMatrix {
  readonly elementType: "f32" | "f64";
  readonly nRows: number;
  readonly nColumns: number;
  /** Bytes before the values. */
  readonly dataOffset: number;
}

/** Bytes that hold every header numpy writes for a matrix of numbers; 12 bytes and a line padded to 64. */
export const NPY_HEADER_BYTES = 4096;

const MAGIC = "\x93NUMPY";
const TYPES: Readonly<Record<string, "f32" | "f64">> = { "<f4": "f32", "<f8": "f64" };

/**
 * `start`: the first bytes of the array, NPY_HEADER_BYTES or all there are. Only what can be read in place is a matrix here: float32 or float64,
 * little-endian, C order, two dimensions. Throws InputError saying what it is instead, and the line of numpy that changes it.
 */
export function parseNpyHeader(start: Uint8Array, path: string): NpyMatrix {
  const text = Buffer.from(start.buffer, start.byteOffset, start.byteLength).toString("latin1");
  if (!text.startsWith(MAGIC) || start.byteLength < 12) {
    throw refuse(path, "a .npy array (beginning with \\x93NUMPY)", "something else. Is it the right file?");
  }
  const major = start[6]!;
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const textOffset = major === 1 ? 10 : 12;
  const dataOffset = textOffset + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (major < 1 || major > 3) throw refuse(path, "version 1, 2 or 3 of the .npy format", `version ${major}`);
  const header = text.slice(textOffset, dataOffset);
  const descr = /'descr'\s*:\s*('([^']*)'|\[)/.exec(header);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header);
  const shape = /'shape'\s*:\s*\(([^)]*)\)/.exec(header);
  if (dataOffset > start.byteLength || descr === null || order === null || shape === null) {
    throw refuse(path, "a .npy header with descr, fortran_order and shape", "a damaged one. Save the array again.");
  }
  const elementType = TYPES[descr[2] ?? ""];
  if (elementType === undefined) {
    throw refuse(
      path,
      "float32 or float64 in little-endian order (<f4 or <f8)",
      `dtype ${descr[2] ?? "of named fields"}. Save it again: ${remedyFor(descr[2])}`,
    );
  }
  const sizes = shape[1]!
    .split(",")
    .flatMap((size) => (size.trim() === "" ? [] : [/^\s*\d+\s*$/.test(size) ? Number(size) : Number.NaN]));
  if (sizes.length !== 2) {
    const got = `${sizes.length} (shape ${shape[0]!.replace(/.*?\(/, "(")})`;
    throw refuse(
      path,
      "2 dimensions (subjects x elements)",
      `${got}. Save it again: numpy.save(path, array.reshape(n, -1)).`,
    );
  }
  if (order[1] === "True") {
    throw refuse(
      path,
      "C order (one subject's values side by side)",
      "Fortran order. Save it again: numpy.save(path, numpy.ascontiguousarray(array)).",
    );
  }
  const [nRows, nColumns] = sizes as [number, number];
  if (!(nRows >= 1 && nColumns >= 1 && Number.isSafeInteger(8 * nRows * nColumns)))
    throw refuse(path, "at least one subject and one element", `shape (${nRows}, ${nColumns})`);
  return { elementType, nRows, nColumns, dataOffset };
}

/** float64 holds integers up to 2^53, float32 up to 2^24: numpy rounds larger ones without a word. */
function remedyFor(descr: string | undefined): string {
  if (/^.[iu]8$/.test(descr ?? ""))
    return 'numpy.save(path, array.astype("<f8")); integers beyond 2^53 are rounded by that.';
  return `numpy.save(path, array.astype(${/^.([iu]4|f8)$/.test(descr ?? "") ? '"<f8"))' : '"<f4")), or "<f8"'}.`;
}

function refuse(path: string, expected: string, got: string): InputError {
  return new InputError(`Cannot read ${path}: expected ${expected}, got ${got}`, { path });
}
