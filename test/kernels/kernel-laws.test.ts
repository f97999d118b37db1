// Laws that need no statement: what must hold between kernels, between layouts of the same work, and between the two sets.
import { beforeEach, describe, expect, it } from "vitest";
import type { KernelVariant } from "../../src/kernels/kernel-set.js";
import {
  BIN_SHAPES,
  type BinShape,
  makeBinProblem,
  makeThresholds,
  runBins,
} from "../conformance/describe-kernel-bins.js";
import { CONTENT_CASES, drawShuffles, matrixOfCase, orthonormalRows, ROW_CASES } from "../support/kernel-cases.js";
import {
  entry,
  exactSum,
  fromColumnPanels,
  type PlainMatrix,
  plainMatrix,
  statedBins,
  toColumnPanels,
  toRowPanels,
} from "../support/kernel-statements.js";
import { type KernelsUnderTest, openKernels } from "../support/open-kernels.js";

const NORMAL = CONTENT_CASES[0]!;
const LARGE_MEAN = CONTENT_CASES.find(({ name }) => name === "large_mean")!;
const VARIANTS: readonly KernelVariant[] = ["reference", "simd"];

/** Same numbers, NaN and the sign of zero included. */
function expectSameBits(got: ArrayLike<number>, wanted: ArrayLike<number>): void {
  const differing = Array.from(wanted).findIndex((value, i) => !Object.is(value, got[i]));
  expect(differing, `first differing value, of ${wanted.length}`).toBe(-1);
}

for (const variant of VARIANTS) {
  describe(`laws of the ${variant} kernels`, () => {
    const tested = openKernels(variant);
    const { kernels: k, linear } = tested;
    beforeEach(() => linear.clear());

    const project = (basis: PlainMatrix, y: PlainMatrix): PlainMatrix => {
      const packed = linear.place(toColumnPanels(y, 4));
      k.f64ProjectOut(y.nRows, y.nColumns, basis.nRows, linear.place(basis.values).at, packed.at, 0);
      return fromColumnPanels(packed.view, 4, y.nRows, y.nColumns);
    };

    for (const { name, nRows } of ROW_CASES.slice(2)) {
      it(`residuals are orthogonal to the basis, ${name}, around a mean of a million`, () => {
        const basis = orthonormalRows(3, nRows);
        const e = project(basis, matrixOfCase(LARGE_MEAN, nRows, 8));
        for (let w = 0; w < 8; w++) {
          const length = Math.sqrt(exactSum(nRows, (i) => entry(e, i, w) ** 2));
          for (let j = 0; j < 3; j++) {
            const part = exactSum(nRows, (i) => entry(basis, j, i) * entry(e, i, w));
            // of the residual itself, not of the mean that was removed: that is what the second pass is for
            expect(Math.abs(part) / length).toBeLessThan(1e-14);
          }
        }
      });

      it(`projecting twice changes nothing, ${name}`, () => {
        const basis = orthonormalRows(3, nRows);
        const once = project(basis, matrixOfCase(LARGE_MEAN, nRows, 8));
        const twice = project(basis, once);
        for (const [at, value] of once.values.entries())
          expect(Math.abs(twice.values[at]! - value)).toBeLessThan(1e-14);
      });
    }

    it("shuffling the basis is shuffling the data: Q' P y", () => {
      const [n, rank, nShuffles] = [37, 3, 4];
      const basis = orthonormalRows(rank, n);
      const shuffles = drawShuffles(nShuffles, n);
      const y = matrixOfCase(NORMAL, n, 4);
      const labels = linear.place(Int32Array.from(shuffles.flatMap((shuffle) => shuffle.labels)));
      const signs = linear.place(Int8Array.from(shuffles.flatMap((shuffle) => shuffle.signs)));
      const gathered = linear.reserve(new Float64Array(rank * nShuffles * n));
      k.f64GatherBasis(n, rank, nShuffles, labels.at, signs.at, linear.place(basis.values).at, gathered.at);
      const product = linear.reserve(new Float64Array(rank * nShuffles * 4));
      k.product.f64(rank * nShuffles, n, 4, gathered.at, linear.place(toColumnPanels(y, 4)).at, product.at, 4);
      for (const [b, shuffle] of shuffles.entries()) {
        const py = plainMatrix(n, 4, (i, w) => shuffle.signs[i]! * entry(y, shuffle.labels[i]!, w));
        for (let j = 0; j < rank; j++) {
          for (let w = 0; w < 4; w++) {
            const wanted = exactSum(n, (i) => entry(basis, j, i) * entry(py, i, w));
            expect(product.view[(b * rank + j) * 4 + w]).toBeCloseTo(wanted, 13);
          }
        }
      }
    });

    for (const [operation, panel] of [
      ["f64Gemm", 4],
      ["f32Gemm", 8],
    ] as const) {
      it(`${operation} gives the same bits for any tile width and height`, () => {
        const [n, nOut, width] = [515, 12, 48];
        const stored = (values: Float64Array) => (operation === "f32Gemm" ? Float32Array.from(values) : values);
        const bytes = operation === "f32Gemm" ? 4 : 8;
        const gathered = linear.place(stored(toRowPanels(matrixOfCase(NORMAL, nOut, n, 7))));
        const packed = linear.place(stored(toColumnPanels(matrixOfCase(LARGE_MEAN, n, width), panel)));
        const product = linear.reserve(stored(new Float64Array(nOut * width)));
        k.product[operation === "f32Gemm" ? "f32" : "f64"](nOut, n, width, gathered.at, packed.at, product.at, width);
        const whole = Array.from(product.view);
        for (const [tileRows, tileColumns] of [
          [12, 8],
          [4, 48],
          [8, 24],
          [4, 8],
        ] as const) {
          product.view.fill(0);
          for (let r = 0; r < nOut; r += tileRows) {
            for (let w = 0; w < width; w += tileColumns) {
              const rows = Math.min(tileRows, nOut - r);
              const columns = Math.min(tileColumns, width - w);
              const a = gathered.at + r * n * bytes;
              k.product[operation === "f32Gemm" ? "f32" : "f64"](
                rows,
                n,
                columns,
                a,
                packed.at + w * n * bytes,
                product.at + (r * width + w) * bytes,
                width,
              );
            }
          }
          expectSameBits(product.view, whole);
        }
      });
    }

    it("bins do not depend on how columns and shuffles are cut into tiles", () => {
      const shape: BinShape = { ...BIN_SHAPES[5]!, nShuffles: 16, nColumns: 13 };
      const whole = makeBinProblem(shape, makeThresholds(90, 0.1));
      const together = runBins(tested, whole, { binBytes: 1 });
      for (let w = 0; w < 13; w++) {
        linear.clear();
        const column = (matrix: PlainMatrix) => plainMatrix(matrix.nRows, 1, (i) => entry(matrix, i, w));
        const alone = {
          ...whole,
          product: column(whole.product),
          correctionColumns: column(whole.correctionColumns),
          sumSquares: [whole.sumSquares[w]!],
        };
        const { bins } = runBins(tested, alone, { binBytes: 1 });
        expect([...bins]).toEqual(Array.from(bins, (_, b) => together.bins[b * 13 + w]));
      }
      expect(Math.max(...statedBins(whole).bins)).toBe(together.largest);
    });
  });
}

describe("the two sets agree to the bit", () => {
  const both = VARIANTS.map((variant) => openKernels(variant));
  beforeEach(() => {
    for (const { linear } of both) linear.clear();
  });
  const expectAgreement = (run: (tested: KernelsUnderTest) => ArrayLike<number>) => {
    const [reference, simd] = both.map((tested) => Array.from(run(tested)));
    expectSameBits(simd!, reference!);
  };
  const cases = [
    ...CONTENT_CASES.map((content) => ({ name: content.name, content, nRows: 37 })),
    ...ROW_CASES.map(({ name, nRows }) => ({ name, content: NORMAL, nRows })),
  ];

  for (const { name, content, nRows } of cases) {
    it(`from packed columns to sums of squares: ${name}`, () => {
      const y = matrixOfCase(content, nRows, 11);
      const basis = orthonormalRows(Math.min(3, nRows), nRows);
      expectAgreement(({ kernels: k, linear }) => {
        const picked = [0, 2, 3, 5, 7, 8, 10];
        const packed = linear.reserve(new Float64Array(8 * nRows));
        const columns = linear.place(Uint32Array.from(picked));
        const nonFinite = linear.reserve(new Uint8Array(8));
        const sums = linear.reserve(new Float64Array(8));
        const factors = linear.place(Float64Array.from([1, 2, 1 / 3, 0, 1, 0.1, 1, 1]));
        const source = linear.place(y.values);
        k.f64PackColumns(nRows, picked.length, source.at, 8, 11, columns.at, packed.at, nonFinite.at);
        k.f64ProjectOut(nRows, 8, basis.nRows, linear.place(basis.values).at, packed.at, 0);
        k.f64ScaleColumns(nRows, 8, factors.at, packed.at);
        k.f64SumSquares(nRows, 8, packed.at, sums.at);
        return [...packed.view, ...sums.view, ...nonFinite.view];
      });
    });

    for (const [operation, panel] of [
      ["f64Gemm", 4],
      ["f32Gemm", 8],
    ] as const) {
      it(`${operation}: ${name}`, () => {
        const stored = (values: Float64Array) => (operation === "f32Gemm" ? Float32Array.from(values) : values);
        const packed = stored(toColumnPanels(matrixOfCase(content, nRows, 24), panel));
        const gathered = stored(toRowPanels(matrixOfCase(NORMAL, 8, nRows, 7)));
        expectAgreement(({ kernels: k, linear }) => {
          const product = linear.reserve(stored(new Float64Array(8 * 24)));
          k.product[operation === "f32Gemm" ? "f32" : "f64"](
            8,
            nRows,
            24,
            linear.place(gathered).at,
            linear.place(packed).at,
            product.at,
            24,
          );
          return product.view;
        });
      });
    }
  }

  for (const shape of BIN_SHAPES) {
    it(`bins: ${shape.name}`, () => {
      const problem = makeBinProblem({ ...shape, nColumns: 200 + shape.nColumns }, makeThresholds(400, 0.01));
      expectAgreement((tested) => {
        const run = runBins(tested, problem, { binBytes: 2 });
        return [run.largest, ...run.bins];
      });
    });
  }
  for (const content of CONTENT_CASES) {
    it(`bins: ${content.name} products`, () => {
      const problem = makeBinProblem(BIN_SHAPES[2]!, makeThresholds(60, 0.1));
      problem.product.values.set(matrixOfCase(content, problem.product.nRows, problem.product.nColumns).values);
      expectAgreement((tested) => runBins(tested, problem, { binBytes: 1 }).bins);
    });
  }
});
