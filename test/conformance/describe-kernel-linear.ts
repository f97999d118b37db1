// Packing, projection, gathering and the product: one suite for every kernel set.
import { describe, expect, it } from "vitest";
import { CONTENT_CASES, drawShuffles, matrixOfCase, orthonormalRows, ROW_CASES } from "../support/kernel-cases.js";
import { expectResidual } from "../support/kernel-residual.js";
import {
  entry,
  fromColumnPanels,
  fromRowPanels,
  gatheredBasis,
  type PlainMatrix,
  plainMatrix,
  productOf,
  productSize,
  residualsOf,
  scaledColumns,
  sumSquaresOf,
  toColumnPanels,
  toRowPanels,
} from "../support/kernel-statements.js";
import type { KernelsUnderTest } from "../support/open-kernels.js";
import { createRandom } from "../support/seeded-random.js";

const NORMAL = CONTENT_CASES[0]!;
const SMALLEST_F64 = 5e-324;
const SMALLEST_F32 = 2 ** -149;

/** Every content at one small shape, ordinary content at every shape. */
const CASES = [
  ...CONTENT_CASES.map((content) => ({ name: `${content.name}, n_lt_slice`, content, nRows: 37 })),
  ...ROW_CASES.filter(({ name }) => name !== "n_lt_slice").map(({ name, nRows }) => ({ name, content: NORMAL, nRows })),
];

const fround = (matrix: PlainMatrix) =>
  plainMatrix(matrix.nRows, matrix.nColumns, (i, j) => Math.fround(entry(matrix, i, j)));
const isFiniteColumn = (y: PlainMatrix, w: number) =>
  Array.from({ length: y.nRows }, (_, i) => entry(y, i, w)).every(Number.isFinite);

export function describeLinearKernels({ kernels: k, linear }: KernelsUnderTest): void {
  describe("f64PackColumns", () => {
    const PICKS = [
      { name: "empty", columns: [] },
      { name: "one", columns: [2] },
      { name: "odd_columns", columns: [0, 1, 4, 5, 6, 9, 12] },
      { name: "whole_panels", columns: [1, 2, 3, 4, 5, 6, 7, 8] },
      { name: "backwards_and_again", columns: [12, 11, 11, 3, 0] },
    ];
    for (const { name, columns } of PICKS) {
      for (const [type, sourceBytes, offset] of [
        ["f32", 4, 0],
        ["f32 aligned to 4 bytes only", 4, 12],
        ["f64", 8, 0],
        ["f64 aligned to 8 bytes only", 8, 8],
      ] as const) {
        it(`${name}, ${type}`, () => {
          const [nRows, stride] = [5, 13];
          const matrix = matrixOfCase(CONTENT_CASES.find((content) => content.name === "with_nan")!, nRows, stride);
          matrix.values[3 * stride + 12] = Number.POSITIVE_INFINITY;
          const stored = sourceBytes === 4 ? Float32Array.from(matrix.values) : matrix.values;
          const source = linear.place(stored, offset);
          const picked = linear.place(Uint32Array.from(columns));
          const padded = Math.ceil(columns.length / 8) * 8;
          const packed = linear.reserve(new Float64Array(padded * nRows));
          const nonFinite = linear.reserve(new Uint8Array(padded));
          k.f64PackColumns(nRows, columns.length, source.at, sourceBytes, stride, picked.at, packed.at, nonFinite.at);
          const stated = plainMatrix(nRows, padded, (i, c) =>
            c < columns.length ? stored[i * stride + columns[c]!]! : 0,
          );
          expect([...packed.view]).toEqual([...toColumnPanels(stated, 4)]);
          const bad = Array.from(nonFinite.view, (_, c) => (isFiniteColumn(stated, c) ? 0 : 1));
          expect([...nonFinite.view]).toEqual(bad);
          linear.expectGuardsIntact();
        });
      }
    }
  });

  describe("f64MarkMissing", () => {
    const NOT_FINITE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const nColumns of [1, 8, 15, 16, 17, 40]) {
      it.each([
        [4, 1, 0.2],
        [8, 31, 0.02],
        [4, 33, 0.5],
        [8, 64, 0],
        [4, 70, 1],
      ])(`${nColumns} columns, %i bytes, %i rows, %f missing`, (bytes, nRows, share) => {
        const random = createRandom(nColumns * 100 + nRows);
        const stride = nColumns + 3;
        const nWords = Math.ceil(nRows / 32);
        const given = Array.from({ length: nRows * stride }, (_, i) =>
          random.uniform() < share ? NOT_FINITE[i % 3]! : Math.fround((i % 7 === 0 ? 3e38 : 1) * random.normal()),
        );
        const values = linear.place(bytes === 4 ? Float32Array.from(given) : Float64Array.from(given));
        const before = Array.from(values.view);
        const missing = linear.place(new Uint32Array(nColumns * nWords));
        const toStride = nColumns + 1;
        const copy = linear.place(new (bytes === 4 ? Float32Array : Float64Array)(nRows * toStride).fill(7));
        const ofCopy = linear.place(new Uint32Array(nColumns * nWords));
        const columns = [nRows, nColumns, values.at, bytes, stride, nWords] as const;
        k.f64MarkMissing(...columns, ofCopy.at, copy.at, toStride);
        expect(Array.from(values.view)).toEqual(before);
        k.f64MarkMissing(...columns, missing.at, values.at, stride);
        linear.expectGuardsIntact();
        const bits = new Uint32Array(nColumns * nWords);
        const cleared = before.map((value, at) => {
          const [i, c] = [Math.floor(at / stride), at % stride];
          // columns beyond nColumns are left as they are
          if (c >= nColumns || Number.isFinite(value)) return value;
          bits[c * nWords + (i >> 5)]! |= 1 << (i & 31);
          return 0;
        });
        expect(Array.from(missing.view)).toEqual(Array.from(bits));
        expect(Array.from(values.view)).toEqual(cleared);
        expect(ofCopy.view).toEqual(missing.view);
        const copied = Array.from({ length: nRows * toStride }, (_, at) => {
          const [i, c] = [Math.floor(at / toStride), at % toStride];
          return c < nColumns ? cleared[i * stride + c]! : 7;
        });
        expect(Array.from(copy.view)).toEqual(copied);
      });
    }
  });

  describe("sortColumns", () => {
    it.each([
      [4, 5, 7, 0, 7],
      [8, 3, 16, 0, 16],
      [4, 4, 8, 3, 20],
      [8, 2, 24, 23, 50],
      [4, 3, 5, 1, 1],
      [4, 3, 5, 0, 0],
    ])(
      "%i bytes, %i rows, blocks of %i columns, %i before %i that are sorted",
      (bytes, nRows, stride, first, count) => {
        const random = createRandom(stride * 10 + count);
        const nBlocks = Math.ceil((first + count) / stride);
        const given = Array.from({ length: nBlocks * nRows * stride }, (_, i) => i + 0.5);
        const values = linear.place(bytes === 4 ? Float32Array.from(given) : Float64Array.from(given));
        const order = linear.place(Uint32Array.from(random.permutation(count)));
        const scratch = linear.reserve(new Float64Array(count));
        k.sortColumns(nRows, first, count, values.at, bytes, stride, order.at, scratch.at);
        linear.expectGuardsIntact();
        const at = (slot: number, i: number) => (Math.floor(slot / stride) * nRows + i) * stride + (slot % stride);
        const stated = [...given];
        for (const [to, from] of order.view.entries()) {
          for (let i = 0; i < nRows; i++) stated[at(first + to, i)] = given[at(first + from, i)]!;
        }
        expect(Array.from(values.view)).toEqual(stated);
      },
    );
  });

  describe("f64ProjectOut", () => {
    for (const { name, content, nRows } of CASES) {
      it(name, async (context) => {
        const rank = Math.min(3, nRows);
        const basis = orthonormalRows(rank, nRows);
        const y = matrixOfCase(content, nRows, 12);
        const packed = linear.place(toColumnPanels(y, 4));
        const at = linear.place(basis.values).at;
        k.f64ProjectOut(nRows, 12, rank, at, packed.at, 0);
        const largest = Math.max(1e-300, ...y.values.filter(Number.isFinite).map(Math.abs));
        const got = fromColumnPanels(packed.view, 4, nRows, 12).values;
        const stated = residualsOf(basis, y).values;
        const size = new Float64Array(stated.length).fill(largest);
        await expectResidual("f64ProjectOut", { got, stated, size, underflow: nRows * 8 * SMALLEST_F64 }, context);
        linear.expectGuardsIntact();
      });
    }
    // what `removeDirection` of stats/design takes out of one column after the other, to the last bit
    for (const width of [4, 8, 12, 20]) {
      it(`says what it takes out of ${width} columns`, () => {
        const [nRows, rank] = [37, 3];
        const basis = orthonormalRows(rank, nRows);
        const y = matrixOfCase(NORMAL, nRows, width);
        const at = linear.place(basis.values).at;
        const [packed, silent] = [linear.place(toColumnPanels(y, 4)), linear.place(toColumnPanels(y, 4))];
        const along = linear.reserve(new Float64Array(rank * width).fill(Number.NaN));
        k.f64ProjectOut(nRows, width, rank, at, packed.at, along.at);
        k.f64ProjectOut(nRows, width, rank, at, silent.at, 0);
        linear.expectGuardsIntact();
        expect([...packed.view]).toEqual([...silent.view]);
        for (let w = 0; w < width; w++) {
          const column = Float64Array.from({ length: nRows }, (_, i) => y.values[i * width + w]!);
          const stated = new Float64Array(rank);
          for (let pass = 0; pass < 2; pass++) {
            for (let j = 0; j < rank; j++) {
              let dot = 0;
              for (let i = 0; i < nRows; i++) dot += basis.values[j * nRows + i]! * column[i]!;
              for (let i = 0; i < nRows; i++) column[i]! -= dot * basis.values[j * nRows + i]!;
              stated[j]! += dot;
            }
          }
          expect(Array.from({ length: rank }, (_, j) => along.view[j * width + w])).toEqual([...stated]);
        }
      });
    }
    it("empty basis: leaves the columns as they are", () => {
      const values = toColumnPanels(matrixOfCase(NORMAL, 9, 8), 4);
      const packed = linear.place(values);
      k.f64ProjectOut(9, 8, 0, linear.place(new Float64Array(0)).at, packed.at, 0);
      expect([...packed.view]).toEqual([...values]);
    });
  });

  describe("f64SumSquares", () => {
    for (const { name, content, nRows } of CASES) {
      it(name, async (context) => {
        const y = matrixOfCase(content, nRows, 12);
        const packed = linear.place(toColumnPanels(y, 4));
        const sums = linear.reserve(new Float64Array(12));
        k.f64SumSquares(nRows, 12, packed.at, sums.at);
        await expectResidual("f64SumSquares", { got: sums.view, stated: sumSquaresOf(y) }, context);
        linear.expectGuardsIntact();
      });
    }
  });

  describe("f64ScaleColumns", () => {
    for (const { name, content, nRows } of CASES) {
      it(name, async (context) => {
        const y = matrixOfCase(content, nRows, 8);
        const factors = Float64Array.from([1, 0, 0, -2, 1 / 3, 1e-300, 1e300, 0]);
        const packed = linear.place(toColumnPanels(y, 4));
        k.f64ScaleColumns(nRows, 8, linear.place(factors).at, packed.at);
        const got = fromColumnPanels(packed.view, 4, nRows, 8).values;
        await expectResidual("f64ScaleColumns", { got, stated: scaledColumns(y, factors).values }, context);
        // cleared means +0: a residual of -0 would be the same number but not the same bytes
        expect(Object.is(entry(fromColumnPanels(packed.view, 4, nRows, 8), 0, 1), 0)).toBe(true);
        linear.expectGuardsIntact();
      });
    }
  });

  describe("f64AddScaled", () => {
    for (const { name, content, nRows, byColumn } of CASES.flatMap((shape) =>
      [true, false].map((own) => ({ ...shape, byColumn: own })),
    )) {
      it(`${name}, ${byColumn ? "a direction of its own for each column" : "one direction"}`, async (context) => {
        const y = matrixOfCase(content, nRows, 8);
        const x = matrixOfCase(content, nRows, byColumn ? 8 : 1);
        const factors = Float64Array.from([1, 0, -0.5, -2, 1 / 3, 1e-300, 3, 0]);
        const packed = linear.place(toColumnPanels(y, 4));
        const direction = linear.place(byColumn ? toColumnPanels(x, 4) : x.values);
        k.f64AddScaled(nRows, 8, linear.place(factors).at, direction.at, byColumn ? 1 : 0, packed.at);
        linear.expectGuardsIntact();
        const got = fromColumnPanels(packed.view, 4, nRows, 8).values;
        const stated = plainMatrix(
          nRows,
          8,
          (i, w) => entry(y, i, w) + factors[w]! * entry(x, i, byColumn ? w : 0),
        ).values;
        await expectResidual("f64AddScaled", { got, stated }, context);
      });
    }
  });

  for (const operation of ["f64GatherBasis", "f32GatherBasis"] as const) {
    describe(operation, () => {
      for (const { name, nRows } of ROW_CASES.slice(0, 4)) {
        for (const [rank, nShuffles] of [
          [1, 1],
          [Math.min(3, nRows), 5],
          [Math.min(4, nRows), 4],
          [1, 16],
        ] as const) {
          it(`${name}, rank ${rank}, ${nShuffles} shuffles`, async (context) => {
            const basis = orthonormalRows(rank, nRows);
            const shuffles = drawShuffles(nShuffles, nRows);
            const labels = linear.place(Int32Array.from(shuffles.flatMap((shuffle) => shuffle.labels)));
            const signs = linear.place(Int8Array.from(shuffles.flatMap((shuffle) => shuffle.signs)));
            const nOut = Math.ceil((rank * nShuffles) / 4) * 4;
            const like =
              operation === "f64GatherBasis" ? new Float64Array(nOut * nRows) : new Float32Array(nOut * nRows);
            const gathered = linear.reserve(like);
            k[operation](nRows, rank, nShuffles, labels.at, signs.at, linear.place(basis.values).at, gathered.at);
            const exact = gatheredBasis(basis, shuffles);
            const stated = operation === "f64GatherBasis" ? exact : fround(exact);
            await expectResidual(operation, { got: gathered.view, stated: toRowPanels(stated) }, context);
            linear.expectGuardsIntact();
          });
        }
      }
      it("the identity gathers the basis itself", () => {
        const basis = orthonormalRows(3, 37);
        const labels = linear.place(Int32Array.from({ length: 37 }, (_, i) => i));
        const signs = linear.place(new Int8Array(37).fill(1));
        const gathered = linear.reserve(
          operation === "f64GatherBasis" ? new Float64Array(4 * 37) : new Float32Array(4 * 37),
        );
        k[operation](37, 3, 1, labels.at, signs.at, linear.place(basis.values).at, gathered.at);
        const wanted = operation === "f64GatherBasis" ? basis : fround(basis);
        expect(fromRowPanels(gathered.view, 3, 37)).toEqual(wanted);
      });
    });
  }

  for (const [operation, panel] of [
    ["f64Gemm", 4],
    ["f32Gemm", 8],
  ] as const) {
    const single = operation === "f32Gemm";
    const asStored = (values: Float64Array) => (single ? Float32Array.from(values) : values);
    describe(operation, () => {
      const SIZES = [
        { name: "one panel", nOut: 4, panels: 1, spare: 0 },
        { name: "many panels", nOut: 12, panels: 3, spare: 0 },
        { name: "stride_gt_n", nOut: 8, panels: 2, spare: 8 },
        { name: "no columns", nOut: 4, panels: 0, spare: 8 },
        { name: "no rows", nOut: 0, panels: 1, spare: 8 },
      ];
      const cases = CASES.flatMap((one) =>
        SIZES.slice(0, one.content === NORMAL ? 5 : 3).map((size) => ({ ...one, size })),
      );
      for (const { name, content, nRows, size } of cases) {
        it(`${name}, ${size.name}`, async (context) => {
          const width = size.panels * panel;
          const stride = width + size.spare;
          const scale = single && content.name === "denormal" ? 1e268 : 1; // 1e-42: denormal in float32
          const y = matrixOfCase({ ...content, valueAt: (...at) => content.valueAt(...at) * scale }, nRows, width);
          const a = matrixOfCase(NORMAL, size.nOut, nRows, 7);
          const [storedY, storedA] = single ? [fround(y), fround(a)] : [y, a];
          const packed = linear.place(asStored(toColumnPanels(storedY, panel)));
          const gathered = linear.place(asStored(toRowPanels(storedA)));
          const product = linear.reserve(asStored(new Float64Array(size.nOut * stride)));
          const before = Array.from(product.view);
          k.product[single ? "f32" : "f64"](size.nOut, nRows, width, gathered.at, packed.at, product.at, stride);
          const got = plainMatrix(size.nOut, width, (row, w) => product.view[row * stride + w]!).values;
          const comparison = {
            got,
            stated: productOf(storedA, storedY).values,
            size: productSize(storedA, storedY).values,
            underflow: (nRows + 1) * (single ? SMALLEST_F32 : SMALLEST_F64),
          };
          await expectResidual(operation, comparison, context);
          const beside = (values: ArrayLike<number>) => Array.from(values).filter((_, i) => i % stride >= width);
          expect(beside(product.view)).toEqual(beside(before));
          linear.expectGuardsIntact();
        });
      }
    });
  }

  describe("f32FromF64Panels", () => {
    for (const { name, content, nRows } of CASES) {
      it(name, async (context) => {
        const y = matrixOfCase(content, nRows, 16);
        y.values[0] = 1e300; // beyond float32: becomes infinite
        y.values[1] = 1 + 2 ** -24; // a tie: to even
        const packed64 = linear.place(toColumnPanels(y, 4));
        const packed32 = linear.reserve(new Float32Array(16 * nRows));
        k.f32FromF64Panels(nRows, 16, packed64.at, 0, packed32.at);
        const stated = toColumnPanels(fround(y), 8);
        await expectResidual("f32FromF64Panels", { got: packed32.view, stated }, context);
        linear.expectGuardsIntact();
      });
      it(`${name}, times factors`, () => {
        const y = matrixOfCase(content, nRows, 16);
        const factors = linear.place(Float64Array.from({ length: 16 }, (_, w) => (w === 5 ? 0 : 1 / (w + 0.3))));
        const packed64 = linear.place(toColumnPanels(y, 4));
        const packed32 = linear.reserve(new Float32Array(16 * nRows));
        k.f32FromF64Panels(nRows, 16, packed64.at, factors.at, packed32.at);
        const scaled = plainMatrix(nRows, 16, (i, w) => entry(y, i, w) * factors.view[w]!);
        expect([...packed32.view]).toEqual([...toColumnPanels(fround(scaled), 8)]);
        linear.expectGuardsIntact();
      });
    }
  });
}
