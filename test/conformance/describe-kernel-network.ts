// Enhancement of one whole map over the edges of a network.
import { describe, expect, it } from "vitest";
import { expectResidual } from "../support/kernel-residual.js";
import type { KernelsUnderTest } from "../support/open-kernels.js";
import { statedComponents, statedIntegral } from "../support/oracle-graph.js";
import { type Edge, statedEdges, statedNetwork } from "../support/oracle-network.js";
import { createRandom } from "../support/seeded-random.js";

interface NetworkShape {
  readonly name: string;
  readonly nNodes: number;
  readonly edges: readonly Edge[];
  readonly largestBin: number;
  readonly binBytes: 1 | 2;
  readonly extentPower: number;
  /** Share of the edges without any height. */
  readonly zeros: number;
}

const network = (nNodes: number) => ({ nNodes, edges: statedEdges(nNodes) });
const common = { largestBin: 40, binBytes: 1, extentPower: 0.4, zeros: 0.6 } as const;

const SHAPES: readonly NetworkShape[] = [
  { ...common, ...network(1), name: "one node", zeros: 0 },
  { ...common, ...network(2), name: "two nodes" },
  { ...common, ...network(9), name: "sparse", zeros: 0.9 },
  { ...common, ...network(12), name: "dense", zeros: 0.1 },
  { ...common, ...network(9), name: "many ties", largestBin: 3, zeros: 0.8 },
  { ...common, ...network(14), name: "one height", largestBin: 1, extentPower: 1, zeros: 0.92 },
  { ...common, ...network(9), name: "bins of two bytes", largestBin: 900, binBytes: 2 },
  { ...common, ...network(9), name: "E = 0", extentPower: 0, largestBin: 20 },
  {
    ...common,
    name: "some of the edges",
    nNodes: 65536,
    edges: statedEdges(65536 - 65525)
      .map(({ i, j }) => ({ i: i + 65525, j: j + 65525 }))
      .filter((_, e) => e % 3 !== 1),
  },
];

export function describeNetworkKernels({ kernels: k, linear }: KernelsUnderTest): void {
  const heightSums = (nBins: number) => {
    const sums = new Float64Array(nBins + 1);
    for (let h = 1; h <= nBins; h++) sums[h] = sums[h - 1]! + (h * 0.1) ** 3;
    return sums;
  };
  const enhance = ({ nNodes, edges, binBytes, extentPower, largestBin }: NetworkShape, bins: readonly number[]) => {
    const m = edges.length;
    const nBins = largestBin + 1;
    // what lies between the lane's bins is of others
    const lanes = linear.place(new (binBytes === 1 ? Uint8Array : Uint16Array)(m * 16).fill(200));
    for (const [e, bin] of bins.entries()) lanes.view[e * 16 + 7] = bin;
    const out = linear.place(new Float32Array(m).fill(-7));
    const guard = linear.place(new Float32Array(4).fill(-7));
    const scratch = linear.place(
      new Float64Array(Math.ceil((22 * m + 8 * nNodes + 4 * (nBins + 1)) / 8)).fill(Number.NaN),
    );
    const behind = linear.place(new Float32Array(4).fill(-7));
    const ends = linear.place(Uint32Array.from(edges, ({ i, j }) => i + j * 65536));
    const powers = linear.place(Float64Array.from({ length: m + 1 }, (_, n) => n ** extentPower));
    const at = [lanes.at + 7 * binBytes, ends.at, powers.at, linear.place(heightSums(nBins)).at] as const;
    k.f32EnhanceNetwork(m, nNodes, binBytes, nBins, ...at, out.at, scratch.at);
    expect([...guard.view, ...behind.view]).toEqual(new Array(8).fill(-7));
    return [...out.view];
  };
  const stated = ({ edges, extentPower }: NetworkShape, bins: readonly number[]) => {
    const graph = statedNetwork(edges);
    const sums = bins.map(() => 0);
    const largest = Math.max(...bins);
    for (let h = 1; h <= largest + (largest > 0 ? 1 : 0); h++) {
      const sizes = statedComponents(
        graph,
        bins.map((bin) => bin >= h),
      );
      for (const [e, size] of sizes.entries()) sums[e]! += size ** extentPower * (h * 0.1) ** 3;
    }
    return sums;
  };

  describe("f32EnhanceNetwork", () => {
    for (const shape of SHAPES) {
      it(shape.name, async (context) => {
        const random = createRandom(4);
        for (let round = 0; round < 6; round++) {
          const bins = shape.edges.map(() =>
            random.uniform() < shape.zeros ? 0 : random.integer(shape.largestBin + 1),
          );
          bins[random.integer(bins.length)] = shape.largestBin;
          const made = { got: enhance(shape, bins), stated: stated(shape, bins) };
          await expectResidual("f32EnhanceNetwork", made, context);
          linear.clear();
        }
      });
    }

    it("makes nothing of a map of zeros, with E = 0 too", () => {
      for (const shape of SHAPES) {
        const bins = shape.edges.map(() => 0);
        expect(new Set(enhance(shape, bins))).toEqual(new Set([0]));
        linear.clear();
      }
    });
  });

  describe("f32EnhanceNetworkExact", () => {
    for (const { name, nNodes, edges, extentPower, zeros } of SHAPES) {
      it(name, async (context) => {
        const random = createRandom(6);
        const m = edges.length;
        for (const power of [4, 3, 1, 2.4]) {
          const z = Float32Array.from({ length: m }, (_, e) => {
            if (random.uniform() < zeros) return -random.uniform();
            return e % 3 === 0 ? random.integer(9) / 4 : random.normal();
          });
          const out = linear.place(new Float32Array(m).fill(-7));
          const guard = linear.place(new Float32Array(4).fill(-7));
          const scratch = new Float64Array(Math.ceil((32 * m + 8 * nNodes + 24_640) / 8)).fill(Number.NaN);
          const ends = Uint32Array.from(edges, ({ i, j }) => i + j * 65536);
          const powers = Float64Array.from({ length: m + 1 }, (_, n) => n ** extentPower);
          const at = [linear.place(z).at, linear.place(ends).at, linear.place(powers).at] as const;
          const to = [out.at, linear.place(scratch).at] as const;
          const behind = linear.place(new Float32Array(4).fill(-7));
          k.f32EnhanceNetworkExact(m, nNodes, ...at, power, ...to);
          expect([...guard.view, ...behind.view]).toEqual(new Array(8).fill(-7));
          const stated = statedIntegral(statedNetwork(edges), [...z], { extentPower, heightPower: power - 1 });
          await expectResidual("f32EnhanceNetworkExact", { got: [...out.view], stated }, context);
          linear.clear();
        }
      });
    }
  });
}
