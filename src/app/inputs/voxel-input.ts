// Where the voxels' values come from: a list of images, converted into the cache inside the mask, or a store or an .h5 of the voxels of the same mask.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { assertNoImage, openVoxelList } from "../../../converters/voxels.js";
import { InputError } from "../../errors.js";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import { gridOfInput, type VoxelMask } from "../../formats/hdf5/voxel-order.js";
import { identifyVoxels, type VoxelGrid } from "../../formats/voxel-grid.js";
import { openStore } from "../../store/open-store.js";
import { formatCount } from "../../units.js";
import type { Warning } from "../../warnings.js";
import type { InputOptions } from "./input-source.js";
import { resolveVectorInput, type VectorInput } from "./vector-input.js";

export interface VoxelInputOptions extends InputOptions {
  /** Its grid in the order of the analysis. */
  readonly mask: VoxelMask;
  readonly isColumn?: boolean | undefined;
  /** Throws InputError. */
  readonly readList: (path: string) => Promise<string[]>;
}

/** Throws InputError, UsageError, BudgetError. */
export async function resolveVoxelInput(options: VoxelInputOptions): Promise<VectorInput> {
  const { input, mask, signal, readList, isColumn } = options;
  assertNoImage(input);
  if (isHdf5Path(input) && isColumn === true) assertSameOrder(input, mask, await gridOfInput(input, mask, signal));
  const warnings = existsSync(join(input, "store.json")) ? checkVoxels(input, mask) : [];
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
  return { ...found, warnings: [...(found.warnings ?? []), ...warnings] };
}

/** A store has the voxels of one mask in its order, which as many of another are not. Throws InputError. */
function checkVoxels(path: string, { path: mask, grid }: VoxelMask): Warning[] {
  const { manifest, nElements } = openStore(path, { io: "auto", verify: false });
  const refuse = (expected: string, got: string, remedy: string) =>
    new InputError(`Cannot use the store ${path}: expected ${expected}, got ${got}. ${remedy}`, { path });
  if (manifest.kind !== "voxel")
    throw refuse(
      "voxels",
      `${formatCount(nElements, "elements")} of kind ${manifest.kind}`,
      "Make one of the images: convert voxels LIST MASK OUT.fxs.",
    );
  // of another number it is said in the same words as of other inputs
  if (nElements !== grid.places.length) return [];
  if (manifest.voxels === undefined) {
    const message = `${path} was made by a version that did not keep which voxels it has: they are taken for those of ${mask}, in its order. If it may be another mask, convert the images again (convert voxels).`;
    return [{ tag: "voxels-not-known", message }];
  }
  const { dimensions, sha256 } = identifyVoxels(grid);
  const sizes = [dimensions, manifest.voxels.dimensions].map((of) => of.join(" x "));
  const [expected, got] = sizes as [string, string];
  if (expected === got && sha256 === manifest.voxels.sha256) return [];
  throw refuse(
    `the voxels of ${mask} in their order`,
    expected === got
      ? "others, or in another order (the mask's, by its strides)"
      : `some of a grid of ${got} (the mask's is ${expected})`,
    "Give the mask that it was made with, or make it again: convert voxels LIST MASK OUT.fxs.",
  );
}

/** Throws InputError. */
function assertSameOrder(path: string, mask: VoxelMask, { places }: VoxelGrid): void {
  if (places.every((place, element) => place === mask.grid.places[element])) return;
  throw new InputError(
    `Cannot use ${path} for -column: expected its voxels in the order that the input has them in, got another (of /voxels). Give the input as such a file too, or the regressor as a list of images.`,
    { path },
  );
}
