// The values of results as arrays over elements, whatever files they are in.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { countEdges, forEachEdge } from "../../formats/connectome.js";
import { openFixelDirectory } from "../../formats/fixel-directory.js";
import { gridOfInput } from "../../formats/hdf5/voxel-order.js";
import { openImage } from "../../formats/image.js";
import type { ImageHeader } from "../../formats/image-header.js";
import { readTextFile } from "../../formats/text/read-text.js";
import { readVoxelMask } from "../../formats/voxel-mask.js";
import type { Geometry, Kind, Network, Values } from "../../report/report-data.js";
import { readNumbers } from "../../results/read-numbers.js";
import type { FoundResults } from "./find-results.js";

export interface ResultReader {
  readonly nElements: number;
  readonly geometry: Geometry | undefined;
  readonly network: Network | undefined;
  /** Column of the input's store of each element; undefined: not known. */
  readonly columns: "same" | undefined;
  /** Undefined: no such result. Names without base and ending: `Zstat`, `beta0`, `fwe_1mpvalue_t1`. */
  read(name: string): Promise<Values | undefined>;
  /** Of a file of the same form that lies elsewhere: results of `joint`. Rejects with InputError. */
  readFile(path: string): Promise<Values>;
  /** Of the factors' effects, in the order of the design. */
  readFactors(count: number): Promise<Values[] | undefined>;
  /** A value a shuffle. */
  readNull(name: string): Promise<Float64Array | undefined>;
}

const NO_TRANSFORM = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
];

/** Throws InputError for results that cannot be read. */
export async function openResults(found: FoundResults, kind: Kind): Promise<ResultReader> {
  const { directory, base, record } = found;
  const at = (name: string) => join(directory, `${base}${name}`);
  const listed = new Set(record.files.filter((name) => existsSync(join(directory, name))));
  const isThere = (name: string) => listed.has(`${base}${name}`);
  const readNull = async (name: string) => {
    const file = [`${name}.txt`, `${name}.csv`].find(isThere);
    return file === undefined ? undefined : (await readNumbers(at(file))).values;
  };
  if (kind === "fixel") return openFixels(at, isThere, readNull);
  if (kind === "voxel") return openVoxels(found, at, isThere, readNull);
  if (kind === "edge") return openEdges(found, at, isThere, readNull);
  const elements = Number(record.problem.nElements ?? record.runPlan.nElements);
  const readTable = async (file: string) => (isThere(file) ? await readNumbers(at(file)) : undefined);
  return {
    ...{ nElements: elements, geometry: undefined, network: undefined, columns: "same", readNull },
    readFile: async (path) => (await readNumbers(path)).values,
    async read(name) {
      const values = (await readTable(`${name}.csv`))?.values;
      return values?.length === elements ? values : values?.slice(0, elements);
    },
    async readFactors(count) {
      const table = await readTable("betas.csv");
      if (table === undefined || table.values.length !== count * elements) return undefined;
      const isRows = table.nRows === count && table.nColumns === elements;
      return Array.from({ length: count }, (_, f) =>
        isRows
          ? table.values.subarray(f * elements, (f + 1) * elements)
          : Float64Array.from({ length: elements }, (_, e) => table.values[e * count + f]!),
      );
    },
  };
}

type At = (name: string) => string;
type IsThere = (name: string) => boolean;
type ReadNull = ResultReader["readNull"];

async function factorsOf(
  count: number,
  read: (i: number) => Promise<Values | undefined>,
): Promise<Values[] | undefined> {
  const found: Values[] = [];
  for (let i = 0; i < count; i++) {
    const values = await read(i);
    if (values === undefined) return undefined;
    found.push(values);
  }
  return found;
}

function openFixels(at: At, isThere: IsThere, readNull: ReadNull): ResultReader {
  const template = openFixelDirectory(at(""));
  const { nFixels } = template;
  const read = async (name: string) => {
    const file = [`${name}.mif`, `${name}.nii`].find(isThere);
    return file === undefined ? undefined : valuesOf(at(file), nFixels);
  };
  return {
    readFile: async (path) => valuesOf(path, nFixels),
    ...{ nElements: nFixels, network: undefined, columns: "same", readNull, read },
    geometry: geometryOfFixels(template.indexPath, template.directionsPath, nFixels),
    readFactors: (count) => factorsOf(count, (i) => read(`beta${i}`)),
  };
}

export function valuesOf(path: string, count?: number): Float32Array {
  const image = openImage(path);
  try {
    const values = new Float32Array(Math.min(count ?? image.nElements, image.nElements));
    image.copyValuesInto(values, 0, values.length);
    return values;
  } finally {
    image.close();
  }
}

type Grid = Pick<Geometry, "dimensions" | "voxelSizes" | "toMm">;

export function gridOf({
  dimensions,
  voxelSizes,
  transform = NO_TRANSFORM,
}: Pick<ImageHeader, "dimensions" | "voxelSizes" | "transform">): Grid {
  const sizes = [0, 1, 2].map((axis) => (voxelSizes[axis]! > 0 ? voxelSizes[axis]! : 1)) as [number, number, number];
  return {
    dimensions: [dimensions[0] ?? 1, dimensions[1] ?? 1, dimensions[2] ?? 1],
    voxelSizes: sizes,
    toMm: transform.map((row) => [row[0]! * sizes[0], row[1]! * sizes[1], row[2]! * sizes[2], row[3]!]),
  };
}

export function geometryOfFixels(indexPath: string, directionsPath: string, nFixels: number): Geometry {
  const index = openImage(indexPath);
  try {
    const nVoxels = index.nElements / 2;
    const counts = new Uint32Array(nVoxels);
    const firsts = new Float64Array(nVoxels);
    index.copyValuesInto(counts, 0, nVoxels);
    index.copyValuesInto(firsts, nVoxels, nVoxels);
    const voxelOf = new Uint32Array(nFixels);
    for (let voxel = 0; voxel < nVoxels; voxel++)
      if (counts[voxel] !== 0) voxelOf.fill(voxel, firsts[voxel]!, firsts[voxel]! + counts[voxel]!);
    const directions = alongGrid(valuesOf(directionsPath), nFixels, index.header.transform ?? NO_TRANSFORM);
    return { ...gridOf(index.header), voxelOf, directions };
  } finally {
    index.close();
  }
}

/** `columns`: [3][nFixels], in the scanner's space. */
function alongGrid(columns: Float32Array, nFixels: number, transform: readonly (readonly number[])[]): Float32Array {
  const out = new Float32Array(3 * nFixels);
  for (let axis = 0; axis < 3; axis++) {
    const byX = transform[0]![axis]!;
    const byY = transform[1]![axis]!;
    const byZ = transform[2]![axis]!;
    for (let fixel = 0; fixel < nFixels; fixel++)
      out[3 * fixel + axis] =
        byX * columns[fixel]! + byY * columns[nFixels + fixel]! + byZ * columns[2 * nFixels + fixel]!;
  }
  return out;
}

async function openVoxels(found: FoundResults, at: At, isThere: IsThere, readNull: ReadNull): Promise<ResultReader> {
  const ending = [
    "Zstat",
    ...found.record.files.map((name) => name.slice(found.base.length).replace(/\.\w+$/, "")),
  ].find((name) => /^(Zstat|tvalue|Fvalue)/.test(name) && isThere(`${name}.mif`));
  const grid = await placesOfInput(found);
  const first = openImage(at(`${ending ?? "Zstat"}.mif`));
  const { header } = first;
  first.close();
  const places = grid ?? placesWithValues(at, isThere);
  const readFile = async (path: string) => {
    const all = valuesOf(path);
    return Float32Array.from(places, (place) => all[place]!);
  };
  const read = async (name: string) => (isThere(`${name}.mif`) ? await readFile(at(`${name}.mif`)) : undefined);
  return {
    ...{ nElements: places.length, network: undefined, readNull, read, readFile },
    columns: grid === undefined ? undefined : "same",
    geometry: { ...gridOf(header), voxelOf: places, directions: undefined },
    readFactors: (count) => factorsOf(count, (i) => read(`beta${i}`)),
  };
}

/** In the order of the data's columns; undefined: the mask of the run is not there, or its input where that decides. */
async function placesOfInput({ record }: FoundResults): Promise<Uint32Array | undefined> {
  const { mask, input } = record.options as { mask?: string; input?: string };
  const count = Number(record.problem.nElements);
  if (typeof mask !== "string" || !existsSync(mask)) return undefined;
  try {
    const image = openImage(mask);
    try {
      const { grid } = readVoxelMask(image);
      const { places } = await gridOfInput(input ?? "", { path: mask, grid }, undefined);
      return places.length === count ? places : undefined;
    } finally {
      image.close();
    }
  } catch {
    return undefined; // the voxels are found in the results themselves
  }
}

function placesWithValues(at: At, isThere: IsThere): Uint32Array {
  const images = ["std_dev.mif", "std_dev0.mif", "beta0.mif", "beta1.mif"]
    .filter(isThere)
    .map((name) => valuesOf(at(name)));
  const places: number[] = [];
  const nVoxels = images[0]?.length ?? 0;
  for (let voxel = 0; voxel < nVoxels; voxel++) if (images.some((image) => image[voxel] !== 0)) places.push(voxel);
  return Uint32Array.from(places);
}

async function openEdges(
  { record }: FoundResults,
  at: At,
  isThere: IsThere,
  readNull: ReadNull,
): Promise<ResultReader> {
  const { nNodes, nodes } = record.problem as { nNodes: number; nodes?: readonly string[] };
  const nElements = countEdges(nNodes);
  const read = async (name: string) => (isThere(`${name}.csv`) ? await readFile(at(`${name}.csv`)) : undefined);
  const readFile = async (path: string) => {
    const { values } = await readNumbers(path);
    const out = new Float64Array(nElements);
    forEachEdge(nNodes, (edge, i, j) => {
      out[edge] = values[i * nNodes + j]!;
    });
    return out;
  };
  const names = nodes ?? Array.from({ length: nNodes }, (_, i) => String(i + 1));
  return {
    ...{ nElements, geometry: undefined, network: { nNodes, names }, columns: "same", readNull, read, readFile },
    readFactors: (count) => factorsOf(count, (i) => read(`beta_${i}`)),
  };
}

/** Small texts that a run was given; undefined: not there, or not to be read. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readTextFile(path);
  } catch {
    return undefined;
  }
}
