// A small study of voxels: images of several formats and orders of axes, a mask with holes, designs, contrasts and permutations.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { writeImage } from "../../src/formats/image.js";
import { createRandom } from "./seeded-random.js";

export interface Volumes {
  readonly directory: string;
  at(name: string): string;
  readonly nSubjects: number;
  readonly size: readonly [number, number, number];
  /** One a voxel, canonical order. */
  readonly inside: readonly boolean[];
}

export interface VolumesOptions {
  readonly seed?: number;
  readonly size?: readonly [number, number, number];
  readonly nSubjects?: number;
  readonly nShuffles?: number;
  /** Share of the voxels inside the mask. */
  readonly share?: number;
}

const TRANSFORM = [
  [0.98, 0.199, 0, -12],
  [-0.199, 0.98, 0, 7],
  [0, 0, 1, 3],
];

/** A blob in the middle grows with the group; noise is smooth over neighbours, so that clusters are larger than voxels. */
export function makeVolumes(directory: string, options: VolumesOptions = {}): Volumes {
  const { seed = 1, size = [9, 8, 7], nSubjects = 16, nShuffles = 60, share = 0.8 } = options;
  const random = createRandom(seed);
  mkdirSync(directory, { recursive: true });
  const at = (name: string) => join(directory, name);
  const [nx, ny, nz] = size;
  const n = nx * ny * nz;
  const inside = Array.from({ length: n }, () => random.uniform() < share);
  const layouts = [
    [2, 0, 1],
    [0, 1, 2],
    [1, 2, 0],
  ].map((ranks) => ranks.map((rank, axis) => ({ rank, reversed: axis === 1 })));
  const geometry = { dimensions: size, voxelSizes: [2, 2, 2.5], transform: TRANSFORM };
  writeImage(
    at("mask.mif"),
    { ...geometry, dataType: "UInt8", layout: layouts[0]!, entries: [["comments", "made"]] },
    inside.map(Number),
  );
  const names: string[] = [];
  for (let s = 0; s < nSubjects; s++) {
    const noise = Float32Array.from({ length: n }, () => random.normal());
    const values = noise.map((value, i) => {
      const [x, y, z] = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / nx / ny)];
      const near = [-1, 1, -nx, nx].reduce((sum, step) => sum + (noise[i + step] ?? 0), 0);
      const isBlob = Math.hypot(x - nx / 2, y - ny / 2, z - nz / 2) < 2.2;
      return 3 + 0.5 * value + 0.4 * near + (isBlob && s % 2 === 1 ? 1.1 : 0);
    });
    const name = s % 3 === 0 ? `s${s}.mif` : s % 3 === 1 ? `s${s}.nii` : `s${s}.nii.gz`;
    const plain = name.replace(/\.gz$/, "");
    writeImage(
      at(plain),
      { ...geometry, dataType: "Float32LE", ...(s % 3 === 0 && { layout: layouts[s % 2]! }) },
      values,
    );
    if (name !== plain) writeFileSync(at(name), gzipSync(readFileSync(at(plain))));
    names.push(name);
  }
  const lines = (rows: readonly (readonly number[])[]) => `${rows.map((row) => row.join(" ")).join("\n")}\n`;
  writeFileSync(at("images.txt"), `${names.join("\n")}\n`);
  const ages = Array.from({ length: nSubjects }, () => Math.round(random.normal() * 1e4) / 1e4);
  writeFileSync(at("design.txt"), lines(ages.map((age, s) => [1, s % 2, age])));
  writeFileSync(
    at("contrast.txt"),
    lines([
      [0, 1, 0],
      [0, 0, -1],
    ]),
  );
  writeFileSync(at("ftests.txt"), "1 1\n");
  writeFileSync(at("groups.txt"), lines(ages.map((_, s) => [1 + Number(s >= nSubjects / 2)])));
  const shuffles = Array.from({ length: nShuffles }, (_, i) =>
    i === 0 ? ages.map((__, s) => s) : random.permutation(nSubjects),
  );
  const listed = (of: readonly (readonly number[])[]) => lines(ages.map((_, s) => of.map((shuffle) => shuffle[s]!)));
  writeFileSync(at("perms.txt"), listed(shuffles));
  // of -nonstationarity, without the identity; few, so that some voxels are never above 0
  const others = Array.from({ length: 30 }, () => random.permutation(nSubjects));
  // MRtrix3 looks for the base of the indices in the first row
  others[0] = [0, ...others[0]!.filter((subject) => subject !== 0)];
  writeFileSync(at("others.txt"), listed(others));
  writeFileSync(at("few-others.txt"), listed(others.slice(0, 3)));
  return { directory, at, nSubjects, size, inside };
}
