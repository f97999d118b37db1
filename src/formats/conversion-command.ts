// The commands that messages about images name: MRtrix3's, as a user may copy them, on the very file.
import { shellWord } from "../shell-word.js";

/** `cd/fa.nii.gz`: `mrconvert cd/fa.nii.gz cd/fa.mif`. */
export const convertCommand = (path: string): string =>
  `mrconvert ${shellWord(path)} ${shellWord(convertedPath(path))}`;

/** As float64: what the integers of 64 bits become that it does not hold. */
export const roundCommand = (path: string): string =>
  `mrconvert ${shellWord(path)} ${shellWord(convertedPath(path))} -datatype float64`;

/** `fa.mif`, `-abs`: `mrcalc fa.mif -abs fa-converted.mif`. */
export const calculateCommand = (path: string, operation: "-abs" | "-real"): string =>
  `mrcalc ${shellWord(path)} ${operation} ${shellWord(convertedPath(path))}`;

/** offset + scale x what is stored. */
export const scaleCommand = (
  path: string,
  { offset, scale }: { readonly offset: number; readonly scale: number },
): string => `mrcalc ${shellWord(path)} ${scale} -mult ${offset} -add ${shellWord(convertedPath(path))}`;

/** Beside the file, never the file itself. */
function convertedPath(path: string): string {
  const stem = path.replace(/\.gz$/i, "").replace(/\.[^./\\]+$/, "");
  return /\.(mif|mih)(\.gz)?$/i.test(path) ? `${stem}-converted.mif` : `${stem}.mif`;
}
