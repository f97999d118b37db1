// Where the page of a model goes, and what stands in front of its name: beside the .h5 or the table, or into the directory.
import { basename, dirname } from "node:path";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";

export function modelPagePlace(output: string, analysis: string): { directory: string; base: string } {
  const stem = basename(output).replace(/\.\w+$/, "");
  if (isHdf5Path(output)) return { directory: dirname(output), base: `${stem}_${analysis}_` };
  if (output.toLowerCase().endsWith(".csv")) return { directory: dirname(output), base: `${stem}_` };
  return { directory: output, base: `${analysis}_` };
}
