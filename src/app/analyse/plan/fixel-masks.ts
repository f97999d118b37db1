// Masks over the fixels of the template. -mask: which fixels exist at all. -posthoc: which of those may be a maximum and get p-values; the others
// still support their neighbours' enhancement.
import { InputError } from "../../../errors.js";
import { checkFixelDataHeader } from "../../../formats/fixel-directory.js";
import type { Warning } from "../../../warnings.js";
import type { ElementSelection } from "../element-kind.js";
import type { InputFiles } from "../input-files.js";

export type AnalysedFixels = Pick<ElementSelection, "columns" | "elementOf">;
export type PosthocFixels = Pick<ElementSelection, "eligible" | "nEligible" | "warnings">;

/** Values read at once. */
const CHUNK_FIXELS = 2 ** 16;

/** Without a mask every fixel is an element. Throws InputError: another template, or nothing inside. */
export function readAnalysisMask(path: string | undefined, nFixels: number, files: InputFiles): AnalysedFixels {
  if (path === undefined) {
    return { columns: Uint32Array.from({ length: nFixels }, (_, i) => i), elementOf: undefined };
  }
  const inside = readFixelMask("mask", path, nFixels, files);
  const elementOf = new Int32Array(nFixels).fill(-1);
  const columns = new Uint32Array(count(inside));
  let nElements = 0;
  for (const [fixel, value] of inside.entries()) {
    if (value === 0) continue;
    elementOf[fixel] = nElements;
    columns[nElements++] = fixel;
  }
  return { columns, elementOf };
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
  const inside = readFixelMask("posthoc", posthoc, nFixels, files);
  const eligible = Uint8Array.from(columns, (fixel) => inside[fixel]!);
  const [nInside, nEligible] = [count(inside), count(eligible)];
  if (nEligible === 0) {
    throw new InputError(
      `Cannot use -posthoc ${posthoc}: expected fixels that are in -mask ${mask} too, got ${nInside} of which none is. Give masks that overlap.`,
      { path: posthoc },
    );
  }
  const warnings: Warning[] = [];
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

/** u8 [nFixels]: 1 where the value is neither 0 nor NaN. Throws InputError: not readable, another template, nothing inside. */
function readFixelMask(role: string, path: string, nFixels: number, files: InputFiles): Uint8Array {
  const image = files.image(role, path, (header) =>
    checkFixelDataHeader(header, nFixels, path, "Make the mask of the same fixel template."),
  );
  try {
    const inside = new Uint8Array(nFixels);
    const values = new Float32Array(Math.min(nFixels, CHUNK_FIXELS));
    for (let first = 0; first < nFixels; first += values.length) {
      const n = Math.min(values.length, nFixels - first);
      image.copyValuesInto(values, first, n);
      for (let i = 0; i < n; i++) inside[first + i] = values[i] !== 0 && !Number.isNaN(values[i]) ? 1 : 0;
    }
    if (!inside.includes(1)) {
      throw new InputError(
        `Cannot use the mask ${path}: expected at least one value that is not 0, got none. Is it the right file?`,
        { path },
      );
    }
    return inside;
  } finally {
    image.close();
  }
}

function count(inside: Uint8Array): number {
  return inside.reduce((sum, value) => sum + value, 0);
}
