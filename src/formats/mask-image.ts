// Images as masks: which of their values are in.
import { InputError } from "../errors.js";
import { formatCount } from "../units.js";
import type { Warning } from "../warnings.js";
import { headerWarning } from "./header-warning.js";
import type { Image, ImageHeader } from "./image-header.js";

export interface MaskImage {
  readonly header: ImageHeader;
  /** u8, one a value in canonical order: 0 or 1. */
  readonly inside: Uint8Array;
  readonly warnings: Warning[];
}

/** Values read at once. */
const CHUNK_VALUES = 2 ** 16;

/**
 * As MRtrix3 3.0.3 reads masks: values are rounded to the nearest integer, halves away from 0, and those that are 0 then, or not finite, are out. Throws
 * InputError: not readable, nothing inside. `name`: what a user calls the mask, at the beginning of a sentence.
 */
export function readMask(image: Image, name: string): MaskImage {
  const { path } = image;
  const nValues = image.nElements;
  const inside = new Uint8Array(nValues);
  const odd = { out: 0, in: 0 };
  // not float32, in which 0.49999999 is 0.5
  const values = new Float64Array(Math.min(nValues, CHUNK_VALUES));
  for (let first = 0; first < nValues; first += values.length) {
    const n = Math.min(values.length, nValues - first);
    image.copyValuesInto(values, first, n);
    for (let i = 0; i < n; i++) {
      const value = values[i]!;
      const isIn = Number.isFinite(value) && Math.abs(value) >= 0.5;
      if (isIn) inside[first + i] = 1;
      if (value !== 0 && value !== 1) odd[isIn ? "in" : "out"] += 1;
    }
  }
  if (!inside.includes(1)) {
    throw new InputError(
      `Cannot use the mask ${path}: expected at least one value that is not 0 when it is rounded, got none. Is it the right file?`,
      { path },
    );
  }
  const warnings: Warning[] = [];
  const warning = headerWarning([{ name: path, remarks: image.header.remarks }], "masks");
  if (warning !== undefined) warnings.push(warning);
  if (odd.in + odd.out > 0) {
    const message = `${name} ${path} has ${formatCount(odd.in + odd.out, "values")} of ${nValues} that ${odd.in + odd.out === 1 ? "is" : "are"} neither 0 nor 1. Rounded to the nearest integer, as MRtrix3 does, they count ${odd.in} in and ${odd.out} out (below 0.5, or not finite). If another bound is meant: mrthreshold ${path} -abs BOUND NEW.mif.`;
    warnings.push({ tag: "mask-values", message });
  }
  return { header: image.header, inside, warnings };
}
