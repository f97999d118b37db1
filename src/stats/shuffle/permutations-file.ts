// Shuffles listed by the user (-permutations FILE): one column a shuffle, used exactly as given, in the order given.
// Deviation: MRtrix3 3.0.3 tells indices from 0 and from 1 apart by its first row (one subject in all shuffles); we look at the first column,
// one whole permutation, where the answer is always certain.
import { InputError, UsageError } from "../../errors.js";
import { assertIndex } from "./generated-shuffles.js";
import { PURPOSE, RandomStream } from "./random-stream.js";
import type { ErrorModel, ShufflePlan } from "./shuffle-plan.js";
import { drawSignsInto } from "./shuffle-space.js";

export interface PermutationMatrix {
  /** Subjects. */
  readonly nRows: number;
  /** Shuffles. */
  readonly nColumns: number;
  /** [nRows x nColumns], row-major; source row of each target row, from 0 or 1. */
  readonly values: ArrayLike<number>;
}

export interface PermutationsFileOptions {
  readonly nSubjects: number;
  readonly errors: ErrorModel;
  /** For the signs of "both" only. 0..2^53 - 1. */
  readonly seed: number;
  /** As typed. */
  readonly path: string;
}

/** Problems shown; the rest is counted. */
const MOST_PROBLEMS = 10;

/**
 * `startsWithIdentity` is false whatever column 1 holds: nobody may take shuffle 0 for the unshuffled data. With errors "both" signs are drawn
 * from the seed, none for shuffle 0 (as the peer). Throws InputError naming columns (from 1), UsageError for errors "ise".
 * Memory: 2 B x n x S up to 65536 subjects (1000 subjects, 5000 shuffles: 10 MB).
 */
export function planFromPermutations(matrix: PermutationMatrix, options: PermutationsFileOptions): ShufflePlan {
  const { nSubjects, errors, path } = options;
  if (errors === "ise") {
    throw new UsageError(
      `Cannot use -permutations ${path} with -errors ise: expected -errors ee or both, since sign flips alone permute nothing. Leave one of the two out.`,
    );
  }
  const { nRows, nColumns } = matrix;
  if (nRows !== nSubjects || nColumns === 0) {
    const turned = nColumns === nSubjects ? "The file seems to be transposed: turn it." : "";
    const advice = turned || "Give one row a subject and one column a shuffle.";
    const message = `Cannot use ${path}: expected ${nSubjects} rows (one per subject) and a column per shuffle, got ${nRows} rows of ${nColumns}. ${advice}`;
    throw new InputError(message, { path });
  }
  return new ListedPermutations(copyColumns(matrix, path), nColumns, options);
}

/** [nColumns][nRows] from 0. Throws InputError with the first ten columns that are no permutations. */
function copyColumns({ nRows, nColumns, values }: PermutationMatrix, path: string): Uint16Array | Uint32Array {
  const labels = nRows <= 2 ** 16 ? new Uint16Array(nRows * nColumns) : new Uint32Array(nRows * nColumns);
  let lowest = Infinity;
  for (let row = 0; row < nRows; row++) lowest = Math.min(lowest, values[row * nColumns]!);
  if (lowest !== 0 && lowest !== 1) {
    const message = `Cannot use ${path}: expected indices from 0 or from 1, got ${lowest} as the lowest of column 1. Correct the file.`;
    throw new InputError(message, { path });
  }
  const problems: string[] = [];
  let nWrong = 0;
  // Column (from 1) in which a source row was last seen.
  const seen = new Int32Array(nRows);
  for (let column = 0; column < nColumns; column++) {
    let problem: string | undefined;
    for (let row = 0; row < nRows && problem === undefined; row++) {
      const value = values[row * nColumns + column]!;
      const source = value - lowest;
      if (!Number.isInteger(source) || source < 0 || source >= nRows) {
        problem = `${value} in row ${row + 1}`;
      } else if (seen[source] === column + 1) {
        problem = `${value} twice (again in row ${row + 1})`;
      } else {
        seen[source] = column + 1;
        labels[column * nRows + row] = source;
      }
    }
    if (problem === undefined) continue;
    nWrong++;
    if (problems.length < MOST_PROBLEMS) {
      problems.push(
        `Cannot use column ${column + 1} of ${path}, counting from 1: expected each of ${lowest}..${nRows - 1 + lowest} once, got ${problem}. Correct the column.`,
      );
    }
  }
  if (nWrong > problems.length) problems.push(`${nWrong - problems.length} more columns are no permutations.`);
  if (problems.length > 0) throw new InputError(problems.join("\n"), { path });
  return labels;
}

class ListedPermutations implements ShufflePlan {
  readonly nSubjects: number;
  readonly count: number;
  readonly errors: ErrorModel;
  readonly startsWithIdentity = false;
  readonly exhaustive = false;
  readonly #labels: Uint16Array | Uint32Array;
  readonly #stream: RandomStream;

  constructor(labels: Uint16Array | Uint32Array, count: number, options: PermutationsFileOptions) {
    this.nSubjects = options.nSubjects;
    this.count = count;
    this.errors = options.errors;
    this.#labels = labels;
    this.#stream = new RandomStream(options.seed);
  }

  labelsInto(index: number, out: Int32Array): void {
    assertIndex(this, index, out.length);
    out.set(this.#labels.subarray(index * this.nSubjects, (index + 1) * this.nSubjects));
  }

  signsInto(index: number, out: Int8Array): void {
    assertIndex(this, index, out.length);
    if (this.errors === "ee" || index === 0) {
      out.fill(1);
      return;
    }
    this.#stream.start(PURPOSE.signs, index, 0);
    drawSignsInto(this.nSubjects, this.#stream, out);
  }
}
