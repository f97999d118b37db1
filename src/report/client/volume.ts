// Elements by voxel and by slice, with the values of the chosen hypothesis.
import type { Payload, PayloadHypothesis } from "../payload-format.js";
import { type Numbers, summed, unpack } from "./unpack.js";

export interface Values {
  readonly hypothesis: PayloadHypothesis;
  /** f32 [elements]; NaN: none. */
  readonly statistic: Float32Array;
  readonly effect: Float32Array;
  readonly p: Float32Array;
}

export interface Volume {
  readonly header: Payload;
  /** u32 [voxels], ascending. */
  readonly voxels: Uint32Array;
  /** u32 [voxels + 1] */
  readonly starts: Uint32Array;
  /** u32 [elements]: index into voxels. */
  readonly voxelOf: Uint32Array;
  /** Number in the results of element i here. */
  numberOf(i: number): number;
  readonly direction: Int8Array | undefined;
  /** u8 [voxels] */
  readonly mean: Numbers | undefined;
  /** u8 [grid] */
  readonly background: Numbers | undefined;
  /** x, y, z of a voxel, by its index in `voxels`. */
  at(voxel: number): [number, number, number];
  /** Index in `voxels`; -1: none there. */
  find(x: number, y: number, z: number): number;
  /** Voxels whose index along `axis` is `at`. */
  inSlice(axis: number, at: number): Uint32Array;
  values(hypothesis: number): Values;
  mm(x: number, y: number, z: number): [number, number, number];
}

export async function openVolume(header: Payload, id: string): Promise<Volume> {
  const array = await unpack(id);
  const [nx, ny, nz] = header.dimensions;
  const voxels = summed(array(header.arrays.voxels)!);
  const counts = array(header.arrays.counts)!;
  const starts = new Uint32Array(voxels.length + 1);
  for (let i = 0; i < voxels.length; i++) starts[i + 1] = starts[i]! + counts[i]!;
  const voxelOf = new Uint32Array(header.nElements);
  for (let i = 0; i < voxels.length; i++) voxelOf.fill(i, starts[i], starts[i + 1]);
  // numbers go up and down: differences wrap around, and so does their sum
  const numbers = header.arrays.element && summed(array(header.arrays.element)!);
  const at = (voxel: number): [number, number, number] => {
    const place = voxels[voxel]!;
    return [place % nx, Math.floor(place / nx) % ny, Math.floor(place / nx / ny)];
  };
  const slices = [nx, ny, nz].map((n, axis) => {
    const lists: number[][] = Array.from({ length: n }, () => []);
    for (let i = 0; i < voxels.length; i++) lists[at(i)[axis]!]!.push(i);
    return lists.map((list) => Uint32Array.from(list));
  });
  const cache = new Map<number, Values>();
  return {
    ...{ header, voxels, starts, voxelOf, at },
    numberOf: (i) => numbers?.[i] ?? i,
    direction: array(header.arrays.direction) as Int8Array | undefined,
    mean: array(header.arrays.mean),
    background: array(header.arrays.background),
    find(x, y, z) {
      if (x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz) return -1;
      const wanted = x + nx * (y + ny * z);
      let [low, high] = [0, voxels.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (voxels[middle]! < wanted) low = middle + 1;
        else high = middle;
      }
      return voxels[low] === wanted ? low : -1;
    },
    inSlice: (axis, index) => slices[axis]![index] ?? new Uint32Array(0),
    values(h) {
      const held = cache.get(h);
      if (held !== undefined) return held;
      const hypothesis = header.hypotheses[h]!;
      const { arrays, scales } = hypothesis;
      const of = arrays.of && summed(array(arrays.of)!);
      const spread = (place: typeof arrays.p, value: (stored: number) => number): Float32Array => {
        const out = new Float32Array(header.nElements).fill(Number.NaN);
        const stored = array(place);
        for (let i = 0; i < (stored?.length ?? 0); i++) out[of?.[i] ?? i] = value(stored![i]!);
        return out;
      };
      const scaled = (scale: number) => (stored: number) => (stored === -32768 ? Number.NaN : stored * scale);
      const found: Values = {
        hypothesis,
        statistic: spread(arrays.statistic, scaled(scales.statistic)),
        effect: spread(arrays.effect, scaled(scales.effect)),
        p: spread(arrays.p, (stored) => (stored === 65535 ? Number.NaN : 10 ** (-stored / header.pScale))),
      };
      cache.set(h, found);
      return found;
    },
    mm: (x, y, z) =>
      header.toMm.map((row) => row[0]! * x + row[1]! * y + row[2]! * z + row[3]!) as [number, number, number],
  };
}
