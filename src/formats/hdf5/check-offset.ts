// Values that are read past libhdf5: before any is, some are compared with what libhdf5 reads.
import { InputError } from "../../errors.js";
import { openPositionalBytes } from "../positional-bytes.js";
import type { DatasetDescription } from "./dataset.js";
import type { Hdf5File } from "./open.js";

/** Of a contiguous matrix in little-endian order: the first, the middle and the last value. Throws InputError when one is not at its place. */
export async function assertOffset(file: Hdf5File, values: DatasetDescription, byteOffset: number): Promise<void> {
  const [nRows, nColumns] = values.shape as readonly [number, number];
  const bytes = openPositionalBytes(file.path);
  try {
    const found = new Uint8Array(values.valueBytes);
    for (const place of [0, Math.floor((nRows * nColumns) / 2), nRows * nColumns - 1]) {
      bytes.copyInto(found, byteOffset + place * values.valueBytes);
      const view = await file.readRectangle(values, [Math.floor(place / nColumns), place % nColumns], [1, 1]);
      const expected = new Uint8Array(view.buffer, view.byteOffset, values.valueBytes);
      if (Buffer.compare(found, expected) === 0) continue;
      throw new InputError(
        `Cannot use ${values.objectPath} of ${file.path}: value ${place} differs between libhdf5 and byte ${byteOffset + place * values.valueBytes}. The file is damaged, or was changed meanwhile: restore it, or make it again.`,
        { path: file.path },
      );
    }
  } finally {
    bytes.close();
  }
}
