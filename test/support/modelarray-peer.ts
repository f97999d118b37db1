// ModelArray's reference cohort, read without src/formats: its tables, and float32 values of its images.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Cells {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function readCells(path: string): Cells {
  const [columns, ...rows] = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  return { columns: columns!, rows };
}

export const cellsOf = ({ columns, rows }: Cells, name: string): string[] =>
  rows.map((row) => row[columns.indexOf(name)]!);

/** Values of a scalar, subject by subject: f32 [fixels] each. */
export function readPeerScalar(folder: string, scalar: "fd" | "fc"): Float32Array[] {
  const names = cellsOf(readCells(join(folder, "phenotypes.csv")), "source_file");
  return names.map((name) => {
    const bytes = readFileSync(join(folder, scalar, name));
    const offset = Number(/^file: \. (\d+)$/m.exec(bytes.toString("latin1", 0, 2048))![1]);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset + offset, bytes.byteOffset + bytes.byteLength));
  });
}
