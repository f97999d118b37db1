// The voxels of a mask in the order in which a ModelArray file has them: that of its table /voxels. ModelArrayIO goes through the mask with the last axis
// fastest, masks of ours with the one that is fastest on disk.
import { InputError } from "../../errors.js";
import { formatCount } from "../../units.js";
import { readStoredHeader } from "../image.js";
import type { VoxelGrid } from "../voxel-grid.js";
import { elementsOf, type FileElements } from "./element-kind.js";
import { isHdf5Path } from "./hdf5-path.js";
import { type Hdf5File, openHdf5 } from "./open.js";
import { readVoxelTable } from "./voxel-table.js";

export interface VoxelMask {
  /** As typed. */
  readonly path: string;
  readonly grid: VoxelGrid;
}

const SEEN: Readonly<Record<Exclude<FileElements, "voxels">, readonly [got: string, remedy: string]>> = {
  fixels: ["it is fixel-wise (/fixels)", "Test it with fixelcfestats."],
  greyordinates: ["it is greyordinate-wise (/greyordinates)", "Test it with vectorstats."],
  elements: ["it has no /voxels, so that nothing says where its elements lie", "Test it with vectorstats."],
};

/** The mask's voxels in the order in which the input has them: its own, or that of a ModelArray file. Throws InputError. */
export async function gridOfInput(input: string, mask: VoxelMask, signal: AbortSignal | undefined): Promise<VoxelGrid> {
  if (!isHdf5Path(input)) return mask.grid;
  const file = await openHdf5(input, signal);
  try {
    return await gridOfFile(file, mask);
  } finally {
    await file.close();
  }
}

/** Throws InputError: no voxel-wise file, other voxels than the mask has. */
async function gridOfFile(file: Hdf5File, mask: VoxelMask): Promise<VoxelGrid> {
  const cannot = `Cannot use ${file.path} with the mask ${mask.path}: expected`;
  const refuse = (what: string) => new InputError(`${cannot} ${what}`, { path: file.path });
  const elements = await elementsOf(file);
  if (elements !== "voxels") {
    const [got, remedy] = SEEN[elements];
    throw refuse(`voxels, in /voxels without /fixels, and ${got}. ${remedy}`);
  }
  const { voxels } = (await readVoxelTable(file))!;
  const { grid } = mask;
  const nVoxels = voxels.length / 3;
  const remedy = `Give the mask that ${file.path} was made with.`;
  if (nVoxels !== grid.places.length) {
    const got = `${formatCount(nVoxels, "voxels")} in /voxels`;
    throw refuse(`${formatCount(grid.places.length, "voxels")}, those of the mask, got ${got}. ${remedy}`);
  }
  const placeOf = placesOfStored(mask);
  const left = new Set(grid.places);
  const places = Uint32Array.from({ length: nVoxels }, (_, i) => {
    const at = [0, 1, 2].map((axis) => voxels[axis * nVoxels + i]!);
    const place = placeOf(at);
    if (place === undefined || !left.delete(place)) {
      const got = `${at.join(", ")} (i, j, k from 0)`;
      const isTwice = place !== undefined && grid.places.includes(place);
      throw refuse(`the voxels of the mask in /voxels, got ${got} ${isTwice ? "twice" : "outside it"}. ${remedy}`);
    }
    return place;
  });
  return { ...grid, places };
}

/** From indices in the image as it is stored, as nibabel has them, to a canonical place as MRtrix3 presents it; undefined: outside. */
function placesOfStored({ path, grid }: VoxelMask): (at: readonly number[]) => number | undefined {
  const stored = readStoredHeader(path).layout;
  const axes = grid.layout.map(({ rank, reversed }, axis) => {
    const from = stored.findIndex((own) => own.rank === rank);
    return { from, isReversed: stored[from]!.reversed !== reversed, size: grid.dimensions[axis]! };
  });
  return (at) => {
    let place = 0;
    for (const { from, isReversed, size } of axes.toReversed()) {
      const index = at[from]!;
      if (index >= size) return undefined;
      place = place * size + (isReversed ? size - 1 - index : index);
    }
    return place;
  };
}
