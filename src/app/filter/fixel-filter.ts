// The use case "filter fixel data over their connections": a data file, a fixel directory or a store, and the same of what becomes of it; of a cohort in an .h5 a store.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { examineRows } from "../../connectivity/connected-rows.js";
import { InputError, UsageError } from "../../errors.js";
import { checkFixelDataHeader } from "../../formats/fixel-directory.js";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import { imageKindOf, openImage, readImageHeader } from "../../formats/image.js";
import { readMask } from "../../formats/mask-image.js";
import { pathKindOf } from "../../formats/path-kind.js";
import { isPlaceUnknown } from "../../formats/unknown-place.js";
import { connect } from "./connect.js";
import { openDirectorySource, openFileSource } from "./file-source.js";
import { openFileTarget } from "./file-target.js";
import { enhance, smooth } from "./filter-groups.js";
import { openHdf5Source } from "./hdf5-source.js";
import type { FilterSummary, FixelFilterOptions } from "./options.js";
import { describeRecipe, recipeOf } from "./recipe.js";

import type { FilterSource, FilterTarget, FilterWork } from "./source.js";
import { openStoreSource } from "./store-source.js";
import { openStoreTarget } from "./store-target.js";

/** Throws UsageError, InputError (inputs, outputs, matrix), BudgetError, or the reason of the signal. Nothing is left then but what the same command continues. */
export async function filterFixels(options: FixelFilterOptions): Promise<FilterSummary> {
  const opened = await openInput(options);
  const { source } = opened;
  let target: FilterTarget | undefined;
  try {
    const { nFixels } = source;
    const inside = insideMask(options, nFixels);
    const rows = examineRows(options.matrix, nFixels);
    if (options.filter === "smooth") assertPlaces(options.input, source);
    target = opened.openTarget();
    const work: FilterWork = { options, source, target, rows, inside };
    const figures = await { smooth, connect, cfe: enhance }[options.filter](work);
    await target.publish();
    const nUnconnected = rows.connected.reduce((sum, has) => sum - has, nFixels);
    warnUnconnected(options, nUnconnected, nFixels);
    return {
      ...{ output: options.output, filter: options.filter, nFiltered: source.nSubjects, nFixels, ...figures },
      isStore: opened.isStore,
      ...{ nConnections: rows.nConnections, nUnconnected, left: opened.left },
      nOutside: inside === undefined ? 0 : inside.reduce((sum, isIn) => sum - isIn, nFixels),
    };
  } finally {
    await target?.close();
    source.close();
  }
}

interface OpenedInput {
  readonly isStore: boolean;
  readonly source: FilterSource;
  readonly left: readonly string[];
  openTarget(): FilterTarget;
}

async function openInput(options: FixelFilterOptions): Promise<OpenedInput> {
  const { input, output, command, force, signal, scalar, template } = options;
  const isHdf5 = isHdf5Path(input);
  if (template !== undefined && !isHdf5)
    throw new UsageError(`Cannot use --template ${template}: expected an .h5, got ${input}. Leave it out.`);
  if (isHdf5 || existsSync(join(input, "store.json")) || /\.fxs\/?$/.test(input)) {
    const source = isHdf5 ? await openHdf5Source(options) : openStoreSource(input, scalar, options);
    const recipe = recipeOf(options);
    return {
      isStore: true,
      source,
      left: [],
      openTarget: () => openStoreTarget({ output, source, recipe, command, force }),
    };
  }
  if (scalar !== undefined)
    throw new UsageError(`Cannot use --scalar ${scalar}: expected a store or an .h5, got ${input}. Leave it out.`);
  const form = pathKindOf(input) === "directory" ? "directory" : "file";
  if (form === "file" && pathKindOf(input) === undefined)
    throw new InputError(`Cannot filter ${input}: there is no such file or directory. Correct the name.`, {
      path: input,
    });
  if (form === "directory" && (imageKindOf(output) !== undefined || /\.fxs\/?$|\.(h5|hdf5)$/i.test(output))) {
    throw new UsageError(
      `Cannot write ${output}: expected the name of a directory, as the input is a fixel directory, got that of ${imageKindOf(output) === undefined ? "a store" : "a file"}. Filter into a directory, or convert the cohort first and filter the store.`,
    );
  }
  const source = await (form === "file" ? openFileSource(input, options) : openDirectorySource(input, options));
  const mark = describeRecipe(options);
  return {
    ...{ isStore: false, source, left: source.left },
    openTarget: () => openFileTarget({ output, source, form, mark, command, force, signal }),
  };
}

function insideMask(options: FixelFilterOptions, nFixels: number): Uint8Array | undefined {
  const { mask, filter, like, onWarning } = options;
  if (mask === undefined) return undefined;
  if (filter === "connect" && like === "3.0") {
    const message = `-mask ${mask} is not used: connect of MRtrix3 3.0 has none, and warns as well. Give --like dev for the mask of its development version.`;
    onWarning?.({ tag: "ignored-option", message });
    return undefined;
  }
  checkFixelDataHeader(readImageHeader(mask), nFixels, mask, "Make the mask of the same fixel template.");
  const image = openImage(mask);
  try {
    const { inside, warnings } = readMask(image, "-mask");
    for (const warning of warnings) onWarning?.(warning);
    return inside;
  } finally {
    image.close();
  }
}

/** Distances in voxels of a size that nobody knows are none. */
function assertPlaces(input: string, { template }: FilterSource): void {
  const { entries, voxelSizes } = readImageHeader(template.indexPath);
  const known = voxelSizes.slice(0, 3).every((size) => size > 0 && size < Number.POSITIVE_INFINITY);
  if (!isPlaceUnknown(entries) && known) return;
  throw new InputError(
    `Cannot smooth ${input}: expected a template with the size of its voxels, got ${known ? "one made from tables, without it" : `voxels of ${voxelSizes.slice(0, 3).join(" x ")} mm`}. ${isHdf5Path(input) ? "Give the fixel directory that it was made with: --template DIRECTORY." : "Convert again with --template and the real fixel directory."}`,
    { path: template.indexPath },
  );
}

function warnUnconnected({ filter, matrix, onWarning }: FixelFilterOptions, nUnconnected: number, nFixels: number) {
  if (nUnconnected === 0) return;
  const become = {
    smooth: "their values are copied as they are",
    connect: "they are clusters of one fixel at most",
    cfe: "they are not enhanced, and become 0",
  }[filter];
  const message = `${nUnconnected} of ${nFixels} fixels have no connection in ${matrix}: ${become}. Few are usual; many mean another tractogram, or too high a threshold of fixelconnectivity.`;
  onWarning?.({ tag: "fixels-without-connections", message });
}
