// A matrix in .npy or .npz, rows are subjects: read from start to end in pieces, so memory does not grow with the file.
import { basename } from "node:path";
import { InputError } from "../src/errors.js";
import { EXACT_INTEGERS } from "../src/formats/exact-integer.js";
import { NPY_HEADER_BYTES, type NpyMatrix, type NpyMeaning, parseNpyHeader } from "../src/formats/npy/header.js";
import type { NpzChoice } from "../src/formats/npy/npz.js";
import { type NpyPlace, numpyCommand } from "../src/formats/npy/refused-dtypes.js";
import { fitsFloat32, missingIntegerOf, type NpyProblems } from "../src/formats/npy/values.js";
import { checksumFile } from "../src/publish/checksum-file.js";
import { type ArrayFile, type NpyPass, openArrayFile, openNpyPass, PASS_VALUES } from "./npy-pass.js";
import { assertUnchanged, describeInput } from "./subject-files.js";
import { copyExactly, type VectorRows, type VectorSource } from "./vector-source.js";

/** Bytes. Read ahead, inflated ahead, zlib's window, and a chunk of values as stored and as numbers. */
const READER_BYTES = 2 ** 21;

export interface NpyOptions {
  /** Which of several. */
  readonly array?: NpzChoice | undefined;
  /** What rows and columns are, for messages. Default: subjects x elements. */
  readonly what?: NpyMeaning | undefined;
}

/** Throws InputError: no matrix of numbers (see parseNpyHeader), no such array, too short. */
export async function openNpy(path: string, { array, what }: NpyOptions = {}): Promise<VectorSource> {
  const input = describeInput(basename(path), path);
  const openFile = () => openArrayFile(path, input.sizeBytes, array);
  const file = await openFile();
  const { member, isChosen } = file;
  const place: NpyPlace = { path, member };
  const matrix = parseNpyHeader(await readStart(file), place, what);
  assertSize(matrix, file.sizeBytes, place);
  const { nRows, nColumns, type } = matrix;
  // of several arrays the name is part of where a row came from
  const rowName = isChosen ? `${input.name}/${member}` : input.name;
  return {
    path,
    nSubjects: nRows,
    nElements: nColumns,
    arrayName: member?.replace(/\.npy$/, ""),
    missingInteger: missingIntegerOf(type),
    sources: Array.from({ length: nRows }, (_, i) => ({ ...input, name: `${rowName}[${i}]` })),
    elementTypes: fitsFloat32(type) ? ["f32"] : ["f32", "f64"],
    readerBytes: READER_BYTES,
    async openRows() {
      const crc = checksumFile(path);
      const problems: NpyProblems = { count: 0, first: undefined };
      const openPass = async () => openNpyPass(await openFile(), matrix, path, problems);
      const rows = matrix.isFortran ? await columnwise(openPass, matrix) : await rowwise(openPass, matrix);
      return {
        async readInto(values, first, count, onRow) {
          const exact = await rows.readInto(values, first, count, onRow);
          if (problems.count > 0) {
            await rows.readOn();
            throw noNumbers(problems, matrix, place);
          }
          assertUnchanged({ ...input, typedPath: path, dataPath: undefined });
          return exact ? new Array<number>(count).fill(crc) : undefined;
        },
        close: () => rows.close(),
      };
    },
  };
}

async function readStart(file: ArrayFile): Promise<Uint8Array> {
  const start = new Uint8Array(NPY_HEADER_BYTES);
  try {
    const bytes = await file.open();
    return start.subarray(0, await bytes.readInto(start).finally(() => bytes.close()));
  } finally {
    file.close();
  }
}

function assertSize({ nRows, nColumns, type, dataOffset }: NpyMatrix, sizeBytes: number, place: NpyPlace): void {
  const expected = dataOffset + nRows * nColumns * type.valueBytes;
  if (sizeBytes === expected) return;
  const remedy =
    sizeBytes < expected
      ? "It is truncated or damaged: save or copy it again."
      : `Something follows, perhaps another array. The first one alone: ${numpyCommand(place, "a")}`;
  throw new InputError(
    `Cannot read ${place.path}: expected ${expected} bytes for ${nRows} x ${nColumns} values of ${type.name}, got ${sizeBytes}. ${remedy}`,
    { path: place.path },
  );
}

interface MatrixRows {
  /** As VectorRows; false: float32 changes a value. */
  readInto(...args: Parameters<VectorRows["readInto"]>): Promise<boolean>;
  /** To the end, for what is wrong in the rest. */
  readOn(): Promise<void>;
  close(): void;
}

/** C order: one pass serves all groups of subjects. */
async function rowwise(openPass: () => Promise<NpyPass>, { nRows, nColumns }: NpyMatrix): Promise<MatrixRows> {
  const pass = await openPass();
  let row = 0;
  const skipTo = async (to: number) => {
    for (; row < to; row++)
      for (let done = 0; done < nColumns; done += PASS_VALUES) await pass.next(Math.min(PASS_VALUES, nColumns - done));
  };
  return {
    async readInto(rows, first, count, onRow) {
      await skipTo(first); // rows that an earlier, killed run has written
      let exact = true;
      for (let done = 0; done < count * nColumns; ) {
        const values = await pass.next(Math.min(PASS_VALUES, count * nColumns - done));
        exact = copyExactly(rows, done, values) && exact;
        done += values.length;
        await onRow(first + Math.floor(done / nColumns));
      }
      row += count;
      // the end of an archive's stream is where its checksum is compared
      if (row === nRows) await pass.end();
      return exact;
    },
    readOn: () => skipTo(nRows),
    close: () => pass.close(),
  };
}

/** Fortran order: a subject's values lie all over the file, so every group of subjects is a pass over all of it. */
async function columnwise(openPass: () => Promise<NpyPass>, { nRows, nColumns }: NpyMatrix): Promise<MatrixRows> {
  return {
    async readInto(rows, first, count, onRow) {
      const pass = await openPass();
      let exact = true;
      try {
        for (let done = 0; done < nRows * nColumns; ) {
          const values = await pass.next(Math.min(PASS_VALUES, nRows * nColumns - done));
          for (let i = 0; i < values.length; ) {
            const [column, row] = [Math.floor((done + i) / nRows), (done + i) % nRows];
            const end = Math.min(values.length, i + nRows - row);
            for (let at = row; i < end; i++, at++) {
              if (at < first || at >= first + count) continue;
              const place = (at - first) * nColumns + column;
              rows[place] = values[i]!;
              if (rows[place] !== values[i] && !Number.isNaN(values[i])) exact = false;
            }
          }
          done += values.length;
          await onRow(first);
        }
        await pass.end();
      } finally {
        pass.close();
      }
      return exact;
    },
    async readOn() {},
    close() {},
  };
}

function noNumbers(
  { count, first }: NpyProblems,
  { type, isFortran, nRows, nColumns }: NpyMatrix,
  place: NpyPlace,
): InputError {
  const { index, value } = first!;
  const [row, column] = isFortran
    ? [index % nRows, Math.floor(index / nRows)]
    : [Math.floor(index / nColumns), index % nColumns];
  const where = `row ${row + 1}, column ${column + 1}`;
  const [expected, remedy] = type.isBoolean
    ? ["0 or 1 in the byte of a boolean", "It is damaged: save it again."]
    : [EXACT_INTEGERS, `If they may be rounded: ${numpyCommand(place, "a.astype('f8')")}`];
  return new InputError(
    `Cannot read ${place.path}: expected ${expected}, got ${count} of ${nRows * nColumns} that are not, first ${value} (${where}). ${remedy}`,
    { path: place.path },
  );
}
