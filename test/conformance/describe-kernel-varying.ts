// Kernels of designs that vary: each against the plain statement of its contract, over shapes around the panel and lane widths.
import { describe, expect, it } from "vitest";
import { largestResidual } from "../support/kernel-residual.js";
import type { KernelsUnderTest } from "../support/open-kernels.js";
import { createRandom } from "../support/seeded-random.js";
import { positionsOf, SHUFFLE_FORMS } from "../support/shuffle-positions.js";
import { makeTable, placeTable } from "./describe-kernel-bins.js";

const roundUp = (count: number, multiple: number) => Math.ceil(count / multiple) * multiple;
const near = (got: ArrayLike<number>, stated: ArrayLike<number>, limit: number) =>
  expect(largestResidual({ got, stated, size: Array.from(stated, (v) => Math.abs(v) + 1) })).toBeLessThanOrEqual(limit);

export function describeVaryingKernels(tested: KernelsUnderTest): void {
  const { kernels, linear } = tested;
  describe.each(["f64GatherMasked", "f32GatherMasked"] as const)("%s", (operation) => {
    const isSingle = operation === "f32GatherMasked";
    const rounded = isSingle ? Math.fround : (x: number) => x;
    for (const nBasis of [1, 2, 3, 4, 5]) {
      it.each([
        [7, 1, 0],
        [9, 3, 2],
        [16, 4, 15],
        [5, 2, 5],
        [64, 2, 0],
        [65, 3, 1],
        [130, 4, 40],
        [200, 3, 199],
      ])(`${nBasis} rows, %i observations, %i shuffles, %i missing`, (n, nShuffles, nMissing) => {
        const random = createRandom(n * 10 + nBasis);
        const missing = Int32Array.from(random.permutation(n).slice(0, nMissing)).sort();
        const labels = Int32Array.from(Array.from({ length: nShuffles }, () => random.permutation(n)).flat());
        const signs = Int8Array.from(labels, () => (random.uniform() < 0.5 ? -1 : 1));
        const basis = Float64Array.from({ length: (n - nMissing) * nBasis }, () => random.normal());
        for (const [signed, positionBytes] of SHUFFLE_FORMS) {
          linear.clear();
          const gathered = linear.reserve(likeProducts(isSingle, roundUp(nShuffles * nBasis, 4) * n));
          gathered.view.fill(Number.NaN);
          const scratch = linear.reserve(new Float64Array((n + 16) * (2 + nBasis)));
          const place = (values: Float64Array | Int32Array | Uint16Array | Int8Array) => linear.place(values).at;
          const positions = place(positionsOf(labels, n, positionBytes));
          kernels[operation](
            ...([n, nBasis, nShuffles, positions, positionBytes, signed ? place(signs) : 0, nMissing] as const),
            ...([place(missing), place(basis), gathered.at, scratch.at] as const),
          );
          linear.expectGuardsIntact();
          for (let row = 0; row < gathered.view.length / n; row++) {
            const b = Math.floor(row / nBasis);
            const entry = (i: number) => gathered.view[(row - (row % 4)) * n + (row % 4) + i * 4]!;
            if (b >= nShuffles) {
              for (let i = 0; i < n; i++) expect(entry(i)).toBe(0);
              continue;
            }
            let remaining = 0;
            for (let i = 0; i < n; i++) {
              const source = labels[b * n + i]!;
              if (missing.includes(source)) expect(entry(source)).toBe(0);
              else
                expect(entry(source)).toBe(
                  rounded(basis[remaining++ * nBasis + (row % nBasis)]! * (signed ? signs[b * n + i]! : 1)),
                );
            }
          }
        }
      });
    }
  });

  describe.each([
    ["f64LaneProduct", 4, (x: number) => x],
    ["f32LaneProduct", 8, Math.fround],
  ] as const)("%s", (operation, panel, rounded) => {
    const isSingle = operation === "f32LaneProduct";
    const shapes = [
      [1, 1, 1, 4, 1],
      [6, 6, 3, 4, 2],
      [11, 11, 4, 8, 1],
      [4, 11, 5, 8, 1],
      [10, 10, 9, 12, 3],
      [7, 20, 9, 12, 2],
    ] as const;
    it.each(shapes.flatMap((shape) => [true, false].map((signed) => [...shape, signed] as const)))(
      "%i of %i observations, %i shuffles, %i columns, every %i. row, signs: %s",
      (n, nPacked, nShuffles, columns, rowStep, signed) => {
        linear.clear();
        const width = roundUp(columns, panel);
        const random = createRandom(n + width);
        const panels = (count: number) =>
          linear.place(
            productsFrom(
              isSingle,
              Array.from({ length: count * width }, () => random.normal()),
            ),
          );
        const [own, packed] = [panels(n), panels(nPacked)];
        const labels = linear.place(
          Int32Array.from(Array.from({ length: nShuffles }, () => random.permutation(nPacked).slice(0, n)).flat()),
        );
        const signs = linear.place(Int8Array.from(labels.view, () => (signed && random.uniform() < 0.5 ? -1 : 1)));
        const signsAt = signed ? signs.at : 0;
        const product = linear.reserve(likeProducts(isSingle, ((nShuffles - 1) * rowStep + 1) * width));
        kernels[operation](
          n,
          nPacked,
          nShuffles,
          width,
          labels.at,
          signsAt,
          own.at,
          packed.at,
          product.at,
          rowStep,
          width,
        );
        linear.expectGuardsIntact();
        const lane = (view: ArrayLike<number>, i: number, w: number) =>
          view[(w - (w % panel)) * (view.length / width) + (w % panel) + i * panel]!;
        for (let b = 0; b < nShuffles; b++) {
          for (let w = 0; w < width; w++) {
            let sum = 0;
            for (let i = 0; i < n; i++) {
              const term = rounded(lane(own.view, i, w) * lane(packed.view, labels.view[b * n + i]!, w));
              sum = rounded(sum + signs.view[b * n + i]! * term);
            }
            near([product.view[b * rowStep * width + w]!], [sum], isSingle ? 0 : 1e-14);
          }
        }
        // with squares: the same bits, and the squares beside them
        const again = linear.reserve(likeProducts(isSingle, product.view.length));
        const squares = linear.reserve(likeProducts(isSingle, ((nShuffles - 1) * 3 + 1) * width));
        kernels[isSingle ? "f32LaneSquares" : "f64LaneSquares"](
          ...([n, nPacked, nShuffles, width, labels.at, signsAt, own.at, packed.at] as const),
          ...([again.at, rowStep, squares.at, 3, width] as const),
        );
        linear.expectGuardsIntact();
        expect(again.view).toEqual(product.view);
        for (let b = 0; b < nShuffles; b++) {
          for (let w = 0; w < width; w++) {
            let sum = 0;
            for (let i = 0; i < n; i++) {
              sum = rounded(sum + rounded(lane(packed.view, labels.view[b * n + i]!, w) ** 2));
            }
            near([squares.view[b * 3 * width + w]!], [sum], isSingle ? 0 : 1e-14);
          }
        }
      },
    );
  });

  describe("f64PooledStatistics", () => {
    const shapes = [1, 2, 3].flatMap((rank) => [0, 1, 2].flatMap((nOwn) => [1, 2].map((s) => ({ rank, nOwn, s }))));
    it.each(
      shapes.flatMap((shape) =>
        [true, false].flatMap((varied) =>
          [0, 1].flatMap((squared) => [8, 4].map((productBytes) => ({ ...shape, varied, squared, productBytes }))),
        ),
      ),
    )("%j", ({ rank, nOwn, s, varied, squared, productBytes }) => {
      linear.clear();
      const [nShuffles, nColumns, stride, dof] = [3, 5, 8, 17];
      const random = createRandom(rank + 10 * nOwn + s);
      const place = (length: number) => linear.place(Float64Array.from({ length }, () => random.normal()));
      const products = (length: number) =>
        linear.place(
          productsFrom(
            productBytes === 4,
            Array.from({ length }, () => random.normal()),
          ),
        );
      const product = products(nShuffles * rank * stride);
      const own = products(nShuffles * nOwn * stride);
      const shifts = place(rank * stride);
      const tested = place(s * (rank + nOwn) * (varied ? stride : 1));
      const sums = linear.place(Float64Array.from({ length: stride }, (_, w) => (w === 1 ? 0.001 : 200)));
      const statistics = linear.reserve(new Float64Array(nShuffles * stride));
      const firstShift = nOwn === 0 ? 5 : -1;
      const signed = s === 1 ? 1 : 0;
      kernels.f64PooledStatistics(
        ...([nShuffles, nColumns, rank, nOwn, s, product.at, own.at, productBytes, stride] as const),
        ...([firstShift, shifts.at] as const),
        ...([tested.at, varied ? 1 : 0, sums.at, dof, signed, 1e-14, squared, statistics.at] as const),
      );
      linear.expectGuardsIntact();
      for (let b = 0; b < nShuffles; b++) {
        for (let w = 0; w < nColumns; w++) {
          const d = Array.from({ length: rank + nOwn }, (_, j) => {
            if (j >= rank) return own.view[(b * nOwn + j - rank) * stride + w]!;
            const row = (b * rank + j) * stride;
            let value = product.view[row + w]!;
            for (let l = 0; firstShift >= 0 && l < rank; l++)
              value += product.view[row + firstShift + l]! * shifts.view[l * stride + w]!;
            return value;
          });
          const u = Array.from({ length: s }, (_, q) =>
            d.reduce(
              (sum, value, j) =>
                sum + value * tested.view[varied ? (q * d.length + j) * stride + w : q * d.length + j]!,
              0,
            ),
          );
          const sse = sums.view[w]! - d.reduce((sum, value) => sum + value * value, 0);
          const square = ((u.reduce((sum, value) => sum + value * value, 0) / s) * dof) / sse;
          const x = squared === 1 ? square : Math.sqrt(square);
          const stated = sse > 1e-14 * sums.view[w]! ? (signed === 1 && u[0]! < 0 ? -x : x) : Number.NaN;
          near([statistics.view[b * stride + w]!], [stated], 1e-12);
        }
      }
    });
  });

  describe("f64BinScores", () => {
    it.each([1, 2] as const)("%i bytes: thresholds passed, at the columns' places", (binBytes) => {
      linear.clear();
      const [nShuffles, nColumns, stride] = [3, 4, 6];
      const values = [
        0.4,
        0.5,
        Number.NaN,
        -3,
        0,
        0,
        1.25,
        100,
        3.999,
        Number.POSITIVE_INFINITY,
        0,
        0,
        0.7,
        1.2,
        4,
        0.499,
      ];
      const squareOf = (x: number) => Math.sign(x) * x * x;
      const statistics = Float64Array.from({ length: nShuffles * stride }, (_, i) => squareOf(values[i] ?? 0));
      const squares = linear.place(statistics);
      const columns = linear.place(Uint32Array.of(6, 0, 3, 1));
      const bins = linear.place(binBytes === 1 ? new Uint8Array(7 * 16) : new Uint16Array(7 * 16));
      const table = placeTable(tested, makeTable(Float64Array.of(-Infinity, 0.5, 1.25, 4, Infinity)));
      const largest = kernels.f64BinScores(
        nShuffles,
        nColumns,
        squares.at,
        stride,
        columns.at,
        ...table,
        binBytes,
        bins.at,
      );
      linear.expectGuardsIntact();
      const binOf = (x: number) => (x > 0 && x < Infinity ? [0.25, 1.5625, 16].filter((t) => x >= t).length : 0);
      const stated = new Array<number>(7 * 16).fill(0);
      for (let b = 0; b < nShuffles; b++) {
        for (let w = 0; w < nColumns; w++) stated[columns.view[w]! * 16 + b] = binOf(statistics[b * stride + w]!);
      }
      expect(Array.from(bins.view)).toEqual(stated);
      expect(largest).toBe(3);
    });
  });

  describe("f64GroupedStatistics", () => {
    // rows of z each group has, of r directions
    const layouts = [
      { r: 1, ranks: [1, 1] },
      { r: 2, ranks: [1, 1] },
      { r: 2, ranks: [2, 1, 2] },
      { r: 3, ranks: [3, 2] },
      { r: 3, ranks: [1, 3, 2] },
    ];
    const shapes = layouts.flatMap((layout) =>
      [1, 2].flatMap((s) =>
        [-1, 0, 1].flatMap((dropped) => [8, 4].map((productBytes) => ({ ...layout, s, dropped, productBytes }))),
      ),
    );
    it.each(shapes.filter(({ r, s }) => s <= r))(
      "%j agrees with the plain matrices",
      ({ r, ranks, s, dropped, productBytes }) => {
        linear.clear();
        const nGroups = ranks.length;
        const random = createRandom(r + 10 * nGroups + s);
        const [nShuffles, nColumns, stride] = [2, 3, 4];
        const place = (values: ArrayLike<number>) => linear.place(Float64Array.from(values));
        const starts = linear.place(Int32Array.from([0, ...ranks.map((_, g) => sum(ranks.slice(0, g + 1)))]));
        const nAll = sum(ranks);
        const m = dropped < 0 ? nAll : nAll - 1;
        const placeProducts = (values: readonly number[]) => linear.place(productsFrom(productBytes === 4, values));
        const product = placeProducts(Array.from({ length: nShuffles * m * stride }, () => random.normal()));
        // column 1 has no variance at all, and column 2 none in one group, where the others determine all directions: the fit explains more than there is
        const still = ranks.findIndex((rank) => nAll - rank >= r);
        const squares = placeProducts(
          Array.from({ length: nShuffles * nGroups * stride }, (_, i) =>
            i % stride === 1 || (i % stride === 2 && Math.floor(i / stride) % nGroups === still)
              ? -1000
              : 60 + random.uniform(),
          ),
        );
        const directions = place(Array.from({ length: r * nAll }, () => 0.5 * random.normal()));
        const recovery = place(Array.from({ length: nAll }, (_, l) => (l === dropped ? 0 : random.normal())));
        const ofGroup = (g: number) => Array.from({ length: ranks[g]! }, (_, l) => starts.view[g]! + l);
        const direction = (l: number) => Array.from({ length: r }, (_, j) => directions.view[j * nAll + l]!);
        const gramOf = (g: number) =>
          Array.from({ length: r }, (_, i) =>
            Array.from({ length: r }, (__, j) => sum(ofGroup(g).map((l) => direction(l)[i]! * direction(l)[j]!))),
          );
        const gram = place(ranks.flatMap((_, g) => gramOf(g).flat()));
        const sizes = place(ranks.map((_, g) => 6 + g));
        const rnn = place(ranks.map((_, g) => 5 + g));
        const toEffect = place(
          Array.from({ length: s * r }, (_, i) => (i % (r + 1) === 0 ? 1 : 0.3 * random.normal())),
        );
        const statistics = linear.reserve(new Float64Array(nShuffles * stride));
        const dofs = linear.reserve(new Float64Array(nShuffles * stride));
        const scratch = linear.reserve(new Float64Array(2 * (r + nGroups + r * r + s * r + s * s + s + nAll)));
        kernels.f64GroupedStatistics(
          ...([nShuffles, nColumns, r, nGroups, s, product.at, squares.at, productBytes, stride, starts.at] as const),
          ...([directions.at, dropped, recovery.at, gram.at, sizes.at, rnn.at] as const),
          ...([toEffect.at, s === 1 ? 1 : 0, statistics.at, dofs.at, scratch.at] as const),
        );
        linear.expectGuardsIntact();
        for (let b = 0; b < nShuffles; b++) {
          for (let w = 0; w < nColumns; w++) {
            const given = Array.from({ length: m }, (_, row) => product.view[(b * m + row) * stride + w]!);
            const z = dropped < 0 ? given : [...given.slice(0, dropped), 0, ...given.slice(dropped)];
            if (dropped >= 0) z[dropped] = dot(z, Array.from(recovery.view));
            const d = Array.from({ length: r }, (_, j) =>
              dot(z, Array.from(directions.view.subarray(j * nAll, (j + 1) * nAll))),
            );
            const weights = ranks.map((_, g) => {
              const fits = ofGroup(g).map((l) => dot(direction(l), d));
              const fitted = dot(fits, fits);
              const total = squares.view[(b * nGroups + g) * stride + w]!;
              const sse = total - 2 * sum(fits.map((fit, l) => fit * z[ofGroup(g)[l]!]!)) + fitted;
              const weight = rnn.view[g]! / (sse > (productBytes === 4 ? 1e-5 : 1e-14) * (total + fitted) ? sse : 0);
              return Number.isFinite(weight) ? weight : 0;
            });
            const a = Array.from({ length: r }, (_, i) =>
              Array.from({ length: r }, (__, j) => sum(weights.map((weight, g) => weight * gramOf(g)[i]![j]!))),
            );
            const rowsOfT = Array.from({ length: s }, (_, q) => Array.from(toEffect.view.subarray(q * r, q * r + r)));
            const effect = rowsOfT.map((row) => dot(row, d));
            const covariance = rowsOfT.map((row) => rowsOfT.map((other) => dot(row, solve(a, other))));
            const wald = dot(effect, solve(covariance, effect));
            const all = sum(weights.map((weight, g) => weight * sizes.view[g]!));
            const spread = sum(weights.map((weight, g) => (1 - (weight * sizes.view[g]!) / all) ** 2 / rnn.view[g]!));
            const excess = ((2 * (s - 1)) / (s * (s + 2))) * spread;
            const x = Math.sqrt(wald / (s === 1 ? 1 : (1 + excess) * s));
            const parts = weights.map((weight, g) => 1 / weight / (sizes.view[g]! - 1));
            const welch = sum(parts) ** 2 / sum(parts.map((v, g) => v ** 2 / (sizes.view[g]! - 1)));
            const stated = weights.some((weight) => weight > 0) ? x : Number.NaN;
            near([statistics.view[b * stride + w]!], [s === 1 && effect[0]! < 0 ? -stated : stated], 1e-9);
            near([dofs.view[b * stride + w]!], [s === 1 ? welch : (2 * (s - 1)) / 3 / excess], 1e-9);
          }
        }
      },
    );
  });
}

/** Of the precision of products. */
const likeProducts = (isSingle: boolean, count: number) =>
  isSingle ? new Float32Array(count) : new Float64Array(count);
const productsFrom = (isSingle: boolean, values: readonly number[]) =>
  isSingle ? Float32Array.from(values) : Float64Array.from(values);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const dot = (x: readonly number[], y: readonly number[]): number => sum(x.map((value, i) => value * y[i]!));

/** Gaussian elimination of a small positive definite matrix. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (const [p, pivot] of rows.entries()) {
    for (const [i, row] of rows.entries()) {
      if (i === p) continue;
      const factor = row[p]! / pivot[p]!;
      for (const [j, value] of pivot.entries()) row[j]! -= factor * value;
    }
  }
  return rows.map((row, i) => row.at(-1)! / row[i]!);
}
