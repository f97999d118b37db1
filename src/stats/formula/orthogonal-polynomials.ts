// Polynomials that are orthonormal over given points, leading coefficients positive: what R's poly() and contr.poly() answer.

/**
 * Columns of degree 1 to `degree`, each of length 1 and orthogonal to a constant. `x` has more distinct values than `degree`.
 * Modified Gram and Schmidt, each twice: L. Giraud, J. Langou, M. Rozloznik, Computers and Mathematics with Applications 2005, 50:1069.
 */
export function orthogonalPolynomials(x: Float64Array, degree: number): Float64Array[] {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const centred = x.map((value) => value - mean);
  // a scale of one keeps powers from overflowing, and falls out when columns get length 1
  const scale = centred.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const unit = centred.map((value) => value / scale);
  const columns: Float64Array[] = [normalised(new Float64Array(x.length).fill(1))];
  for (let j = 1; j <= degree; j++) {
    // times the last one instead of a power: the same span, far better conditioned
    let column = columns[j - 1]!.map((value, i) => value * unit[i]!);
    for (let pass = 0; pass < 2; pass++) {
      for (const earlier of columns) {
        const along = dot(column, earlier);
        column = column.map((value, i) => value - along * earlier[i]!);
      }
    }
    columns.push(normalised(column));
  }
  return columns.slice(1);
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

function normalised(column: Float64Array): Float64Array {
  const length = Math.sqrt(dot(column, column));
  return column.map((value) => value / length);
}
