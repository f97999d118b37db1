// The use case "what is in this ModelArray file": plain data for the info command. Reads metadata only.
import { GEOMETRY_ATTRIBUTES } from "../../formats/hdf5/fixel-tables.js";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import { COMPLETE_MARKER, describeScalar, listScalars } from "../../formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../../formats/hdf5/open.js";
import { describeResults, listAnalyses } from "../../formats/hdf5/results-matrix.js";

export interface ModelArrayDescription {
  readonly path: string;
  /** Program and version, in files of ours. */
  readonly creator: string | undefined;
  /** Has /fixels and /voxels. */
  readonly hasFixels: boolean;
  /** Where the fixels are: false where the tables keep no voxel size and position. */
  readonly hasPlace: boolean;
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
    const found = await listAnalyses(file);
    const hasScalars = (await file.kindOf("/scalars")) === "group" || found.length === 0;
    const scalars: ModelArrayDescription["scalars"][number][] = [];
    for (const name of hasScalars ? await listScalars(file) : []) {
      const { values, nSubjects, nElements, subjectNames, transposed } = await describeScalar(file, name);
      const filters = values.filters.map((filter) => (filter.name === "deflate" ? "gzip" : filter.name));
      const type = `${values.kind === "integer" && !values.signed ? "u" : ""}${values.kind === "float" ? "float" : "int"}${values.valueBytes * 8}`;
      const chunks = values.chunks === undefined ? "contiguous" : `chunks of ${values.chunks.join(" x ")}`;
      const order = transposed ? ", elements x subjects" : "";
      const layout = `${[...filters, chunks].join(", ")}, ${type}${values.littleEndian ? "" : " big-endian"}${order}`;
      scalars.push({ name, nSubjects, nElements, layout, subjects: subjectNames });
    }
    const analyses: ModelArrayDescription["analyses"][number][] = [];
    for (const name of found) analyses.push({ name, statistics: (await describeResults(file, name)).names });
    return {
      path,
      creator: (await file.readAttribute("/", COMPLETE_MARKER))?.map(String)[0],
      hasFixels: (await file.kindOf("/fixels")) === "dataset" && (await file.kindOf("/voxels")) === "dataset",
      hasPlace: (await file.readAttribute("/voxels", GEOMETRY_ATTRIBUTES.voxelSizes)) !== undefined,
      scalars,
      analyses,
    };
  } finally {
    await file.close();
  }
}
