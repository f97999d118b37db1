// Small fixel directories with random placements, and streamlines that wander through them and out of them: what fixelconnectivity is compared on.
import fs from "node:fs";
import path from "node:path";
import { createRandom } from "./seeded-random.js";

export interface TracksCase {
  readonly seed: number;
  /** Millimetres; undefined: the header says none. */
  readonly step: number | undefined;
  readonly voxelSizes: readonly [number, number, number];
  /** Fixels of a voxel, at most. */
  readonly mostFixels: number;
  readonly nStreamlines?: number;
  readonly isOblique?: boolean;
}

export interface PlacedFixels {
  readonly size: readonly [number, number, number];
  readonly voxelSizes: readonly [number, number, number];
  /** [3][4] */
  readonly transform: readonly (readonly number[])[];
  /** Of each voxel, x fastest. */
  readonly counts: readonly number[];
  readonly firsts: readonly number[];
  readonly nFixels: number;
  /** f32 [nFixels][3] */
  readonly directions: Float32Array;
  readonly mask: Uint8Array;
}

/** f32 [n][3] of each. */
export type Streamlines = readonly Float32Array[];

export interface MadeTracks {
  readonly fixels: PlacedFixels;
  readonly streamlines: Streamlines;
}

/** The ten that the issue asks for: oblique and not, anisotropic, step unknown or from a fifth of a voxel to several. */
export const TRACKS_CASES: readonly (TracksCase & { readonly angle?: number; readonly masked?: boolean })[] = [
  { seed: 1, step: undefined, voxelSizes: [1.3, 1.7, 2.1], mostFixels: 3 },
  { seed: 2, step: 0.2, voxelSizes: [2, 2, 2], mostFixels: 2, masked: true },
  { seed: 3, step: 6.5, voxelSizes: [1.1, 2.3, 1.9], mostFixels: 4, angle: 60, masked: true },
  { seed: 4, step: 2.3, voxelSizes: [3, 2.5, 2.1], mostFixels: 3, angle: 60 },
  { seed: 5, step: 1, voxelSizes: [1.5, 1.5, 1.5], mostFixels: 3, masked: true, isOblique: false },
  { seed: 6, step: undefined, voxelSizes: [2.5, 1.25, 1.25], mostFixels: 1, angle: 30 },
  { seed: 7, step: 0.5, voxelSizes: [1.25, 1.25, 1.25], mostFixels: 5, angle: 90 },
  { seed: 8, step: 4, voxelSizes: [1.9, 1.1, 3.3], mostFixels: 3, masked: true, angle: 20 },
  { seed: 9, step: 3.1, voxelSizes: [1, 1, 1], mostFixels: 2, isOblique: false },
  { seed: 10, step: 0.7, voxelSizes: [0.9, 1.4, 2.2], mostFixels: 4, masked: true, angle: 60 },
];

const SIZE = [11, 9, 8] as const;

export function makeTracks(options: TracksCase): MadeTracks {
  const random = createRandom(1000 + options.seed);
  const fixels = placeFixels(options, random);
  const step = options.step ?? 1.1;
  const streamlines = Array.from({ length: options.nStreamlines ?? 600 }, (_, i) => {
    // some of no, one and two points
    const n = i % 50 === 0 ? (i / 50) % 3 : random.integer(60);
    return wander(fixels, { random, n, step, repeats: i % 7 === 0 });
  });
  return { fixels, streamlines };
}

type Random = ReturnType<typeof createRandom>;

function placeFixels({ voxelSizes, mostFixels, isOblique = true }: TracksCase, random: Random): PlacedFixels {
  const axes = isOblique
    ? rotation(random)
    : [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ];
  const transform = axes.map((row) => [...row, 20 * random.normal()]);
  const nVoxels = SIZE[0] * SIZE[1] * SIZE[2];
  const counts = Array.from({ length: nVoxels }, () => random.integer(mostFixels + 1));
  // numbered along z first: any order is good
  const firsts = new Array<number>(nVoxels).fill(0);
  let nFixels = 0;
  for (let x = 0; x < SIZE[0]; x++)
    for (let y = 0; y < SIZE[1]; y++)
      for (let z = 0; z < SIZE[2]; z++) {
        const voxel = x + SIZE[0] * (y + SIZE[1] * z);
        firsts[voxel] = counts[voxel] === 0 ? 0 : nFixels;
        nFixels += counts[voxel]!;
      }
  const directions = new Float32Array(3 * nFixels);
  for (let fixel = 0; fixel < nFixels; fixel++) directions.set(unit(random), 3 * fixel);
  const mask = Uint8Array.from({ length: nFixels }, () => (random.uniform() < 0.6 ? 1 : 0));
  return { size: SIZE, voxelSizes, transform, counts, firsts, nFixels, directions, mask };
}

function unit(random: Random): number[] {
  const v = [random.normal(), random.normal(), random.normal()];
  const length = Math.hypot(...v);
  return v.map((value) => value / length);
}

/** An orthogonal matrix, its axes near those of the scanner or not. */
function rotation(random: Random): number[][] {
  const rows: number[][] = [];
  for (let i = 0; i < 3; i++) {
    let v = unit(random);
    for (const row of rows) {
      const along = v.reduce((sum, value, k) => sum + value * row[k]!, 0);
      v = v.map((value, k) => value - along * row[k]!);
    }
    const length = Math.hypot(...v);
    rows.push(v.map((value) => value / length));
  }
  return rows;
}

function wander(
  { size, voxelSizes, transform }: PlacedFixels,
  { random, n, step, repeats }: { random: Random; n: number; step: number; repeats: boolean },
): Float32Array {
  const start = size.map((voxels, axis) => (random.uniform() * (voxels + 4) - 2.5) * voxelSizes[axis]!);
  let p = transform.map((row) => row[3]! + row[0]! * start[0]! + row[1]! * start[1]! + row[2]! * start[2]!);
  let v = unit(random);
  const points = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) {
    points.set(p, 3 * i);
    v = v.map((value) => value + 0.35 * random.normal());
    const length = Math.hypot(...v);
    v = v.map((value) => value / length);
    p = p.map((value, k) => value + step * v[k]!);
  }
  if (repeats && n > 5) points.copyWithin(9, 6, 9);
  return points;
}

// ------------------------------------------------------------------------------------------------------------------------- files

export type TckType = "Float32LE" | "Float32BE" | "Float64LE" | "Float64BE";

export interface TckOptions {
  readonly type?: TckType;
  /** Further lines, or others in place of those that are written. */
  readonly lines?: Readonly<Record<string, string | undefined>>;
  /** Default: a triple of infinity. */
  readonly end?: readonly number[];
}

export function tckBytes(streamlines: Streamlines, { type = "Float32LE", lines = {}, end }: TckOptions = {}): Buffer {
  const values = streamlines.flatMap((points) => [...points, Number.NaN, Number.NaN, Number.NaN]);
  values.push(...(end ?? [Infinity, Infinity, Infinity]));
  const wide = type.includes("64");
  const data = Buffer.alloc(values.length * (wide ? 8 : 4));
  for (const [i, value] of values.entries()) {
    if (wide) type.endsWith("LE") ? data.writeDoubleLE(value, 8 * i) : data.writeDoubleBE(value, 8 * i);
    else type.endsWith("LE") ? data.writeFloatLE(value, 4 * i) : data.writeFloatBE(value, 4 * i);
  }
  const all = { datatype: type, count: String(streamlines.length), file: ". 256", ...lines };
  const text = [
    "mrtrix tracks",
    ...Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${value}`])),
  ];
  const header = Buffer.alloc(256);
  header.write(`${text.join("\n")}\nEND\n`);
  return Buffer.concat([header, data]);
}

interface SmallMif {
  readonly dimensions: readonly number[];
  readonly voxelSizes: readonly number[];
  readonly transform: readonly (readonly number[])[];
  readonly type: "UInt32LE" | "Float32LE";
  readonly nFixels: number;
  readonly data: Uint32Array | Float32Array;
}

function mifBytes({ dimensions, voxelSizes, transform, type, nFixels, data }: SmallMif): Buffer {
  const header = Buffer.alloc(512);
  const lines = [
    "mrtrix image",
    `dim: ${dimensions.join(",")}`,
    `vox: ${voxelSizes.map((size) => (Number.isNaN(size) ? "nan" : size)).join(",")}`,
    `layout: ${dimensions.map((_, axis) => `+${axis}`).join(",")}`,
    `datatype: ${type}`,
    ...transform.map((row) => `transform: ${row.join(", ")}`),
    `nfixels: ${nFixels}`,
    "file: . 512",
    "END",
  ];
  header.write(`${lines.join("\n")}\n`);
  return Buffer.concat([header, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

const IDENTITY = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
];

/** `folder`/fixels (index, directions, mask) and `folder`/tracks.tck. */
export function writeTracks(folder: string, made: MadeTracks, step?: number, options: TckOptions = {}): void {
  const directory = path.join(folder, "fixels");
  fs.mkdirSync(directory, { recursive: true });
  const { size, voxelSizes, transform, counts, firsts, nFixels, directions, mask } = made.fixels;
  const index = { dimensions: [...size, 2], voxelSizes: [...voxelSizes, Number.NaN], transform, nFixels };
  const perFixel = { voxelSizes: [1, 1, 1], transform: IDENTITY, nFixels };
  const byAxis = Float32Array.from(
    { length: 3 * nFixels },
    (_, i) => directions[3 * (i % nFixels) + Math.floor(i / nFixels)]!,
  );
  const write = (name: string, bytes: Buffer) => fs.writeFileSync(path.join(directory, name), bytes);
  write("index.mif", mifBytes({ ...index, type: "UInt32LE", data: Uint32Array.from([...counts, ...firsts]) }));
  write("directions.mif", mifBytes({ ...perFixel, dimensions: [nFixels, 3, 1], type: "Float32LE", data: byAxis }));
  write(
    "mask.mif",
    mifBytes({ ...perFixel, dimensions: [nFixels, 1, 1], type: "Float32LE", data: Float32Array.from(mask) }),
  );
  const lines = { ...(step !== undefined && { step_size: String(step) }), ...options.lines };
  fs.writeFileSync(path.join(folder, "tracks.tck"), tckBytes(made.streamlines, { ...options, lines }));
}
