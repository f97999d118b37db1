// Where the voxels' values come from: a list of images, converted into the cache inside the mask, or a store or an .h5 of the voxels of the same mask.
import { openVoxelList } from "../../../converters/voxels.js";
import { InputError } from "../../errors.js";
import type { VoxelGrid } from "../../formats/voxel-grid.js";
import { formatCount } from "../../units.js";
import type { InputOptions } from "./input-source.js";
import { resolveVectorInput, type VectorInput } from "./vector-input.js";

export interface VoxelInputOptions extends InputOptions {
  readonly mask: { readonly path: string; readonly grid: VoxelGrid };
  readonly isColumn?: boolean | undefined;
  /** Throws InputError. */
  readonly readList: (path: string) => Promise<string[]>;
}

/** Throws InputError, UsageError, BudgetError. */
export async function resolveVoxelInput(options: VoxelInputOptions): Promise<VectorInput> {
  const { input, mask, signal, readList } = options;
  const found = await resolveVectorInput({
    ...options,
    openSource: async () => openVoxelList({ list: input, names: await readList(input), mask, signal }),
  });
  const nVoxels = mask.grid.places.length;
  if (found.nElements !== nVoxels) {
    found.close();
    throw new InputError(
      `Cannot use ${input} with the mask ${mask.path}: expected ${formatCount(nVoxels, "voxels")}, those of the mask, got ${formatCount(found.nElements, "elements")}. Give the mask that ${input} was made with.`,
      { path: input },
    );
  }
  return found;
}
