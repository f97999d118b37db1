// A cohort to filter, as large as asked for, written byte by byte: a line of voxels, one fixel each, connected to those within reach.
import fs from "node:fs";
import path from "node:path";
import { rawFixelData, rawMif, writeCohort } from "./make-cohort.js";

export interface FilterCohortSize {
  readonly nFixels: number;
  readonly nSubjects: number;
  /** Of a fixel in the middle. */
  readonly nConnections: number;
}

/** fd/ (with subjects.txt) and matrix/ in `directory`. */
export function writeFilterCohort(directory: string, { nFixels, nSubjects, nConnections }: FilterCohortSize): void {
  const values = Float32Array.from({ length: nFixels }, (_, i) => Math.sin(i));
  function* files() {
    for (let i = 0; i < nSubjects; i++) {
      values[i % nFixels] = i % 7 === 3 ? Number.NaN : i;
      yield [`s${i}.mif`, rawFixelData(values)] as const;
    }
  }
  writeCohort(path.join(directory, "fd"), nFixels, files());
  fs.renameSync(path.join(directory, "fd", "subjects.txt"), path.join(directory, "subjects.txt"));
  writeMatrix(path.join(directory, "matrix"), nFixels, Math.floor(nConnections / 2));
}

function writeMatrix(folder: string, nFixels: number, reach: number): void {
  fs.mkdirSync(folder);
  const index = new BigUint64Array(2 * nFixels);
  const fixels: number[] = [];
  for (let i = 0; i < nFixels; i++) {
    const [first, end] = [Math.max(0, i - reach), Math.min(nFixels, i + reach + 1)];
    index[i] = BigInt(end - first);
    index[nFixels + i] = BigInt(fixels.length);
    for (let j = first; j < end; j++) fixels.push(j);
  }
  const bytesOf = (array: BigUint64Array | Uint32Array | Float32Array) => new Uint8Array(array.buffer);
  const write = (name: string, dim: number[], type: string, bytes: Uint8Array) =>
    fs.writeFileSync(path.join(folder, name), rawMif(dim, type, bytes));
  write("index.mif", [nFixels, 1, 1, 2], "UInt64LE", bytesOf(index));
  write("fixels.mif", [fixels.length, 1, 1], "UInt32LE", bytesOf(Uint32Array.from(fixels)));
  const connectivity = Float32Array.from(fixels, (_, p) => 0.1 + 0.9 * ((p * 0.618034) % 1));
  write("values.mif", [fixels.length, 1, 1], "Float32LE", bytesOf(connectivity));
}
