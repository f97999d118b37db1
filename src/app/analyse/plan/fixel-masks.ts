// Masks over the fixels of the template. -mask: which fixels exist at all. -posthoc: which of those may be a maximum and get p-values; the others
// still support their neighbours' enhancement.
import { InputError } from "../../../errors.js";
import { checkFixelDataHeader } from "../../../formats/fixel-directory.js";
import type { ImageHeader } from "../../../formats/image-header.js";
import { type MaskImage, readMask } from "../../../formats/mask-image.js";
import { allElements } from "../all-elements.js";
import type { ElementSelection } from "../element-kind.js";
import type { InputFiles } from "../input-files.js";

export type AnalysedFixels = Pick<ElementSelection, "columns" | "elementOf" | "warnings">;
export type PosthocFixels = Pick<ElementSelection, "eligible" | "nEligible" | "warnings">;

/** Without a mask every fixel is an element. Throws InputError: another template, or nothing inside. */
export function readAnalysisMask(path: string | undefined, nFixels: number, files: InputFiles): AnalysedFixels {
  if (path === undefined) {
    return { columns: allElements(nFixels), elementOf: undefined, warnings: [] };
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

const readFixelMask = (role: "mask" | "posthoc", path: string, nFixels: number, files: InputFiles): MaskImage =>
  readMaskImage(role, path, files, (header) =>
    checkFixelDataHeader(header, nFixels, path, "Make the mask of the same fixel template."),
  );

export function readMaskImage(
  role: "mask" | "posthoc",
  path: string,
  files: InputFiles,
  check: (header: ImageHeader) => void,
): MaskImage {
  const image = files.image(role, path, check);
  try {
    return readMask(image, `-${role}`);
  } finally {
    image.close();
  }
}

function count(inside: Uint8Array): number {
  return inside.reduce((sum, value) => sum + value, 0);
}
