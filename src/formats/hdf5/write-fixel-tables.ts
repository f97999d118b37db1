// /fixels and /voxels of a file being made; see fixel-tables.ts and voxel-table.ts.
import { writeChecksum } from "./checksums.js";
import type { Hdf5Draft, MatrixSpec } from "./draft.js";
import { type FixelTables, sumTables } from "./fixel-tables.js";
import { GEOMETRY_ATTRIBUTES, type VoxelTable } from "./voxel-table.js";

/** Row by row: 8 B x 1,000,000 fixels = 8 MB at a time. */
export async function writeFixelTables(draft: Hdf5Draft, tables: FixelTables): Promise<void> {
  const { nFixels, voxelOfFixel, directions } = tables;
  const axes = [0, 1, 2];
  await writeRows(draft, "/fixels", { shape: [5, nFixels], type: "f64" }, [
    () => Float64Array.from({ length: nFixels }, (_, fixel) => fixel),
    () => Float64Array.from(voxelOfFixel),
    ...axes.map((axis) => () => Float64Array.from(directions.subarray(axis * nFixels, (axis + 1) * nFixels))),
  ]);
  await draft.setAttribute("/fixels", "column_names", ["fixel_id", "voxel_id", "x", "y", "z"]);
  await writeVoxelTable(draft, tables);
  await writeChecksum(draft, "/fixels", sumTables(tables));
}

/** Of voxels that are elements, or that fixels are in. */
export async function writeVoxelTable(draft: Hdf5Draft, { voxels, geometry }: VoxelTable): Promise<void> {
  const nVoxels = voxels.length / 3;
  const axes = [0, 1, 2];
  await writeRows(draft, "/voxels", { shape: [4, nVoxels], type: "i32" }, [
    () => Int32Array.from({ length: nVoxels }, (_, voxel) => voxel),
    ...axes.map((axis) => () => Int32Array.from(voxels.subarray(axis * nVoxels, (axis + 1) * nVoxels))),
  ]);
  await draft.setAttribute("/voxels", "column_names", ["voxel_id", "i", "j", "k"]);
  if (geometry === undefined) return;
  await draft.setAttribute("/voxels", GEOMETRY_ATTRIBUTES.dimensions, Int32Array.from(geometry.dimensions));
  await draft.setAttribute("/voxels", GEOMETRY_ATTRIBUTES.voxelSizes, Float64Array.from(geometry.voxelSizes));
  if (geometry.transform === undefined) return;
  await draft.setAttribute("/voxels", GEOMETRY_ATTRIBUTES.transform, Float64Array.from(geometry.transform.flat()));
}

async function writeRows(
  draft: Hdf5Draft,
  objectPath: string,
  spec: MatrixSpec,
  rows: readonly (() => Float64Array | Int32Array)[],
): Promise<void> {
  await draft.makeMatrix(objectPath, spec);
  for (const [row, valuesOf] of rows.entries()) {
    const values = valuesOf();
    const bytes = new Uint8Array(values.buffer);
    await draft.writeRectangle(objectPath, spec, [row, 0], [1, values.length], (target) => target.set(bytes));
  }
}
