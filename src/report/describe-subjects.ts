// Mean, spread, gaps and likeness of subjects, and who is far from the others.
import { share, short } from "./numbers.js";
import type { SubjectCheck } from "./report-data.js";

/** Robust standard deviations beyond which a subject is named. */
const FAR = 5;

type Row = Float32Array | Float64Array;

/** `rows`: values of each subject in the same elements. */
export function describeSubjects(rows: readonly Row[], names: readonly string[]): SubjectCheck[] {
  const n = rows[0]?.length ?? 0;
  const sums = new Float64Array(n);
  const counts = new Uint32Array(n);
  for (const row of rows) addTo(sums, counts, row);
  const found = rows.map((row, i) => {
    const { size, mean, sd } = spreadOf(row);
    return {
      ...{ name: names[i] ?? `subject ${i + 1}`, mean, sd, missing: 1 - size / Math.max(1, n) },
      correlation: likeness(row, sums, counts),
    };
  });
  const farFrom = (values: readonly number[]) => {
    const middle = median(values);
    // of a normal distribution the median deviation is 0.6745 of the standard deviation
    const spread = median(values.map((value) => Math.abs(value - middle))) / 0.6745;
    return (value: number) => spread > 0 && Math.abs(value - middle) > FAR * spread;
  };
  const isFar = {
    mean: farFrom(found.map(({ mean }) => mean)),
    sd: farFrom(found.map(({ sd }) => sd)),
    correlation: farFrom(found.map(({ correlation }) => Math.atanh(Math.min(0.999999, correlation)))),
  };
  const usual = median(found.map(({ missing }) => missing));
  const middle = median(found.map(({ correlation }) => correlation));
  return found.map((one) => ({
    ...one,
    remarks: [
      ...(isFar.mean(one.mean) ? [`mean ${short(one.mean)}`] : []),
      ...(isFar.sd(one.sd) ? [`sd ${short(one.sd)}`] : []),
      ...(one.correlation < middle && isFar.correlation(Math.atanh(Math.min(0.999999, one.correlation)))
        ? [`correlation ${short(one.correlation)}`]
        : []),
      ...(one.missing > usual + 0.1 ? [`${share(one.missing)} missing`] : []),
    ],
  }));
}

function addTo(sums: Float64Array, counts: Uint32Array, row: Row): void {
  for (let e = 0; e < row.length; e++)
    if (Number.isFinite(row[e]!)) {
      sums[e]! += row[e]!;
      counts[e]!++;
    }
}

/** Of the finite values. */
function spreadOf(row: Row): { readonly size: number; readonly mean: number; readonly sd: number } {
  let size = 0;
  let sum = 0;
  let squares = 0;
  for (let e = 0; e < row.length; e++) {
    if (!Number.isFinite(row[e]!)) continue;
    size++;
    sum += row[e]!;
  }
  const mean = sum / size;
  for (let e = 0; e < row.length; e++) if (Number.isFinite(row[e]!)) squares += (row[e]! - mean) ** 2;
  return { size, mean, sd: Math.sqrt(squares / Math.max(1, size - 1)) };
}

/** Correlation with the mean of the others, over elements where both have a value. */
function likeness(row: Row, sums: Float64Array, counts: Uint32Array): number {
  // one by one: taken out of a list they are numbers on the heap
  let n = 0;
  let x = 0;
  let y = 0;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let e = 0; e < row.length; e++) {
    const a = row[e]!;
    if (!Number.isFinite(a) || counts[e]! < 2) continue;
    const b = (sums[e]! - a) / (counts[e]! - 1);
    n++;
    x += a;
    y += b;
    xx += a * a;
    xy += a * b;
    yy += b * b;
  }
  return (n * xy - x * y) / Math.sqrt((n * xx - x * x) * (n * yy - y * y));
}

function median(values: readonly number[]): number {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
