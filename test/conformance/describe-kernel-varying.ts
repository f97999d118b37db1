// Kernels of designs that vary: each against the plain statement of its contract, over shapes around the panel and lane widths.
import { describe, expect, it } from "vitest";
import { largestResidual } from "../support/kernel-residual.js";
import type { KernelsUnderTest } from "../support/open-kernels.js";
import { createRandom } from "../support/seeded-random.js";

const roundUp = (count: number, multiple: number) => Math.ceil(count / multiple) * multiple;
const near = (got: ArrayLike<number>, stated: ArrayLike<number>, limit: number) =>
  expect(largestResidual({ got, stated, size: Array.from(stated, (v) => Math.abs(v) + 1) })).toBeLessThanOrEqual(limit);

export function describeVaryingKernels({ kernels, linear }: KernelsUnderTest): void {
  describe("f64GatherMasked", () => {
    for (const nBasis of [1, 2, 3, 4, 5]) {
      it.each([
        [7, 1, 0],
        [9, 3, 2],
        [16, 4, 15],
        [5, 2, 5],
      ])(`${nBasis} rows, %i observations, %i shuffles, %i missing`, (n, nShuffles, nMissing) => {
        const random = createRandom(n * 10 + nBasis);
        const missing = new Set(random.permutation(n).slice(0, nMissing));
        const keep = Uint8Array.from({ length: n }, (_, i) => (missing.has(i) ? 0 : 1));
        const labels = Int32Array.from(Array.from({ length: nShuffles }, () => random.permutation(n)).flat());
        const signs = Int8Array.from(labels, () => (random.uniform() < 0.5 ? -1 : 1));
        const basis = Float64Array.from({ length: (n - nMissing + 1) * nBasis }, () => random.normal());
        for (const signed of [true, false]) {
          linear.clear();
          const gathered = linear.reserve(new Float64Array(roundUp(nShuffles * nBasis, 4) * n));
          const at = [labels, signs, keep, basis].map((values) => linear.place(values).at) as [
            number,
            number,
            number,
            number,
          ];
          kernels.f64GatherMasked(n, nBasis, nShuffles, at[0], signed ? at[1] : 0, at[2], at[3], gathered.at);
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
              if (keep[source] === 0) expect(Number.isFinite(entry(source))).toBe(true);
              else
                expect(entry(source)).toBe(
                  basis[remaining++ * nBasis + (row % nBasis)]! * (signed ? signs[b * n + i]! : 1),
                );
            }
          }
        }
      });
    }
  });

  describe("f64LaneProduct", () => {
    const shapes = [
      [1, 1, 4, 1],
      [6, 3, 4, 2],
      [11, 4, 8, 1],
      [10, 9, 12, 3],
    ] as const;
    it.each(shapes.flatMap((shape) => [true, false].map((signed) => [...shape, signed] as const)))(
      "%i observations, %i shuffles, %i columns, every %i. row, signs: %s",
      (n, nShuffles, width, rowStep, signed) => {
        linear.clear();
        const random = createRandom(n + width);
        const panels = () => linear.place(Float64Array.from({ length: n * width }, () => random.normal()));
        const [own, packed] = [panels(), panels()];
        const labels = linear.place(
          Int32Array.from(Array.from({ length: nShuffles }, () => random.permutation(n)).flat()),
        );
        const signs = linear.place(Int8Array.from(labels.view, () => (signed && random.uniform() < 0.5 ? -1 : 1)));
        const signsAt = signed ? signs.at : 0;
        const product = linear.reserve(new Float64Array(((nShuffles - 1) * rowStep + 1) * width));
        kernels.f64LaneProduct(n, nShuffles, width, labels.at, signsAt, own.at, packed.at, product.at, rowStep, width);
        linear.expectGuardsIntact();
        const lane = (view: Float64Array, i: number, w: number) => view[(w - (w % 4)) * n + (w % 4) + i * 4]!;
        for (let b = 0; b < nShuffles; b++) {
          for (let w = 0; w < width; w++) {
            let sum = 0;
            for (let i = 0; i < n; i++) {
              sum += signs.view[b * n + i]! * lane(own.view, i, w) * lane(packed.view, labels.view[b * n + i]!, w);
            }
            near([product.view[b * rowStep * width + w]!], [sum], 1e-14);
          }
        }
      },
    );
  });

  describe("f64PooledStatistics", () => {
    const shapes = [2, 3].flatMap((rank) => [0, 1, 2].flatMap((nOwn) => [1, 2].map((s) => ({ rank, nOwn, s }))));
    it.each(shapes.flatMap((shape) => [true, false].map((varied) => ({ ...shape, varied }))))(
      "%j",
      ({ rank, nOwn, s, varied }) => {
        linear.clear();
        const [nShuffles, nColumns, stride, dof] = [3, 5, 8, 17];
        const random = createRandom(rank + 10 * nOwn + s);
        const place = (length: number) => linear.place(Float64Array.from({ length }, () => random.normal()));
        const product = place(nShuffles * rank * stride);
        const own = place(nShuffles * nOwn * stride);
        const shifts = place(rank * stride);
        const tested = place(s * (rank + nOwn) * (varied ? stride : 1));
        const sums = linear.place(Float64Array.from({ length: stride }, (_, w) => (w === 1 ? 0.001 : 200)));
        const statistics = linear.reserve(new Float64Array(nShuffles * stride));
        const firstShift = nOwn === 0 ? 5 : -1;
        const signed = s === 1 ? 1 : 0;
        kernels.f64PooledStatistics(
          ...([nShuffles, nColumns, rank, nOwn, s, product.at, own.at, stride, firstShift, shifts.at] as const),
          ...([tested.at, varied ? 1 : 0, sums.at, dof, signed, statistics.at] as const),
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
            const x = Math.sqrt(((u.reduce((sum, value) => sum + value * value, 0) / s) * dof) / sse);
            const stated = sse > 1e-14 * sums.view[w]! ? (signed === 1 && u[0]! < 0 ? -x : x) : Number.NaN;
            near([statistics.view[b * stride + w]!], [stated], 1e-12);
          }
        }
      },
    );
  });

  describe("f64BinScores", () => {
    it.each([1, 2] as const)("%i bytes: thresholds passed, at the columns' places", (binBytes) => {
      linear.clear();
      const [nShuffles, nColumns, stride] = [3, 4, 6];
      const thresholds = linear.place(
        Float64Array.of(Number.NEGATIVE_INFINITY, 0.5, 1.25, 4, Number.POSITIVE_INFINITY),
      );
      const cells = linear.place(Uint16Array.of(0, 0, 1, 1, 2));
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
      const statistics = linear.place(Float64Array.from({ length: nShuffles * stride }, (_, i) => values[i] ?? 0));
      const columns = linear.place(Uint32Array.of(6, 0, 3, 1));
      const bins = linear.place(binBytes === 1 ? new Uint8Array(7 * 16) : new Uint16Array(7 * 16));
      const table = [cells.view.length, 2, cells.at, thresholds.at] as const;
      const largest = kernels.f64BinScores(
        nShuffles,
        nColumns,
        statistics.at,
        stride,
        columns.at,
        ...table,
        binBytes,
        bins.at,
      );
      linear.expectGuardsIntact();
      const binOf = (x: number) => (x > 0 && x < Infinity ? [0.5, 1.25, 4].filter((t) => x >= t).length : 0);
      const stated = new Array<number>(7 * 16).fill(0);
      for (let b = 0; b < nShuffles; b++) {
        for (let w = 0; w < nColumns; w++) stated[columns.view[w]! * 16 + b] = binOf(statistics.view[b * stride + w]!);
      }
      expect(Array.from(bins.view)).toEqual(stated);
      expect(largest).toBe(3);
    });
  });

  describe("f64GroupedStatistics", () => {
    const shapes = [1, 2, 3].flatMap((rank) => [2, 3].flatMap((nGroups) => [1, 2].map((s) => ({ rank, nGroups, s }))));
    it.each(shapes.filter(({ rank, s }) => s <= rank))(
      "%j agrees with the plain matrices",
      ({ rank: r, nGroups, s }) => {
        linear.clear();
        const random = createRandom(r + 10 * nGroups + s);
        const [nShuffles, nColumns, stride] = [2, 3, 4];
        const place = (values: ArrayLike<number>) => linear.place(Float64Array.from(values));
        const product = place(Array.from({ length: nShuffles * nGroups * r * stride }, () => random.normal()));
        // column 2 of group 0 has no variance: what is left after the fit is rounding
        const squares = place(
          Array.from({ length: nShuffles * nGroups * stride }, (_, i) =>
            i % stride === 2 && Math.floor(i / stride) % nGroups === 0 ? 0 : 60 + random.uniform(),
          ),
        );
        const shares = Array.from({ length: nGroups }, (_, g) => (g + 1) / ((nGroups * (nGroups + 1)) / 2));
        const gram = place(
          shares.flatMap((share) => Array.from({ length: r * r }, (_, i) => (i % (r + 1) === 0 ? share : 0))),
        );
        const sizes = place(shares.map((_, g) => 6 + g));
        const rnn = place(shares.map((_, g) => 5 + g));
        const toEffect = place(
          Array.from({ length: s * r }, (_, i) => (i % (r + 1) === 0 ? 1 : 0.3 * random.normal())),
        );
        const statistics = linear.reserve(new Float64Array(nShuffles * stride));
        const dofs = linear.reserve(new Float64Array(nShuffles * stride));
        const scratch = linear.reserve(new Float64Array(2 * (r + nGroups + r * r + s * r + s * s + s)));
        kernels.f64GroupedStatistics(
          ...([nShuffles, nColumns, r, nGroups, s, product.at, squares.at, stride, gram.at, sizes.at, rnn.at] as const),
          ...([toEffect.at, s === 1 ? 1 : 0, statistics.at, dofs.at, scratch.at] as const),
        );
        linear.expectGuardsIntact();
        for (let b = 0; b < nShuffles; b++) {
          for (let w = 0; w < nColumns; w++) {
            const p = (g: number, j: number) => product.view[((b * nGroups + g) * r + j) * stride + w]!;
            const d = Array.from({ length: r }, (_, j) => shares.reduce((sum, _share, g) => sum + p(g, j), 0));
            const weights = shares.map((share, g) => {
              const cross = d.reduce((sum, value, j) => sum + value * p(g, j), 0);
              const fitted = share * d.reduce((sum, value) => sum + value * value, 0);
              const total = squares.view[(b * nGroups + g) * stride + w]!;
              const sse = total - 2 * cross + fitted;
              const weight = rnn.view[g]! / (sse > 1e-14 * (total + fitted) ? sse : 0);
              return Number.isFinite(weight) ? weight : 0;
            });
            // A is a multiple of the identity here: (T d)'(T T')^-1 (T d) times it
            const a = shares.reduce((sum, share, g) => sum + weights[g]! * share, 0);
            const t = (q: number) => Array.from(toEffect.view.subarray(q * r, q * r + r));
            const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
            const effect = Array.from({ length: s }, (_, q) => dot(t(q), d));
            let wald = effect[0]! ** 2 / dot(t(0), t(0));
            if (s === 2) {
              const [x, y, z] = [dot(t(0), t(0)), dot(t(0), t(1)), dot(t(1), t(1))];
              wald = (z * effect[0]! ** 2 - 2 * y * effect[0]! * effect[1]! + x * effect[1]! ** 2) / (x * z - y * y);
            }
            const all = weights.reduce((sum, weight, g) => sum + weight * sizes.view[g]!, 0);
            const spread = weights.reduce(
              (sum, weight, g) => sum + (1 - (weight * sizes.view[g]!) / all) ** 2 / rnn.view[g]!,
              0,
            );
            const excess = ((2 * (s - 1)) / (s * (s + 2))) * spread;
            const x = Math.sqrt((a * wald) / (s === 1 ? 1 : (1 + excess) * s));
            const parts = weights.map((weight, g) => 1 / weight / (sizes.view[g]! - 1));
            const welch =
              parts.reduce((sum, v) => sum + v, 0) ** 2 /
              parts.reduce((sum, v, g) => sum + v ** 2 / (sizes.view[g]! - 1), 0);
            near([statistics.view[b * stride + w]!], [s === 1 && effect[0]! < 0 ? -x : x], 1e-10);
            near([dofs.view[b * stride + w]!], [s === 1 ? welch : (2 * (s - 1)) / 3 / excess], 1e-9);
          }
        }
      },
    );
  });
}
