// An image behind the elements: the nearest value at each voxel of their grid, in greys.
import { basename } from "node:path";
import { InputError } from "../../errors.js";
import { openImage } from "../../formats/image.js";
import { countElements } from "../../formats/image-header.js";
import type { Background, Geometry } from "../../report/report-data.js";
import { gridOf } from "./read-values.js";

/** Of more axes the first volume. Throws InputError: as openImage, no elements with places, nothing in common. */
export function readBackground(path: string, geometry: Geometry | undefined): Background {
  const refuse = (expected: string, got: string, remedy: string) =>
    new InputError(`Cannot use ${path} as background: expected ${expected}, got ${got}. ${remedy}`, { path });
  if (geometry === undefined) throw refuse("results of fixels or voxels", "others", "Only those have a place.");
  const image = openImage(path);
  try {
    const own = gridOf(image.header);
    const [nx, ny, nz] = own.dimensions;
    const values = new Float32Array(nx * ny * nz);
    image.copyValuesInto(values, 0, values.length);
    const toVoxel = inverseOf(own.toMm);
    const out = new Float32Array(countElements(geometry.dimensions));
    const [mx, my, mz] = geometry.dimensions;
    let place = 0;
    for (let z = 0; z < mz; z++)
      for (let y = 0; y < my; y++)
        for (let x = 0; x < mx; x++) {
          const mm = geometry.toMm.map((row) => row[0]! * x + row[1]! * y + row[2]! * z + row[3]!);
          const [i, j, k] = toVoxel(mm).map(Math.round) as [number, number, number];
          const isIn = i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz;
          out[place++] = isIn ? Math.max(0, values[i + nx * (j + ny * k)]! || 0) : 0;
        }
    const sorted = out.filter((value) => value > 0).sort();
    if (sorted.length === 0)
      throw refuse("values above 0 where the elements are", "none", "Is it in the space of the template?");
    const most = sorted[Math.floor(0.995 * (sorted.length - 1))]!;
    return {
      name: basename(path),
      dimensions: geometry.dimensions,
      values: Uint8Array.from(out, (value) => Math.min(255, Math.round((255 * value) / most))),
    };
  } finally {
    image.close();
  }
}

/** From mm to voxels, by Cramer's rule. */
function inverseOf(rows: readonly (readonly number[])[]): (mm: readonly number[]) => number[] {
  const [a, b, c] = rows as [readonly number[], readonly number[], readonly number[]];
  const cross = (u: readonly number[], v: readonly number[]) => [
    u[1]! * v[2]! - u[2]! * v[1]!,
    u[2]! * v[0]! - u[0]! * v[2]!,
    u[0]! * v[1]! - u[1]! * v[0]!,
  ];
  const [bc, ca, ab] = [cross(b, c), cross(c, a), cross(a, b)];
  const determinant = a[0]! * bc[0]! + a[1]! * bc[1]! + a[2]! * bc[2]!;
  return (mm) => {
    const d = rows.map((row, r) => mm[r]! - row[3]!);
    return [0, 1, 2].map((i) => (bc[i]! * d[0]! + ca[i]! * d[1]! + ab[i]! * d[2]!) / determinant);
  };
}
