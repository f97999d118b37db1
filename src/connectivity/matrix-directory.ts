// MRtrix3's connectivity matrix directory, read by rows. It may exceed 4 GiB: nothing is loaded whole.
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { InputError } from "../errors.js";
import { openImage } from "../formats/image.js";
import type { Image } from "../formats/image-header.js";
import { describePathKind, pathKindOf } from "../formats/path-kind.js";
import { formatCount } from "../units.js";

export interface MatrixDirectory {
  readonly path: string;
  readonly nFixels: number;
  readonly nConnections: number;
  readonly files: { readonly index: string; readonly fixels: string; readonly values: string };
  /** counts, firsts f64 [count]: number of connections and position of the first, of fixels first..first+count. */
  copyRowsInto(counts: Float64Array, firsts: Float64Array, first: number, count: number): void;
  copyConnectedInto(target: Uint32Array, first: number, count: number): void;
  copyValuesInto(target: Float32Array, first: number, count: number): void;
  close(): void;
}

const PARTS = "index.mif, fixels.mif and values.mif";
const MAKE_AGAIN = "Make the matrix again with fixelconnectivity.";
const GIVE = "Give the directory that fixelconnectivity made.";

/** Throws InputError: not such a directory, shapes that do not fit each other, another template (nFixels). */
export function openMatrixDirectory(path: string, nFixels: number): MatrixDirectory {
  if (/\.tck$/i.test(path)) {
    throw new InputError(
      `Cannot use ${path} as connectivity: expected a fixel-fixel connectivity matrix, got streamlines. Make the matrix once, \`fixelstream fixelconnectivity FIXEL_DIRECTORY ${path} MATRIX_DIRECTORY\`, and give MATRIX_DIRECTORY.`,
      { path },
    );
  }
  const kind = pathKindOf(path);
  if (kind !== "directory") throw cannotRead(path, `a directory with ${PARTS}`, describePathKind(kind), GIVE);
  const files = { index: join(path, "index.mif"), fixels: join(path, "fixels.mif"), values: join(path, "values.mif") };
  const missing = Object.values(files).find((file) => !existsSync(file));
  if (missing !== undefined) throw cannotRead(path, `${PARTS} in it`, `none named ${basename(missing)}`, GIVE);
  const opened: Image[] = [];
  const open = (file: string) => {
    const image = openImage(file);
    opened.push(image);
    return image;
  };
  const close = () => {
    for (const image of opened) image.close();
  };
  try {
    const index = open(files.index);
    const fixels = open(files.fixels);
    const values = open(files.values);
    checkShapes({ path, nFixels, index, fixels, values });
    return {
      path,
      nFixels,
      nConnections: fixels.nElements,
      files,
      copyRowsInto(counts, firsts, first, count) {
        index.copyValuesInto(counts.subarray(0, count), first, count);
        index.copyValuesInto(firsts.subarray(0, count), nFixels + first, count);
      },
      copyConnectedInto: (target, first, count) => fixels.copyValuesInto(target, first, count),
      copyValuesInto: (target, first, count) => values.copyValuesInto(target, first, count),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function checkShapes(images: { path: string; nFixels: number; index: Image; fixels: Image; values: Image }): void {
  const { path, nFixels, index, fixels, values } = images;
  const shape = index.header.dimensions;
  if (shape.length !== 4 || shape[1] !== 1 || shape[2] !== 1 || shape[3] !== 2) {
    throw cannotRead(path, "an index.mif of fixels x 1 x 1 x 2", shape.join(" x "), GIVE);
  }
  if (shape[0] !== nFixels) {
    throw new InputError(
      `Cannot use the connectivity ${path}: expected ${formatCount(nFixels, "fixels")} (those of the template), got ${shape[0]}. Make it of the same fixel template with fixelconnectivity.`,
      { path },
    );
  }
  if (fixels.nElements !== values.nElements) {
    const expected = `as many connections in values.mif as in fixels.mif (${fixels.nElements})`;
    throw cannotRead(path, expected, `${values.nElements}`, MAKE_AGAIN);
  }
}

function cannotRead(path: string, expected: string, got: string, remedy: string): InputError {
  return new InputError(`Cannot read the connectivity ${path}: expected ${expected}, got ${got}. ${remedy}`, { path });
}
