// Where the elements of a ModelArray file are in images: fixels one after the other beside their index and directions, voxels in a grid like that of an
// image of the same space.
import { InputError, UsageError } from "../../errors.js";
import { openFixelDirectory } from "../../formats/fixel-directory.js";
import type { Elements } from "../../formats/hdf5/element-ids.js";
import { elementsOf } from "../../formats/hdf5/element-kind.js";
import { readFixelTables, writeFixelTemplate } from "../../formats/hdf5/fixel-tables.js";
import type { Hdf5File } from "../../formats/hdf5/open.js";
import { readVoxelTable } from "../../formats/hdf5/voxel-table.js";
import { imageKindOf, readImageHeader, readStoredHeader } from "../../formats/image.js";
import type { ImageSpec } from "../../formats/image-header.js";
import { placeWarnings } from "../../formats/place-warnings.js";
import { shellWord } from "../../shell-word.js";
import type { Warning } from "../../warnings.js";

export interface Places {
  readonly elements: Elements;
  /** Of an image, without what its values need. */
  readonly spec: Pick<ImageSpec, "dimensions" | "voxelSizes" | "transform">;
  readonly ending: ".mif" | ".nii" | ".nii.gz";
  /** Where an element is in the image; undefined: element i is value i. */
  readonly placeOf: Uint32Array | undefined;
  /** Files that come with the images. */
  readonly templateFiles: readonly string[];
  readonly warnings: readonly Warning[];
}

interface PlaceOptions {
  /** As typed. */
  readonly input: string;
  /** Fixel directory, or for voxels an image; undefined: out of the file. */
  readonly template: string | undefined;
  /** Where a template that is rebuilt may be written. */
  readonly folder: string;
}

/** Throws UsageError: nothing says where they are; InputError: the template is another, or damaged. */
export async function findPlaces(file: Hdf5File, options: PlaceOptions): Promise<Places> {
  const { input, template } = options;
  const elements = await elementsOf(file);
  if (elements === "greyordinates") {
    throw new UsageError(
      `Cannot export ${input}: it is greyordinate-wise (/greyordinates), and greyordinates lie on surfaces that images do not have. Make CIFTI files of it with ModelArrayIO (ciftistats_write), or read /results with R or h5py.`,
    );
  }
  if (elements === "voxels" && (template === undefined || imageKindOf(template) !== undefined))
    return await placeVoxels(file, options);
  return await placeFixels(file, options);
}

async function placeFixels(file: Hdf5File, { input, template, folder }: PlaceOptions): Promise<Places> {
  const tables = template === undefined ? await readFixelTables(file) : undefined;
  if (template === undefined && tables === undefined) {
    throw new UsageError(
      `Cannot export ${input}: it has no /fixels and /voxels to make index and directions from. Give the fixel directory that it was made with: --template DIRECTORY.`,
    );
  }
  const directory =
    template === undefined
      ? { ...writeFixelTemplate(folder, tables!), nFixels: tables!.nFixels }
      : openFixelDirectory(template);
  const { transform, voxelSizes } = readImageHeader(directory.directionsPath);
  const { nFixels } = directory;
  return {
    elements: {
      ...{ nElements: nFixels, what: "fixels", where: template ?? "/fixels" },
      remedy: "Give the right fixel directory with --template.",
    },
    spec: { dimensions: [nFixels, 1, 1], voxelSizes, transform },
    ending: ".mif",
    placeOf: undefined,
    templateFiles: [directory.indexPath, directory.directionsPath],
    warnings: placeWarnings(template ?? input, directory),
  };
}

/** i, j and k are places in the image as it is stored: nibabel, which ModelArrayIO reads with, turns nothing. */
async function placeVoxels(file: Hdf5File, { input, template }: PlaceOptions): Promise<Places> {
  const { voxels } = (await readVoxelTable(file))!;
  const nVoxels = voxels.length / 3;
  if (template === undefined) {
    throw new UsageError(
      `Cannot export ${input}: it is voxel-wise (/voxels without /fixels) and does not say in which space. Give an image of the same grid, such as the group mask that it was made with: --template MASK.nii.gz.`,
    );
  }
  const header = readStoredHeader(template);
  const dimensions = [0, 1, 2].map((axis) => header.dimensions[axis] ?? 1);
  const [nx, ny] = dimensions as [number, number, number];
  const placeOf = new Uint32Array(nVoxels);
  for (let voxel = 0; voxel < nVoxels; voxel++) {
    const at = [0, 1, 2].map((axis) => voxels[axis * nVoxels + voxel]!);
    if (at.some((place, axis) => place >= dimensions[axis]!)) {
      throw new InputError(
        `Cannot export ${input}: expected all voxels of /voxels inside ${template}, ${dimensions.join(" x ")}, got ${at.join(", ")} (i, j, k from 0). Give an image of the grid that the file was made with: --template ${shellWord("MASK.nii.gz")}.`,
        { path: template },
      );
    }
    placeOf[voxel] = at[0]! + nx * (at[1]! + ny * at[2]!);
  }
  const lower = template.toLowerCase();
  return {
    elements: {
      ...{ nElements: nVoxels, what: "voxels", where: "/voxels" },
      remedy: "Make the analysis and the file from the same voxels.",
    },
    spec: { dimensions, voxelSizes: header.voxelSizes.slice(0, 3), transform: header.transform },
    ending: imageKindOf(template) === "mif" ? ".mif" : lower.endsWith(".gz") ? ".nii.gz" : ".nii",
    placeOf,
    templateFiles: [],
    warnings: [],
  };
}
