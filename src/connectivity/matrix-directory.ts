// MRtrix3's connectivity matrix directory, read by rows. It may exceed 4 GiB: nothing is loaded whole.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors.js";
import { openImage } from "../formats/image.js";
import type { Image } from "../formats/image-header.js";

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

/** Throws InputError: not such a directory, shapes that do not fit each other, another template (nFixels). */
export function openMatrixDirectory(path: string, nFixels: number): MatrixDirectory {
  if (/\.tck$/i.test(path)) {
    throw new InputError(
      `Cannot use ${path}: expected a fixel-fixel connectivity matrix, got streamlines. Make the matrix once with MRtrix3: fixelconnectivity FIXEL_DIRECTORY ${path} MATRIX_DIRECTORY, then give MATRIX_DIRECTORY.`,
      { path },
    );
  }
  if (!existsSync(path))
    throw new InputError(`Cannot read the connectivity ${path}: there is no such directory.`, { path });
  if (!statSync(path).isDirectory()) {
    throw new InputError(
      `Cannot read the connectivity ${path}: expected a directory with index.mif, fixels.mif and values.mif, got a file.`,
      { path },
    );
  }
  const files = { index: join(path, "index.mif"), fixels: join(path, "fixels.mif"), values: join(path, "values.mif") };
  const missing = Object.values(files).filter((file) => !existsSync(file));
  if (missing.length > 0) {
    throw new InputError(
      `Cannot read the connectivity ${path}: expected index.mif, fixels.mif and values.mif in it, missing ${missing.join(", ")}. Give the directory that fixelconnectivity made.`,
      { path },
    );
  }
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
    throw new InputError(
      `Cannot read the connectivity ${path}: expected an index.mif of shape fixels x 1 x 1 x 2, got ${shape.join(" x ")}.`,
      { path },
    );
  }
  if (shape[0] !== nFixels) {
    throw new InputError(
      `Cannot use the connectivity ${path}: expected ${nFixels} fixels (those of the fixel directory), got ${shape[0]}. It was made for another template.`,
      { path },
    );
  }
  if (fixels.nElements !== values.nElements) {
    throw new InputError(
      `Cannot read the connectivity ${path}: fixels.mif holds ${fixels.nElements} connections, values.mif ${values.nElements}; expected the same number.`,
      { path },
    );
  }
}
