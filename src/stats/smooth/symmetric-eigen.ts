// Eigenvalues of a symmetric matrix: all of a small one by Jacobi's rotations, the largest of a large one by iterating a subspace (Golub & Van Loan 2013, 8.5 and 8.2.4).

export interface Eigen {
  readonly values: Float64Array;
  /** f64 [n] of value j. */
  readonly vectors: readonly Float64Array[];
}

const MOST_SWEEPS = 60;

/** All of the symmetric `matrix` [n][n], row-major; descending. Relative to the largest, values and vectors are right to 1e-15 n. */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const a = Float64Array.from(matrix);
  // rows are the vectors
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let hasTurned = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        const off = a[p * n + q]!;
        const scale = Math.sqrt(Math.abs(a[p * n + p]! * a[q * n + q]!));
        if (off === 0 || Math.abs(off) <= 1e-17 * scale) continue;
        if (Math.abs(off) < 1e-300) continue;
        hasTurned = true;
        const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * off);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        rotate(a, v, n, p, q, t);
      }
    }
    if (!hasTurned || isDiagonal(a, n)) break;
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j]! - a[i * n + i]!);
  return {
    values: Float64Array.from(order, (i) => a[i * n + i]!),
    vectors: order.map((i) => v.slice(i * n, (i + 1) * n)),
  };
}

function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number, t: number): void {
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (let i = 0; i < n; i++) {
    const [ip, iq] = [a[i * n + p]!, a[i * n + q]!];
    a[i * n + p] = c * ip - s * iq;
    a[i * n + q] = s * ip + c * iq;
  }
  for (let i = 0; i < n; i++) {
    const [pi, qi] = [a[p * n + i]!, a[q * n + i]!];
    a[p * n + i] = c * pi - s * qi;
    a[q * n + i] = s * pi + c * qi;
    const [vp, vq] = [v[p * n + i]!, v[q * n + i]!];
    v[p * n + i] = c * vp - s * vq;
    v[q * n + i] = s * vp + c * vq;
  }
  // symmetric to the last bit
  a[p * n + q] = 0;
  a[q * n + p] = 0;
}

function isDiagonal(a: Float64Array, n: number): boolean {
  let [off, on] = [0, 0];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i === j) on = Math.max(on, Math.abs(a[i * n + j]!));
      else off = Math.max(off, Math.abs(a[i * n + j]!));
    }
  }
  return off <= 1e-18 * on;
}

/** More than that many rows: a subspace is iterated. */
const SMALL = 40;
/** Vectors carried along beside those that are wanted. */
const SPARE = 16;
const MOST_ROUNDS = 500;

/** The `count` eigenvalues of largest magnitude of the symmetric `matrix` [n][n], by magnitude, descending. */
export function largestEigen(matrix: Float64Array, n: number, count: number): Eigen {
  const size = Math.min(n, 2 * count + SPARE);
  if (n <= Math.max(SMALL, size)) return byMagnitude(symmetricEigen(matrix, n), count);
  // a start that depends on nothing: cosines of rising frequency, as the vectors of smooth kernels are
  let basis: Float64Array[] = Array.from({ length: size }, (_, j) =>
    Float64Array.from(
      { length: n },
      (_, i) => Math.cos((Math.PI * j * (i + 0.5)) / n) + 1e-3 * Math.sin(i * (j + 1.7)),
    ),
  );
  orthonormalise(basis);
  let before: Float64Array | undefined;
  for (let round = 0; ; round++) {
    const product = basis.map((vector) => timesVector(matrix, n, vector));
    // Rayleigh and Ritz
    const small = new Float64Array(size * size);
    for (let i = 0; i < size; i++)
      for (let j = 0; j <= i; j++) small[i * size + j] = small[j * size + i] = dot(basis[i]!, product[j]!);
    const ritz = byMagnitude(symmetricEigen(small, size), size);
    const turned = ritz.vectors.map((weights) => combine(product, weights));
    const within = ritz.vectors.map((weights) => combine(basis, weights));
    const tolerance = 4e-16 * Math.abs(ritz.values[0]!) * Math.sqrt(n);
    let residual = 0;
    for (let j = 0; j < count; j++)
      for (let i = 0; i < n; i++)
        residual = Math.max(residual, Math.abs(turned[j]![i]! - ritz.values[j]! * within[j]![i]!));
    const isSettled = before?.every((value, j) => j >= count || Math.abs(value - ritz.values[j]!) <= tolerance);
    if ((residual <= tolerance && isSettled) || round === MOST_ROUNDS)
      return { values: ritz.values.slice(0, count), vectors: within.slice(0, count) };
    before = ritz.values;
    basis = turned;
    orthonormalise(basis);
  }
}

function byMagnitude({ values, vectors }: Eigen, count: number): Eigen {
  const order = Array.from(values.keys())
    .sort((i, j) => Math.abs(values[j]!) - Math.abs(values[i]!))
    .slice(0, count);
  return { values: Float64Array.from(order, (i) => values[i]!), vectors: order.map((i) => vectors[i]!) };
}

/** Gram and Schmidt, twice over. */
function orthonormalise(vectors: readonly Float64Array[]): void {
  for (const [j, vector] of vectors.entries()) {
    for (let pass = 0; pass < 2; pass++) {
      const length = Math.sqrt(dot(vector, vector));
      if (length > 0) for (let i = 0; i < vector.length; i++) vector[i]! /= length;
      for (let other = 0; other < j; other++) {
        const share = dot(vector, vectors[other]!);
        for (let i = 0; i < vector.length; i++) vector[i]! -= share * vectors[other]![i]!;
      }
    }
    const length = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < vector.length; i++) vector[i]! /= length;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function timesVector(matrix: Float64Array, n: number, vector: Float64Array): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += matrix[i * n + j]! * vector[j]!;
    out[i] = sum;
  }
  return out;
}

function combine(vectors: readonly Float64Array[], weights: Float64Array): Float64Array {
  const out = new Float64Array(vectors[0]!.length);
  for (const [j, vector] of vectors.entries()) {
    const weight = weights[j]!;
    for (let i = 0; i < out.length; i++) out[i]! += weight * vector[i]!;
  }
  return out;
}
