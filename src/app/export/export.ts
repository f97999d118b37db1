// The use case "results into or out of a ModelArray file": which way is told by the names.
import { UsageError } from "../../errors.js";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";

export { exportHdf5 } from "./export-hdf5.js";
export { exportImages } from "./export-images.js";
export { exportValues, valuesForm } from "./export-values.js";

/** Throws UsageError unless exactly one of them is an .h5. */
export function directionOfExport(input: string, output: string): "into-hdf5" | "into-images" {
  if (isHdf5Path(input) === isHdf5Path(output)) {
    throw new UsageError(
      `Cannot export ${input} to ${output}: expected one of them to end in .h5, got ${isHdf5Path(input) ? "both" : "neither"}. Values of an image or a store are exported to .npy, .tsv or .csv.`,
    );
  }
  return isHdf5Path(output) ? "into-hdf5" : "into-images";
}
