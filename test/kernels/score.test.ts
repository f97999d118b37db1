// Scores without enhancement: the statistic of a tile, and its reduction to maxima and counters, in every kernel set.
import { beforeEach, describe, expect, it } from "vitest";
import type { KernelVariant } from "../../src/kernels/kernel-set.js";
import { BIN_SHAPES, makeBinProblem, makeThresholds, runBins } from "../conformance/describe-kernel-bins.js";
import { CONTENT_CASES } from "../support/kernel-cases.js";
import { type BinProblem, entry, type PlainMatrix, plainMatrix, statedBins } from "../support/kernel-statements.js";
import { type KernelsUnderTest, openKernels } from "../support/open-kernels.js";
import { createRandom } from "../support/seeded-random.js";

/** 40 bits are kept: half a unit of the last is 2^-40. */
const ROUNDING = 2 ** -40;
const UNTESTABLE = -0.125;

function runScores(
  { kernels: k, linear }: KernelsUnderTest,
  problem: BinProblem,
  productBytes: 4 | 8 = 8,
  least = 1e-14,
): Float64Array {
  const { rank, nShuffles, product, contrastBasis, correctionRows, correctionColumns } = problem;
  const width = product.nColumns;
  const stride = Math.ceil(width / 8) * 8;
  const wider = (matrix: PlainMatrix, columns: number) =>
    plainMatrix(matrix.nRows, columns, (i, w) => (w < width ? entry(matrix, i, w) : 1e300)).values;
  const scoreStride = stride + 2;
  const scores = linear.reserve(new Float64Array(nShuffles * scoreStride));
  k.f64ScoreStatistics(
    nShuffles,
    width,
    rank,
    contrastBasis.nColumns,
    correctionRows.nColumns,
    linear.place(productBytes === 4 ? Float32Array.from(wider(product, stride)) : wider(product, stride)).at,
    productBytes,
    stride,
    linear.place(contrastBasis.values).at,
    linear.place(correctionRows.values).at,
    linear.place(wider(correctionColumns, stride + 8)).at,
    stride + 8,
    linear.place(Float64Array.from({ length: stride }, (_, w) => problem.sumSquares[w] ?? 1e300)).at,
    problem.dof,
    problem.signed ? 1 : 0,
    least,
    UNTESTABLE,
    scores.at,
    scoreStride,
  );
  linear.expectGuardsIntact();
  return Float64Array.from(
    { length: nShuffles * width },
    (_, i) => scores.view[Math.floor(i / width) * scoreStride + (i % width)]!,
  );
}

function expectScores(problem: BinProblem, scores: Float64Array): void {
  for (const [i, x] of statedBins(problem).statistics.entries()) {
    if (Number.isFinite(x) && x !== 0) expect(Math.abs(scores[i]! - x)).toBeLessThanOrEqual(2 * ROUNDING * Math.abs(x));
    else expect(scores[i]).toBe(UNTESTABLE);
  }
}

/** Scores [nShuffles][nColumns] in memory with a stride, reduced as two blocks; counters and maxima of all. */
function runReduction(
  { kernels: k, linear }: KernelsUnderTest,
  scores: readonly (readonly number[])[],
  options: { firstElement?: number; defaults?: readonly number[] } = {},
) {
  const { firstElement = 0, defaults } = options;
  const nColumns = scores[0]?.length ?? 0;
  const stride = Math.ceil(nColumns / 8) * 8 + 8;
  const flat = new Float64Array(scores.length * stride).fill(1e300);
  for (const [b, row] of scores.entries()) flat.set(row, b * stride);
  const placed = linear.place(flat);
  const kept = linear.place(Float64Array.from(defaults ?? new Array<number>(nColumns).fill(Number.NaN)), 8);
  const counters = linear.place(new Uint32Array(nColumns).fill(7), 4);
  const maxima = linear.place(new Float64Array(scores.length).fill(Number.NEGATIVE_INFINITY));
  const elements = linear.place(new Uint32Array(scores.length).fill(0xffffffff));
  k.f64ReduceScores(
    scores.length,
    nColumns,
    placed.at,
    stride,
    firstElement,
    defaults === undefined ? 1 : 0,
    kept.at,
    counters.at,
    maxima.at,
    elements.at,
  );
  linear.expectGuardsIntact();
  return {
    defaults: Array.from(kept.view),
    counters: Array.from(counters.view, (count) => count - 7),
    maxima: Array.from(maxima.view),
    elements: Array.from(elements.view),
  };
}

describe("statistics of any shape", () => {
  const [reference, simd] = (["reference", "simd"] as const).map((variant) => openKernels(variant));

  // each contrast's rank and number of corrections has a loop of its own, up to the general ones; four columns a turn, and what is left of them
  for (const contrastRank of [1, 2, 3, 4, 5, 6, 7, 9]) {
    it(`contrast of rank ${contrastRank}: the reference's bits, whatever the rows, corrections and columns`, () => {
      let nBinned = 0;
      for (const nCorrections of [0, 1, 2, 3, 4, 5]) {
        for (const more of [0, 1, 3]) {
          for (const nColumns of [1, 2, 3, 4, 5, 6, 7, 8, 9, 12]) {
            const rank = contrastRank + more;
            const signed = contrastRank === 1 && nColumns % 2 === 1;
            const shape = { name: "", nShuffles: 3, nColumns, rank, contrastRank, nCorrections, signed };
            const problem = makeBinProblem(shape, makeThresholds(60, 0.1));
            const [ours, theirs] = [simd!, reference!].map((tested) => {
              tested.linear.clear();
              const scores = runScores(tested, problem);
              tested.linear.clear();
              const { stored, largest } = runBins(tested, problem, { binBytes: 1 });
              return { scores: [...scores], stored, largest };
            });
            expect(ours, JSON.stringify(shape)).toEqual(theirs);
            nBinned += ours!.stored.filter((bin) => bin > 0).length;
          }
        }
      }
      expect(nBinned).toBeGreaterThan(500);
    });
  }
});

for (const variant of ["reference", "simd"] as KernelVariant[]) {
  const tested = openKernels(variant);
  beforeEach(() => tested.linear.clear());

  describe(`f64ScoreStatistics, ${variant}`, () => {
    for (const shape of BIN_SHAPES) {
      it(shape.name, () => {
        const problem = makeBinProblem(shape, makeThresholds(4, 1));
        const scores = runScores(tested, problem);
        expectScores(problem, scores);
        if (shape.signed && shape.nColumns > 4) expect(Math.min(...scores)).toBeLessThan(-0.5);
      });

      it(`${shape.name}, of a float32 product: the scores of its values`, () => {
        const problem = makeBinProblem(shape, makeThresholds(4, 1));
        const { nRows, nColumns } = problem.product;
        const product = plainMatrix(nRows, nColumns, (i, w) => Math.fround(entry(problem.product, i, w)));
        const wide = runScores(tested, { ...problem, product });
        tested.linear.clear();
        expect([...runScores(tested, problem, 4)]).toEqual([...wide]);
      });
    }
    for (const content of CONTENT_CASES) {
      it(`${content.name} products`, () => {
        const random = createRandom(4);
        const problem = makeBinProblem(BIN_SHAPES[2]!, makeThresholds(4, 1), (i, w) => content.valueAt(random, i, w));
        expectScores(problem, runScores(tested, problem));
      });
    }
    it("no residual variance but rounding, or no effect at all: untestable", () => {
      const shape = { ...BIN_SHAPES[0]!, nColumns: 5 };
      const base = {
        ...makeBinProblem(shape, makeThresholds(4, 1), (_, w) => (w === 4 ? 0 : 3)),
        contrastBasis: plainMatrix(1, 1, () => 1),
      };
      const problem = { ...base, sumSquares: Float64Array.from([9, 9 - 1e-12, 9 + 4e-14, 9 + 2e-13, 9]) };
      const scores = Array.from(runScores(tested, problem));
      expect(scores.map((x) => x === UNTESTABLE)).toEqual([true, true, true, false, true]);
    });
    it("less of its sum of squares than a residual has to keep: untestable, for any product", () => {
      for (const productBytes of [8, 4] as const) {
        for (const nColumns of [1, 4, 5]) {
          tested.linear.clear();
          const shape = { ...BIN_SHAPES[0]!, nColumns };
          const problem = {
            ...makeBinProblem(shape, makeThresholds(4, 1), (b) => b),
            contrastBasis: plainMatrix(1, 1, () => 1),
            sumSquares: new Float64Array(nColumns).fill(12),
          };
          // d of shuffle b is b: 12 - b^2 has to be more than 3
          const scores = Array.from(runScores(tested, problem, productBytes, 0.25));
          const isScore = scores.map((_, i) => Math.floor(i / nColumns)).map((b) => b > 0 && b < 3);
          expect(scores.map((x) => x !== UNTESTABLE)).toEqual(isScore);
          expect(isScore.filter(Boolean).length).toBe(Math.min(2, shape.nShuffles - 1) * nColumns);
        }
      }
    });
    it("shuffles that differ by rounding only tie", () => {
      const shape = { ...BIN_SHAPES[0]!, nShuffles: 16, nColumns: 64 };
      const problem = {
        ...makeBinProblem(shape, makeThresholds(4, 1), (b, w) => 1 + w / 7 + (b % 5) * 2e-16),
        sumSquares: new Float64Array(64).fill(200),
      };
      const scores = runScores(tested, problem);
      let distinct = 0;
      for (let w = 0; w < 64; w++) {
        distinct += new Set(Array.from({ length: 16 }, (_, b) => scores[b * 64 + w])).size - 1;
      }
      expect(distinct).toBe(0);
    });
    it("empty: no columns, no shuffles", () => {
      for (const nothing of [{ nColumns: 0 }, { nShuffles: 0 }]) {
        tested.linear.clear();
        expect(runScores(tested, makeBinProblem({ ...BIN_SHAPES[2]!, ...nothing }, makeThresholds(4, 1)))).toHaveLength(
          0,
        );
      }
    });
  });

  describe(`f64ReduceMembers, ${variant}`, () => {
    const NONE = 0.25;
    const stated = (found: number) => {
      const split = 8193 * Math.abs(found);
      const kept = split - (split - Math.abs(found));
      return Number.isFinite(kept) && kept > 0 ? Math.sign(found) * kept : NONE;
    };
    const places = [
      ["apart", (i: number) => 2 * i + 1],
      ["side by side", (i: number) => i + 3],
    ] as const;
    for (const [nMembers, [how, memberOf]] of [1, 2, 3, 4, 8, 31].flatMap((n) => places.map((p) => [n, p] as const))) {
      it(`${nMembers} members ${how}: defaults, counters, the largest of each shuffle`, () => {
        const { linear, kernels: k } = tested;
        const random = createRandom(nMembers);
        const stride = nMembers + (nMembers % 2) + 2;
        // ties, and what is no score
        const odd = [0, Number.NaN, Number.POSITIVE_INFINITY, -1.5, -1.5, 1e308];
        const values = Array.from({ length: 5 * stride }, () =>
          random.uniform() < 0.4 ? odd[random.integer(odd.length)]! : random.normal(),
        );
        const members = Array.from({ length: nMembers }, (_, i) => memberOf(i));
        const room = 2 * nMembers + 3;
        const known = Array.from({ length: room }, () => Math.round(random.normal()));
        // of the last no member may be the largest
        const masks = [undefined, members.map((_, w) => +(w % 3 !== 1)), members.map(() => 0)];
        for (const [keeps, mask] of [1, 0].flatMap((keeps) => masks.map((mask) => [keeps, mask] as const))) {
          linear.clear();
          const statistics = linear.place(Float64Array.from(values));
          const given = linear.place(Uint32Array.from(members));
          const defaults = linear.place(Float64Array.from(known));
          const counters = linear.place(new Uint32Array(room).fill(7));
          const largest = linear.reserve(new Float64Array(5));
          const winners = linear.reserve(new Uint32Array(5));
          const tile = [5, nMembers, statistics.at, stride, given.at, NONE, keeps] as const;
          const eligible = new Uint8Array(room).fill(1);
          for (const [w, member] of members.entries()) eligible[member] = mask?.[w] ?? 1;
          const masked = mask === undefined ? 0 : linear.place(eligible).at;
          k.f64ReduceMembers(...tile, defaults.at, counters.at, masked, largest.at, winners.at);
          linear.expectGuardsIntact();
          const rows = Array.from({ length: 5 }, (_, b) => members.map((__, w) => stated(values[b * stride + w]!)));
          const first = [...known];
          if (keeps === 1) for (const [w, member] of members.entries()) first[member] = rows[0]![w]!;
          expect([...defaults.view]).toEqual(first);
          const counted = new Array(room).fill(7);
          for (const row of rows)
            for (const [w, member] of members.entries()) counted[member] += +(row[w]! < first[member]!);
          expect([...counters.view]).toEqual(counted);
          const allowed = rows.map((row) => row.map((x, w) => (mask?.[w] === 0 ? Number.NEGATIVE_INFINITY : x)));
          const best = allowed.map((row) => Math.max(...row));
          expect([...largest.view]).toEqual(best);
          for (const [b, row] of allowed.entries())
            if (best[b]! > Number.NEGATIVE_INFINITY) expect(winners.view[b]).toBe(members[row.indexOf(best[b]!)]);
        }
      });
    }
  });

  describe(`f64ReduceScores, ${variant}`, () => {
    for (const nColumns of [1, 2, 3, 4, 5, 7, 8, 31, 64]) {
      it(`${nColumns} columns: default, counters, maxima`, () => {
        const random = createRandom(nColumns);
        const scores = Array.from({ length: 6 }, () =>
          Array.from({ length: nColumns }, () => Math.round(4 * random.normal()) / 4),
        );
        const found = runReduction(tested, scores, { firstElement: 100 });
        expect(found.defaults).toEqual(scores[0]);
        expect(found.counters).toEqual(
          scores[0]!.map((own, w) => scores.reduce((count, row) => count + (row[w]! < own ? 1 : 0), 0)),
        );
        expect(found.maxima).toEqual(scores.map((row) => Math.max(...row)));
        expect(found.elements).toEqual(scores.map((row) => 100 + row.indexOf(Math.max(...row))));
      });
    }
    it("all negative: no padding wins, ties go to the lowest element", () => {
      const found = runReduction(tested, [
        [-3, -2, -2, -5, -2],
        [-1, -1, -1, -1, -1],
        [-9, -8, -7, -6, -5],
      ]);
      expect(found.maxima).toEqual([-2, -1, -5]);
      expect(found.elements).toEqual([1, 0, 4]);
    });
    it("later blocks compare with the default that is there, and lose ties whatever the order of the blocks", () => {
      const { linear, kernels: k } = tested;
      const maxima = linear.place(Float64Array.from([4, 4, 4]));
      const elements = linear.place(Uint32Array.from([10, 10, 10]));
      const scores = linear.place(Float64Array.from([4, 1, 3, 5, 2, 4]));
      const defaults = linear.place(Float64Array.from([4, 2]));
      const counters = linear.place(new Uint32Array(2));
      const reduce = (firstElement: number) =>
        k.f64ReduceScores(3, 2, scores.at, 2, firstElement, 0, defaults.at, counters.at, maxima.at, elements.at);
      reduce(20);
      expect([Array.from(maxima.view), Array.from(elements.view)]).toEqual([
        [4, 5, 4],
        [10, 21, 10],
      ]);
      reduce(2);
      expect([Array.from(maxima.view), Array.from(elements.view)]).toEqual([
        [4, 5, 4],
        [2, 3, 3],
      ]);
      expect(Array.from(counters.view)).toEqual([4, 2]);
    });
    it("empty: no columns, no shuffles", () => {
      expect(runReduction(tested, []).maxima).toEqual([]);
      tested.linear.clear();
      expect(runReduction(tested, [[], []]).elements).toEqual([0xffffffff, 0xffffffff]);
    });
  });
}
