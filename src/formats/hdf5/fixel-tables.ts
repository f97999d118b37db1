// The template as ModelArray keeps it, and as a fixel directory keeps it: one from the other.
//   /fixels (5, m) float64: fixel_id, voxel_id, x, y, z        /voxels (4, v): voxel_id, i, j, k; voxels in the order of their first fixel
// Of the images' geometry ModelArray keeps nothing; files of ours have it in attributes of /voxels, so that nothing is lost.
import fs from "node:fs";
import path from "node:path";
import { crc32 } from "node:zlib";
import { InputError } from "../../errors.js";
import type { FixelDirectory } from "../fixel-directory.js";
import { openImage, writeImage } from "../image.js";
import { isPlaceUnknown, UNKNOWN_PLACE } from "../unknown-place.js";
import { assertChecksum } from "./checksums.js";
import { exactValues } from "./exact-values.js";
import type { Hdf5File } from "./open.js";

export interface FixelTables {
  readonly nFixels: number;
  /** u32 [nFixels], never falling: fixels of a voxel stand together. */
  readonly voxelOfFixel: Uint32Array;
  /** f32 [3][nFixels]. */
  readonly directions: Float32Array;
  /** u32 [3][nVoxels]: i, j, k. */
  readonly voxels: Uint32Array;
  /** Of the index image; undefined where the file does not say. */
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

/** Of files that do not say: a grid of 1 mm. */
const UNKNOWN_GEOMETRY = {
  voxelSizes: [1, 1, 1],
  transform: [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
  ],
};

/** Voxels of the index image, which is made in memory (512 MiB): the brain at 0.5 mm has 58 million. More is a damaged table. */
const MOST_VOXELS = 2 ** 26;
/** Of a coordinate. */
const FARTHEST = 2 ** 31;
/** Voxels looked at together. */
const VOXELS_AT_A_TIME = 2 ** 18;

/** Undefined: the file has no tables. Throws InputError when they contradict themselves, or are not as fixelstream wrote them. */
export async function readFixelTables(file: Hdf5File): Promise<FixelTables | undefined> {
  for (const table of ["/fixels", "/voxels"]) if ((await file.kindOf(table)) !== "dataset") return undefined;
  const fixelRows = await readTable(file, "/fixels", 5);
  const voxelRows = await readTable(file, "/voxels", 4);
  const nFixels = fixelRows[0]!.length;
  const nVoxels = voxelRows[0]!.length;
  const [ids, voxelIds, ...xyz] = fixelRows as [Float64Array, Float64Array, ...Float64Array[]];
  const voxelOfFixel = new Uint32Array(nFixels);
  for (let i = 0; i < nFixels; i++) {
    const voxel = voxelIds[i]!;
    if (ids[i] !== i) throw contradiction(file, `/fixels with fixel_id ${i} at place ${i}`, `${ids[i]}`);
    if (!(Number.isInteger(voxel) && voxel >= (i === 0 ? 0 : voxelOfFixel[i - 1]!) && voxel < nVoxels)) {
      const expected = `voxel_id of /fixels to rise from 0 to at most ${nVoxels - 1}, with fixels of a voxel together`;
      throw contradiction(file, expected, `${voxel} at fixel ${i}`);
    }
    voxelOfFixel[i] = voxel;
  }
  const directions = new Float32Array(3 * nFixels);
  for (const [axis, values] of xyz.entries()) directions.set(values, axis * nFixels);
  const voxels = new Uint32Array(3 * nVoxels);
  for (const [axis, values] of voxelRows.slice(1).entries()) {
    const bad = values.find((value) => !(Number.isInteger(value) && value >= 0 && value < FARTHEST));
    if (bad !== undefined) throw contradiction(file, "whole coordinates of 0 and more in /voxels", `${bad}`);
    voxels.set(values, axis * nVoxels);
  }
  const geometry = await readGeometry(file);
  checkInside(file, voxels, geometry?.dimensions ?? smallestGrid(voxels));
  const tables = { nFixels, voxelOfFixel, directions, voxels, geometry };
  await assertChecksum(file, "/fixels", "/fixels and /voxels", sumTables(tables));
  return tables;
}

/** Of the numbers, however the file stores them. */
export function sumTables({ voxelOfFixel, directions, voxels, geometry }: FixelTables): number {
  const { dimensions, voxelSizes, transform } = geometry ?? {};
  let sum = crc32(JSON.stringify([dimensions, voxelSizes, transform]));
  for (const { buffer, byteOffset, byteLength } of [voxelOfFixel, directions, voxels])
    if (byteLength > 0) sum = crc32(new Uint8Array(buffer, byteOffset, byteLength), sum);
  return sum;
}

/** Reads index and directions. Throws InputError: the index's fixels are not in order without gaps. */
export function tablesOfDirectory(directory: FixelDirectory): FixelTables {
  const { nFixels, indexHeader } = directory;
  const [nx, ny, nz] = indexHeader.dimensions as [number, number, number];
  const found: { voxel: number; first: number; count: number }[] = [];
  const index = openImage(directory.indexPath);
  const counts = new Float64Array(Math.min(nx * ny * nz, VOXELS_AT_A_TIME));
  const firsts = new Float64Array(counts.length);
  for (let voxel = 0; voxel < nx * ny * nz; voxel += counts.length) {
    const n = Math.min(counts.length, nx * ny * nz - voxel);
    index.copyValuesInto(counts, voxel, n);
    index.copyValuesInto(firsts, nx * ny * nz + voxel, n);
    for (let i = 0; i < n; i++)
      if (counts[i]! > 0) found.push({ voxel: voxel + i, first: firsts[i]!, count: counts[i]! });
  }
  index.close();
  found.sort((a, b) => a.first - b.first);
  const voxelOfFixel = new Uint32Array(nFixels);
  const voxels = new Uint32Array(3 * found.length);
  let next = 0;
  for (const [id, { voxel, first, count }] of found.entries()) {
    if (first !== next) {
      throw new InputError(
        `Cannot use ${directory.indexPath}: expected its voxels to share out fixels 0 to ${nFixels - 1} without gaps, got voxel ${voxel} starting at ${first} after ${next}. Make the fixel directory again.`,
        { path: directory.indexPath },
      );
    }
    voxelOfFixel.fill(id, first, first + count);
    next = first + count;
    voxels[id] = voxel % nx;
    voxels[found.length + id] = Math.floor(voxel / nx) % ny;
    voxels[2 * found.length + id] = Math.floor(voxel / (nx * ny));
  }
  const directions = new Float32Array(3 * nFixels);
  const image = openImage(directory.directionsPath);
  image.copyValuesInto(directions, 0, directions.length);
  image.close();
  const { voxelSizes, transform, entries } = indexHeader;
  const geometry = isPlaceUnknown(entries)
    ? undefined
    : { dimensions: [nx, ny, nz], voxelSizes: voxelSizes.slice(0, 3), transform };
  return { nFixels, voxelOfFixel, directions, voxels, geometry };
}

/** Writes index.mif and directions.mif into `directory`, which is made. */
export function writeFixelTemplate(
  directory: string,
  tables: FixelTables,
): { indexPath: string; directionsPath: string } {
  const { nFixels, voxelOfFixel, voxels, geometry } = tables;
  const nVoxels = voxels.length / 3;
  const dimensions = geometry?.dimensions ?? smallestGrid(voxels);
  const [nx, ny, nz] = dimensions as [number, number, number];
  const index = new Uint32Array(2 * nx * ny * nz);
  for (let fixel = 0; fixel < nFixels; fixel++) {
    const id = voxelOfFixel[fixel]!;
    const voxel = voxels[id]! + nx * (voxels[nVoxels + id]! + ny * voxels[2 * nVoxels + id]!);
    if (index[voxel] === 0) index[nx * ny * nz + voxel] = fixel;
    index[voxel]!++;
  }
  fs.mkdirSync(directory, { recursive: true });
  const { voxelSizes, transform } = geometry ?? UNKNOWN_GEOMETRY;
  const indexPath = path.join(directory, "index.mif");
  const directionsPath = path.join(directory, "directions.mif");
  const shared = { transform, overwrite: true };
  const indexSpec = {
    ...shared,
    dimensions: [nx, ny, nz, 2],
    voxelSizes: [...voxelSizes, 1],
    dataType: "UInt32LE",
  } as const;
  const place = geometry === undefined ? [UNKNOWN_PLACE] : [];
  writeImage(indexPath, { ...indexSpec, entries: [["nfixels", String(nFixels)], ...place] }, index);
  writeImage(
    directionsPath,
    { ...shared, dimensions: [nFixels, 3, 1], voxelSizes, dataType: "Float32LE" },
    tables.directions,
  );
  return { indexPath, directionsPath };
}

/** That has all of them. */
function smallestGrid(voxels: Uint32Array): number[] {
  const nVoxels = voxels.length / 3;
  const along = (axis: number) => voxels.subarray(axis * nVoxels, (axis + 1) * nVoxels);
  return [0, 1, 2].map((axis) => along(axis).reduce((most, at) => Math.max(most, at + 1), 1));
}

/** Rows of a table of `nRows` columns in R's sense, which may lie along either axis. */
async function readTable(file: Hdf5File, objectPath: string, nRows: number): Promise<Float64Array[]> {
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

function contradiction(file: Hdf5File, expected: string, got: string): InputError {
  return new InputError(
    `Cannot use the fixels of ${file.path}: expected ${expected}, got ${got}. Give the fixel directory with --template.`,
    { path: file.path },
  );
}
