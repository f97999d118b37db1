// The commands that messages about images name: MRtrix3's, as a user may copy them, on the very file.
import { shellWord } from "../shell-word.js";

/** `cd/fa.nii.gz`: `mrconvert cd/fa.nii.gz cd/fa.mif`. `options` follow. */
export function convertCommand(path: string, options = ""): string {
  return `mrconvert ${shellWord(path)} ${shellWord(convertedPath(path))}${options === "" ? "" : ` ${options}`}`;
}

/** `fa.mif`, `-abs`: `mrcalc fa.mif -abs fa-converted.mif`. */
export function calculateCommand(path: string, operation: string): string {
  return `mrcalc ${shellWord(path)} ${operation} ${shellWord(convertedPath(path))}`;
}

/** Beside the file, never the file itself. */
function convertedPath(path: string): string {
  const stem = path.replace(/\.gz$/i, "").replace(/\.[^./\\]+$/, "");
  return /\.(mif|mih)(\.gz)?$/i.test(path) ? `${stem}-converted.mif` : `${stem}.mif`;
}
