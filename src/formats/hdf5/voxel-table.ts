// Where voxels are, as ModelArray keeps it: /voxels (4, v): voxel_id, i, j, k; in files of voxels one an element, in files of fixels one a voxel that has
// some. Of the images' geometry ModelArray keeps nothing; files of ours have it in attributes of /voxels.
import { InputError } from "../../errors.js";
import { exactValues } from "./exact-values.js";
import type { Hdf5File } from "./open.js";

export interface VoxelTable {
  /** u32 [3][nVoxels]: i, j, k; by voxel_id. */
  readonly voxels: Uint32Array;
  /** Of the image; undefined where the file does not say. */
  readonly geometry: Geometry | undefined;
}

export interface Geometry {
  readonly dimensions: readonly number[];
  readonly voxelSizes: readonly number[];
  /** 3 x 4, as image headers have it. */
  readonly transform: readonly (readonly number[])[] | undefined;
}

/** Attributes of /voxels in files of ours. */
export const GEOMETRY_ATTRIBUTES = {
  dimensions: "dimensions",
  voxelSizes: "voxel_sizes",
  transform: "transform",
} as const;

/** Voxels of an image, which is made in memory (512 MiB): the brain at 0.5 mm has 58 million. More is a damaged table. */
const MOST_VOXELS = 2 ** 26;
/** Of a coordinate. */
const FARTHEST = 2 ** 31;

/** Undefined: the file has none. Throws InputError when it contradicts itself. */
export async function readVoxelTable(file: Hdf5File): Promise<VoxelTable | undefined> {
  if ((await file.kindOf("/voxels")) !== "dataset") return undefined;
  const [ids, ...coordinates] = (await readTable(file, "/voxels", 4)) as [Float64Array, ...Float64Array[]];
  const nVoxels = ids.length;
  const seen = new Uint8Array(nVoxels);
  for (const [place, id] of ids.entries()) {
    if (Number.isInteger(id) && id >= 0 && id < nVoxels && seen[id]! === 0) seen[id] = 1;
    else {
      const got = seen[id] === 1 ? `${id} a second time` : `${id}`;
      throw contradiction(file, `each voxel_id of /voxels from 0 to ${nVoxels - 1} once`, `${got} at place ${place}`);
    }
  }
  const voxels = new Uint32Array(3 * nVoxels);
  for (const [axis, values] of coordinates.entries()) {
    const bad = values.find((value) => !(Number.isInteger(value) && value >= 0 && value < FARTHEST));
    if (bad !== undefined) throw contradiction(file, "whole coordinates of 0 and more in /voxels", `${bad}`);
    for (const [place, id] of ids.entries()) voxels[axis * nVoxels + id] = values[place]!;
  }
  const geometry = await readGeometry(file);
  checkInside(file, voxels, geometry?.dimensions ?? smallestGrid(voxels));
  return { voxels, geometry };
}

/** That has all of them. */
export function smallestGrid(voxels: Uint32Array): number[] {
  const nVoxels = voxels.length / 3;
  const along = (axis: number) => voxels.subarray(axis * nVoxels, (axis + 1) * nVoxels);
  return [0, 1, 2].map((axis) => along(axis).reduce((most, at) => Math.max(most, at + 1), 1));
}

/** Rows of a table of `nRows` columns in R's sense, which may lie along either axis. */
export async function readTable(file: Hdf5File, objectPath: string, nRows: number): Promise<Float64Array[]> {
  const description = await file.describe(objectPath);
  const [a = 0, b = 0] = description.shape;
  if (description.shape.length !== 2 || (a !== nRows && b !== nRows)) {
    throw contradiction(file, `${objectPath} of ${nRows} rows`, description.shape.join(" x "));
  }
  const place = { path: file.path, objectPath };
  if (a === nRows) {
    const rows: Float64Array[] = [];
    for (let row = 0; row < nRows; row++)
      rows.push(exactValues(await file.readRectangle(description, [row, 0], [1, b]), place));
    return rows;
  }
  const all = exactValues(await file.readRectangle(description, [0, 0], [a, b]), place);
  return Array.from({ length: nRows }, (_, row) => Float64Array.from({ length: a }, (_, i) => all[i * nRows + row]!));
}

async function readGeometry(file: Hdf5File): Promise<Geometry | undefined> {
  const read = async (name: string, length: number) => {
    const found = await file.readAttribute("/voxels", name);
    return found?.length === length ? found.map(Number) : undefined;
  };
  const dimensions = await read(GEOMETRY_ATTRIBUTES.dimensions, 3);
  const voxelSizes = await read(GEOMETRY_ATTRIBUTES.voxelSizes, 3);
  const flat = await read(GEOMETRY_ATTRIBUTES.transform, 12);
  if (dimensions === undefined || voxelSizes === undefined) return undefined;
  return { dimensions, voxelSizes, transform: flat && [flat.slice(0, 4), flat.slice(4, 8), flat.slice(8, 12)] };
}

/** A coordinate outside would be written as another voxel. */
function checkInside(file: Hdf5File, voxels: Uint32Array, dimensions: readonly number[]): void {
  const product = dimensions.reduce((all, size) => all * size, 1);
  if (product > MOST_VOXELS && dimensions.every(Number.isInteger)) {
    const expected = `an image of at most ${MOST_VOXELS} voxels around those of /voxels`;
    throw contradiction(file, expected, `one of ${dimensions.join(" x ")}`);
  }
  if (!dimensions.every((size) => Number.isInteger(size) && size >= 1)) {
    throw contradiction(
      file,
      "whole sizes of at least 1 in the attribute dimensions of /voxels",
      dimensions.join(" x "),
    );
  }
  const nVoxels = voxels.length / 3;
  const bad = voxels.findIndex((at, i) => at >= dimensions[Math.floor(i / nVoxels)]!);
  if (bad < 0) return;
  const expected = `coordinates inside ${dimensions.join(" x ")} in /voxels`;
  throw contradiction(file, expected, `${voxels[bad]} on axis ${Math.floor(bad / nVoxels)} (counted from 0)`);
}

export function contradiction(file: Hdf5File, expected: string, got: string): InputError {
  return new InputError(
    `Cannot use the fixels of ${file.path}: expected ${expected}, got ${got}. Give the fixel directory with --template.`,
    { path: file.path },
  );
}
