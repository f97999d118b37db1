// A scaling that two readers read in two ways is refused: NIfTI and .mif say that it holds for all values, MRtrix3 3.0.3 applies it to integers alone
// (seen with mrdump and mrcalc) and takes floating-point and 1-bit values as they are stored.
import { InputError } from "../errors.js";
import { convertCommand, scaleCommand } from "./conversion-command.js";
import { dataTypeParts } from "./data-type.js";
import type { ImageHeader } from "./image-header.js";

/** Throws InputError naming both readings and the command for each. */
export function checkScaling({ dataType, scaling: { offset, scale } }: ImageHeader, path: string): void {
  const { kind } = dataTypeParts(dataType);
  if ((offset === 0 && scale === 1) || kind === "int" || kind === "uint") return;
  // MRtrix3 stores what it computes as float32, which is why only the values as stored come out exactly.
  const applied = scaleCommand(path, { offset, scale });
  const message = `Cannot read ${path}: expected values of ${dataType} without scaling, got ${offset} + ${scale} x what is stored: its format says to apply that, MRtrix3 leaves it out of all but integers. Write down which is meant. Applied: ${applied}. Left out: ${convertCommand(path)}.`;
  throw new InputError(message, { path });
}
