// Inputs of fixelfilter, and what the oracle needs of them, read without the program.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { OracleMatrix } from "./oracle-smooth.js";
import { fixturesDirectory, makeTemporaryDirectory, readSmallConnectivity, readSmallImage } from "./peer.js";

export interface FilterInputs {
  readonly directory: string;
  readonly nFixels: number;
  readonly matrix: OracleMatrix;
  /** f32 [nFixels][3], mm. */
  readonly places: Float32Array;
  /** Data files in fd/, sorted. */
  readonly names: readonly string[];
  valuesOf(name: string): Float64Array;
  readonly mask: Float64Array;
}

/** fd/, matrix/ and mask.mif in a directory of its own. `seed` undefined: those of the stored answers. */
export function layOutFilter(seed?: number): FilterInputs {
  const directory = makeTemporaryDirectory();
  const generator = join(fixturesDirectory, "make", "generate-filter.mjs");
  execFileSync(process.execPath, [generator, directory, ...(seed === undefined ? [] : [String(seed)])], {
    stdio: "pipe",
  });
  return readFilterInputs(directory);
}

export function readFilterInputs(directory: string, { fd = "fd", matrix = "matrix" } = {}): FilterInputs {
  const { count, offset, fixels, values } = readSmallConnectivity(join(directory, matrix));
  const rows = Array.from(count, (n, i) =>
    Array.from({ length: n }, (_, p) => [fixels[offset[i]! + p]!, values[offset[i]! + p]!] as const),
  );
  const names = readdirSync(join(directory, fd)).filter((name) => !/^(index|directions)\./.test(name));
  const places = placesOf(join(directory, fd, "index.mif"), rows.length);
  const valuesOf = (name: string) => readSmallImage(join(directory, fd, name)).values;
  const hasMask = readdirSync(directory).includes("mask.mif");
  const mask = hasMask ? readSmallImage(join(directory, "mask.mif")).values : new Float64Array(rows.length).fill(1);
  return { directory, nFixels: rows.length, matrix: { rows }, places, names: names.sort(), valuesOf, mask };
}

/** By the header's own transform and voxel sizes. */
function placesOf(path: string, nFixels: number): Float32Array {
  const { dim, values } = readSmallImage(path);
  const header = readFileSync(path, "latin1").split("\nEND\n")[0]!;
  const rows = [...header.matchAll(/^transform: (.*)$/gm)].map((match) => match[1]!.split(",").map(Number));
  const vox = /^vox: (.*)$/m.exec(header)![1]!.split(",").map(Number);
  const places = new Float32Array(3 * nFixels);
  const nVoxels = values.length / 2;
  for (let voxel = 0; voxel < nVoxels; voxel++) {
    const at = [voxel % dim[0]!, Math.floor(voxel / dim[0]!) % dim[1]!, Math.floor(voxel / (dim[0]! * dim[1]!))];
    for (let i = 0; i < values[voxel]!; i++) {
      const fixel = values[nVoxels + voxel]! + i;
      for (const [axis, row] of rows.entries())
        places[3 * fixel + axis] = at.reduce((sum, index, a) => sum + row[a]! * vox[a]! * index, 0) + row[3]!;
    }
  }
  return places;
}

/** Bits of float32; every NaN the same. */
export const bitsOf = (values: ArrayLike<number>): number[] =>
  Array.from(new Uint32Array(Float32Array.from(values).buffer), (bits, i) => (Number.isNaN(values[i]) ? -1 : bits));
