// Vectors in text: a list of files with one vector each, or one matrix with a row a subject.
import { basename } from "node:path";
import { BudgetError, InputError } from "../src/errors.js";
import { numpyStackCommand } from "../src/formats/npy/refused-dtypes.js";
import { pathKindOf } from "../src/formats/path-kind.js";
import { describeForm, readMatrix } from "../src/formats/text/matrix.js";
import { isNumber } from "../src/formats/text/numbers.js";
import { BYTES_A_CHARACTER, LARGEST_TEXT, readTextFile, type TextOptions } from "../src/formats/text/read-text.js";
import { readSubjectList, resolveSubjectFiles } from "../src/formats/text/subject-list.js";
import { checksumFile } from "../src/publish/checksum-file.js";
import { formatBytes, formatCount } from "../src/units.js";
import { assertUnchanged, describeInput } from "./subject-files.js";
import { allProblems } from "./subject-problems.js";
import { copyExactly, type VectorSource } from "./vector-source.js";
import { formOfVectorText } from "./vector-text-form.js";

export interface VectorTextOptions extends Pick<TextOptions, "signal"> {
  readonly memoryBytes: number;
}

/** One path a line, searched beside the list, then in the working directory. Throws InputError. */
async function openVectorList(path: string, options: VectorTextOptions): Promise<VectorSource> {
  const names = await readSubjectList(path, options);
  const { paths, searchedIn } = resolveSubjectFiles(names, { listPath: path });
  if (names.every((name) => /\.npy$/i.test(name))) {
    throw new InputError(
      `Cannot read the files of ${path}: expected vectors in text, got ${names.length} .npy arrays. As one matrix: ${numpyStackCommand(path, searchedIn)}`,
      { path },
    );
  }
  const isDoubtful = names.every(isNumber);
  const files = paths.map((typedPath, i) => ({ ...describeInput(names[i]!, typedPath), typedPath }));
  const nElements = (await readVector(paths[0]!, options)).length;
  const largest = files.reduce((most, { sizeBytes }) => Math.max(most, sizeBytes), 0);
  return {
    path,
    nSubjects: names.length,
    subjectNames: names,
    notes: isDoubtful
      ? [
          `${path} is read as a list of files: all of its ${formatCount(names.length, "lines")} name one in ${searchedIn === "." ? "the working directory" : searchedIn}.`,
        ]
      : [],
    nElements,
    sources: files.map(({ name, path, sizeBytes, mtimeMs, status }) => ({ name, path, sizeBytes, mtimeMs, status })),
    elementTypes: ["f32", "f64"],
    readerBytes: largest * BYTES_A_CHARACTER,
    async openRows() {
      const readOne = async (i: number): Promise<Float64Array> => {
        const { typedPath } = files[i]!;
        const values = await readVector(typedPath, options);
        if (values.length === nElements) return values;
        throw new InputError(
          `Cannot use ${typedPath}: expected ${formatCount(nElements, "values")} as in ${names[0]}, got ${values.length} (subject ${i + 1} of ${names.length}, counting from 1). Every subject needs the same elements.`,
          { path: typedPath },
        );
      };
      return {
        async readInto(rows, first, count, onRow) {
          const crc32: number[] = [];
          for (let i = first; i < first + count; i++) {
            const file = files[i]!;
            assertUnchanged({ ...file, dataPath: undefined });
            try {
              if (!copyExactly(rows, (i - first) * nElements, await readOne(i))) return undefined;
            } catch (error) {
              throw await allProblems(error, { what: "vector files", nFiles: files.length, first: i, readOne });
            }
            crc32.push(checksumFile(file.typedPath));
            await onRow(i);
          }
          return crc32;
        },
        close() {},
      };
    },
  };
}

/** A row or a column of numbers. */
async function readVector(path: string, options: VectorTextOptions): Promise<Float64Array> {
  const { values, nRows, nColumns } = await readMatrix(path, options);
  if (nRows === 1 || nColumns === 1) return values;
  throw new InputError(
    `Cannot read ${path}: expected a vector (one row or one column of numbers), got ${formatCount(nRows, "rows")} of ${nColumns}. Give the matrix itself as the input if its rows are the subjects.`,
    { path },
  );
}

/** A row a subject. The whole text is held: larger ones belong into .npy. Throws BudgetError, InputError. */
export async function openTextMatrix(path: string, options: VectorTextOptions): Promise<VectorSource> {
  const { memoryBytes } = options;
  const input = describeInput(basename(path), path);
  const needed = input.sizeBytes * BYTES_A_CHARACTER;
  if (needed > memoryBytes || input.sizeBytes > LARGEST_TEXT) {
    const remedy = input.sizeBytes > LARGEST_TEXT ? "" : ", or raise --memory";
    throw new BudgetError(
      `Cannot read ${path} as text: expected at most ${formatBytes(Math.min(LARGEST_TEXT, Math.floor(memoryBytes / BYTES_A_CHARACTER)))}, got ${formatBytes(input.sizeBytes)}. Save it as .npy (numpy.save), which is read piece by piece${remedy}.`,
      { neededBytes: needed, givenBytes: memoryBytes },
    );
  }
  const table = await readMatrix(path, options);
  const { nRows, nColumns, rowNames } = table;
  const form = describeForm(table);
  return {
    path,
    nSubjects: nRows,
    nElements: nColumns,
    sources: Array.from({ length: nRows }, (_, i) => ({ ...input, name: rowNames?.[i] ?? `${input.name}[${i}]` })),
    subjectNames: rowNames,
    notes: form === undefined ? [] : [`${path} is read as ${form}.`],
    elementTypes: ["f32", "f64"],
    readerBytes: needed,
    async openRows() {
      const crc = checksumFile(path);
      const { values } = await readMatrix(path, options);
      assertUnchanged({ ...input, typedPath: path, dataPath: undefined });
      return {
        async readInto(rows, first, count) {
          const exact = copyExactly(rows, 0, values.subarray(first * nColumns, (first + count) * nColumns));
          return exact ? new Array<number>(count).fill(crc) : undefined;
        },
        close() {},
      };
    },
  };
}

/** Throws InputError when it is no text, or may be a list as well as a matrix. */
export async function openVectorText(path: string, options: VectorTextOptions): Promise<VectorSource> {
  if (pathKindOf(path) === undefined)
    throw new InputError(
      `Cannot read ${path}: expected a list or a matrix of text, got no such file. Check the path.`,
      {
        path,
      },
    );
  const { sizeBytes } = describeInput(basename(path), path);
  // a list is small; what is too large to be held is looked at by openTextMatrix, which refuses it
  const isHeld = sizeBytes <= LARGEST_TEXT && sizeBytes * BYTES_A_CHARACTER <= options.memoryBytes;
  const form = isHeld ? formOfVectorText(await readTextFile(path, options), path) : "matrix";
  return form === "matrix" ? await openTextMatrix(path, options) : await openVectorList(path, options);
}
