// A fixel directory: `index` (x, y, z, 2) holds for every voxel how many fixels it has and which is the first; `directions` (m, 3, 1) and
// data files (m, 1, 1) hold one row a fixel.
// https://mrtrix.readthedocs.io/en/latest/fixel_based_analysis/fixel_directory_format.html
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors.js";
import { formatCount } from "../units.js";
import type { Warning } from "../warnings.js";
import { dataTypeParts } from "./data-type.js";
import { headerWarning } from "./header-warning.js";
import { openImage, readImageHeader, readImageVector } from "./image.js";
import type { ImageVector } from "./image-file.js";
import { entryValues, type Image, type ImageHeader } from "./image-header.js";
import { isGzipPath } from "./inflate.js";
import { describePathKind, pathKindOf } from "./path-kind.js";

export interface FixelDirectory {
  /** As the user typed it. */
  readonly path: string;
  readonly indexPath: string;
  readonly directionsPath: string;
  readonly nFixels: number;
  readonly indexHeader: ImageHeader;
  /** Of headers that were read otherwise than they stand. */
  readonly warnings: readonly Warning[];
}

/** In the order MRtrix3 looks for them. */
const ENDINGS = [".mif", ".nii", ".mif.gz", ".nii.gz"] as const;

/** Voxels looked at together. 2 x 64 Ki x 8 B = 1 MiB: more is mostly the first touch of its pages; fewer would read a transposed index many times over. */
const VOXELS_AT_A_TIME = 2 ** 16;

/**
 * Reads the index through once, in bounded memory, and compressed directions. Throws InputError: not a directory, no index or directions, wrong shapes, an index that disagrees
 * with itself, with its `nfixels` key or with the directions.
 */
export function openFixelDirectory(path: string): FixelDirectory {
  const kind = pathKindOf(path);
  if (kind !== "directory") {
    const remedy = "Give the folder that holds index.mif and directions.mif.";
    throw problem(path, "a fixel directory", describePathKind(kind), remedy);
  }
  const indexPath = findImage(path, "index");
  const directionsPath = findImage(path, "directions");
  const index = openImage(indexPath);
  try {
    checkIndexShape(index.header, indexPath);
    const nFixels = countFixels(index, indexPath);
    const directionsHeader = readImageHeader(directionsPath);
    checkDirections(directionsHeader, nFixels, directionsPath);
    // results get a copy of it, read by nobody: the checksum of what is compressed stands at its end
    if (isGzipPath(directionsPath)) openImage(directionsPath).close();
    const headers = [
      { name: indexPath, ...index.header },
      { name: directionsPath, ...directionsHeader },
    ];
    const warning = headerWarning(headers, "files of the template");
    const warnings = warning === undefined ? [] : [warning];
    return { path, indexPath, directionsPath, nFixels, indexHeader: index.header, warnings };
  } finally {
    index.close();
  }
}

/** Throws InputError with both numbers unless the image is (nFixels, 1, 1); further or missing axes of size 1 do not matter. */
export function checkFixelDataHeader(
  header: ImageHeader,
  nFixels: number,
  path: string,
  remedy = "Use files of the same fixel template (fixelcorrespondence) for all subjects.",
): void {
  const [first, ...rest] = header.dimensions;
  if (first === nFixels && rest.every((size) => size === 1)) return;
  const got = header.dimensions.join(" x ");
  throw problem(path, `${nFixels} x 1 x 1 values, one a fixel of the template`, got, remedy);
}

/** Values of one data file. Throws InputError: as readImageVector, or another size than (nFixels, 1, 1). */
export function readFixelValues(path: string, nFixels: number): Promise<ImageVector> {
  // The header first: a wrong file must not cost its own size in memory.
  return readImageVector(path, (header) => checkFixelDataHeader(header, nFixels, path));
}

/** What makes a folder a fixel directory, whole or not. */
export const hasIndex = (folder: string): boolean => lookFor(folder, "index") !== undefined;

const lookFor = (folder: string, name: string) =>
  ENDINGS.map((ending) => join(folder, name + ending)).find((path) => existsSync(path));

function findImage(folder: string, name: "index" | "directions"): string {
  const path = lookFor(folder, name);
  if (path !== undefined) return path;
  throw problem(folder, `a file ${name}.mif, .nii, .mif.gz or .nii.gz in it`, "none", "Is it a fixel directory?");
}

function checkIndexShape({ dimensions }: ImageHeader, path: string): void {
  if (dimensions.length !== 4 || dimensions[3] !== 2) {
    throw problem(path, "an index of x by y by z by 2", dimensions.join(" x "), "Make the fixel directory again.");
  }
}

/** Whole numbers up to here are told apart; MRtrix3 reads an index of any type. */
function largestWhole({ dataType }: ImageHeader): number {
  const { kind, bits } = dataTypeParts(dataType);
  if (kind !== "float") return Number.MAX_SAFE_INTEGER;
  return { 16: 2 ** 11, 32: 2 ** 24 }[bits as number] ?? Number.MAX_SAFE_INTEGER;
}

function checkDirections({ dimensions }: ImageHeader, nFixels: number, path: string): void {
  const [rows, columns, ...rest] = dimensions;
  if (rows === nFixels && columns === 3 && rest.every((size) => size === 1)) return;
  throw problem(
    path,
    `${nFixels} x 3 x 1 values, as the index counts ${formatCount(nFixels, "fixels")}`,
    dimensions.join(" x "),
    "Make the fixel directory again.",
  );
}

function holdsUint32({ dataType, scaling }: ImageHeader): boolean {
  const { kind, bits } = dataTypeParts(dataType);
  return kind === "uint" && bits <= 32 && scaling.offset === 0 && scaling.scale === 1;
}

/** The sum of the counts, checked against where the voxels point and against the `nfixels` key. */
function countFixels(index: Image, path: string): number {
  const nVoxels = index.nElements / 2;
  const Counts = holdsUint32(index.header) ? Uint32Array : Float64Array; // as they stand where that can be
  const counts = new Counts(Math.min(nVoxels, VOXELS_AT_A_TIME));
  const firsts = new Counts(counts.length);
  const areWhole = Counts === Uint32Array;
  let sum = 0;
  // numbers alone, in this loop of millions: garbage costs more than counting
  let end = 0;
  let endVoxel = 0;
  for (let voxel = 0; voxel < nVoxels; voxel += counts.length) {
    const n = Math.min(counts.length, nVoxels - voxel);
    index.copyValuesInto(counts, voxel, n);
    index.copyValuesInto(firsts, nVoxels + voxel, n);
    for (let i = 0; i < n; i++) {
      const count = counts[i]!;
      if (count === 0) continue;
      const first = firsts[i]!;
      if (!areWhole) assertWhole(count, first, voxel + i, path);
      sum += count;
      if (first + count <= end) continue;
      end = first + count;
      endVoxel = voxel + i;
    }
  }
  checkCounts(index.header, sum, { end, voxel: endVoxel }, path);
  if (sum > largestWhole(index.header)) {
    const expected = `at most ${formatCount(largestWhole(index.header), "fixels")}, which ${index.header.dataType} can number`;
    throw problem(path, expected, `${sum}`, "Make the fixel directory again with an index of UInt32.");
  }
  return sum;
}

/** Floats may be fractions or below 0, and a scaling makes such of integers. */
function assertWhole(count: number, first: number, voxel: number, path: string): void {
  const isWhole = Number.isInteger(count) && Number.isInteger(first);
  if (isWhole && count >= 0 && first >= 0) return;
  const got = `${formatCount(count, "fixels")} from number ${first} in voxel ${voxel}`;
  const expected = count < 0 || first < 0 ? "counts and first fixels of at least 0" : "whole counts and first fixels";
  throw problem(path, expected, got, "Make the fixel directory again.");
}

function checkCounts(header: ImageHeader, sum: number, furthest: { end: number; voxel: number }, path: string): void {
  const remedy = "Make the fixel directory again.";
  if (sum === 0) throw problem(path, "at least one fixel", "counts of 0 in every voxel", remedy);
  if (furthest.end > sum) {
    const got = `voxel ${furthest.voxel} (counting from 0) pointing up to fixel ${furthest.end}`;
    throw problem(path, `at most ${formatCount(sum, "fixels")}, the sum of its counts`, `${got}, past the end`, remedy);
  }
  for (const promised of entryValues(header, "nfixels")) {
    if (Number(promised) !== sum)
      throw problem(path, `${promised} fixels as its \`nfixels\` line says`, `counts that sum to ${sum}`, remedy);
  }
}

function problem(path: string, expected: string, got: string, remedy: string): InputError {
  return new InputError(`Cannot use ${path}: expected ${expected}, got ${got}. ${remedy}`, { path });
}
