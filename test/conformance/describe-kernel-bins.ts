// The epilogue: statistic to bin, for t and F, with and without corrections, in one and two bytes.
import { describe, expect, it } from "vitest";
import { type BinTable, createBinTable } from "../../src/stats/glm/bin-table.js";
import { CONTENT_CASES } from "../support/kernel-cases.js";
import {
  type BinProblem,
  entry,
  exactSum,
  type PlainMatrix,
  plainMatrix,
  statedBins,
} from "../support/kernel-statements.js";
import type { KernelsUnderTest } from "../support/open-kernels.js";
import { createRandom } from "../support/seeded-random.js";

/** Shuffles side by side in the bins of an element. */
const LANES = 16;

export interface BinShape {
  readonly name: string;
  readonly nShuffles: number;
  readonly nColumns: number;
  readonly rank: number;
  readonly contrastRank: number;
  readonly nCorrections: number;
  readonly signed: boolean;
}

export const BIN_SHAPES: readonly BinShape[] = [
  { name: "one", nShuffles: 1, nColumns: 1, rank: 1, contrastRank: 1, nCorrections: 0, signed: true },
  { name: "t, whole tile", nShuffles: 16, nColumns: 8, rank: 3, contrastRank: 1, nCorrections: 0, signed: true },
  { name: "t, odd columns", nShuffles: 5, nColumns: 11, rank: 2, contrastRank: 1, nCorrections: 0, signed: true },
  { name: "t, one row", nShuffles: 16, nColumns: 21, rank: 1, contrastRank: 1, nCorrections: 0, signed: true },
  {
    name: "t, one row, corrected",
    nShuffles: 13,
    nColumns: 19,
    rank: 1,
    contrastRank: 1,
    nCorrections: 2,
    signed: true,
  },
  { name: "F of rank 2", nShuffles: 4, nColumns: 9, rank: 2, contrastRank: 2, nCorrections: 0, signed: false },
  { name: "F of rank 5", nShuffles: 4, nColumns: 9, rank: 6, contrastRank: 5, nCorrections: 0, signed: false },
  { name: "t, corrected", nShuffles: 7, nColumns: 9, rank: 4, contrastRank: 1, nCorrections: 1, signed: true },
  { name: "F of rank 1", nShuffles: 8, nColumns: 10, rank: 3, contrastRank: 1, nCorrections: 0, signed: false },
  {
    name: "F of rank 2, corrected",
    nShuffles: 4,
    nColumns: 13,
    rank: 5,
    contrastRank: 2,
    nCorrections: 2,
    signed: false,
  },
  { name: "F of rank 4", nShuffles: 3, nColumns: 14, rank: 5, contrastRank: 4, nCorrections: 0, signed: false },
  { name: "F of rank 7", nShuffles: 2, nColumns: 4, rank: 7, contrastRank: 7, nCorrections: 0, signed: false },
  {
    name: "F of rank 4, corrected",
    nShuffles: 3,
    nColumns: 11,
    rank: 5,
    contrastRank: 4,
    nCorrections: 1,
    signed: false,
  },
  { name: "t, corrected twice", nShuffles: 3, nColumns: 7, rank: 3, contrastRank: 1, nCorrections: 2, signed: true },
  {
    name: "t, corrected thrice",
    nShuffles: 4,
    nColumns: 10,
    rank: 4,
    contrastRank: 1,
    nCorrections: 3,
    signed: true,
  },
  {
    name: "t, corrected five times",
    nShuffles: 3,
    nColumns: 9,
    rank: 6,
    contrastRank: 1,
    nCorrections: 5,
    signed: true,
  },
  { name: "F of rank 3", nShuffles: 3, nColumns: 7, rank: 3, contrastRank: 3, nCorrections: 0, signed: false },
  {
    name: "F of rank 3, corrected",
    nShuffles: 2,
    nColumns: 6,
    rank: 6,
    contrastRank: 3,
    nCorrections: 1,
    signed: false,
  },
];

/** Ascending, unevenly spaced. */
export function makeThresholds(nBins: number, spacing: number): Float64Array {
  let height = 0;
  const heights = Array.from({ length: nBins - 1 }, (_, h) => {
    height += spacing * (1 + 0.5 * Math.sin(h));
    return height;
  });
  return Float64Array.from([-Infinity, ...heights, Infinity]);
}

export type Grid = Pick<BinTable, "nCells" | "firstCell" | "shift">;

/** The table of the thresholds; another grid where one is given: the bin of each cell's lower end. */
export function makeTable(thresholds: Float64Array, grid?: Grid): BinTable {
  const table = createBinTable(thresholds);
  if (grid === undefined) return table;
  const cells = Uint16Array.from({ length: grid.nCells + 1 }, (_, c) => {
    const [start] = new Float64Array(Uint32Array.of(0, (grid.firstCell + c) * 2 ** grid.shift).buffer);
    return table.squares.findIndex((square) => square > start!) - 1;
  });
  return { ...table, ...grid, cells };
}

/** As kernels take it. */
export function placeTable({ linear }: KernelsUnderTest, { nCells, firstCell, shift, cells, squares }: BinTable) {
  return [nCells, firstCell, shift, linear.place(cells).at, linear.place(squares).at] as const;
}

export function makeBinProblem(shape: BinShape, thresholds: Float64Array, valueAt?: (i: number, w: number) => number) {
  const { nShuffles, nColumns, rank, contrastRank, nCorrections, signed } = shape;
  const random = createRandom(11);
  const normal = (nRows: number, n: number) => plainMatrix(nRows, n, () => random.normal());
  const product =
    valueAt === undefined
      ? normal(nShuffles * rank, nColumns)
      : plainMatrix(nShuffles * rank, nColumns, (i, w) => valueAt(i, w));
  const problem: BinProblem = {
    rank,
    nShuffles,
    product,
    contrastBasis: normal(rank, contrastRank),
    correctionRows: normal(nShuffles * rank, nCorrections),
    correctionColumns: normal(nCorrections, nColumns),
    sumSquares: Float64Array.from({ length: nColumns }, () => 12 * rank + random.uniform() * 40),
    dof: 25,
    signed,
    thresholds,
  };
  return problem;
}

export interface BinRun {
  readonly largest: number;
  /** [B x W]. */
  readonly bins: Int32Array;
  /** All lanes of the columns, as they lie. */
  readonly stored: number[];
}

export interface BinOptions {
  readonly binBytes: 1 | 2;
  readonly firstLane?: number;
  readonly grid?: Grid;
  /** 4: the product is rounded to float32. Default 8. */
  readonly productBytes?: 4 | 8;
}

/** Lays the problem out with strides of their own and poison beside it, and runs the kernel. */
export function runBins(tested: KernelsUnderTest, problem: BinProblem, options: BinOptions): BinRun {
  const { kernels: k, linear } = tested;
  const { binBytes, firstLane = 0, grid, productBytes = 8 } = options;
  const { rank, nShuffles, product, contrastBasis, correctionRows, correctionColumns } = problem;
  const width = product.nColumns;
  const nCorrections = correctionRows.nColumns;
  const thresholds = Float64Array.from(problem.thresholds);
  const wider = (matrix: PlainMatrix, stride: number) =>
    plainMatrix(matrix.nRows, stride, (i, w) => (w < width ? entry(matrix, i, w) : 1e300)).values;
  const productStride = Math.ceil(width / 8) * 8;
  const columnStride = productStride + 8;
  const like = new (binBytes === 1 ? Uint8Array : Uint16Array)(width * LANES);
  const bins = linear.place(like);
  const largest = k.f64BinStatistics(
    nShuffles,
    width,
    rank,
    contrastBasis.nColumns,
    nCorrections,
    linear.place(productBytes === 4 ? Float32Array.from(wider(product, productStride)) : wider(product, productStride))
      .at,
    productBytes,
    productStride,
    linear.place(contrastBasis.values).at,
    linear.place(correctionRows.values).at,
    linear.place(wider(correctionColumns, columnStride)).at,
    columnStride,
    linear.place(Float64Array.from({ length: productStride }, (_, w) => problem.sumSquares[w] ?? 1e300)).at,
    problem.dof,
    problem.signed ? 1 : 0,
    ...placeTable(tested, makeTable(thresholds, grid)),
    binBytes,
    bins.at + firstLane * binBytes,
  );
  linear.expectGuardsIntact();
  const found = new Int32Array(nShuffles * width);
  for (let b = 0; b < nShuffles; b++) {
    for (let w = 0; w < width; w++) found[b * width + w] = bins.view[w * LANES + firstLane + b]!;
  }
  return { largest, bins: found, stored: Array.from(bins.view) };
}

/** Bins of statistics so near a threshold that rounding decides are not compared; a case must not consist of them. */
function expectBins(problem: BinProblem, run: BinRun): void {
  const stated = statedBins(problem);
  let undecided = 0;
  for (const [i, x] of stated.statistics.entries()) {
    const near = Array.from(problem.thresholds).some((threshold) => Math.abs(x - threshold) < 1e-12 * Math.abs(x));
    if (near) undecided++;
    else expect(run.bins[i], `bin ${i}, statistic ${x}`).toBe(stated.bins[i]);
  }
  expect(undecided).toBeLessThan(stated.bins.length / 10 + 1);
  if (undecided === 0) expect(run.largest).toBe(Math.max(0, ...stated.bins));
}

export function describeBinKernel(tested: KernelsUnderTest): void {
  describe("f64BinStatistics", () => {
    for (const shape of BIN_SHAPES) {
      for (const binBytes of [1, 2] as const) {
        it(`${shape.name}, ${binBytes} bytes a bin`, () => {
          const problem = makeBinProblem(shape, makeThresholds(60, 0.1));
          const run = runBins(tested, problem, { binBytes });
          expectBins(problem, run);
          const used = statedBins(problem);
          expect(new Set(used.bins).size).toBeGreaterThan(shape.name === "one" ? 0 : shape.rank === 1 ? 3 : 5);
        });

        it(`${shape.name}, ${binBytes} bytes a bin, of a float32 product: the bins of its values`, () => {
          const problem = makeBinProblem(shape, makeThresholds(60, 0.1));
          const { nRows, nColumns } = problem.product;
          const product = plainMatrix(nRows, nColumns, (i, w) => Math.fround(entry(problem.product, i, w)));
          const wide = runBins(tested, { ...problem, product }, { binBytes });
          tested.linear.clear();
          const narrow = runBins(tested, problem, { binBytes, productBytes: 4 });
          expect([...narrow.bins]).toEqual([...wide.bins]);
          expect(narrow.largest).toBe(wide.largest);
        });
      }
    }

    const ordinary = BIN_SHAPES[2]!;
    for (const content of CONTENT_CASES) {
      it(`${content.name} products`, () => {
        const random = createRandom(4);
        const problem = makeBinProblem(ordinary, makeThresholds(60, 0.1), (i, w) => content.valueAt(random, i, w));
        expectBins(problem, runBins(tested, problem, { binBytes: 1 }));
      });
    }

    it("a t-test against its sign: every bin is 0", () => {
      const problem = {
        ...makeBinProblem(ordinary, makeThresholds(60, 0.1), () => -1),
        contrastBasis: plainMatrix(2, 1, () => 0.6),
      };
      const run = runBins(tested, problem, { binBytes: 1 });
      expect(run.largest).toBe(0);
      expect(new Set(run.bins)).toEqual(new Set([0]));
      expect(runBins(tested, { ...problem, signed: false }, { binBytes: 1 }).largest).toBeGreaterThan(0);
    });

    it("no residual variance but rounding: bin 0", () => {
      const shape = { ...BIN_SHAPES[0]!, nColumns: 4 };
      const problem = {
        ...makeBinProblem(shape, makeThresholds(60, 0.1), () => 3),
        contrastBasis: plainMatrix(1, 1, () => 1),
        // exactly none, negative, half the limit, and twice: 9e-14 is the limit
        sumSquares: Float64Array.from([9, 9 - 1e-12, 9 + 4e-14, 9 + 2e-13]),
      };
      const run = runBins(tested, problem, { binBytes: 2 });
      expect([...run.bins.subarray(0, 3)]).toEqual([0, 0, 0]);
      expect(run.bins[3]).toBe(59);
      const nothing = { ...problem, product: plainMatrix(1, 4, () => 0), sumSquares: new Float64Array(4) };
      expect(runBins(tested, nothing, { binBytes: 1 }).largest).toBe(0);
    });

    it("ties: a statistic equal to a threshold has passed it", () => {
      // d = 3, total 25, sse 16, dof 16: t = 3 exactly
      const shape = { ...BIN_SHAPES[0]!, nColumns: 3 };
      const base = {
        ...makeBinProblem(shape, makeThresholds(60, 0.1), () => 3),
        contrastBasis: plainMatrix(1, 1, () => 1),
        sumSquares: new Float64Array(3).fill(25),
        dof: 16,
      };
      for (const [thresholds, bin] of [
        [[-Infinity, 1, 2, 3, 4, Infinity], 3],
        [[-Infinity, 1, 3, 3, 3, Infinity], 4],
        [[-Infinity, 1, 2, 3 + 2 ** -51, 4, Infinity], 2],
        [[-Infinity, Infinity], 0],
      ] as const) {
        tested.linear.clear();
        const problem = { ...base, thresholds: Float64Array.from(thresholds) };
        const run = runBins(tested, problem, { binBytes: 1 });
        expect([...run.bins]).toEqual([bin, bin, bin]);
        expect([...statedBins(problem).bins]).toEqual([bin, bin, bin]);
      }
    });

    it("any grid of cells with one threshold at most in each gives the same bins: coarse, fine, and ending before the statistics", () => {
      const problem = makeBinProblem(ordinary, makeThresholds(60, 0.1));
      const wanted = [...statedBins(problem).bins];
      // 2 ** -10 and 2 ** -7, below the first threshold; cells of 1/64, 1/256, 1/4 and 1 times where they begin
      for (const grid of [
        { nCells: 0, firstCell: 1013 * 16, shift: 16 },
        { nCells: 200, firstCell: 1013 * 64, shift: 14 },
        { nCells: 3000, firstCell: 1013 * 256, shift: 12 },
        { nCells: 6, firstCell: 1013 * 4, shift: 18 },
        { nCells: 3, firstCell: 1013, shift: 20 },
      ]) {
        tested.linear.clear();
        expect([...runBins(tested, problem, { binBytes: 1, grid }).bins]).toEqual(wanted);
      }
    });

    it("overflow: reports bins above 255, which only 2 bytes hold", () => {
      const problem = makeBinProblem(ordinary, makeThresholds(4000, 1 / 512));
      const stated = statedBins(problem);
      const largest = Math.max(...stated.bins);
      expect(largest).toBeGreaterThan(255);
      expect(runBins(tested, problem, { binBytes: 1 }).largest).toBe(largest);
      expectBins(problem, runBins(tested, problem, { binBytes: 2 }));
    });

    it("touches its own lanes only", () => {
      for (const binBytes of [1, 2] as const) {
        for (const firstLane of [3, 11]) {
          tested.linear.clear();
          const problem = makeBinProblem(ordinary, makeThresholds(60, 0.1));
          const run = runBins(tested, problem, { binBytes, firstLane });
          expectBins(problem, run);
          const lanes = run.stored.map((bin, at) => ({ bin, lane: at % LANES }));
          const others = lanes.filter(({ lane }) => lane < firstLane || lane >= firstLane + ordinary.nShuffles);
          expect(new Set(others.map(({ bin }) => bin))).toEqual(new Set([0]));
        }
      }
    });

    it("empty: no columns, no shuffles", () => {
      for (const nothing of [{ nColumns: 0 }, { nShuffles: 0 }]) {
        tested.linear.clear();
        const problem = makeBinProblem({ ...ordinary, ...nothing }, makeThresholds(60, 0.1));
        expect(runBins(tested, problem, { binBytes: 1 }).largest).toBe(0);
      }
    });

    it("an F of one contrast is the square of its t, on both sides", () => {
      const t = makeBinProblem(ordinary, makeThresholds(60, 0.1));
      const flipped = { ...t, contrastBasis: plainMatrix(2, 1, (j) => -entry(t.contrastBasis, j, 0)) };
      const [positive, negative, both] = [t, flipped, { ...t, signed: false }].map((problem) => {
        tested.linear.clear();
        return runBins(tested, problem, { binBytes: 1 }).bins;
      });
      expect([...both!]).toEqual(Array.from(positive!, (bin, i) => bin + negative![i]!));
      expect(exactSum(both!.length, (i) => both![i]!)).toBeGreaterThan(0);
    });
  });
}
