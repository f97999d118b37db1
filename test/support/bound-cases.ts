// Rows of connections with their groups, bins and levels for kernels of bounds: made plainly, in arrays.
import { createRandom } from "./seeded-random.js";

export interface BoundCase {
  readonly name: string;
  readonly nElements: number;
  /** Connections a row, 0..most. */
  readonly most: number;
  readonly largestBin: number;
  /** Groups of 16 lanes. */
  readonly nGroups: number;
  readonly cap: number;
  readonly extentPower: number;
  readonly weightOf?: (uniform: number) => number;
}

export const BOUND_CASES: readonly BoundCase[] = [
  { name: "ordinary", nElements: 90, most: 60, largestBin: 40, nGroups: 4, cap: 25, extentPower: 2 },
  { name: "one", nElements: 1, most: 1, largestBin: 9, nGroups: 1, cap: 25, extentPower: 2 },
  { name: "large bins", nElements: 60, most: 40, largestBin: 255, nGroups: 3, cap: 25, extentPower: 2 },
  { name: "small bins", nElements: 60, most: 40, largestBin: 5, nGroups: 2, cap: 25, extentPower: 2 },
  { name: "cap above 31", nElements: 70, most: 40, largestBin: 255, nGroups: 4, cap: 200, extentPower: 2 },
  { name: "low cap", nElements: 70, most: 40, largestBin: 30, nGroups: 4, cap: 2, extentPower: 2 },
  { name: "E = 1", nElements: 60, most: 40, largestBin: 60, nGroups: 4, cap: 25, extentPower: 1 },
  { name: "E = 3.5", nElements: 60, most: 40, largestBin: 60, nGroups: 4, cap: 25, extentPower: 3.5 },
  {
    ...{ name: "equal weights", nElements: 60, most: 70, largestBin: 40, nGroups: 4, cap: 25 },
    ...{ extentPower: 2, weightOf: () => 0.5 },
  },
  {
    ...{ name: "uneven weights", nElements: 80, most: 70, largestBin: 40, nGroups: 4, cap: 25 },
    ...{ extentPower: 2, weightOf: (u) => 0.01 / (1 - 0.99 * u) },
  },
];

/** Heights 0.1 apart, to the power of 3. */
export const heightsOf = (nBins = 256) => Float32Array.from({ length: nBins }, (_, h) => (h * 0.1) ** 3);

export function makeBoundCase(shape: BoundCase) {
  const random = createRandom(shape.nElements * 7 + shape.most);
  const { nElements: m, most, largestBin, nGroups, weightOf = (u: number) => 0.1 + 0.9 * u } = shape;
  const order = random.permutation(m);
  const placeOf = new Uint32Array(m);
  for (const [place, element] of order.entries()) placeOf[element] = place;
  // lane 5 of each group has nothing, lane 6 the largest bins
  const bins = Uint8Array.from({ length: nGroups * m * 16 }, (_, at) => {
    if (at % 16 === 5) return 0;
    const bin = random.uniform() < 0.4 ? 0 : Math.floor(random.uniform() ** 2 * (largestBin + 1));
    return at % 16 === 6 ? Math.max(bin, largestBin - 3) : bin;
  });
  const connections = Array.from({ length: m }, (_, e) =>
    Array.from({ length: e === 3 ? 0 : 1 + random.integer(most) }, () => ({
      element: random.integer(m),
      weight: Math.fround(weightOf(random.uniform())),
    })),
  );
  const norms = connections.map((row) => Math.fround(row.length === 0 ? 0 : 1 / row.reduce((s, c) => s + c.weight, 0)));
  return { order: Uint32Array.from(order), placeOf, bins, connections, norms };
}
