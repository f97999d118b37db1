// What each kernel's contract says (src/kernels/CONTRACTS.md), stated once more and plainly: whole matrices, row after row, float64,
// sums compensated so that the statement is the more exact side. Nothing here knows of panels; layouts are at the end.

/** f64 [nRows x nColumns], row-major. */
export interface PlainMatrix {
  readonly nRows: number;
  readonly nColumns: number;
  readonly values: Float64Array;
}

export function plainMatrix(nRows: number, nColumns: number, valueAt: (i: number, j: number) => number): PlainMatrix {
  const values = new Float64Array(nRows * nColumns);
  for (let i = 0; i < nRows; i++) for (let j = 0; j < nColumns; j++) values[i * nColumns + j] = valueAt(i, j);
  return { nRows, nColumns, values };
}

export const entry = (matrix: PlainMatrix, i: number, j: number): number => matrix.values[i * matrix.nColumns + j]!;

/** Sum of `count` terms, compensated (Neumaier 1974): exact to an ulp or two where nothing overflows. */
export function exactSum(count: number, term: (i: number) => number): number {
  let sum = 0;
  let lost = 0;
  for (let i = 0; i < count; i++) {
    const x = term(i);
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  // infinity minus infinity is the compensation's own doing
  return Number.isFinite(lost) ? sum + lost : sum;
}

/** A B. */
export function productOf(a: PlainMatrix, b: PlainMatrix): PlainMatrix {
  return plainMatrix(a.nRows, b.nColumns, (i, j) => exactSum(a.nColumns, (l) => entry(a, i, l) * entry(b, l, j)));
}

/** |A| |B|: the size that rounding of the product is measured by. */
export function productSize(a: PlainMatrix, b: PlainMatrix): PlainMatrix {
  return plainMatrix(a.nRows, b.nColumns, (i, j) =>
    exactSum(a.nColumns, (l) => Math.abs(entry(a, i, l) * entry(b, l, j))),
  );
}

/** (I - Q'Q) Y, with orthonormal rows of Q; the second time takes away what rounding left of the first. */
export function residualsOf(basis: PlainMatrix, y: PlainMatrix): PlainMatrix {
  let e = y;
  for (let pass = 0; pass < 2; pass++) {
    const parts = productOf(basis, e);
    const before = e;
    e = plainMatrix(
      y.nRows,
      y.nColumns,
      (i, w) => entry(before, i, w) - exactSum(basis.nRows, (j) => entry(basis, j, i) * entry(parts, j, w)),
    );
  }
  return e;
}

export function sumSquaresOf(y: PlainMatrix): Float64Array {
  return Float64Array.from({ length: y.nColumns }, (_, w) => exactSum(y.nRows, (i) => entry(y, i, w) ** 2));
}

/** A factor of 0 clears a column, whatever it holds. */
export function scaledColumns(y: PlainMatrix, factors: ArrayLike<number>): PlainMatrix {
  return plainMatrix(y.nRows, y.nColumns, (i, w) => (factors[w] === 0 ? 0 : entry(y, i, w) * factors[w]!));
}

/** (P y)[i] = signs[i] y[labels[i]]. */
export interface Shuffle {
  readonly labels: readonly number[];
  readonly signs: readonly number[];
}

/** Rows P_b' q_j, shuffle after shuffle: P_b as a dense matrix, transposed, times the basis. */
export function gatheredBasis(basis: PlainMatrix, shuffles: readonly Shuffle[]): PlainMatrix {
  const n = basis.nColumns;
  return plainMatrix(shuffles.length * basis.nRows, n, (row, column) => {
    const { labels, signs } = shuffles[Math.floor(row / basis.nRows)]!;
    const j = row % basis.nRows;
    const dense = (i: number) => (labels[i] === column ? signs[i]! : 0);
    return exactSum(n, (i) => dense(i) * entry(basis, j, i));
  });
}

export interface BinProblem {
  readonly rank: number;
  readonly nShuffles: number;
  /** [B r x W]. */
  readonly product: PlainMatrix;
  /** A [r x s]. */
  readonly contrastBasis: PlainMatrix;
  /** G_b one below the other [B r x k], k may be 0. */
  readonly correctionRows: PlainMatrix;
  /** g [k x W]. */
  readonly correctionColumns: PlainMatrix;
  readonly sumSquares: ArrayLike<number>;
  readonly dof: number;
  readonly signed: boolean;
  /** Ascending; [0] = -Infinity, last = Infinity. */
  readonly thresholds: ArrayLike<number>;
}

export interface StatedBins {
  /** [B x W]. */
  readonly bins: Int32Array;
  /** x = sqrt(F), or t of a signed test: NaN where there is none. [B x W]. */
  readonly statistics: Float64Array;
}

export function statedBins(problem: BinProblem): StatedBins {
  const { rank, nShuffles, product, contrastBasis, correctionRows, correctionColumns, dof } = problem;
  const width = product.nColumns;
  const s = contrastBasis.nColumns;
  const bins = new Int32Array(nShuffles * width);
  const statistics = new Float64Array(nShuffles * width).fill(Number.NaN);
  for (let b = 0; b < nShuffles; b++) {
    for (let w = 0; w < width; w++) {
      const d = Array.from({ length: rank }, (_, j) => {
        const row = b * rank + j;
        return exactSum(1 + correctionRows.nColumns, (k) =>
          k === 0 ? entry(product, row, w) : -entry(correctionRows, row, k - 1) * entry(correctionColumns, k - 1, w),
        );
      });
      const u = Array.from({ length: s }, (_, q) => exactSum(rank, (j) => entry(contrastBasis, j, q) * d[j]!));
      const total = problem.sumSquares[w]!;
      const sse = total - exactSum(rank, (j) => d[j]! ** 2);
      if (!(sse > 1e-14 * total)) continue;
      const size = Math.sqrt((exactSum(s, (q) => u[q]! ** 2) * dof) / (s * sse));
      const x = problem.signed && !(u[0]! > 0) ? -size : size;
      statistics[b * width + w] = x;
      bins[b * width + w] = thresholdsPassed(problem.thresholds, x);
    }
  }
  return { bins, statistics };
}

/** The largest h with x >= thresholds[h]; 0 for what is not a positive number. */
export function thresholdsPassed(thresholds: ArrayLike<number>, x: number): number {
  if (!(x > 0) || x === Number.POSITIVE_INFINITY) return 0;
  let passed = 0;
  for (let h = 1; h < thresholds.length; h++) if (x >= thresholds[h]!) passed = h;
  return passed;
}

export interface EnhanceProblem {
  /** Bin of each element [m]: one shuffle. */
  readonly bins: ArrayLike<number>;
  readonly connections: readonly (readonly { readonly element: number; readonly weight: number }[])[];
  readonly norms: ArrayLike<number>;
  /** (h dh)^H of each h. */
  readonly heightPowers: ArrayLike<number>;
  readonly extentPower: number;
  readonly firstElement: number;
}

/** Raffelt et al. 2015, eq. 3, height by height: the extent at h is the weight of the connected elements that reach h. */
export function statedEnhancement(problem: EnhanceProblem): Float64Array {
  const { bins, connections, norms, heightPowers, extentPower, firstElement } = problem;
  return Float64Array.from(connections, (row, i) => {
    const own = bins[firstElement + i]!;
    const integral = exactSum(own, (below) => {
      const h = below + 1;
      const reaching = row.filter(({ element }) => bins[element]! >= h);
      return exactSum(reaching.length, (c) => reaching[c]!.weight) ** extentPower * heightPowers[h]!;
    });
    return own === 0 ? 0 : integral * norms[i]!;
  });
}

export interface ReduceProblem {
  /** f32 [nRows][16]. */
  readonly enhanced: ArrayLike<number>;
  readonly nRows: number;
  readonly firstElement: number;
  readonly firstLane: number;
  readonly endLane: number;
  /** By element. */
  readonly defaults: ArrayLike<number>;
  readonly eligible: ArrayLike<number> | undefined;
}

export interface StatedReduction {
  /** How often the enhanced statistic of a row's element was smaller than its default. */
  readonly below: number[];
  /** By lane 0..15: largest positive value and its lowest element. */
  readonly maxima: { readonly value: number; readonly element: number }[];
}

export function statedReduction(problem: ReduceProblem): StatedReduction {
  const { enhanced, nRows, firstElement, firstLane, endLane, defaults, eligible } = problem;
  const lanes = Array.from({ length: endLane - firstLane }, (_, i) => firstLane + i);
  const rows = Array.from({ length: nRows }, (_, i) => i);
  const below = rows.map((i) => lanes.filter((l) => enhanced[i * 16 + l]! < defaults[firstElement + i]!).length);
  const maxima = Array.from({ length: 16 }, (_, lane) => {
    if (!lanes.includes(lane)) return { value: 0, element: 0xffffffff };
    const candidates = rows
      .map((i) => ({ value: enhanced[i * 16 + lane]!, element: firstElement + i }))
      .filter(({ value, element }) => value > 0 && (eligible === undefined || eligible[element] === 1));
    candidates.sort((a, b) => b.value - a.value || a.element - b.element);
    return candidates[0] ?? { value: 0, element: 0xffffffff };
  });
  return { below, maxima };
}

// Layouts.

/** [n x W] as panels [W/panel][n][panel]; columns beyond W are `padding`. */
export function toColumnPanels(matrix: PlainMatrix, panel: number, padding = 0): Float64Array {
  const width = Math.ceil(matrix.nColumns / panel) * panel;
  const packed = new Float64Array(width * matrix.nRows).fill(padding);
  for (let w = 0; w < matrix.nColumns; w++) {
    for (let i = 0; i < matrix.nRows; i++) packed[columnPanelIndex(matrix.nRows, panel, i, w)] = entry(matrix, i, w);
  }
  return packed;
}

export function fromColumnPanels(packed: ArrayLike<number>, panel: number, nRows: number, width: number): PlainMatrix {
  return plainMatrix(nRows, width, (i, w) => packed[columnPanelIndex(nRows, panel, i, w)]!);
}

function columnPanelIndex(nRows: number, panel: number, i: number, w: number): number {
  return Math.floor(w / panel) * panel * nRows + i * panel + (w % panel);
}

/** [R x n] as gathered panels [R/4][n][4]: the columns of the transpose. Rows beyond R are zero. */
export function toRowPanels(matrix: PlainMatrix): Float64Array {
  return toColumnPanels(transposed(matrix), 4);
}

export function fromRowPanels(packed: ArrayLike<number>, nRows: number, nColumns: number): PlainMatrix {
  return transposed(fromColumnPanels(packed, 4, nColumns, nRows));
}

function transposed(matrix: PlainMatrix): PlainMatrix {
  return plainMatrix(matrix.nColumns, matrix.nRows, (i, j) => entry(matrix, j, i));
}
