// Enhancement of one whole map over cells, and what is kept of it.
import { describe, expect, it } from "vitest";
import { cellsOf } from "../support/graph-enhancement.js";
import { expectResidual } from "../support/kernel-residual.js";
import type { KernelsUnderTest } from "../support/open-kernels.js";
import {
  type PlacedGraph,
  statedComponents,
  statedGrid,
  statedIntegral,
  statedPlaces,
} from "../support/oracle-graph.js";
import { createRandom } from "../support/seeded-random.js";

const NO_ELEMENT = 0xffffffff;
const everywhere = (n: number) => new Array<boolean>(n).fill(true);

interface GraphShape {
  readonly name: string;
  readonly graph: PlacedGraph;
  readonly largestBin: number;
  readonly binBytes: 1 | 2;
  readonly extentPower: number;
}

const cube = statedGrid([5, 4, 6], everywhere(120), 26);
const holes = statedGrid(
  [7, 5, 4],
  Array.from({ length: 140 }, (_, i) => (i * 7919) % 10 < 6),
  6,
);

const one = statedPlaces([[0, 0, 0]], 26);
const scattered = statedPlaces(
  Array.from({ length: 30 }, (_, e) => [2 * (e % 5), 2 * (e % 2), 2 * Math.floor(e / 10)]),
  26,
);
/** A plane, a row, and elements in no order: each lies where it lies. */
const flat = statedGrid([9, 8, 1], everywhere(72), 26);
const row = statedGrid([50, 1, 1], everywhere(50), 6);
const disordered = statedPlaces(
  [...cube.places].sort(([a, b, c], [x, y, z]) => ((a * 7 + b * 5 + c * 3) % 11) - ((x * 7 + y * 5 + z * 3) % 11)),
  6,
);

const SHAPES: readonly GraphShape[] = [
  { name: "one element", graph: one, largestBin: 9, binBytes: 1, extentPower: 0.5 },
  { name: "nothing joined", graph: scattered, largestBin: 40, binBytes: 1, extentPower: 0.5 },
  { name: "26 neighbours", graph: cube, largestBin: 60, binBytes: 1, extentPower: 0.5 },
  { name: "6 neighbours, holes", graph: holes, largestBin: 60, binBytes: 1, extentPower: 0.5 },
  { name: "many ties", graph: cube, largestBin: 3, binBytes: 1, extentPower: 0.4 },
  { name: "one height", graph: holes, largestBin: 1, binBytes: 1, extentPower: 1 },
  { name: "bins up to 255", graph: holes, largestBin: 255, binBytes: 1, extentPower: 2 },
  { name: "bins of two bytes", graph: cube, largestBin: 900, binBytes: 2, extentPower: 0.5 },
  { name: "a plane", graph: flat, largestBin: 8, binBytes: 1, extentPower: 0.5 },
  { name: "a row", graph: row, largestBin: 8, binBytes: 1, extentPower: 0.5 },
  { name: "no order", graph: disordered, largestBin: 30, binBytes: 2, extentPower: 0.5 },
  { name: "E = 0", graph: holes, largestBin: 20, binBytes: 1, extentPower: 0 },
];

export function describeGraphKernels({ kernels: k, linear }: KernelsUnderTest): void {
  const enhance = (shape: GraphShape, bins: readonly number[]): number[] => {
    const { graph, binBytes, extentPower } = shape;
    const m = graph.nElements;
    const nBins = shape.largestBin + 1;
    const Bins = binBytes === 1 ? Uint8Array : Uint16Array;
    // what lies between the lane's bins is of others
    const lanes = linear.place(new Bins(m * 16).fill(200));
    for (const [e, bin] of bins.entries()) lanes.view[e * 16 + 5] = bin;
    const { nCells, row, plane, connectivity, cellsInto } = cellsOf(graph);
    const cells = linear.place(new Uint32Array(m));
    cellsInto(cells.view);
    const out = linear.place(new Float32Array(m).fill(-7));
    const guard = linear.place(new Float32Array(4).fill(-7));
    k.f32EnhanceGrid(
      m,
      nCells,
      row,
      plane,
      connectivity,
      binBytes,
      nBins,
      lanes.at + 5 * binBytes,
      cells.at,
      linear.place(Float64Array.from({ length: m + 1 }, (_, n) => n ** extentPower)).at,
      linear.place(heightSums(nBins)).at,
      out.at,
      linear.place(new Float64Array(Math.ceil((28 * (m + 2) + 5 * nCells + 4 * (nBins + 2)) / 8)).fill(Number.NaN)).at,
    );
    expect([...guard.view]).toEqual([-7, -7, -7, -7]);
    return [...out.view];
  };
  const heightSums = (nBins: number) => {
    const sums = new Float64Array(nBins + 1);
    for (let h = 1; h <= nBins; h++) sums[h] = sums[h - 1]! + (h * 0.1) ** 2;
    return sums;
  };
  const stated = ({ graph, extentPower }: GraphShape, bins: readonly number[]) => {
    const sums = bins.map(() => 0);
    const largest = Math.max(...bins);
    for (let h = 1; h <= largest + (largest > 0 ? 1 : 0); h++) {
      const sizes = statedComponents(
        graph,
        bins.map((bin) => bin >= h),
      );
      for (const [e, size] of sizes.entries()) sums[e]! += size ** extentPower * (h * 0.1) ** 2;
    }
    return sums;
  };

  describe("f32EnhanceGrid", () => {
    for (const shape of SHAPES) {
      it(shape.name, async (context) => {
        const random = createRandom(3);
        for (let round = 0; round < 4; round++) {
          const bins = Array.from({ length: shape.graph.nElements }, () =>
            random.uniform() < 0.3 ? 0 : random.integer(shape.largestBin + 1),
          );
          bins[0] = shape.largestBin;
          const made = { got: enhance(shape, bins), stated: stated(shape, bins) };
          await expectResidual("f32EnhanceGrid", made, context);
          linear.clear();
        }
      });
    }

    it("makes nothing of a map of zeros, with E = 0 too", () => {
      for (const shape of SHAPES) {
        const bins = new Array<number>(shape.graph.nElements).fill(0);
        expect(new Set(enhance(shape, bins))).toEqual(new Set([0]));
        linear.clear();
      }
    });
  });

  describe("f32EnhanceGridExact", () => {
    for (const { name, graph, largestBin, extentPower } of SHAPES) {
      for (const power of [3, 4, 1, 2.4]) {
        it(`${name}, heights to the power of ${power - 1}`, async (context) => {
          const random = createRandom(5);
          const m = graph.nElements;
          for (let round = 0; round < 3; round++) {
            // ties, and heights whose bits differ in the last, the middle and the first digits of the sort
            const z = Float32Array.from({ length: m }, () => {
              const of = random.uniform();
              if (of < 0.2) return [0, -0, -1, Number.NaN, 1e-3, 3e4][random.integer(6)]!;
              return of < 0.5 ? random.integer(largestBin + 1) / 8 : random.normal() * 2;
            });
            const { nCells, row, plane, connectivity, cellsInto } = cellsOf(graph);
            const cells = linear.place(new Uint32Array(m));
            cellsInto(cells.view);
            const out = linear.place(new Float32Array(m).fill(-7));
            const guard = linear.place(new Float32Array(4).fill(-7));
            const scratch = new Float64Array(Math.ceil((36 * (m + 2) + 5 * nCells + 24_640) / 8)).fill(Number.NaN);
            const powers = Float64Array.from({ length: m + 1 }, (_, n) => n ** extentPower);
            const at = [linear.place(z).at, cells.at, linear.place(powers).at] as const;
            const to = [out.at, linear.place(scratch).at] as const;
            const behind = linear.place(new Float32Array(4).fill(-7));
            k.f32EnhanceGridExact(m, nCells, row, plane, connectivity, ...at, power, ...to);
            expect([...guard.view, ...behind.view]).toEqual(new Array(8).fill(-7));
            const stated = statedIntegral(graph, [...z], { extentPower, heightPower: power - 1 });
            await expectResidual("f32EnhanceGridExact", { got: [...out.view], stated }, context);
            linear.clear();
          }
        });
      }
    }
  });

  describe("f32ReduceMap", () => {
    it("counts what is smaller, and keeps the largest of the lowest element among those that may be it", () => {
      const enhanced = [0, 3, 9, 3, 5, 5, 1, 5, 4];
      const defaults = [0, 4, 9, 2, 6, 5, 1, 5.5, 0];
      const given = [
        enhanced.length,
        linear.place(Float32Array.from(enhanced)).at,
        linear.place(Float32Array.from(defaults)).at,
      ] as const;
      const eligible = linear.place(Uint8Array.from([1, 1, 0, 1, 1, 1, 1, 1, 1]));
      const counters = linear.place(new Uint32Array(9).fill(2));
      const maximum = linear.place(new Float32Array(1));
      const element = linear.place(new Uint32Array(1).fill(NO_ELEMENT));
      k.f32ReduceMap(...given, eligible.at, counters.at, maximum.at, element.at);
      expect([...counters.view]).toEqual([2, 3, 2, 2, 3, 2, 2, 3, 2]);
      expect([maximum.view[0], element.view[0]]).toEqual([5, 4]);
      k.f32ReduceMap(...given, 0, counters.at, maximum.at, element.at);
      expect([maximum.view[0], element.view[0]]).toEqual([9, 2]);
    });

    it("names no element where all are zero", () => {
      const zeros = linear.place(new Float32Array(6));
      const maximum = linear.place(new Float32Array(1));
      const element = linear.place(new Uint32Array(1).fill(NO_ELEMENT));
      k.f32ReduceMap(6, zeros.at, zeros.at, 0, linear.place(new Uint32Array(6)).at, maximum.at, element.at);
      expect([maximum.view[0], element.view[0]]).toEqual([0, NO_ELEMENT]);
    });
  });
}
