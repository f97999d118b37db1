// Masks over the fixels of the template. -mask: which fixels exist at all. -posthoc: which of those may be a maximum and get p-values; the others
// still support their neighbours' enhancement.
import { InputError } from "../../../errors.js";
import { checkFixelDataHeader } from "../../../formats/fixel-directory.js";
import { headerWarning } from "../../../formats/header-warning.js";
import { formatCount } from "../../../units.js";
import type { Warning } from "../../../warnings.js";
import type { ElementSelection } from "../element-kind.js";
import type { InputFiles } from "../input-files.js";

export type AnalysedFixels = Pick<ElementSelection, "columns" | "elementOf" | "warnings">;
export type PosthocFixels = Pick<ElementSelection, "eligible" | "nEligible" | "warnings">;

/** Values read at once. */
const CHUNK_FIXELS = 2 ** 16;

/** Without a mask every fixel is an element. Throws InputError: another template, or nothing inside. */
export function readAnalysisMask(path: string | undefined, nFixels: number, files: InputFiles): AnalysedFixels {
  if (path === undefined) {
    return { columns: Uint32Array.from({ length: nFixels }, (_, i) => i), elementOf: undefined, warnings: [] };
  }
  const { inside, warnings } = readFixelMask("mask", path, nFixels, files);
  const elementOf = new Int32Array(nFixels).fill(-1);
  const columns = new Uint32Array(count(inside));
  let nElements = 0;
  for (const [fixel, value] of inside.entries()) {
    if (value === 0) continue;
    elementOf[fixel] = nElements;
    columns[nElements++] = fixel;
  }
  return { columns, elementOf, warnings };
}

/** Fixels of the post-hoc mask outside the analysis are left out with a warning, as the peer does. Throws InputError: another template, nothing inside. */
export function readPosthocMask(
  options: { readonly posthoc?: string | undefined; readonly mask?: string | undefined; readonly notest: boolean },
  { columns }: AnalysedFixels,
  nFixels: number,
  files: InputFiles,
): PosthocFixels {
  const { posthoc, mask, notest } = options;
  if (posthoc === undefined) return { eligible: undefined, nEligible: columns.length, warnings: [] };
  const { inside, warnings } = readFixelMask("posthoc", posthoc, nFixels, files);
  const eligible = Uint8Array.from(columns, (fixel) => inside[fixel]!);
  const [nInside, nEligible] = [count(inside), count(eligible)];
  if (nEligible === 0) {
    throw new InputError(
      `Cannot use -posthoc ${posthoc}: expected fixels that are in -mask ${mask} too, got ${nInside} of which none is. Give masks that overlap.`,
      { path: posthoc },
    );
  }
  if (nEligible < nInside) {
    warnings.push({
      tag: "posthoc-outside-mask",
      message: `${nInside - nEligible} of ${nInside} fixels in -posthoc ${posthoc} are not in -mask ${mask}: they are not tested.`,
    });
  }
  if (notest) {
    warnings.push({ tag: "posthoc-without-test", message: "-posthoc has no effect together with -notest." });
  }
  return { eligible, nEligible, warnings };
}

interface FixelMask {
  /** u8 [nFixels] */
  readonly inside: Uint8Array;
  readonly warnings: Warning[];
}

/**
 * As MRtrix3 3.0.3 reads masks: values are rounded to the nearest integer, halves away from 0, and those that are 0 then, or not finite, are out. Throws
 * InputError: not readable, another template, nothing inside.
 */
function readFixelMask(role: "mask" | "posthoc", path: string, nFixels: number, files: InputFiles): FixelMask {
  const image = files.image(role, path, (header) =>
    checkFixelDataHeader(header, nFixels, path, "Make the mask of the same fixel template."),
  );
  try {
    const inside = new Uint8Array(nFixels);
    const odd = { out: 0, in: 0 };
    // not float32, in which 0.49999999 is 0.5
    const values = new Float64Array(Math.min(nFixels, CHUNK_FIXELS));
    for (let first = 0; first < nFixels; first += values.length) {
      const n = Math.min(values.length, nFixels - first);
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
      const message = `-${role} ${path} has ${formatCount(odd.in + odd.out, "values")} of ${nFixels} that ${odd.in + odd.out === 1 ? "is" : "are"} neither 0 nor 1. Rounded to the nearest integer, as MRtrix3 does, they count ${odd.in} in and ${odd.out} out (below 0.5, or not finite). If another bound is meant: mrthreshold ${path} -abs BOUND NEW.mif.`;
      warnings.push({ tag: "mask-values", message });
    }
    return { inside, warnings };
  } finally {
    image.close();
  }
}

function count(inside: Uint8Array): number {
  return inside.reduce((sum, value) => sum + value, 0);
}
