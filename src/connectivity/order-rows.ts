// The order of a sketch's rows: connected fixels near one another in memory. Only speed depends on it.
import { InputError } from "../errors.js";
import { openImage } from "../formats/image.js";
import type { Image } from "../formats/image-header.js";
import type { Turns } from "../turns.js";

/** Where the fixels of a template are. */
export interface TemplatePlaces {
  readonly indexPath: string;
  readonly directionsPath: string;
}

interface Elements {
  readonly nFixels: number;
  readonly nElements: number;
  /** i32 [nFixels], -1 outside the mask; undefined: every fixel is an element. */
  readonly elementOfFixel: Int32Array | undefined;
}

/** Voxels, or fixels, looked at together. */
const AT_A_TIME = 2 ** 16;
/** Bits of a coordinate, and of its place inside a block: 4 x 4 x 4 voxels. */
const BITS = 16;
const BLOCK = 8 ** 2;

/**
 * u32 [nElements], the element of each place: along a Morton curve through the voxels (bits of x, y and z by turns), but inside a block of 4 x 4 x 4 first
 * by the main axis of their direction: a bundle's fixels lie together. Undefined: the template does not say where its fixels are. Memory: 16 bytes a fixel.
 */
export async function mortonOrder(
  { indexPath, directionsPath }: TemplatePlaces,
  elements: Elements,
  turns: Turns,
): Promise<Uint32Array | undefined> {
  const opened: Image[] = [];
  const open = (path: string) => {
    const image = openImage(path);
    opened.push(image);
    return image;
  };
  try {
    const keys = await curvePlaces(open(indexPath), elements, turns);
    if (keys === undefined) return undefined;
    await addMainAxes(keys, open(directionsPath), elements, turns);
    return Uint32Array.from({ length: elements.nElements }, (_, element) => element).sort(
      (a, b) => keys[a]! - keys[b]! || a - b,
    );
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  } finally {
    for (const image of opened) image.close();
  }
}

/** f64 [nElements]: the place of its voxel on the curve, with room for the axis before that inside the block. */
async function curvePlaces(
  index: Image,
  { nFixels, nElements, elementOfFixel }: Elements,
  turns: Turns,
): Promise<Float64Array | undefined> {
  const [nx = 0, ny = 0, nz = 0] = index.header.dimensions;
  const nVoxels = nx * ny * nz;
  if (index.nElements !== 2 * nVoxels || Math.max(nx, ny, nz) > 2 ** BITS) return undefined;
  const keys = new Float64Array(nElements);
  const counts = new Float64Array(Math.min(nVoxels, AT_A_TIME));
  const firsts = new Float64Array(counts.length);
  let nPlaced = 0;
  for (let voxel = 0; voxel < nVoxels; voxel += counts.length) {
    const n = Math.min(counts.length, nVoxels - voxel);
    index.copyValuesInto(counts, voxel, n);
    index.copyValuesInto(firsts, nVoxels + voxel, n);
    if (turns.isDue()) await turns.take();
    for (let i = 0; i < n; i++) {
      if (counts[i] === 0) continue;
      const at = voxel + i;
      const key = rowKey(mortonKey(at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))), 0);
      for (let fixel = firsts[i]!; fixel < firsts[i]! + counts[i]!; fixel++) {
        nPlaced++;
        const element = elementOfFixel === undefined ? fixel : (elementOfFixel[fixel] ?? -1);
        if (element >= 0) keys[element] = key;
      }
    }
  }
  return nPlaced === nFixels ? keys : undefined;
}

/** Bits of x, y and z by turns, those of x last: up to 48. */
export function mortonKey(x: number, y: number, z: number): number {
  let key = 0;
  for (let bit = BITS - 1; bit >= 0; bit--)
    key = key * 8 + 4 * ((z >> bit) & 1) + 2 * ((y >> bit) & 1) + ((x >> bit) & 1);
  return key;
}

/** Block, main axis (0, 1, 2), place inside the block. */
export const rowKey = (morton: number, axis: number): number =>
  (Math.floor(morton / BLOCK) * 4 + axis) * BLOCK + (morton % BLOCK);

async function addMainAxes(
  keys: Float64Array,
  directions: Image,
  { nFixels, elementOfFixel }: Elements,
  turns: Turns,
): Promise<void> {
  const parts = [0, 1, 2].map(() => new Float32Array(Math.min(nFixels, AT_A_TIME)));
  const [x, y, z] = parts as [Float32Array, Float32Array, Float32Array];
  for (let first = 0; first < nFixels; first += x.length) {
    const n = Math.min(x.length, nFixels - first);
    for (const [axis, part] of parts.entries()) directions.copyValuesInto(part, axis * nFixels + first, n);
    if (turns.isDue()) await turns.take();
    for (let i = 0; i < n; i++) {
      const element = elementOfFixel === undefined ? first + i : elementOfFixel[first + i]!;
      if (element < 0) continue;
      const [ax, ay, az] = [Math.abs(x[i]!), Math.abs(y[i]!), Math.abs(z[i]!)];
      keys[element]! += BLOCK * (az > ax && az > ay ? 2 : ay > ax ? 1 : 0);
    }
  }
}
