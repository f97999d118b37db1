import { expect, test } from "vitest";
import { binOfSquare } from "../../../src/stats/glm/bin-table.js";
import { createZThresholds } from "../../../src/stats/glm/z-thresholds.js";
import { fToZ, tToZ } from "../../../src/stats/glm/z-transform.js";

const DOFS = [1, 2, 5, 30, 997, 19998];
const CASES = DOFS.flatMap((dof) => [
  { kind: "t" as const, rank: 1, dof },
  ...[1, 2, 3, 4, 5, 6].map((rank) => ({ kind: "F" as const, rank, dof })),
]);
const dh = 0.1;

function neighbour(x: number, by: 1n | -1n): number {
  const double = new Float64Array([x]);
  const bits = new BigInt64Array(double.buffer);
  bits[0] = bits[0]! + by;
  return double[0]!;
}

test.each(CASES)("the table gives floor(Z / dh): $kind, rank $rank, dof $dof", ({ kind, rank, dof }) => {
  const table = createZThresholds({ kind, rank, dof, dh });
  const z = (x: number) => (kind === "t" ? tToZ(x, dof) : fToZ(x * x, rank, dof));
  const expected = (x: number) => Math.min(table.maxBin, Math.max(0, Math.floor(z(x) / dh)));

  // each threshold is the first double of its bin, and each square the first whose root is
  let wrong = 0;
  for (let h = 1; h <= table.maxBin && table.thresholds[h] !== Infinity; h++) {
    const at = table.thresholds[h]!;
    if (expected(at) !== h || expected(neighbour(at, -1n)) !== h - 1) wrong++;
    const square = table.squares[h]!;
    if (square === Infinity) expect(Math.sqrt(Number.MAX_VALUE)).toBeLessThan(at);
    if (square === Infinity) continue;
    const below = neighbour(square, -1n);
    if (!(Math.sqrt(square) >= at) || Math.sqrt(below) >= at) wrong++;
    if (binOfSquare(table, square) !== h || binOfSquare(table, below) !== h - 1) wrong++;
  }
  expect(wrong).toBe(0);

  // dense over the range of real data, sparse far out
  for (let i = 0; i < 6000; i++) {
    for (const x of [(i * 0.6180339887) % 12, Math.abs(Math.tan(i * 0.7391)) * 3, 1.01 ** i % 1e140]) {
      if (binOfSquare(table, x * x) !== expected(Math.sqrt(x * x))) wrong++;
    }
  }
  expect(wrong).toBe(0);
});

test.each(CASES)(
  "the table is ascending, small and near the answer: $kind, rank $rank, dof $dof",
  ({ kind, rank, dof }) => {
    const { thresholds, squares, cells, nCells, firstCell, shift, maxBin } = createZThresholds({ kind, rank, dof, dh });
    expect(thresholds).toHaveLength(maxBin + 2);
    expect(thresholds[0]).toBe(-Infinity);
    expect(thresholds[maxBin + 1]).toBe(Infinity);
    expect(thresholds.every((x, h) => h === 0 || x > thresholds[h - 1]! || x === Infinity)).toBe(true);
    expect(cells.length).toBeLessThanOrEqual(8192);
    expect(cells).toHaveLength(nCells + 1);
    let mostSteps = 0;
    for (let c = 0; c < nCells; c++) mostSteps = Math.max(mostSteps, cells[c + 1]! - cells[c]!);
    expect(mostSteps).toBeLessThanOrEqual(1);
    // cells begin below the first threshold, and reach at least to t = 16 or the last one
    const words = new Uint32Array(Float64Array.of(Math.min(256, squares.findLast(Number.isFinite)!)).buffer);
    expect(firstCell + nCells).toBeGreaterThanOrEqual(words[1]! >> shift);
    expect(binOfSquare({ squares, cells, nCells, firstCell, shift }, Number.MIN_VALUE)).toBe(0);
  },
);

test("the default reaches Z = 60, and R^2 = 0.99 of a large cohort; a wanted last bin is kept", () => {
  expect(createZThresholds({ kind: "t", rank: 1, dof: 30, dh }).maxBin).toBe(600);
  expect(createZThresholds({ kind: "t", rank: 1, dof: 19998, dh }).maxBin).toBe(3035);
  const small = createZThresholds({ kind: "t", rank: 1, dof: 30, dh, maxBin: 7 });
  expect(binOfSquare(small, 1e12)).toBe(7);
});

test("what is no positive finite number has bin 0", () => {
  const table = createZThresholds({ kind: "t", rank: 1, dof: 30, dh });
  for (const x of [0, -3, Number.NaN, Infinity, -Infinity]) expect(binOfSquare(table, x)).toBe(0);
});

test("a fine dh still fits 16 bits and agrees", () => {
  const table = createZThresholds({ kind: "F", rank: 2, dof: 50, dh: 0.01, maxBin: 2000 });
  for (let i = 1; i < 5000; i++) {
    const x = (i * 0.6180339887) % 9;
    expect(binOfSquare(table, x * x)).toBe(Math.max(0, Math.floor(fToZ(Math.sqrt(x * x) ** 2, 2, 50) / 0.01)));
  }
});
