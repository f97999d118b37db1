// The general linear model in exact arithmetic: doubles are whole numbers times powers of two, so every t^2, F, v^2 and G is a ratio of whole numbers, and only
// the last division rounds. Normal equations, which would lose half of the digits, lose nothing here. It imports nothing of src/.

/** Rows of equal length. */
type Rows = readonly (readonly number[])[];
type Whole = bigint[][];

/** Whole numbers over a common one. */
interface Ratio {
  readonly over: Whole;
  readonly under: bigint;
}

export interface ExactOptions {
  /** [n], from 0: v and G in place of t and F. */
  readonly groups?: readonly number[] | undefined;
  /** `(P e)[i] = sign[i] e[perm[i]]` of the residuals under the null (Freedman and Lane). */
  readonly perm?: readonly number[] | undefined;
  readonly sign?: readonly number[] | undefined;
  /** An F-test although the contrast has one row. */
  readonly isF?: boolean;
}

export interface ExactResult {
  /** t, F, v or G. */
  readonly statistic: number;
  readonly dof: number;
  /** C beta. */
  readonly effect: readonly number[];
  readonly beta: readonly number[];
}

/** Powers of two that make a double whole. */
function exponentOf(value: number): number {
  let exponent = 0;
  for (let x = Math.abs(value); x !== Math.floor(x); x *= 2) exponent++;
  return exponent;
}

/** Values times 2^exponent. */
function wholeOf(values: readonly number[]): { readonly whole: bigint[]; readonly exponent: number } {
  const exponent = Math.max(0, ...values.map(exponentOf));
  const whole = values.map((value) => {
    const own = exponentOf(value);
    return BigInt(value * 2 ** own) << BigInt(exponent - own);
  });
  return { whole, exponent };
}

const transpose = (a: Whole): Whole => (a[0] ?? []).map((_, j) => a.map((row) => row[j]!));
const dot = (a: readonly bigint[], b: readonly bigint[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0n);
const times = (a: Whole, b: Whole): Whole => {
  const columns = transpose(b);
  return a.map((row) => columns.map((column) => dot(row, column)));
};

/** Inverse by elimination without fractions (Bareiss 1968); undefined where there is none. */
function inverseOf(matrix: Whole): Ratio | undefined {
  const k = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1n : 0n))]);
  let previous = 1n;
  for (let p = 0; p < k; p++) {
    const found = rows.findIndex((row, i) => i >= p && row[p] !== 0n);
    if (found < 0) return undefined;
    [rows[p], rows[found]] = [rows[found]!, rows[p]!];
    const pivot = rows[p]![p]!;
    for (let i = 0; i < k; i++) {
      if (i === p) continue;
      const factor = rows[i]![p]!;
      for (let j = 0; j < 2 * k; j++) rows[i]![j] = (rows[i]![j]! * pivot - factor * rows[p]![j]!) / previous;
    }
    previous = pivot;
  }
  return { over: rows.map((row) => row.slice(k)), under: previous };
}

/** A ratio of whole numbers, rounded a few bits below a double's last. */
export function ratio(over: bigint, under: bigint): number {
  if (over === 0n) return 0;
  const isNegative = over < 0n !== under < 0n;
  let [a, b] = [over < 0n ? -over : over, under < 0n ? -under : under];
  const shift = 80 - (a.toString(2).length - b.toString(2).length);
  if (shift > 0) a <<= BigInt(shift);
  else b <<= BigInt(-shift);
  let quotient = Number(a / b);
  // 2^-shift may be below the doubles where the quotient times it is not
  for (let rest = -shift; rest !== 0; ) {
    const step = Math.max(-500, Math.min(500, rest));
    quotient *= 2 ** step;
    rest -= step;
  }
  return isNegative ? -quotient : quotient;
}

/** Number of independent columns. */
export function exactRank(rows: Rows): number {
  const columns = rows[0]!.map((_, j) => wholeOf(rows.map((row) => row[j]!)).whole);
  const chosen: Whole = [];
  for (const column of columns) {
    const gram = times([...chosen, column], transpose([...chosen, column]));
    if (inverseOf(gram) !== undefined) chosen.push(column);
  }
  return chosen.length;
}

/** One element. `design` of full column rank, `contrast` of full row rank. */
export function exactTest(design: Rows, contrast: Rows, y: readonly number[], options: ExactOptions = {}): ExactResult {
  const { groups, perm, sign, isF = contrast.length > 1 } = options;
  const n = design.length;
  const scaled = design[0]!.map((_, j) => wholeOf(design.map((row) => row[j]!)));
  const k = scaled.length;
  const s = contrast.length;
  const columns = scaled.map(({ whole }) => whole);
  const m = transpose(columns);
  // C beta = C' beta' with C'_j = C_j 2^exponent_j: of one exponent for all
  const typed = wholeOf(contrast.flat());
  const weights = contrast.map((_, q) => scaled.map(({ exponent }, j) => typed.whole[q * k + j]! << BigInt(exponent)));
  const data = wholeOf(y);
  const gram = inverseOf(times(columns, m));
  if (gram === undefined) throw new Error("The design has dependent columns.");
  const solve = (values: readonly bigint[]) => {
    // beta' = b / gram.under, effect = e / gram.under, residual = r / gram.under
    const b = gram.over.map((row) =>
      dot(
        row,
        columns.map((column) => dot(column, values)),
      ),
    );
    const e = weights.map((row) => dot(row, b));
    const r = values.map((value, i) => value * gram.under - dot(m[i]!, b));
    return { b, e, r };
  };
  const first = solve(data.whole);
  const unit = (exponent: number) => 1n << BigInt(exponent);
  const beta = first.b.map((value, j) => ratio(value * unit(scaled[j]!.exponent), gram.under * unit(data.exponent)));
  const effect = first.e.map((value) => ratio(value, gram.under * unit(typed.exponent) * unit(data.exponent)));
  const ofContrast = times(times(weights, gram.over), transpose(weights));
  const middle = inverseOf(ofContrast)!;
  let values = data.whole;
  if (perm !== undefined) {
    // residual under the null: r + M G^-1 C' (C G^-1 C')^-1 C beta, times gram.under middle.under
    const added = times(
      times(m, gram.over),
      times(
        transpose(weights),
        middle.over.map((row) => [dot(row, first.e)]),
      ),
    );
    const residual = first.r.map((value, i) => value * middle.under + added[i]![0]!);
    values = perm.map((from, i) => BigInt(sign?.[i] ?? 1) * residual[from]!);
  }
  const { e, r } = solve(values);
  const signed = (squared: number) => (isF ? squared : Math.sign(ratio(e[0]!, gram.under)) * Math.sqrt(squared));
  if (groups === undefined) {
    const dof = n - k;
    // e' (C G^-1 C')^-1 e = (e/u)' (u middle) (e/u) over, u = gram.under; SSE = r'r / u^2
    const wald = dot(
      e,
      middle.over.map((row) => dot(row, e)),
    );
    const statistic = ratio(wald * gram.under * BigInt(dof), dot(r, r) * middle.under * BigInt(s));
    return { statistic: signed(statistic), dof, effect, beta };
  }
  return { ...grouped(m, gram, weights, { e, r, groups, s, signed }), effect, beta };
}

function grouped(
  m: Whole,
  gram: Ratio,
  weights: Whole,
  {
    e,
    r,
    groups,
    s,
    signed,
  }: {
    readonly e: readonly bigint[];
    readonly r: readonly bigint[];
    readonly groups: readonly number[];
    readonly s: number;
    readonly signed: (squared: number) => number;
  },
): { readonly statistic: number; readonly dof: number } {
  const u = gram.under;
  const list = Array.from({ length: Math.max(...groups) + 1 }, (_, g) => {
    const rows = groups.flatMap((group, i) => (group === g ? [i] : []));
    const sse = rows.reduce((sum, i) => sum + r[i]! * r[i]!, 0n); // over u^2
    const hat = rows.reduce(
      (sum, i) =>
        sum +
        dot(
          m[i]!,
          gram.over.map((row) => dot(row, m[i]!)),
        ),
      0n,
    );
    const rnn = BigInt(rows.length) * u - hat; // over u
    const own = rows.map((i) => m[i]!);
    return { size: rows.length, sse, rnn, gram: times(transpose(own), own) };
  });
  // W_g = rnn u / sse; over a common denominator
  const common = list.reduce((product, { sse }) => product * sse, 1n);
  const w = list.map(({ rnn, sse }) => rnn * u * (common / sse)); // over common
  const sum = gram.over.map((row, a) =>
    row.map((_, b) => list.reduce((t, one, g) => t + w[g]! * one.gram[a]![b]!, 0n)),
  );
  const inverse = inverseOf(sum)!; // times common
  const middle = inverseOf(times(times(weights, inverse.over), transpose(weights)))!;
  // (e/u)' [C (sum/common)^-1 C']^-1 (e/u) = e' middle e inverse.under / (u^2 common)
  const wald = dot(
    e,
    middle.over.map((row) => dot(row, e)),
  );
  const numerator = ratio(wald * inverse.under, u * u * common * middle.under);
  const rnn = list.map((one) => ratio(one.rnn, u));
  const sizes = list.map(({ size }) => size);
  if (s === 1) {
    // any common factor of the weights cancels
    const parts = w.map((value, g) => ratio(w[0]!, value) / (sizes[g]! - 1));
    const dof = parts.reduce((a, b) => a + b, 0) ** 2 / parts.reduce((t, a, g) => t + a ** 2 / (sizes[g]! - 1), 0);
    return { statistic: signed(numerator), dof };
  }
  const total = w.reduce((t, value, g) => t + value * BigInt(sizes[g]!), 0n);
  const spread = w.reduce((t, value, g) => t + ratio(total - value * BigInt(sizes[g]!), total) ** 2 / rnn[g]!, 0);
  const gamma = 1 + ((2 * (s - 1)) / (s * (s + 2))) * spread;
  return { statistic: numerator / (gamma * s), dof: (2 * (s - 1)) / (3 * (gamma - 1)) };
}
