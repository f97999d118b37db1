// The use case "what is in this ModelArray file": plain data for the info command. Reads metadata only.
import { isFixelstreamError } from "../../errors.js";
import { elementsOf, type FileElements } from "../../formats/hdf5/element-kind.js";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import {
  COMPLETE_MARKER,
  describeScalar,
  listAnalyses,
  listScalars,
  type ScalarDataset,
} from "../../formats/hdf5/modelarray-layout.js";
import { assertUsable } from "../../formats/hdf5/obstacles.js";
import { type Hdf5File, openHdf5 } from "../../formats/hdf5/open.js";
import { describeResults } from "../../formats/hdf5/results-matrix.js";
import { GEOMETRY_ATTRIBUTES } from "../../formats/hdf5/voxel-table.js";

export interface ModelArrayDescription {
  readonly path: string;
  /** Program and version, in files of ours. */
  readonly creator: string | undefined;
  /** What the elements are, by the tables. */
  readonly elements: FileElements;
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
  /** Scalars that no command can use, and why. */
  readonly unusable: readonly { readonly name: string; readonly reason: string }[];
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
    const unusable: ModelArrayDescription["unusable"][number][] = [];
    for (const name of hasScalars ? await listScalars(file) : []) {
      const found = await describeUsable(file, name);
      if ("reason" in found) {
        unusable.push(found);
        continue;
      }
      const { values, nSubjects, nElements, subjectNames, transposed } = found;
      const filters = values.filters.map((filter) => (filter.name === "deflate" ? "gzip" : filter.name));
      const chunks = values.chunks === undefined ? "contiguous" : `chunks of ${values.chunks.join(" x ")}`;
      const order = transposed ? ", elements x subjects" : "";
      const layout = `${[...filters, chunks].join(", ")}, ${values.typeName}${values.littleEndian ? "" : " big-endian"}${order}`;
      scalars.push({ name, nSubjects, nElements, layout, subjects: subjectNames });
    }
    const analyses: ModelArrayDescription["analyses"][number][] = [];
    for (const name of found) analyses.push({ name, statistics: (await describeResults(file, name)).names });
    return {
      path,
      creator: (await file.readAttribute("/", COMPLETE_MARKER))?.map(String)[0],
      elements: await elementsOf(file),
      hasPlace: (await file.readAttribute("/voxels", GEOMETRY_ATTRIBUTES.voxelSizes)) !== undefined,
      scalars,
      unusable,
      analyses,
    };
  } finally {
    await file.close();
  }
}

/** As far as metadata tell. */
async function describeUsable(file: Hdf5File, name: string): Promise<ScalarDataset | { name: string; reason: string }> {
  try {
    const scalar = await describeScalar(file, name);
    assertUsable(scalar.values, await file.layoutOf(scalar.values), file.path);
    return scalar;
  } catch (error) {
    if (!isFixelstreamError(error, "InputError")) throw error;
    return { name, reason: error.message };
  }
}
