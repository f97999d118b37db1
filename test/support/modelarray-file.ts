// A ModelArray file out of numbers in memory, through the same code that conversions use; of voxels also as ModelArrayIO makes it of NIfTI images.
import fs from "node:fs";
import { createModelArray } from "../../src/formats/hdf5/write-modelarray.js";
import type { EitherRun } from "./both-commands.js";
import { runInProcess } from "./in-process-cli.js";
import { readSmallImage } from "./peer.js";
import { fileOfSubject } from "./small-analysis.js";

export interface ModelArrayContents {
  /** f32 or f64 [nSubjects x nElements], row-major. */
  readonly values: Float32Array | Float64Array;
  readonly names: readonly string[];
  /** i, j and k of each element; undefined: the file has no tables. */
  readonly voxels?: readonly (readonly [number, number, number])[] | undefined;
}

/** Scalar FD. Replaces what is there. */
export async function writeModelArrayFile(path: string, { values, names, voxels }: ModelArrayContents): Promise<void> {
  const nElements = values.length / names.length;
  const partial = `${path}.making`;
  const table =
    voxels && Uint32Array.from({ length: 3 * nElements }, (_, i) => voxels[i % nElements]![Math.floor(i / nElements)]!);
  const writer = await createModelArray({
    ...{ output: path, partial, tables: undefined, gzipLevel: undefined, creator: "test" },
    scalars: [
      { name: "FD", subjectNames: names, nElements, elementType: values instanceof Float32Array ? "f32" : "f64" },
    ],
    ...(table && { voxels: { voxels: table, geometry: undefined } }),
  });
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  writer.writeRectangle("FD", bytes, { firstSubject: 0, nSubjects: names.length, firstElement: 0, nElements });
  await writer.finish();
  fs.renameSync(partial, path);
}

/** The run's own values, where it takes an .h5: fixels, vectors and voxels. Undefined: it takes none. */
export async function writeHdf5Of(run: EitherRun, name: string, nSubjects = 8): Promise<string | undefined> {
  if (run.command === "connectomestats") return undefined;
  const path = run.at(name);
  if (run.command === "fixelcfestats") {
    const { status, stderr } = await runInProcess(run.convertLine(path));
    if (status !== 0) throw new Error(stderr);
    return path;
  }
  const names = Array.from({ length: nSubjects }, (_, i) => fileOfSubject(i));
  const rows = names.map((file) => Array.from(readSmallImage(run.at("fd", file)).values));
  const voxels = run.command === "vectorstats" ? undefined : rows[0]!.map((_, e) => [e, 0, 0] as const);
  await writeModelArrayFile(path, { values: Float32Array.from(rows.flat()), names, voxels });
  return path;
}

/** Voxels of a NIfTI image of float32 that are not 0, as numpy.nonzero lists them: the last axis is the fastest. Straight out of the bytes. */
export function listNonzero(path: string): [number, number, number][] {
  const bytes = fs.readFileSync(path);
  const [nx, ny, nz] = [42, 44, 46].map((at) => bytes.readInt16LE(at)) as [number, number, number];
  const found: [number, number, number][] = [];
  for (let i = 0; i < nx; i++)
    for (let j = 0; j < ny; j++)
      for (let k = 0; k < nz; k++) if (valueAt(bytes, [i, j, k]) !== 0) found.push([i, j, k]);
  return found;
}

export const valuesAt = (path: string, voxels: readonly (readonly [number, number, number])[]): number[] => {
  const bytes = fs.readFileSync(path);
  return voxels.map((voxel) => valueAt(bytes, voxel));
};

function valueAt(bytes: Buffer, [i, j, k]: readonly [number, number, number]): number {
  const [nx, ny] = [bytes.readInt16LE(42), bytes.readInt16LE(44)];
  return bytes.readFloatLE(bytes.readFloatLE(108) + 4 * (i + nx * (j + ny * k)));
}
