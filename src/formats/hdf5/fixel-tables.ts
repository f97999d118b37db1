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
import type { Hdf5File } from "./open.js";
import { contradiction, readTable, readVoxelTable, smallestGrid, type VoxelTable } from "./voxel-table.js";

export interface FixelTables extends VoxelTable {
  readonly nFixels: number;
  /** u32 [nFixels], never falling: fixels of a voxel stand together. */
  readonly voxelOfFixel: Uint32Array;
  /** f32 [3][nFixels]. */
  readonly directions: Float32Array;
}

/** Of files that do not say: a grid of 1 mm. */
const UNKNOWN_GEOMETRY = {
  voxelSizes: [1, 1, 1],
  transform: [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
  ],
};

/** Voxels looked at together. */
const VOXELS_AT_A_TIME = 2 ** 18;

/** Undefined: the file has no tables. Throws InputError when they contradict themselves, or are not as fixelstream wrote them. */
export async function readFixelTables(file: Hdf5File): Promise<FixelTables | undefined> {
  for (const table of ["/fixels", "/voxels"]) if ((await file.kindOf(table)) !== "dataset") return undefined;
  const fixelRows = await readTable(file, "/fixels", 5);
  const { voxels, geometry } = (await readVoxelTable(file))!;
  const nFixels = fixelRows[0]!.length;
  const nVoxels = voxels.length / 3;
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
