// The use case "what is in this ModelArray file": plain data for the info command. Reads metadata only.
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import { COMPLETE_MARKER, describeScalar, listScalars } from "../../formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../../formats/hdf5/open.js";
import { describeResults, resultsPath } from "../../formats/hdf5/results-matrix.js";

export interface ModelArrayDescription {
  readonly path: string;
  /** Program and version, in files of ours. */
  readonly creator: string | undefined;
  /** Has /fixels and /voxels. */
  readonly hasFixels: boolean;
  readonly scalars: readonly {
    readonly name: string;
    readonly nSubjects: number;
    readonly nElements: number;
    /** `contiguous float32`, `gzip in chunks of 40 x 128, float64`. */
    readonly layout: string;
    readonly subjects: readonly string[];
  }[];
  readonly analyses: readonly { readonly name: string; readonly statistics: readonly string[] }[];
}

/** Undefined: not the name of an .h5. Throws InputError when it does not open, or is not ModelArray's. */
export async function describeModelArray(path: string): Promise<ModelArrayDescription | undefined> {
  if (!isHdf5Path(path)) return undefined;
  const file = await openHdf5(path);
  try {
    const analyses = file.namesIn("/results").filter((name) => file.kindOf(resultsPath(name)) === "dataset");
    const hasScalars = file.kindOf("/scalars") === "group" || analyses.length === 0;
    const scalars = (hasScalars ? listScalars(file) : []).map((name) => {
      const { values, nSubjects, nElements, subjectNames, transposed } = describeScalar(file, name);
      const filters = values.filters.map((filter) => (filter.name === "deflate" ? "gzip" : filter.name));
      const type = `${values.kind === "integer" && !values.signed ? "u" : ""}${values.kind === "float" ? "float" : "int"}${values.valueBytes * 8}`;
      const chunks = values.chunks === undefined ? "contiguous" : `chunks of ${values.chunks.join(" x ")}`;
      const order = transposed ? ", elements x subjects" : "";
      const layout = `${[...filters, chunks].join(", ")}, ${type}${values.littleEndian ? "" : " big-endian"}${order}`;
      return { name, nSubjects, nElements, layout, subjects: subjectNames };
    });
    return {
      path,
      creator: file.readAttribute("/", COMPLETE_MARKER)?.map(String)[0],
      hasFixels: file.kindOf("/fixels") === "dataset" && file.kindOf("/voxels") === "dataset",
      scalars,
      analyses: analyses.map((name) => ({ name, statistics: describeResults(file, name).names })),
    };
  } finally {
    file.close();
  }
}
