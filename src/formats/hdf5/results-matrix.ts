// Results as ModelArray keeps them: /results/ANALYSIS/results_matrix (statistics, elements) float64, the first often element_id. Names of the
// statistics in the attribute colnames (R's ModelArray), column_names, or the dataset /results/ANALYSIS/column_names.
import { crc32 } from "node:zlib";
import { InputError, UsageError } from "../../errors.js";
import { assertChecksum, sumTexts, writeChecksum } from "./checksums.js";
import { assertHeld } from "./dataset.js";
import type { Hdf5Draft, MatrixSpec } from "./draft.js";
import { openMatrixReader } from "./matrix-reader.js";
import {
  assertFinished,
  listAnalyses,
  listed,
  RESULTS_MATRIX,
  readNames,
  type ScalarDataset,
} from "./modelarray-layout.js";
import type { Hdf5File } from "./open.js";

/** ModelArray's first statistic: the number of the element, from 0. */
export const ELEMENT_ID = "element_id";

export interface ResultsMatrix {
  readonly analysis: string;
  readonly names: readonly string[];
  readonly nElements: number;
  /** `nSubjects` are statistics here. */
  readonly matrix: ScalarDataset;
}

export const resultsPath = (analysis: string): string => `/results/${analysis}/${RESULTS_MATRIX}`;
export const resultNamesPath = (analysis: string): string => `/results/${analysis}/column_names`;

/** Throws UsageError when there is no such analysis (naming those there are), InputError for a matrix that cannot be one. */
export async function describeResults(file: Hdf5File, analysis: string): Promise<ResultsMatrix> {
  await assertFinished(file);
  const objectPath = resultsPath(analysis);
  if ((await file.kindOf(objectPath)) !== "dataset") {
    const found = await listAnalyses(file);
    const got = found.length === 0 ? "no results at all" : listed(found);
    throw new UsageError(
      `Cannot export ${analysis}: expected ${objectPath} in ${file.path}, got ${got}. Choose with --analysis.`,
    );
  }
  const values = await file.describe(objectPath);
  const [rows, columns] = values.shape as [number, number];
  if (values.shape.length !== 2 || (values.kind !== "float" && values.kind !== "integer")) {
    throw new InputError(
      `Cannot export ${objectPath} of ${file.path}: expected a matrix of numbers, statistics x elements, got ${values.shape.join(" x ")} of ${values.typeName}.`,
      { path: file.path },
    );
  }
  const named =
    (await file.readAttribute(objectPath, "colnames")) ??
    (await file.readAttribute(objectPath, "column_names")) ??
    (await readNames(file, resultNamesPath(analysis), [rows, columns]));
  assertHeld(values, file);
  // ModelArrayIO's names for what has none.
  const names =
    named?.map(String) ?? Array.from({ length: rows }, (_, i) => `component${String(i + 1).padStart(3, "0")}`);
  if (names.length !== rows && names.length !== columns) {
    throw new InputError(
      `Cannot export ${objectPath} of ${file.path}: expected ${rows} names, one a row of its ${rows} x ${columns} values, got ${names.length}.`,
      { path: file.path },
    );
  }
  const transposed = names.length !== rows;
  const [nSubjects, nElements] = transposed ? [columns, rows] : [rows, columns];
  return {
    analysis,
    names,
    nElements,
    matrix: { name: analysis, values, nSubjects, nElements, transposed, subjectNames: names },
  };
}

export interface ReadResultsOptions {
  /** Bytes for statistics held together: 8 B x 1,000,000 elements each. One at least. */
  readonly memoryBytes: number;
  readonly scratchPath: string;
}

/**
 * Every statistic as f64 [nElements], in order; each array is given away. Chunks are read once for every group of statistics that fits. Throws InputError, after
 * the last, when fixelstream wrote others.
 */
export async function* readResults(
  file: Hdf5File,
  { analysis, names, matrix, nElements }: ResultsMatrix,
  { memoryBytes, scratchPath }: ReadResultsOptions,
): AsyncGenerator<Float64Array> {
  let sum = sumTexts(names);
  const together = Math.max(1, Math.floor(memoryBytes / (8 * nElements)));
  for (let first = 0; first < matrix.nSubjects; first += together) {
    const count = Math.min(together, matrix.nSubjects - first);
    const group = Array.from({ length: count }, () => new Float64Array(nElements));
    const reader = await openMatrixReader(file, matrix, { partBytes: 2 ** 24, scratchPath });
    try {
      for await (const { rectangle, values } of reader.parts()) {
        for (let i = 0; i < rectangle.nSubjects; i++) {
          const target = group[rectangle.firstSubject + i - first];
          const { nElements: n, firstElement } = rectangle;
          target?.set(values.subarray(i * n, (i + 1) * n), firstElement);
        }
      }
    } finally {
      reader.close();
    }
    for (const values of group) sum = crc32(new Uint8Array(values.buffer), sum);
    yield* group;
  }
  await assertChecksum(file, resultsPath(analysis), resultsPath(analysis), sum);
}

/** Writes the matrix and both kinds of names; `rowOf` gives statistic after statistic. */
export async function writeResults(
  draft: Hdf5Draft,
  { analysis, names, nElements }: Pick<ResultsMatrix, "analysis" | "names" | "nElements">,
  rowOf: (statistic: number) => Float64Array,
): Promise<void> {
  const spec: MatrixSpec = { shape: [names.length, nElements], type: "f64" };
  await draft.makeMatrix(resultsPath(analysis), spec);
  let sum = sumTexts(names);
  for (let i = 0; i < names.length; i++) {
    const row = rowOf(i);
    const bytes = new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
    sum = crc32(bytes, sum);
    await draft.writeRectangle(resultsPath(analysis), spec, [i, 0], [1, nElements], (target) => target.set(bytes));
  }
  await draft.makeTexts(resultNamesPath(analysis), names);
  await draft.setAttribute(resultsPath(analysis), "colnames", names);
  await writeChecksum(draft, resultsPath(analysis), sum);
}
