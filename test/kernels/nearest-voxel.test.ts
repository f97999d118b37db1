// A place lies between the sides of its voxel, and of no other: for every float32, halves and their neighbours first.
import { expect, it } from "vitest";
import { leastOf, mostOf, nearestVoxel } from "../../src/kernels/reference/nearest-voxel.js";
import { createRandom } from "../support/seeded-random.js";

const value = new Float32Array(1);
const bits = new Int32Array(value.buffer);

/** float32 numbers around one, five on either side. */
function around(centre: number): number[] {
  return Array.from({ length: 11 }, (_, i) => {
    value[0] = centre;
    bits[0] = bits[0]! + i - 5;
    return value[0]!;
  }).filter((place) => !Number.isNaN(place));
}

it("places of a voxel are those between its sides", () => {
  const random = createRandom(5);
  const centres = [
    0,
    0.5,
    -0.5,
    1,
    -1,
    2 ** 22 + 0.5,
    -(2 ** 22) - 0.5,
    2 ** 24,
    2 ** 30,
    -(2 ** 30),
    2 ** 31,
    1e38,
    -1e38,
  ];
  for (let i = 0; i < 2000; i++) {
    const scale = 2 ** Math.floor(32 * random.uniform());
    const whole = Math.floor(scale * (2 * random.uniform() - 1));
    centres.push(whole, whole + 0.5);
  }
  const wrong: string[] = [];
  for (const place of [...centres.flatMap(around), Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const own = nearestVoxel(place);
    for (const voxel of [own - 2, own - 1, own, own + 1, own + 2]) {
      if (Math.abs(voxel) > 2 ** 30) continue; // no voxel: nearestVoxel never says so
      const isBetween = place >= leastOf(voxel) && place <= mostOf(voxel);
      if (isBetween !== (voxel === own)) wrong.push(`${place} in ${voxel}`);
    }
  }
  expect(wrong).toEqual([]);
});

it("halves are away from 0, and what is no number lies farthest below", () => {
  expect([0.5, -0.5, 1.5, -1.5, 0.49999997, -0.49999997].map((place) => nearestVoxel(place) + 0)).toEqual([
    1, -1, 2, -2, 0, 0,
  ]);
  expect(nearestVoxel(Number.NaN)).toBe(-(2 ** 30));
});
