// Which element each column of a results matrix is about: its statistic element_id says so, whatever order the columns have. R's ModelArray numbers from 0.
import { InputError } from "../../errors.js";
import { formatCount } from "../../units.js";
import { openMatrixReader } from "./matrix-reader.js";
import type { Hdf5File } from "./open.js";
import { ELEMENT_ID, type ResultsMatrix } from "./results-matrix.js";

export interface ElementPlaces {
  /** u32 [nElements of the matrix]: the element of each column; undefined: column i is element i. */
  readonly elementOf: Uint32Array | undefined;
  /** Elements that no column is about. */
  readonly nAbsent: number;
}

export interface Elements {
  /** Of the file that results are put in place in. */
  readonly nElements: number;
  /** Several of them, for messages. */
  readonly what: string;
  /** What has so many of them, for messages: `/fixels`. */
  readonly where: string;
  /** What to do about another number of them. */
  readonly remedy: string;
}

/** Throws InputError: an element that is not there, or twice, or no number; without element_id another number of columns than elements. */
export async function readElementPlaces(
  file: Hdf5File,
  { analysis, names, matrix, nElements: nColumns }: ResultsMatrix,
  { nElements, what, where, remedy }: Elements,
  scratchPath: string,
): Promise<ElementPlaces> {
  const refuse = (expected: string, got: string, advice: string) =>
    new InputError(`Cannot export ${analysis} of ${file.path}: expected ${expected}, got ${got}. ${advice}`, {
      path: file.path,
    });
  if (nColumns > nElements) throw refuse(`${nColumns} ${what} in ${where}`, `${nElements}`, remedy);
  const row = names.indexOf(ELEMENT_ID);
  if (row < 0) {
    if (nColumns === nElements) return { elementOf: undefined, nAbsent: 0 };
    const expected = `a value for each of the ${nElements} ${what} in ${where}, or a statistic ${ELEMENT_ID} that says which it has`;
    throw refuse(expected, `${formatCount(nColumns, "values")} and no ${ELEMENT_ID}`, remedy);
  }
  const elementOf = new Uint32Array(nColumns);
  const seen = new Uint8Array(nElements);
  let inOrder = nColumns === nElements;
  const reader = await openMatrixReader(file, matrix, { partBytes: 2 ** 24, scratchPath });
  try {
    for await (const { rectangle, values } of reader.parts()) {
      const { firstSubject, nSubjects, firstElement, nElements: n } = rectangle;
      if (row < firstSubject || row >= firstSubject + nSubjects) continue;
      for (let i = 0; i < n; i++) {
        const id = values[(row - firstSubject) * n + i]!;
        const column = firstElement + i;
        if (!(Number.isInteger(id) && id >= 0 && id < nElements)) {
          const last = id === nElements ? " It counts from 0, as ModelArray does." : "";
          throw refuse(
            `an ${ELEMENT_ID} from 0 to ${nElements - 1}, a number of the ${nElements} ${what} in ${where}`,
            `${id} in column ${column}`,
            `${remedy}${last}`,
          );
        }
        if (seen[id] === 1) {
          const first = elementOf.indexOf(id);
          throw refuse(
            `each ${ELEMENT_ID} once`,
            `${id} in columns ${first} and ${column}`,
            "Join the parts of the analysis again, each element once.",
          );
        }
        seen[id] = 1;
        elementOf[column] = id;
        inOrder &&= id === column;
      }
    }
  } finally {
    reader.close();
  }
  return { elementOf: inOrder ? undefined : elementOf, nAbsent: nElements - nColumns };
}
