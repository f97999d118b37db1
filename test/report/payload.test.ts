// Pictures have their elements in the order of voxels, whatever order the template has.
import { inflateRawSync } from "node:zlib";
import { expect, it } from "vitest";
import { packPayload } from "../../src/report/payload.js";
import type { ShownData } from "../../src/report/report-data.js";
import { fc } from "../support/seeded-check.js";

const DIMENSIONS = [6, 5, 4] as const;
const N_VOXELS = 120;

function packed(voxelOf: Uint32Array, mean: Float64Array) {
  const geometry = {
    ...{ dimensions: DIMENSIONS, voxelSizes: [1, 1, 1], voxelOf, directions: undefined },
    toMm: [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
    ],
  };
  const data = { geometry, kind: "fixel", hypotheses: [], background: undefined } as unknown as ShownData;
  const { header, bytes } = packPayload(data, mean)!;
  const raw = new Uint8Array(inflateRawSync(Buffer.from(bytes, "base64")));
  const read = (place: { type: string; offset: number; length: number } | undefined) => {
    if (place === undefined) return undefined;
    const size = place.type === "u32" ? 4 : 1;
    const own = raw.slice(place.offset, place.offset + size * place.length);
    return Array.from(size === 4 ? new Uint32Array(own.buffer) : own);
  };
  const summed = (steps: number[] | undefined) => {
    let sum = 0;
    return steps?.map((step) => {
      sum = (sum + step) % 2 ** 32;
      return sum;
    });
  };
  const { arrays } = header;
  return {
    ...{ voxels: summed(read(arrays.voxels))!, counts: read(arrays.counts)!, element: summed(read(arrays.element)) },
    ...{ mean: read(arrays.mean)!, sizes: header.dimensions },
  };
}

it("each voxel once (a count is at most 255), its elements in their order, their mean summed", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(N_VOXELS - 1), { minLength: 1, maxLength: 60 }),
      fc.boolean(),
      fc.constantFrom(1, 300),
      (given, isSorted, times) => {
        const repeated = given.flatMap((voxel) => new Array<number>(times).fill(voxel));
        const voxelOf = Uint32Array.from(isSorted ? repeated.sort((a, b) => a - b) : repeated);
        const { voxels, counts, element, mean } = packed(voxelOf, new Float64Array(voxelOf.length).fill(0.5));
        const order = Array.from(voxelOf.keys()).sort((a, b) => voxelOf[a]! - voxelOf[b]! || a - b);
        const isSame = order.every((one, i) => one === i);
        expect(element).toEqual(isSame ? undefined : order);
        const runs = [...new Set(order.map((one) => voxelOf[one]!))].flatMap((voxel) => {
          const n = voxelOf.filter((one) => one === voxel).length;
          return Array.from({ length: Math.ceil(n / 255) }, (_, i) => Math.min(255, n - 255 * i));
        });
        expect(counts).toEqual(runs);
        expect(voxels.length).toBe(runs.length);
        expect(voxels).toEqual([...voxels].sort((a, b) => a - b));
        // of equal values the sum is the count's share of what is large
        const scale = runs.map((n) => 0.5 * n).sort((a, b) => a - b)[Math.floor(0.995 * (runs.length - 1))]!;
        expect(mean).toEqual(runs.map((n) => Math.min(255, Math.round((255 * 0.5 * n) / scale))));
      },
    ),
    { numRuns: 60 },
  );
});

it("what has no value or one below 0 adds nothing to its voxel", () => {
  const { mean } = packed(Uint32Array.of(3, 3, 7, 8), Float64Array.of(1, -5, Number.NaN, 1));
  expect(mean).toEqual([255, 0, 255]);
});
