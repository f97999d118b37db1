// Results of voxels: images on the mask's grid, 0 outside it, named `<prefix>NAME.mif`, the prefix glued on as MRtrix3 does it, and texts.
import { writeImageInPieces } from "../formats/image.js";
import { countElements, type HeaderEntries } from "../formats/image-header.js";
import type { VoxelGrid } from "../formats/voxel-grid.js";
import { openPrefixFolder } from "./prefix-folder.js";
import type { ResultFiles } from "./result-files.js";
import { listResults, type Result, type ResultSpec, type ResultValues } from "./result-list.js";
import { ROW_DIGITS, writeNumbers } from "./write-numbers.js";

export interface ImageResultInputs {
  /** As typed: `out/x_` gives out/x_beta0.mif, `out/` gives out/beta0.mif. */
  readonly prefix: string;
  readonly grid: VoxelGrid;
  readonly results: ResultSpec;
  /** Keys that every image gets, beside the mask's. */
  readonly entries: HeaderEntries;
  readonly commandHistory: string;
  readonly overwrite: boolean;
  /** As ResultFolderInputs. */
  readonly rehearse: boolean;
}

/** Throws InputError: exists already, no such directory, cannot be written, disk too small. */
export function openImageResults(inputs: ImageResultInputs): ResultFiles {
  const { prefix, results, grid, commandHistory } = inputs;
  const all = listResults(results);
  const nImages = all.reduce((sum, { role, count }) => sum + (role === "null" ? 0 : count), 0);
  const bytes = countElements(grid.dimensions) * 4 * nImages;
  const namesOf = ({ role, name, count, grouped }: Result): string[] => {
    if (role === "null") return [`${name}.txt`];
    if (role === "factor" || grouped) return Array.from({ length: count }, (_, i) => `${name}${i}.mif`);
    return [`${name}.mif`];
  };
  const { pathOf, files } = openPrefixFolder({
    ...{ prefix, ending: "mif", bytes, overwrite: inputs.overwrite, rehearse: inputs.rehearse },
    names: all.flatMap(namesOf),
  });
  return {
    ...files,
    async write(result, images, signal) {
      for (const [i, name] of namesOf(result).entries()) {
        const path = pathOf(name);
        if (result.role === "null")
          await writeNumbers(path, [images[i]!], { digits: ROW_DIGITS, separator: " ", commandHistory }, signal);
        else await writeVoxels(path, inputs, result.role === "tested", images[i]!, signal);
      }
    },
  };
}

async function writeVoxels(
  path: string,
  { grid, entries, commandHistory, results }: ImageResultInputs,
  isTested: boolean,
  values: ResultValues,
  signal: AbortSignal | undefined,
): Promise<void> {
  const own = new Set(entries.map(([key]) => key));
  const data = new Float32Array(countElements(grid.dimensions));
  const eligible = isTested ? results.eligible : undefined;
  for (const [element, place] of grid.places.entries()) {
    if (eligible !== undefined && eligible[element] === 0) continue;
    // where nothing could be tested there is what is outside the mask
    data[place] = isTested && Number.isNaN(values[element]!) ? 0 : values[element]!;
  }
  const spec = {
    ...{ dimensions: grid.dimensions, voxelSizes: grid.voxelSizes, layout: grid.layout, transform: grid.transform },
    dataType: "Float32LE" as const,
    entries: [
      ...grid.entries.filter(([key]) => !own.has(key) && key !== "mrtrix_version"),
      ...entries,
      ["command_history", commandHistory.replace(/\s*\n\s*/g, " ")] as const,
    ],
  };
  await writeImageInPieces(path, spec, data, signal);
}
