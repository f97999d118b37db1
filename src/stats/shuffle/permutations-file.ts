// Shuffles listed by the user (-permutations FILE): one column a shuffle, used exactly as given, in the order given. A negative index is a sign flip of
// that observation, as PALM writes them (palm_quickperms, permidx.csv; Winkler et al. 2014, NeuroImage 92:381).
// Deviation: MRtrix3 3.0.3 tells indices from 0 and from 1 apart by its first row (one subject in all shuffles); we look at all columns, each of which
// holds 0 or n. It takes no negative ones.
import { InputError, UsageError } from "../../errors.js";
import { formatCount } from "../../units.js";
import { assertIndex } from "./generated-shuffles.js";
import { PURPOSE, RandomStream } from "./random-stream.js";
import type { ErrorModel, ShufflePlan } from "./shuffle-plan.js";
import { drawSignsInto } from "./shuffle-space.js";

export interface PermutationMatrix {
  /** Subjects. */
  readonly nRows: number;
  /** Shuffles. */
  readonly nColumns: number;
  /** [nRows x nColumns], row-major; source row of each target row, from 0 or 1; negative where it is flipped, then from 1. */
  readonly values: ArrayLike<number>;
}

export interface PermutationsFileOptions {
  readonly nSubjects: number;
  readonly errors: ErrorModel;
  /** For the signs of "both" only. 0..2^53 - 1. */
  readonly seed: number;
  /** As typed. */
  readonly path: string;
  /** That named it. Default: -permutations. */
  readonly option?: string | undefined;
}

export interface ListedShuffles extends ShufflePlan {
  /** What the indices count from. */
  readonly base: 0 | 1;
  /** Shuffles with negative indices: `errors` is "both" where there are any, and no signs are drawn. */
  readonly nFlipped: number;
  /** Shuffles that leave the data as they are. */
  readonly nUnshuffled: number;
}

/** Problems shown; the rest is counted. */
const MOST_PROBLEMS = 10;

/**
 * `startsWithIdentity` is false whatever column 1 holds: nobody may take shuffle 0 for the unshuffled data. With errors "both" and no negative indices
 * signs are drawn from the seed, none for shuffle 0 (as the peer). Throws InputError naming columns (from 1), UsageError for errors "ise" with a column
 * that permutes. Memory: 2 B x n x S up to 65536 subjects (1000 subjects, 5000 shuffles: 10 MB), 1 B more with signs.
 */
export function planFromPermutations(matrix: PermutationMatrix, options: PermutationsFileOptions): ListedShuffles {
  const { nSubjects, errors, path, option = "-permutations" } = options;
  const { nRows, nColumns, values } = matrix;
  const isSigned = Array.prototype.some.call(values, (value) => value < 0);
  if (errors === "ise" && !isSigned) {
    throw new UsageError(
      `Cannot use ${option} ${path} with -errors ise: expected -errors ee or both, since sign flips alone permute nothing. Leave one of the two out.`,
    );
  }
  if (nRows !== nSubjects || nColumns === 0) {
    const turned = nColumns === nSubjects ? "The file seems to be transposed: turn it." : "";
    const advice = turned || "Give one row a subject and one column a shuffle.";
    const message = `Cannot use ${path}: expected ${formatCount(nSubjects, "rows")} (one per subject) and a column per shuffle, got ${formatCount(nRows, "rows")} of ${nColumns}. ${advice}`;
    throw new InputError(message, { path });
  }
  const base = baseOf(matrix, { path, isSigned });
  const labels = copyColumns(matrix, base, path);
  const flips = isSigned ? signsOf(matrix) : undefined;
  const listed = new ListedPermutations(labels, { flips, count: nColumns, base }, options);
  if (errors === "ise") refusePermuting(labels, nRows, path);
  return listed;
}

/** A column is a permutation counting from 0 (it holds 0) or from 1 (it holds n): all of them must count from the same. Throws InputError. */
function baseOf(
  { nRows, nColumns, values }: PermutationMatrix,
  { path, isSigned }: { readonly path: string; readonly isSigned: boolean },
): 0 | 1 {
  const columnOf: [first: number, second: number] = [-1, -1];
  const seen = new Int32Array(nRows + 1).fill(-1);
  for (let column = 0; column < nColumns; column++) {
    let odd = false;
    for (let row = 0; row < nRows; row++) {
      const index = Math.abs(values[row * nColumns + column]!);
      odd ||= !(Number.isInteger(index) && index <= nRows) || seen[index] === column;
      if (!odd) seen[index] = column;
    }
    if (odd) continue;
    const base = seen[0] === column ? 0 : 1;
    if (base === 0 && seen[nRows] === column) continue;
    if (columnOf[base] === -1) columnOf[base] = column;
  }
  const [from0, from1] = columnOf;
  if (from0 !== -1 && from1 !== -1) {
    const message = `Cannot use ${path}: expected all columns to count the subjects from 0, or all from 1, got 0..${nRows - 1} in column ${from0 + 1} and 1..${nRows} in column ${from1 + 1} (columns counted from 1). Number the subjects one way.`;
    throw new InputError(message, { path });
  }
  if (isSigned && from0 !== -1) {
    const message = `Cannot use ${path}: expected indices from 1 where some are negative (sign flips, as PALM writes them), got 0 in column ${from0 + 1}, counting from 1: -1 could be the second subject, counting from 0, or the first. Number the subjects from 1.`;
    throw new InputError(message, { path });
  }
  if (from0 !== -1) return 0;
  if (from1 !== -1) return 1;
  let lowest = Infinity;
  for (let row = 0; row < nRows; row++) lowest = Math.min(lowest, Math.abs(values[row * nColumns]!));
  if (lowest === 0 || lowest === 1) return lowest;
  const message = `Cannot use ${path}: expected indices from 0 or from 1, got ${lowest} as the lowest of column 1. Correct the file.`;
  throw new InputError(message, { path });
}

/** [nColumns][nRows] from 0. Throws InputError with the first ten columns that are no permutations. */
function copyColumns(
  { nRows, nColumns, values }: PermutationMatrix,
  base: 0 | 1,
  path: string,
): Uint16Array | Uint32Array {
  const labels = nRows <= 2 ** 16 ? new Uint16Array(nRows * nColumns) : new Uint32Array(nRows * nColumns);
  const problems: string[] = [];
  let nWrong = 0;
  // Column (from 1) in which a source row was last seen.
  const seen = new Int32Array(nRows);
  for (let column = 0; column < nColumns; column++) {
    let problem: string | undefined;
    for (let row = 0; row < nRows && problem === undefined; row++) {
      const value = values[row * nColumns + column]!;
      const source = Math.abs(value) - base;
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
        `Cannot use column ${column + 1} of ${path}, counting from 1: expected each of ${base}..${nRows - 1 + base} once, got ${problem}. Correct the column.`,
      );
    }
  }
  if (nWrong > problems.length) problems.push(`${nWrong - problems.length} more columns are no permutations.`);
  if (problems.length > 0) throw new InputError(problems.join("\n"), { path });
  return labels;
}

/** i8 [nColumns][nRows]. */
function signsOf({ nRows, nColumns, values }: PermutationMatrix): Int8Array {
  const signs = new Int8Array(nRows * nColumns);
  for (let row = 0; row < nRows; row++) {
    for (let column = 0; column < nColumns; column++) {
      signs[column * nRows + row] = values[row * nColumns + column]! < 0 ? -1 : 1;
    }
  }
  return signs;
}

function refusePermuting(labels: Uint16Array | Uint32Array, nRows: number, path: string): void {
  const at = labels.findIndex((source, i) => source !== i % nRows);
  if (at === -1) return;
  throw new UsageError(
    `Cannot use -permutations ${path} with -errors ise: expected sign flips alone, got a permutation in column ${Math.floor(at / nRows) + 1}, counting from 1. Give -errors both.`,
  );
}

interface Listed {
  readonly flips: Int8Array | undefined;
  readonly count: number;
  readonly base: 0 | 1;
}

class ListedPermutations implements ListedShuffles {
  readonly nSubjects: number;
  readonly count: number;
  readonly errors: ErrorModel;
  readonly startsWithIdentity = false;
  readonly exhaustive = false;
  readonly base: 0 | 1;
  readonly nFlipped: number;
  readonly nUnshuffled: number;
  readonly #labels: Uint16Array | Uint32Array;
  readonly #flips: Int8Array | undefined;
  readonly #stream: RandomStream;

  constructor(labels: Uint16Array | Uint32Array, { flips, count, base }: Listed, options: PermutationsFileOptions) {
    this.nSubjects = options.nSubjects;
    this.count = count;
    this.errors = flips === undefined ? options.errors : options.errors === "ise" ? "ise" : "both";
    this.base = base;
    this.#labels = labels;
    this.#flips = flips;
    this.#stream = new RandomStream(options.seed);
    const shuffles = Array.from({ length: count }, (_, index) => index);
    const flipsSome = (index: number) => this.#ofShuffle(flips!, index).some((sign) => sign < 0);
    this.nFlipped = flips === undefined ? 0 : shuffles.filter(flipsSome).length;
    const signs = new Int8Array(this.nSubjects);
    this.nUnshuffled = shuffles.filter((index) => {
      if (this.#ofShuffle(labels, index).some((source, i) => source !== i)) return false;
      this.signsInto(index, signs);
      return signs.every((sign) => sign === 1);
    }).length;
  }

  #ofShuffle<Values extends Int8Array | Uint16Array | Uint32Array>(values: Values, index: number): Values {
    return values.subarray(index * this.nSubjects, (index + 1) * this.nSubjects) as Values;
  }

  labelsInto(index: number, out: Int32Array): void {
    assertIndex(this, index, out.length);
    out.set(this.#ofShuffle(this.#labels, index));
  }

  signsInto(index: number, out: Int8Array): void {
    assertIndex(this, index, out.length);
    if (this.#flips !== undefined) {
      out.set(this.#ofShuffle(this.#flips, index));
      return;
    }
    if (this.errors === "ee" || index === 0) {
      out.fill(1);
      return;
    }
    this.#stream.start(PURPOSE.signs, index, 0);
    drawSignsInto(this.nSubjects, this.#stream, out);
  }
}
