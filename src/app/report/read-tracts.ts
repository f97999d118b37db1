// Masks of bundles, whose names clusters get: fixel data files of the template, or images on its grid.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../errors.js";
import { imageKindOf, openImage } from "../../formats/image.js";
import { describePathKind, pathKindOf } from "../../formats/path-kind.js";
import type { Geometry } from "../../report/report-data.js";
import { describeSystemError } from "../../system-error.js";
import { gridOf } from "./read-values.js";

export interface Tract {
  readonly name: string;
  /** u8 [nElements] */
  readonly inside: Uint8Array;
}

export interface FoundTracts {
  readonly tracts: readonly Tract[];
  /** Sentences: what was left out. */
  readonly remarks: readonly string[];
}

/** A value above 0.5 is inside. Throws InputError: no directory, or no mask of these elements in it. */
export function readTracts(directory: string, geometry: Geometry | undefined): FoundTracts {
  const purpose = `Cannot label clusters by ${directory}`;
  if (geometry === undefined)
    throw new InputError(
      `${purpose}: expected results of fixels or voxels, got others. Masks name clusters of those alone.`,
      {
        path: directory,
      },
    );
  const kind = pathKindOf(directory);
  if (kind !== "directory")
    throw new InputError(
      `${purpose}: expected a directory of masks, got ${describePathKind(kind)}. Give the directory.`,
      { path: directory },
    );
  const names = readdirSync(directory).filter(
    (name) => imageKindOf(name) !== undefined && !/^(index|directions)\./.test(name),
  );
  const left: string[] = [];
  const tracts = names.sort().flatMap((name) => {
    const inside = readInside(join(directory, name), geometry);
    if (typeof inside === "string") left.push(`${name} (${inside})`);
    return typeof inside === "string" ? [] : [{ name: name.replace(/\.(mif|mih|mif\.gz|nii|nii\.gz)$/i, ""), inside }];
  });
  if (tracts.length === 0) {
    const got = left.length === 0 ? "none" : left.slice(0, 3).join(", ");
    throw new InputError(
      `${purpose}: expected masks of ${geometry.voxelOf.length} elements, or images on their grid of ${geometry.dimensions.join(" x ")}, got ${got}. Give masks on the template of the results.`,
      { path: directory },
    );
  }
  return { tracts, remarks: left.length === 0 ? [] : [`Of ${directory} not used as masks: ${left.join(", ")}.`] };
}

/** Or why not. */
function readInside(path: string, { voxelOf, dimensions, toMm }: Geometry): Uint8Array | string {
  try {
    const image = openImage(path);
    try {
      const { dimensions: size } = image.header;
      const isFixels = size[0] === voxelOf.length && size.slice(1).every((n) => n === 1);
      const isGrid = dimensions.every((n, axis) => size[axis] === n) && size.slice(3).every((n) => n === 1);
      if (!isFixels && !isGrid) return size.join(" x ");
      if (
        !isFixels &&
        gridOf(image.header).toMm.some((row, r) => row.some((value, c) => Math.abs(value - toMm[r]![c]!) > 1e-3))
      )
        return "another place";
      const values = new Float32Array(image.nElements);
      image.copyValuesInto(values, 0, values.length);
      return Uint8Array.from(voxelOf, (voxel, element) => (values[isFixels ? element : voxel]! > 0.5 ? 1 : 0));
    } finally {
      image.close();
    }
  } catch (error) {
    return error instanceof Error && "syscall" in error ? describeSystemError(error) : "not to be read";
  }
}
