// A fixel directory with subjects, written byte by byte with a header made by hand: quick, and without src/formats.
import fs from "node:fs";
import path from "node:path";

/** Bytes of a .mif: header, data at `dataOffset` (64-aligned by default). */
export function rawMif(dimensions: readonly number[], dataType: string, data: Uint8Array, dataOffset = 256): Buffer {
  const header = [
    "mrtrix image",
    `dim: ${dimensions.join(",")}`,
    `vox: ${dimensions.map(() => 1).join(",")}`,
    `layout: ${dimensions.map((_, axis) => `+${axis}`).join(",")}`,
    `datatype: ${dataType}`,
    `file: . ${dataOffset}`,
    "END\n",
  ].join("\n");
  const bytes = Buffer.alloc(dataOffset + data.byteLength);
  bytes.write(header, 0, "latin1");
  bytes.set(data, dataOffset);
  return bytes;
}

export function rawFixelData(values: Float32Array | Float64Array): Buffer {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return rawMif([values.length, 1, 1], values instanceof Float32Array ? "Float32LE" : "Float64LE", bytes);
}

/** index.mif (nFixels x 1 x 1 x 2: one fixel a voxel) and directions.mif (all along x). */
export function writeTemplate(directory: string, nFixels: number): void {
  fs.mkdirSync(directory, { recursive: true });
  const index = new Uint32Array(2 * nFixels);
  for (let i = 0; i < nFixels; i++) {
    index[i] = 1;
    index[nFixels + i] = i;
  }
  fs.writeFileSync(
    path.join(directory, "index.mif"),
    rawMif([nFixels, 1, 1, 2], "UInt32LE", new Uint8Array(index.buffer)),
  );
  const directions = new Float32Array(3 * nFixels).fill(1, 0, nFixels);
  fs.writeFileSync(
    path.join(directory, "directions.mif"),
    rawMif([nFixels, 3, 1], "Float32LE", new Uint8Array(directions.buffer)),
  );
}

export interface Cohort {
  readonly inputDirectory: string;
  readonly subjectList: string;
  readonly names: readonly string[];
}

/** Template, `subjects.txt` and a file `name` for each subject with the bytes given. */
export function writeCohort(
  directory: string,
  nFixels: number,
  files: Iterable<readonly [name: string, bytes: Uint8Array]>,
): Cohort {
  writeTemplate(directory, nFixels);
  const names: string[] = [];
  for (const [name, bytes] of files) {
    names.push(name);
    fs.writeFileSync(path.join(directory, name), bytes);
  }
  const subjectList = path.join(directory, "subjects.txt");
  fs.writeFileSync(subjectList, `${names.join("\n")}\n`);
  return { inputDirectory: directory, subjectList, names };
}
