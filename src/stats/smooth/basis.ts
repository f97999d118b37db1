// What a smooth's basis is, before and after its constraint.

/** Columns of a basis over the subjects, and the penalty on their coefficients. */
export interface Basis {
  /** f64 [n] each. */
  readonly columns: readonly Float64Array[];
  /** f64 [c][c], row-major, symmetric. */
  readonly penalty: Float64Array;
  /** Functions without any penalty among them. */
  readonly nullDimension: number;
}

/** Column sums of squares to n: the columns of a basis by their root mean square, and the penalty with them. */
export function scaleColumns({ columns, penalty, nullDimension }: Basis): Basis {
  const c = columns.length;
  const sizes = columns.map((column) =>
    Math.sqrt(column.reduce((sum, value) => sum + value * value, 0) / column.length),
  );
  return {
    columns: columns.map((column, j) => column.map((value) => value / sizes[j]!)),
    penalty: penalty.map((value, at) => value / (sizes[Math.floor(at / c)]! * sizes[at % c]!)),
    nullDimension,
  };
}

/** The penalty in the size of the cross-product of the basis, so that smoothing parameters of different smooths can be compared (Wood 2017, 4.2). */
export function scalePenalty(basis: Basis): Basis {
  const { columns, penalty } = basis;
  const c = columns.length;
  const n = columns[0]!.length;
  let widest = 0;
  for (let i = 0; i < n; i++)
    widest = Math.max(
      widest,
      columns.reduce((sum, column) => sum + Math.abs(column[i]!), 0),
    );
  let largest = 0;
  for (let j = 0; j < c; j++) {
    let sum = 0;
    for (let i = 0; i < c; i++) sum += Math.abs(penalty[i * c + j]!);
    largest = Math.max(largest, sum);
  }
  return largest === 0 ? basis : { ...basis, penalty: penalty.map((value) => (value * widest * widest) / largest) };
}

/**
 * The basis of functions that sum to zero over the subjects: coefficients orthogonal to the column means, by one Householder reflection that takes
 * the means to the first axis, which is left out (Wood 2017, 5.4.1).
 */
export function absorbConstraint({ columns, penalty, nullDimension }: Basis, means: Float64Array): Basis {
  const c = columns.length;
  const v = Float64Array.from(means);
  const length = Math.sqrt(v.reduce((sum, value) => sum + value * value, 0));
  v[0]! += v[0]! < 0 ? -length : length;
  const square = v.reduce((sum, value) => sum + value * value, 0);
  const n = columns[0]!.length;
  const along = new Float64Array(n);
  for (const [j, column] of columns.entries()) for (let i = 0; i < n; i++) along[i]! += column[i]! * v[j]!;
  const reflect = (share: number, j: number) => (2 * share * v[j]!) / square;
  const kept = columns.slice(1).map((column, j) => column.map((value, i) => value - reflect(along[i]!, j + 1)));
  // H S H, without its first row and column
  const rows = Float64Array.from({ length: c }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < c; j++) sum += penalty[i * c + j]! * v[j]!;
    return sum;
  });
  const both = rows.reduce((sum, value, i) => sum + value * v[i]!, 0);
  const turned = new Float64Array((c - 1) * (c - 1));
  for (let i = 1; i < c; i++)
    for (let j = 1; j < c; j++)
      turned[(i - 1) * (c - 1) + j - 1] =
        penalty[i * c + j]! -
        (2 / square) * (rows[i]! * v[j]! + v[i]! * rows[j]!) +
        (4 / (square * square)) * both * v[i]! * v[j]!;
  return { columns: kept, penalty: turned, nullDimension: nullDimension - 1 };
}

export const columnMeans = (columns: readonly Float64Array[]): Float64Array =>
  Float64Array.from(columns, (column) => column.reduce((sum, value) => sum + value, 0) / column.length);

/** Ascending, each once. */
export function uniqueValues(x: Float64Array): Float64Array {
  return Float64Array.from(new Set(x)).sort();
}
