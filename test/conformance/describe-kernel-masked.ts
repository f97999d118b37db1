// Kernels of two elements with patterns of missing observations of their own: bits of what does the same for one element or for many.
import { describe, expect, it } from "vitest";
import { addColumn, createFactors } from "../../src/stats/design/column-factors.js";
import type { KernelsUnderTest } from "../support/open-kernels.js";
import { createRandom } from "../support/seeded-random.js";
import { positionsOf, SHUFFLE_FORMS } from "../support/shuffle-positions.js";

const roundUp = (count: number, multiple: number) => Math.ceil(count / multiple) * multiple;
const LANES = [0, 1] as const;
/** Observations, shuffles, missing in the first and in the second element; -1: both lanes are one element. */
const SHAPES = [
  [7, 1, 0, 2],
  [9, 3, 2, 2],
  [5, 2, 5, 0],
  [16, 4, 15, 1],
  [64, 6, 0, 0],
  [65, 8, 1, 7],
  [130, 5, 40, 3],
  [200, 4, 199, 33],
  [300, 9, 5, 6],
  [41, 4, 3, -1],
] as const;

export function describeMaskedKernels({ kernels, linear }: KernelsUnderTest): void {
  const missingOf = (random: ReturnType<typeof createRandom>, n: number, first: number, second: number) => {
    const draw = (count: number) => Int32Array.from(random.permutation(n).slice(0, count)).sort();
    const missing = draw(first);
    return [missing, second < 0 ? missing : draw(second)] as const;
  };
  const place = (values: Float64Array | Float32Array | Int32Array | Uint16Array | Int8Array) => linear.place(values).at;
  const placePair = (missing: readonly [Int32Array, Int32Array]) => {
    const first = place(missing[0]);
    const second = missing[0] === missing[1] ? first : place(missing[1]);
    return [missing[0].length, first, missing[1].length, second] as const;
  };

  describe("f64FactorisePair", () => {
    it.each(SHAPES)("as one column after the other: %i observations, case of %i, missing %i and %i", (...shape) => {
      const [n, , nFirst, nSecond] = shape;
      for (const k of [1, 2, 4]) {
        linear.clear();
        const random = createRandom(n * 10 + k);
        const missing = missingOf(random, n, nFirst, nSecond);
        // of the second column little is left beside the first, of the last nothing
        const basis = Float64Array.from({ length: k * n }, () => random.normal());
        for (let i = 0; i < n && k > 1; i++) basis[n + i] = 1 + 1e-3 * basis[n + i]!;
        if (k === 4) basis.copyWithin(3 * n, n, 2 * n);
        const q = linear.reserve(new Float64Array(2 * k * n));
        const factors = linear.reserve(new Float64Array(2 * k * (k + 2)).fill(Number.NaN));
        kernels.f64FactorisePair(n, k, place(basis), ...placePair(missing), q.at, factors.at);
        linear.expectGuardsIntact();
        for (const e of LANES) {
          const stated = createFactors(n, k);
          const shares = Array.from({ length: k }, (_, j) => {
            const column = basis.slice(j * n, (j + 1) * n);
            for (const source of missing[e]) column[source] = 0;
            return addColumn(stated, column);
          });
          const sums = shares.map((_, j) => stated.q.slice(j * n, (j + 1) * n).reduce((sum, x) => sum + x, 0));
          const lane = (view: Float64Array) => Array.from({ length: view.length / 2 }, (_, i) => view[i * 2 + e]! + 0);
          expect(lane(q.view)).toEqual(Array.from(stated.q, (x) => x + 0));
          expect(lane(factors.view)).toEqual([...stated.r, ...shares, ...sums].map((x) => x + 0));
        }
      }
    });
  });

  describe("f64PreparePair", () => {
    it.each(SHAPES)("as for many elements: %i observations, case of %i, missing %i and %i", (...shape) => {
      const [n, , nFirst, nSecond] = shape;
      for (const [k, isSingle] of [
        [1, true],
        [2, true],
        [2, false],
        [3, false],
      ] as const) {
        linear.clear();
        const random = createRandom(n * 10 + k);
        const missing = missingOf(random, n, nFirst, nSecond);
        const q = Float64Array.from({ length: 2 * k * n }, () => random.normal() / Math.sqrt(n));
        for (const e of LANES)
          for (const source of missing[e]) for (let l = 0; l < k; l++) q[(l * n + source) * 2 + e] = 0;
        const weights = Float64Array.from({ length: 2 * k }, () => random.normal());
        const stride = 3;
        const raw = Float64Array.from({ length: n * stride }, (_, i) =>
          i % stride < 2 ? 5 + random.normal() : Number.NaN,
        );
        for (const e of LANES) for (const source of missing[e]) raw[source * stride + e] = 0;
        if (missing[0] === missing[1]) for (let i = 0; i < n; i++) raw[i * stride + 1] = raw[i * stride]!;
        const source = isSingle ? Float32Array.from(raw) : raw;
        const values = place(source);
        const columns = linear.reserve(new Float64Array(4 * n).fill(Number.NaN));
        const rows = linear.reserve(new Float64Array(2 * n + 8).fill(Number.NaN));
        const fit = linear.reserve(new Float64Array(6));
        kernels.f64PreparePair(
          ...([n, k, place(q), place(weights), values, values + (isSingle ? 4 : 8), isSingle ? 4 : 8, stride] as const),
          ...([...placePair(missing), columns.at, rows.at, fit.at] as const),
        );
        linear.expectGuardsIntact();
        for (const e of LANES) {
          const basis = Float64Array.from({ length: k * n }, (_, i) => q[i * 2 + e]!);
          const x = Float64Array.from({ length: n }, (_, i) => {
            let sum = 0;
            for (let l = 0; l < k; l++) sum += weights[l * 2 + e]! * basis[l * n + i]!;
            return sum;
          });
          const packed = linear.reserve(new Float64Array(4 * n));
          for (let i = 0; i < n; i++) packed.view[i * 4] = source[i * stride + e]!;
          const gathered = linear.reserve(new Float64Array(4 * n));
          for (let i = 0; i < n; i++) gathered.view[i * 4] = x[i]!;
          const product = linear.reserve(new Float64Array(16));
          const sums = linear.reserve(new Float64Array(4));
          kernels.product.f64(4, n, 4, gathered.at, packed.at, product.at, 4);
          expect(fit.view[e]).toBe(product.view[0]);
          kernels.f64SumSquares(n, 4, packed.at, sums.at);
          expect(fit.view[2 + e]).toBe(sums.view[0]);
          kernels.f64ProjectOut(n, 4, k, place(basis), packed.at, 0);
          kernels.f64SumSquares(n, 4, packed.at, sums.at);
          expect(fit.view[4 + e]).toBe(sums.view[0]);
          for (let i = 0; i < n; i++) {
            expect(columns.view[i * 4 + e]).toBe(packed.view[i * 4]);
            expect(columns.view[i * 4 + 2 + e]).toBe(x[i]);
          }
          const kept = Array.from(x.keys()).filter((i) => !missing[e].includes(i));
          expect([...rows.view.subarray(e * (n + 4), e * (n + 4) + kept.length)]).toEqual(kept.map((i) => x[i]));
        }
      }
    });
  });

  describe("f64MaskedPair", () => {
    it.each(SHAPES)(
      "as f64GatherMasked and the product: %i observations, %i shuffles, missing %i and %i",
      (...shape) => {
        const [n, nShuffles, nFirst, nSecond] = shape;
        const random = createRandom(n * 10 + nShuffles);
        const missing = missingOf(random, n, nFirst, nSecond);
        const labels = Int32Array.from(Array.from({ length: nShuffles }, () => random.permutation(n)).flat());
        const signs = Int8Array.from(labels, () => (random.uniform() < 0.5 ? -1 : 1));
        // what lies behind a row is read, and counts for nothing
        const rows = Float64Array.from({ length: 2 * n + 8 }, () => Number.NaN);
        for (const e of LANES) for (let i = 0; i < n - missing[e].length; i++) rows[e * (n + 4) + i] = random.normal();
        const panel = Float64Array.from({ length: n * 4 }, () => random.normal());
        for (const e of LANES) for (const source of missing[e]) panel[source * 4 + e] = panel[source * 4 + 2 + e] = 0;
        for (const [signed, positionBytes] of SHUFFLE_FORMS) {
          linear.clear();
          const scratch = linear.reserve(new Uint8Array((n + 1) * 8 + roundUp(n, 64) / 8));
          const product = linear.reserve(new Float64Array(nShuffles * 4));
          const spread = linear.reserve(new Float64Array(4 * (2 * n + 8)));
          const [signsAt, positionsAt, columns] = [
            signed ? place(signs) : 0,
            place(positionsOf(labels, n, positionBytes)),
            place(panel),
          ];
          kernels.f64MaskedPair(
            ...([n, nShuffles, signsAt, ...placePair(missing), positionsAt, positionBytes] as const),
            ...([place(rows), columns] as const),
            ...([product.at, scratch.at, spread.at] as const),
          );
          linear.expectGuardsIntact();
          for (const e of LANES) {
            const gathered = linear.reserve(new Float64Array(roundUp(nShuffles, 4) * n));
            const whole = linear.reserve(new Float64Array(roundUp(nShuffles, 4) * 4));
            const row = place(rows.slice(e * (n + 4), e * (n + 4) + n - missing[e].length));
            const masked = [missing[e].length, place(missing[e]), row, gathered.at] as const;
            const spreadRows = linear.reserve(new Float64Array((n + 16) * 3));
            kernels.f64GatherMasked(n, 1, nShuffles, positionsAt, positionBytes, signsAt, ...masked, spreadRows.at);
            kernels.product.f64(roundUp(nShuffles, 4), n, 4, gathered.at, columns, whole.at, 4);
            for (let b = 0; b < nShuffles; b++) {
              for (const part of LANES) {
                expect(product.view[(e * nShuffles + b) * 2 + part]).toBe(whole.view[b * 4 + 2 * part + e]);
              }
            }
          }
        }
      },
    );
  });
}
