// Operands of a product that takes rows: the same numbers as in panels, one row after the other.
import { describe, expect, it } from "vitest";
import { CONTENT_CASES, drawShuffles, matrixOfCase, orthonormalRows } from "../support/kernel-cases.js";
import { entry, gatheredBasis, toColumnPanels } from "../support/kernel-statements.js";
import type { KernelsUnderTest } from "../support/open-kernels.js";
import { createRandom } from "../support/seeded-random.js";
import { positionsOf, SHUFFLE_FORMS } from "../support/shuffle-positions.js";

const rowsLike = (operation: string, count: number) =>
  operation.startsWith("f64") ? new Float64Array(count) : new Float32Array(count);

export function describeRowKernels({ kernels: k, linear }: KernelsUnderTest): void {
  describe.each(["f64RowsFromPanels", "f32RowsFromPanels"] as const)("%s", (operation) => {
    const sizes = [
      [1, 4, 8],
      [5, 8, 8],
      [7, 12, 32],
      [9, 20, 24],
      [3, 40, 64],
    ] as const;
    for (const content of CONTENT_CASES) {
      for (const isScaled of [false, true]) {
        const title = `${content.name}${isScaled ? ", times factors" : ""}`;
        it.each(sizes)(`${title}, %i rows of %i columns, %i apart`, (nRows, width, stride) => {
          linear.clear();
          const y = matrixOfCase(content, nRows, width);
          const packed = linear.place(toColumnPanels(y, 4));
          const factors = linear.place(Float64Array.from({ length: width }, (_, w) => (isScaled ? 1 / (w + 0.3) : 1)));
          const rows = linear.reserve(rowsLike(operation, nRows * stride));
          k[operation](nRows, width, packed.at, stride, isScaled ? factors.at : 0, rows.at);
          linear.expectGuardsIntact();
          const round = operation === "f64RowsFromPanels" ? (x: number) => x : Math.fround;
          const stated = Array.from({ length: nRows * stride }, (_, at) => {
            const [i, w] = [Math.floor(at / stride), at % stride];
            return w < width ? round(entry(y, i, w) * factors.view[w]!) : 0;
          });
          expect([...rows.view]).toEqual(stated);
        });
      }
    }
  });

  describe.each(["f64GatherRows", "f32GatherRows"] as const)("%s", (operation) => {
    it.each([
      [1, 1, 1],
      [37, 3, 5],
      [64, 4, 16],
      [513, 1, 7],
    ])("%i observations, rank %i, %i shuffles", (n, rank, nShuffles) => {
      linear.clear();
      const basis = orthonormalRows(rank, n);
      const shuffles = drawShuffles(nShuffles, n);
      const labels = linear.place(Int32Array.from(shuffles.flatMap((shuffle) => shuffle.labels)));
      const signs = linear.place(Int8Array.from(shuffles.flatMap((shuffle) => shuffle.signs)));
      const gathered = linear.reserve(rowsLike(operation, rank * nShuffles * n));
      k[operation](n, rank, nShuffles, labels.at, signs.at, linear.place(basis.values).at, gathered.at);
      linear.expectGuardsIntact();
      const { values } = gatheredBasis(basis, shuffles);
      expect([...gathered.view]).toEqual([...(operation === "f64GatherRows" ? values : Float32Array.from(values))]);
    });
  });

  describe.each([
    ["f64GatherMaskedRows", "f64GatherMasked"],
    ["f32GatherMaskedRows", "f32GatherMasked"],
  ] as const)("%s", (operation, inPanels) => {
    for (const nBasis of [1, 2, 3, 4, 5]) {
      it.each([
        [7, 1, 0],
        [9, 3, 2],
        [5, 2, 5],
        [65, 3, 1],
        [130, 4, 40],
        [200, 3, 199],
      ])(`as ${inPanels}: ${nBasis} rows, %i observations, %i shuffles, %i missing`, (n, nShuffles, nMissing) => {
        const random = createRandom(n * 10 + nBasis);
        const missing = Int32Array.from(random.permutation(n).slice(0, nMissing)).sort();
        const labels = Int32Array.from(Array.from({ length: nShuffles }, () => random.permutation(n)).flat());
        const signs = Int8Array.from(labels, () => (random.uniform() < 0.5 ? -1 : 1));
        const basis = Float64Array.from({ length: (n - nMissing) * nBasis }, () => random.normal());
        for (const [signed, positionBytes] of SHUFFLE_FORMS) {
          linear.clear();
          const count = nShuffles * nBasis;
          const panels = linear.reserve(rowsLike(operation, Math.ceil(count / 4) * 4 * n));
          const rows = linear.reserve(rowsLike(operation, count * n));
          const scratch = linear.reserve(new Float64Array((n + 16) * (2 + nBasis)));
          const place = (values: Float64Array | Int32Array | Uint16Array | Int8Array) => linear.place(values).at;
          const given = [signed ? place(signs) : 0, nMissing, place(missing), place(basis)] as const;
          k[inPanels](n, nBasis, nShuffles, place(positionsOf(labels, n, 4)), 4, ...given, panels.at, scratch.at);
          const positions = place(positionsOf(labels, n, positionBytes));
          k[operation](n, nBasis, nShuffles, positions, positionBytes, ...given, rows.at, scratch.at);
          linear.expectGuardsIntact();
          const stated = Array.from({ length: count * n }, (_, at) => {
            const [row, i] = [Math.floor(at / n), at % n];
            return panels.view[(row - (row % 4)) * n + (row % 4) + i * 4]!;
          });
          expect([...rows.view]).toEqual(stated);
        }
      });
    }
  });
}
