// The mask of voxels: which there are, and in which order.
import { InputError } from "../errors.js";
import type { Warning } from "../warnings.js";
import type { Image, ImageHeader } from "./image-header.js";
import { readMask } from "./mask-image.js";
import { createVoxelGrid, type VoxelGrid } from "./voxel-grid.js";

/** Throws InputError. */
export function checkMaskAxes({ dimensions }: ImageHeader, path: string): void {
  if (dimensions.length === 3) return;
  throw new InputError(
    `Cannot use the mask ${path}: expected an image of 3 axes, got ${dimensions.length}: ${dimensions.join(" x ")}. Give one volume of it (mrconvert -coord 3 0 -axes 0,1,2).`,
    { path },
  );
}

/** Throws InputError: not of three axes, nothing inside. */
export function readVoxelMask(image: Image): { readonly grid: VoxelGrid; readonly warnings: readonly Warning[] } {
  checkMaskAxes(image.header, image.path);
  const { header, inside, warnings } = readMask(image, "The mask");
  return { grid: createVoxelGrid(header, inside), warnings };
}
