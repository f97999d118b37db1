// Weights of connections and smoothing over them: bit for bit what the oracle says, in every set, whatever the number of lanes.
import { describe, expect, it } from "vitest";
import { POWERS_OF_TWO } from "../../src/kernels/exp-constants.js";
import type { KernelsUnderTest } from "../support/open-kernels.js";
import { libraryExp, type OracleMatrix, smoothOracle } from "../support/oracle-smooth.js";
import { createRandom } from "../support/seeded-random.js";

const f = Math.fround;
const FWHM = 10;
const [SCALE, DECAY] = (() => {
  const s = f(FWHM / f(2.3548));
  return [f(1 / (s * Math.sqrt(2 * Math.PI))), f(-1 / (2 * s * s))] as const;
})();

interface Rows {
  readonly matrix: OracleMatrix;
  readonly places: Float32Array;
  readonly starts: Uint32Array;
  readonly connected: Uint32Array;
  readonly connectivity: Float32Array;
}

function randomRows(seed: number, nFixels: number, most: number): Rows {
  const random = createRandom(seed);
  const rows = Array.from({ length: nFixels }, (_, i) =>
    Array.from({ length: i % 5 === 4 ? 0 : Math.floor(random.uniform() * most) }, () => {
      const fixel = Math.floor(random.uniform() * nFixels);
      return [fixel, f(random.uniform())] as const;
    }),
  );
  const starts = new Uint32Array(nFixels + 1);
  for (const [i, row] of rows.entries()) starts[i + 1] = starts[i]! + row.length;
  return {
    matrix: { rows },
    places: Float32Array.from({ length: 3 * nFixels }, () => 12 * random.uniform()),
    starts,
    connected: Uint32Array.from(rows.flat(), ([fixel]) => fixel),
    connectivity: Float32Array.from(rows.flat(), ([, value]) => value),
  };
}

const inFours = (places: Float32Array) =>
  Float32Array.from({ length: (places.length / 3) * 4 }, (_, at) =>
    at % 4 === 3 ? 0 : places[3 * Math.floor(at / 4) + (at % 4)]!,
  );

export function describeSmoothingKernels({ kernels: k, linear }: KernelsUnderTest): void {
  /** Weights of rows first.. into memory. */
  function weigh(rows: Rows, first: number, nRows: number, least: number, mask?: Uint8Array) {
    const base = rows.starts[first]!;
    const starts = rows.starts.slice(first, first + nRows + 1).map((start) => start - base);
    const count = starts[nRows]!;
    const nFixels = rows.matrix.rows.length;
    const out = {
      starts: linear.reserve(new Uint32Array(nRows + 1)),
      pairs: linear.reserve(new Uint32Array(2 * count)),
    };
    const bad = k.f32SmoothingWeights(
      ...([nRows, first, nFixels, linear.place(starts).at] as const),
      linear.place(rows.connected.slice(base, base + count)).at,
      linear.place(rows.connectivity.slice(base, base + count)).at,
      linear.place(inFours(rows.places)).at,
      mask === undefined ? 0 : linear.place(mask).at,
      ...([
        SCALE,
        DECAY,
        least,
        linear.place(Float64Array.from(POWERS_OF_TWO)).at,
        out.starts.at,
        out.pairs.at,
      ] as const),
    );
    linear.expectGuardsIntact();
    return { bad, ...out };
  }

  describe("f32SmoothingWeights", () => {
    it.each([0, 0.01, 0.05, 2])("of at least %f, with and without a mask", (least) => {
      for (const masked of [false, true]) {
        linear.clear();
        const rows = randomRows(7, 60, 40);
        const random = createRandom(3);
        const mask = masked ? Uint8Array.from({ length: 60 }, () => (random.uniform() < 0.7 ? 1 : 0)) : undefined;
        const { bad, starts, pairs } = weigh(rows, 20, 30, f(least), mask);
        const stated = rows.matrix.rows.slice(20, 50).map((row, at) =>
          row.flatMap(([j, c]) => {
            const i = 20 + at;
            if (mask !== undefined && (mask[i] === 0 || mask[j] === 0)) return [];
            const square = (axis: number) => f(f(rows.places[3 * j + axis]! - rows.places[3 * i + axis]!) ** 2);
            const distance = f(square(0) + f(square(1) + square(2)));
            const weight = f(f(c * SCALE) * libraryExp(f(DECAY * distance)));
            return weight >= f(least) ? [[j, weight]] : [];
          }),
        );
        expect(bad).toBe(-1);
        const ends = [0];
        for (const row of stated) ends.push(ends.at(-1)! + row.length);
        expect([...starts.view]).toEqual(ends);
        const weights = new Float32Array(pairs.view.buffer, pairs.at, pairs.view.length);
        const got = Array.from({ length: ends.at(-1)! }, (_, p) => [pairs.view[2 * p], weights[2 * p + 1]]);
        expect(got).toEqual(stated.flat());
      }
    });

    it("no weight is a number where the width is 0", () => {
      linear.clear();
      const rows = randomRows(7, 20, 10);
      const pairs = linear.reserve(new Uint32Array(2 * rows.connected.length));
      const starts = linear.reserve(new Uint32Array(21));
      const bad = k.f32SmoothingWeights(
        ...([20, 0, 20, linear.place(rows.starts).at, linear.place(rows.connected).at] as const),
        ...([linear.place(rows.connectivity).at, linear.place(inFours(rows.places)).at, 0] as const),
        ...([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0] as const),
        ...([linear.place(Float64Array.from(POWERS_OF_TWO)).at, starts.at, pairs.at] as const),
      );
      expect([bad, ...starts.view]).toEqual([-1, ...new Array(21).fill(0)]);
    });

    it.each([
      ["a fixel that is not there", { fixel: 60 }],
      ["a fixel far away", { fixel: 2 ** 32 - 1 }],
      ["a value below 0", { value: -0.1 }],
      ["no number", { value: Number.NaN }],
      ["an infinite value", { value: Number.POSITIVE_INFINITY }],
    ])("says where %s is, in a masked row too", (_, odd) => {
      linear.clear();
      const rows = randomRows(9, 60, 40);
      const at = rows.starts[33]! + 2;
      if ("fixel" in odd) rows.connected[at] = odd.fixel!;
      else rows.connectivity[at] = odd.value!;
      expect(weigh(rows, 20, 30, 0, new Uint8Array(60)).bad).toBe(at - rows.starts[20]!);
    });
  });

  describe("f32SmoothRows", () => {
    const lanes = [4, 8, 12, 32, 36, 44, 64, 100];
    it.each(lanes)("%i lanes: values everywhere, missing here and there, missing in one lane, and huge", (nLanes) => {
      for (const share of [0, 0.01, 0.6]) {
        linear.clear();
        const rows = randomRows(11 + nLanes, 50, 30);
        const random = createRandom(nLanes);
        const least = 0.01;
        const given = Array.from({ length: nLanes }, (_, lane) =>
          Float32Array.from({ length: 50 }, () =>
            random.uniform() < share || (lane === 2 && random.uniform() < 0.3)
              ? Number.NaN
              : lane === 3
                ? 3e38 * (2 * random.uniform() - 1)
                : random.normal(),
          ),
        );
        const values = Float32Array.from(
          { length: 50 * nLanes },
          (_, at) => given[at % nLanes]![Math.floor(at / nLanes)]!,
        );
        const complete = Uint8Array.from({ length: 50 }, (_, fixel) =>
          given.every((lane) => Number.isFinite(lane[fixel]!)) ? 1 : 0,
        );
        const before = Float32Array.from({ length: 50 * nLanes }, (_, at) => -1 - at);
        const { starts, pairs } = weigh(rows, 10, 35, f(least));
        const smoothed = linear.place(before);
        const at = [starts.at, pairs.at, linear.place(complete).at, linear.place(values).at, smoothed.at] as const;
        k.f32SmoothRows(35, 10, nLanes, ...at);
        linear.expectGuardsIntact();
        const stated = before.slice();
        for (const [lane, own] of given.entries()) {
          const { matrix, places } = rows;
          const out = smoothOracle({ values: own, places, matrix, fwhm: FWHM, minweight: least, isDev: false });
          const none = smoothOracle({
            values: own.map((x) => (Number.isFinite(x) ? 1 : Number.NaN)),
            places,
            matrix,
            fwhm: FWHM,
            minweight: least,
          });
          for (let fixel = 10; fixel < 45; fixel++)
            if (Number.isFinite(none[fixel]) && matrix.rows[fixel]!.length > 0)
              stated[fixel * nLanes + lane] = out[fixel]!;
        }
        expect(new Uint32Array(Float32Array.from(smoothed.view).buffer)).toEqual(new Uint32Array(stated.buffer));
      }
    });
  });
}
