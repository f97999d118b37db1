// Variance groups where every column has a design of its own: against the function that states them for one element.
import { describe, expect, it } from "vitest";
import type { ElementDesign } from "../../src/stats/glm/element-design.js";
import { createGroupedScratch, groupedStatistic } from "../../src/stats/glm/grouped-variance.js";
import { largestResidual } from "../support/kernel-residual.js";
import type { KernelsUnderTest } from "../support/open-kernels.js";
import { createRandom } from "../support/seeded-random.js";

const near = (got: ArrayLike<number>, stated: ArrayLike<number>, limit: number) =>
  expect(largestResidual({ got, stated, size: Array.from(stated, (v) => Math.abs(v) + 1) })).toBeLessThanOrEqual(limit);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function describeGroupedByColumn({ kernels, linear }: KernelsUnderTest): void {
  describe("f64GroupedByColumn", () => {
    const shapes = [
      { r0: 1, c: 1, nGroups: 2, s: 1 },
      { r0: 2, c: 1, nGroups: 2, s: 2 },
      { r0: 2, c: 2, nGroups: 3, s: 1 },
      { r0: 3, c: 1, nGroups: 3, s: 3 },
      { r0: 0, c: 2, nGroups: 2, s: 2 },
    ];
    it.each(
      shapes
        .flatMap((shape) => (["t", "F"] as const).map((kind) => ({ ...shape, kind })))
        .flatMap((shape) => [8, 4].map((productBytes) => ({ ...shape, productBytes })))
        .flatMap((shape) => (shape.r0 === 0 ? [-1] : [-1, 0, 1]).map((dropped) => ({ ...shape, dropped })))
        .filter(({ s, kind }) => s === 1 || kind === "F"),
    )("%j: the bits of one column at a time", ({ r0, c, nGroups, s, kind, productBytes, dropped }) => {
      linear.clear();
      const r = r0 + c;
      const random = createRandom(r + 10 * nGroups + s);
      const [nShuffles, nColumns, stride] = [3, 5, 8];
      const place = (length: number, valueAt: (i: number) => number = () => random.normal()) =>
        linear.place(Float64Array.from({ length }, (_, i) => valueAt(i)));
      const products = (length: number, valueAt: (i: number) => number = () => random.normal()) => {
        const values = Array.from({ length }, (_, i) => valueAt(i));
        return linear.place(productBytes === 4 ? Float32Array.from(values) : Float64Array.from(values));
      };
      // groups in turn have as many rows as there are shared columns, and one
      const ranks = Array.from({ length: nGroups }, (_, g) => (r0 === 0 ? 0 : g % 2 === 0 ? r0 : 1));
      const starts = linear.place(Int32Array.from([0, ...ranks.map((_, g) => sum(ranks.slice(0, g + 1)))]));
      const nAll = sum(ranks);
      const m = dropped < 0 ? nAll : nAll - 1;
      const directions = place(r0 * nAll, () => 0.5 * random.normal());
      const recovery = place(nAll, (l) => (l === dropped ? 0 : random.normal()));
      const product = products(nShuffles * m * stride);
      const own = products(nShuffles * nGroups * c * stride);
      // column 1 has no variance in any group, column 2 none in the first
      const squares = products(nShuffles * nGroups * stride, (i) =>
        i % stride === 1 || (i % stride === 2 && Math.floor(i / stride) % nGroups === 0)
          ? -1000
          : 90 + random.uniform(),
      );
      const gram = place(nGroups * r * r * stride, () => 0);
      for (let w = 0; w < nColumns - 1; w++) {
        for (let g = 0; g < nGroups; g++) {
          const half = Array.from({ length: r * (r + 1) }, () => 0.3 * random.normal());
          for (let i = 0; i < r * r; i++) {
            const [a, b] = [Math.floor(i / r), i % r];
            const value = sum(Array.from({ length: r + 1 }, (_, l) => half[a * (r + 1) + l]! * half[b * (r + 1) + l]!));
            gram.view[(g * r * r + i) * stride + w] = value;
          }
        }
      }
      const sizes = place(nGroups, (g) => 7 + g);
      const rnn = place(nGroups * stride, (i) => 5 + random.uniform() + (i % 3));
      const tested = place(s * r * stride, (i) => (Math.floor(i / stride) % (r + 1) === 0 ? 1 : 0.3 * random.normal()));
      const statistics = linear.reserve(new Float64Array(nShuffles * stride));
      const dofs = linear.reserve(new Float64Array(nShuffles * stride));
      const scratch = linear.reserve(new Float64Array(2 * (r * (1 + r + s + nGroups) + nGroups + s * s + s + nAll)));
      kernels.f64GroupedByColumn(
        ...([nShuffles, nColumns, r0, c, nGroups, s, product.at, own.at, squares.at, productBytes, stride] as const),
        ...([starts.at, directions.at, dropped, recovery.at] as const),
        ...([gram.at, sizes.at, rnn.at, tested.at, kind === "t" ? 1 : 0] as const),
        ...([statistics.at, dofs.at, scratch.at] as const),
      );
      linear.expectGuardsIntact();
      const found = new Set<number>();
      for (let w = 0; w < nColumns; w++) {
        const columnOf = (view: ArrayLike<number>, first: number, count: number) =>
          Float64Array.from({ length: count }, (_, i) => view[(first + i) * stride + w]!);
        const groups = {
          sizes: sizes.view,
          rnn: columnOf(rnn.view, 0, nGroups),
          gram: columnOf(gram.view, 0, nGroups * r * r),
        };
        const hypothesis = { rank: s, kind, tested: columnOf(tested.view, 0, s * r), toEffect: new Float64Array(0) };
        for (let b = 0; b < nShuffles; b++) {
          const given = [...columnOf(product.view, b * m, m)];
          const z = dropped < 0 ? given : [...given.slice(0, dropped), 0, ...given.slice(dropped)];
          if (dropped >= 0)
            z[dropped] = z.reduce((all, x, l) => (l === dropped ? all : all + recovery.view[l]! * x), 0);
          const p = Float64Array.from(
            Array.from({ length: nGroups }, (_, g) => [
              ...Array.from({ length: r0 }, (__, j) => {
                const terms = Array.from({ length: ranks[g]! }, (___, l) => starts.view[g]! + l);
                return terms.reduce((all, l) => all + directions.view[j * nAll + l]! * z[l]!, 0);
              }),
              ...columnOf(own.view, (b * nGroups + g) * c, c),
            ]).flat(),
          );
          const q = columnOf(squares.view, b * nGroups, nGroups);
          const scratchOfOne = createGroupedScratch(r, nGroups);
          const stated = groupedStatistic({ rank: r, groups } as ElementDesign, hypothesis, p, q, scratchOfOne);
          const x = kind === "t" ? stated.statistic : Math.sqrt(stated.statistic);
          const got = statistics.view[b * stride + w]!;
          if (kernels.variant === "reference") near([got, dofs.view[b * stride + w]!], [x, stated.dof], 1e-9);
          else expect([got, dofs.view[b * stride + w]!]).toEqual([x, stated.dof]);
          found.add(got);
        }
      }
      // of every column but that without variance, and that without a design
      expect([...found].filter(Number.isFinite).length).toBeGreaterThanOrEqual(nShuffles * 2);
      expect(statistics.view[nColumns - 1]).toBeNaN();
    });
  });
}
