// Square matrices f64 [p][p], row-major.

/** T, upper triangular, T'T = `a`. */
export function cholesky(a: Float64Array, p: number): Float64Array {
  const t = new Float64Array(p * p);
  for (let i = 0; i < p; i++)
    for (let j = i; j < p; j++) {
      let sum = a[i * p + j]!;
      for (let k = 0; k < i; k++) sum -= t[k * p + i]! * t[k * p + j]!;
      t[i * p + j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / t[i * p + i]!;
    }
  return t;
}

export function multiply(a: Float64Array, b: Float64Array, p: number): Float64Array {
  const out = new Float64Array(p * p);
  for (let i = 0; i < p; i++)
    for (let l = 0; l < p; l++) for (let j = 0; j < p; j++) out[i * p + j]! += a[i * p + l]! * b[l * p + j]!;
  return out;
}

/** a'b. */
export function multiplyTransposed(a: Float64Array, b: Float64Array, p: number): Float64Array {
  const out = new Float64Array(p * p);
  for (let l = 0; l < p; l++)
    for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) out[i * p + j]! += a[l * p + i]! * b[l * p + j]!;
  return out;
}
