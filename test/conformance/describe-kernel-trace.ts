// Streamlines through voxels: chord by chord what the oracle says, in every set, whatever the window.
import { describe, expect, it } from "vitest";
import { splineWeights, traceVoxels } from "../../src/kernels/reference/trace.js";
import type { KernelsUnderTest } from "../support/open-kernels.js";
import { chordsOfStreamline } from "../support/oracle-connectivity.js";
import { createRandom } from "../support/seeded-random.js";

const f = Math.fround;
type Size = readonly [number, number, number];
const SIZE: Size = [9, 8, 7];
const NEARNESS = f(0.0001);
const OBLIQUE = [0.61, 0.11, -0.07, 3.2, -0.09, 0.52, 0.2, 2.9, 0.13, -0.16, 0.41, 3.3].map(f);
const AXES = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
const MOST = 6000;

interface Line {
  readonly points: Float32Array;
  readonly ratio?: number;
  readonly placement?: readonly number[];
  readonly size?: Size;
}

/** A walk around the middle, which leaves the image now and then. */
function randomLine(seed: number, nPoints: number, step: number): Float32Array {
  const random = createRandom(seed);
  const p = [0, 0, 0].map(() => 4 * random.normal());
  return Float32Array.from({ length: 3 * nPoints }, (_, i) => {
    p[i % 3] = (1 - step / 20) * p[i % 3]! + step * random.normal();
    return p[i % 3]!;
  });
}

export function describeTraceKernel({ kernels: k, linear }: KernelsUnderTest): void {
  const weightsOf = (ratio: number) =>
    Float32Array.from(Array.from({ length: ratio - 1 }, (_, i) => splineWeights(f((i + 1) / ratio))).flat());
  function trace({ points, ratio = 1, placement = OBLIQUE, size = SIZE }: Line, window: number, most = MOST) {
    linear.clear();
    const nPoints = points.length / 3;
    const out = { voxels: linear.reserve(new Uint32Array(most)), chords: linear.reserve(new Float32Array(3 * most)) };
    const padded = Float32Array.from([...points, 1e30]);
    const n = k.f32TraceVoxels(
      ...([nPoints, linear.place(padded).at, ratio, linear.place(weightsOf(ratio)).at] as const),
      ...([linear.place(Float32Array.from(placement)).at, ...size, NEARNESS, most, window] as const),
      ...([linear.reserve(new Uint32Array(7 * window + 80)).at, out.voxels.at, out.chords.at] as const),
    );
    linear.expectGuardsIntact();
    const count = Math.max(0, n);
    return { n, voxels: [...out.voxels.view.subarray(0, count)], chords: [...out.chords.view.subarray(0, 3 * count)] };
  }

  function expectAsOracle(line: Line, window: number) {
    const { points, ratio = 1, placement = OBLIQUE } = line;
    const rows = [0, 1, 2].map((i) => placement.slice(4 * i, 4 * i + 4));
    const chords = chordsOfStreamline(points, ratio, rows, NEARNESS)
      .map(({ voxel, chord }) => ({ at: voxel.split(" ").map(Number), chord }))
      .filter(({ at }) => at.every((v, c) => v >= 0 && v < SIZE[c]!));
    const got = trace(line, window);
    expect(got.voxels).toEqual(chords.map(({ at: [x, y, z] }) => x! + SIZE[0] * (y! + SIZE[1] * z!)));
    expect(got.chords).toEqual(chords.flatMap(({ chord }) => [...chord]));
    expect(got.n).toBe(chords.length);
    return got.n;
  }

  describe("f32TraceVoxels", () => {
    it.each([
      ["points nearer than voxels", 0.3, 1],
      ["about a voxel apart", 1.7, 1],
      ["segments through many voxels", 9, 1],
      ["cut in two", 0.8, 2],
      ["cut in seven", 5, 7],
    ])("%s", (_, step, ratio) => {
      let nChords = 0;
      for (const nPoints of [2, 3, 4, 5, 8, 9, 33, 150])
        for (const window of [8, 12, 64, 512])
          nChords += expectAsOracle({ points: randomLine(nPoints + ratio, nPoints, step), ratio }, window);
      expect(nChords).toBeGreaterThan(300);
    });

    it("points that are repeated, lie on sides of voxels, or do not move", () => {
      const random = createRandom(4);
      const onSides = Float32Array.from({ length: 300 }, () => Math.round(16 * random.uniform()) / 2 - 0.5);
      const still = new Float32Array(30).fill(2);
      const twice = randomLine(5, 60, 1).map((_, i, all) => all[Math.floor(i / 6) * 3 + (i % 3)]!);
      for (const points of [onSides, still, twice])
        for (const window of [8, 512]) expectAsOracle({ points, placement: AXES }, window);
    });

    it("lines where float32 has no halves, or no points so near each other", () => {
      const at = (x: number, seed: number) => randomLine(seed, 60, 3).map((v, i) => (i % 3 === 0 ? x + v : v));
      const wide: Size = [2 ** 24, 4, 4];
      const lines: Line[] = [
        { points: at(2 ** 22, 1), placement: AXES, size: wide },
        { points: at(2 ** 23, 2), placement: AXES, size: wide },
        { points: at(3e7, 3), placement: [0.5, 0, 0, 4 - 1.5e7, 0, 1, 0, 3, 0, 0, 1, 3] },
        { points: at(-(2 ** 22), 4), placement: [1, 0, 0, 2 ** 22 + 4, 0, 1, 0, 3, 0, 0, 1, 3] },
        { points: at(0, 5).map((v, i) => (i === 100 ? 3.4e38 : v)), placement: OBLIQUE.map((m) => 3 * m) },
      ];
      const counts = lines.map((line) => {
        const { points, placement = [], size = SIZE } = line;
        const out = { voxels: new Uint32Array(MOST), chords: new Float32Array(3 * MOST) };
        const inputs = { ...{ points, nPoints: 60, ratio: 1, weights: weightsOf(1) }, size, nearness: NEARNESS };
        const n = traceVoxels({ ...inputs, toVoxel: Float32Array.from(placement), most: MOST }, out);
        const voxels = [...out.voxels.subarray(0, Math.max(0, n))];
        for (const window of [8, 512]) expect(trace(line, window)).toMatchObject({ n, voxels });
        return n;
      });
      expect(Math.min(...counts.slice(0, 4))).toBeGreaterThan(20);
    });

    it("more chords than there may be, inside and outside counted", () => {
      const points = randomLine(8, 200, 3);
      const all = [...Array(1500).keys()].find((most) => trace({ points }, 64, most + 1).n >= 0)! + 1;
      const { n } = trace({ points }, 64, all);
      expect(n).toBeLessThan(all);
      for (const window of [8, 64]) {
        expect(trace({ points }, window, all - 1).n).toBe(-1);
        expect(trace({ points }, window, all).n).toBe(n);
      }
    });
  });
}
