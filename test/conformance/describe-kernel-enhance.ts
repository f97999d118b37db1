// Enhancement of 16 shuffles at once, and what is kept of it: defaults, counters, maxima.
import { describe, expect, it } from "vitest";
import { expectResidual } from "../support/kernel-residual.js";
import { type EnhanceProblem, statedEnhancement, statedReduction } from "../support/kernel-statements.js";
import type { KernelsUnderTest } from "../support/open-kernels.js";
import { createRandom } from "../support/seeded-random.js";

const LANES = 16;
const NO_ELEMENT = 0xffffffff;

interface EnhanceShape {
  readonly name: string;
  readonly nElements: number;
  readonly firstElement: number;
  readonly nRows: number;
  /** Connections a row, 0..most. */
  readonly most: number;
  readonly largestBin: number;
  readonly extentPower: number;
}

const SHAPES: readonly EnhanceShape[] = [
  { name: "one", nElements: 1, firstElement: 0, nRows: 1, most: 1, largestBin: 9, extentPower: 2 },
  { name: "some rows", nElements: 90, firstElement: 0, nRows: 90, most: 30, largestBin: 60, extentPower: 2 },
  {
    name: "rows from the middle",
    nElements: 90,
    firstElement: 41,
    nRows: 17,
    most: 40,
    largestBin: 60,
    extentPower: 2,
  },
  { name: "no rows", nElements: 5, firstElement: 2, nRows: 0, most: 3, largestBin: 9, extentPower: 2 },
  { name: "E = 0.5", nElements: 40, firstElement: 3, nRows: 20, most: 25, largestBin: 60, extentPower: 0.5 },
  { name: "E = 1.3", nElements: 40, firstElement: 3, nRows: 20, most: 25, largestBin: 60, extentPower: 1.3 },
  { name: "E = 0", nElements: 40, firstElement: 3, nRows: 20, most: 25, largestBin: 60, extentPower: 0 },
  { name: "bins up to 255", nElements: 30, firstElement: 0, nRows: 30, most: 20, largestBin: 255, extentPower: 2 },
  { name: "many connections", nElements: 700, firstElement: 5, nRows: 3, most: 600, largestBin: 80, extentPower: 2 },
];
const WIDE_SHAPES: readonly EnhanceShape[] = [
  { name: "bins above 255", nElements: 30, firstElement: 2, nRows: 25, most: 20, largestBin: 1400, extentPower: 2 },
  {
    name: "bins above 255, E = 1.3",
    nElements: 9,
    firstElement: 0,
    nRows: 9,
    most: 9,
    largestBin: 300,
    extentPower: 1.3,
  },
];

function makeEnhancement(shape: EnhanceShape) {
  const random = createRandom(21);
  const { nElements, nRows, most, largestBin } = shape;
  // a third of the bins are 0, as in real data
  const bins = Array.from({ length: nElements * LANES }, () =>
    random.uniform() < 0.33 ? 0 : random.integer(largestBin + 1),
  );
  bins[shape.firstElement * LANES + 3] = largestBin;
  if (nRows > 2) bins.fill(0, (shape.firstElement + 2) * LANES, (shape.firstElement + 3) * LANES);
  const connections = Array.from({ length: nRows }, (_, i) =>
    // row 1 has no connection at all
    Array.from({ length: i === 1 ? 0 : 1 + random.integer(most) }, () => ({
      element: random.integer(nElements),
      weight: Math.fround(random.uniform()),
    })),
  );
  const norms = connections.map((row) => Math.fround(row.length === 0 ? 0 : 1 / row.reduce((s, c) => s + c.weight, 0)));
  const heightPowers = Float32Array.from({ length: largestBin + 1 }, (_, h) => (h * 0.1) ** 3);
  return { bins, connections, norms, heightPowers };
}

export function describeEnhanceKernels({ kernels: k, linear }: KernelsUnderTest): void {
  describe("f32EnhanceRows", () => {
    const cases = [
      ...SHAPES.map((shape) => ({ shape, binBytes: 1 })),
      ...[...SHAPES, ...WIDE_SHAPES].map((shape) => ({ shape, binBytes: 2 })),
    ];
    for (const { shape, binBytes } of cases) {
      it(`${shape.name}, ${binBytes} bytes a bin`, async (context) => {
        const { bins, connections, norms, heightPowers } = makeEnhancement(shape);
        const { firstElement, nRows, extentPower } = shape;
        const nBins = binBytes === 1 ? 256 : shape.largestBin + 1;
        const starts = [0];
        for (const row of connections) starts.push(starts.at(-1)! + row.length);
        const words = new Uint32Array(2 * starts.at(-1)!);
        const weights = new Float32Array(words.buffer);
        for (const [p, { element, weight }] of connections.flat().entries()) {
          words[2 * p] = element;
          weights[2 * p + 1] = weight;
        }
        const heights = new Float32Array(nBins);
        heights.set(heightPowers);
        const enhanced = linear.reserve(new Float32Array(nRows * LANES));
        k.f32EnhanceRows(
          nRows,
          firstElement,
          binBytes,
          nBins,
          extentPower,
          linear.place(Uint32Array.from(starts)).at,
          linear.place(words).at,
          linear.place(Float32Array.from(norms)).at,
          linear.place(heights).at,
          linear.place(binBytes === 1 ? Uint8Array.from(bins) : Uint16Array.from(bins)).at,
          enhanced.at,
          linear.reserve(new Uint8Array(LANES * nBins * 4)).at,
        );
        linear.expectGuardsIntact();
        const stated = new Float64Array(nRows * LANES);
        for (let lane = 0; lane < LANES; lane++) {
          const ofLane = bins.filter((_, at) => at % LANES === lane);
          const problem: EnhanceProblem = { bins: ofLane, connections, norms, heightPowers, extentPower, firstElement };
          for (const [i, value] of statedEnhancement(problem).entries()) stated[i * LANES + lane] = value;
        }
        await expectResidual("f32EnhanceRows", { got: enhanced.view, stated }, context);
      });
    }
  });

  it("f32KeepDefault keeps lane 0, at the element", async (context) => {
    for (const [nRows, firstElement] of [
      [0, 3],
      [1, 0],
      [7, 4],
    ] as const) {
      linear.clear();
      const random = createRandom(31);
      const values = Float32Array.from({ length: nRows * LANES }, () => random.normal());
      const defaults = linear.place(new Float32Array(firstElement + nRows).fill(-1));
      k.f32KeepDefault(nRows, firstElement, linear.place(values).at, defaults.at);
      const kept = Array.from({ length: nRows }, (_, i) => values[i * LANES]!);
      const stated = [...new Array(firstElement).fill(-1), ...kept];
      await expectResidual("f32KeepDefault", { got: defaults.view, stated }, context);
      linear.expectGuardsIntact();
    }
  });

  it("f32ReduceEnhanced without counters finds the maxima and counts nothing", () => {
    const random = createRandom(42);
    const enhanced = linear.place(Float32Array.from({ length: 9 * LANES }, () => random.uniform()));
    const defaults = linear.place(new Float32Array(9).fill(2));
    const found = [1, 0].map((counts) => {
      const counters = linear.place(new Uint32Array(9));
      const maxima = linear.place(new Float32Array(LANES));
      const elements = linear.place(new Uint32Array(LANES).fill(NO_ELEMENT));
      const out = [counts * counters.at, maxima.at, elements.at] as const;
      k.f32ReduceEnhanced(9, 0, 0, LANES, enhanced.at, defaults.at, 0, ...out);
      return { counters: [...counters.view], maxima: [...maxima.view], elements: [...elements.view] };
    });
    const [counted, uncounted] = found as [(typeof found)[0], (typeof found)[0]];
    expect(counted.counters).toEqual(new Array(9).fill(LANES));
    expect(uncounted).toEqual({ ...counted, counters: new Array(9).fill(0) });
    linear.expectGuardsIntact();
  });

  describe("f32ReduceEnhanced", () => {
    const [nRows, firstElement] = [23, 6];
    const CONTENTS: Readonly<Record<string, (i: number, lane: number) => number>> = (() => {
      const random = createRandom(41);
      return {
        ordinary: () => random.uniform(),
        ties: () => random.integer(3),
        all_zero: () => 0,
        all_negative: () => -1 - random.uniform(),
        denormal: () => random.integer(4) * 2 ** -149,
        with_nan: (i, lane) => ((i + lane) % 4 === 0 ? Number.NaN : random.uniform()),
        with_inf: (i, lane) => (i === 9 && lane % 2 === 0 ? Infinity : random.uniform()),
      };
    })();
    const LANE_RANGES = [
      [0, 16],
      [1, 16],
      [0, 5],
      [4, 12],
      [15, 16],
      [3, 3],
    ] as const;
    for (const [name, valueAt] of Object.entries(CONTENTS)) {
      for (const masked of [false, true]) {
        it(`${name}, ${masked ? "eligible mask" : "all may be a maximum"}`, () => {
          const values = Float32Array.from({ length: nRows * LANES }, (_, at) =>
            valueAt(Math.floor(at / LANES), at % LANES),
          );
          const defaults = Float32Array.from({ length: firstElement + nRows }, (_, e) =>
            // some equal a value of their own row: equal is not smaller
            e < firstElement ? 1e30 : e % 2 === 0 ? values[(e - firstElement) * LANES + 2]! : 0.5,
          );
          const eligible = masked ? Uint8Array.from(defaults, (_, e) => (e % 3 === 1 ? 1 : 0)) : undefined;
          for (const [firstLane, endLane] of LANE_RANGES) {
            linear.clear();
            const counters = linear.place(new Uint32Array(defaults.length).fill(100));
            const maxima = linear.place(new Float32Array(LANES));
            const elements = linear.place(new Uint32Array(LANES).fill(NO_ELEMENT));
            const enhanced = linear.place(values);
            const regions = { defaults: linear.place(defaults).at, eligible: eligible && linear.place(eligible).at };
            // in two calls, the later rows first: rows may come in any order
            for (const [first, end] of [
              [10, nRows],
              [0, 10],
            ] as const) {
              k.f32ReduceEnhanced(
                end - first,
                firstElement + first,
                firstLane,
                endLane,
                enhanced.at + first * LANES * 4,
                regions.defaults,
                regions.eligible ?? 0,
                counters.at,
                maxima.at,
                elements.at,
              );
            }
            linear.expectGuardsIntact();
            const stated = statedReduction({
              ...{ enhanced: values, nRows, firstElement, firstLane, endLane, defaults, eligible },
            });
            expect([...counters.view]).toEqual([
              ...new Array(firstElement).fill(100),
              ...stated.below.map((count) => 100 + count),
            ]);
            expect([...maxima.view]).toEqual(stated.maxima.map(({ value }) => value));
            expect([...elements.view]).toEqual(stated.maxima.map(({ element }) => element));
          }
        });
      }
    }
  });
}
