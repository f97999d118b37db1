// Images of a finished run as elements, and elements as images of the same form.
import { writeImageInPieces } from "../../formats/image.js";
import type { FileValues, FinishedRun } from "../../results/finished-run.js";
import { MATRIX_DIGITS, ROW_DIGITS, writeNumbers } from "../../results/write-numbers.js";

/** Elements of a file: of a connectome each edge once. */
export function elementsOf({ kind }: Pick<FinishedRun, "kind">, file: FileValues) {
  const pick = kind === "edge" ? upperOf : (values: Float64Array) => values;
  return {
    ...{ file, pick, values: pick(file.values) },
    spread: (values: Image): Image => (kind === "edge" ? bothTriangles(values) : values),
  };
}

export type Image = Float32Array | Float64Array;

/** Row by row, with the diagonal. */
function upperOf(matrix: Float64Array): Float64Array {
  const n = Math.round(Math.sqrt(matrix.length));
  const out = new Float64Array((n * (n + 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) out[at++] = matrix[i * n + j]!;
  return out;
}

function bothTriangles(values: Image): Float64Array {
  const n = Math.round((Math.sqrt(8 * values.length + 1) - 1) / 2);
  const out = new Float64Array(n * n);
  let at = 0;
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) out[i * n + j] = out[j * n + i] = values[at++]!;
  return out;
}

export interface Form {
  readonly kind: FinishedRun["kind"];
  readonly command: string;
  readonly signal: AbortSignal | undefined;
}

export async function writeLike(path: string, values: Image, { header }: FileValues, { kind, command, signal }: Form) {
  if (header === undefined) {
    const isMatrix = kind === "edge";
    const form = { digits: isMatrix ? MATRIX_DIGITS : ROW_DIGITS, separator: ",", commandHistory: command } as const;
    return await writeNumbers(path, isMatrix ? rowsOf(values) : [values], form, signal);
  }
  const { dimensions, voxelSizes, layout, transform } = header;
  const entries = [
    ...header.entries.filter(([key]) => key !== "mrtrix_version"),
    ["command_history", command.replace(/\s*\n\s*/g, " ")] as const,
  ];
  const spec = { dimensions, voxelSizes, layout, transform, dataType: "Float32LE" as const, entries };
  await writeImageInPieces(path, spec, Float32Array.from(values), signal);
}

function rowsOf(values: Image): Image[] {
  const n = Math.round(Math.sqrt(values.length));
  return Array.from({ length: n }, (_, i) => values.subarray(i * n, (i + 1) * n));
}
