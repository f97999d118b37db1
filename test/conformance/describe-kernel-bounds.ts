// Bounds of enhanced statistics: levels, the pairs that may reach a maximum, one value. No pair that reaches what is needed may be missing.
import { describe, expect, it } from "vitest";
import {
  type BoundTables,
  boundMargin,
  boundTables,
  createRowFactors,
  needOf,
} from "../../src/engine/search/bound-tables.js";
import { createReferenceKernelSet } from "../../src/kernels/reference/reference-kernel-set.js";
import { BOUND_CASES, type BoundCase, heightsOf, makeBoundCase } from "../support/bound-cases.js";
import { statedEnhancement } from "../support/kernel-statements.js";
import type { KernelsUnderTest } from "../support/open-kernels.js";

const LANES = 64;

/** Tables with the case's own cap. */
function tablesOf({ cap, extentPower }: BoundCase): BoundTables {
  const tables = boundTables(heightsOf(), { dh: 2.5 / cap, extentPower })!;
  expect(tables.cap).toBe(cap);
  return tables;
}

/** Groups of a row as a sketch has them, by sorting. */
function groupsOf(row: readonly { place: number; weight: number }[], nElements: number) {
  const sorted = [...row].sort((a, b) => b.weight - a.weight);
  const nGroups = Math.ceil(sorted.length / 8);
  const heaviest = Array.from({ length: nGroups }, (_, g) => sorted[8 * g]!.weight);
  const sum = heaviest.reduce((s, w) => s + w, 0);
  const scale = nGroups === 0 ? 1 : Math.min(32_000 / heaviest[0]!, (65_000 - 3 * nGroups) / (1.9375 * sum));
  return {
    weights: heaviest.map((w) => Math.ceil(w * scale)),
    indices: Array.from({ length: 8 * nGroups }, (_, p) => sorted[p]?.place ?? nElements),
    unit: 1 / scale,
  };
}

export function describeBoundKernels({ kernels: k, linear }: KernelsUnderTest): void {
  const place = (shape: BoundCase) => {
    const made = makeBoundCase(shape);
    const { nElements: m, nGroups, extentPower } = shape;
    const tables = tablesOf(shape);
    const levels = linear.place(new Uint8Array((m + 1) * LANES).fill(77));
    levels.view.fill(0, m * LANES);
    const bins = linear.place(made.bins);
    const order = linear.place(made.order);
    const table = linear.place(tables.levels);
    const given = [order.at, bins.at, m * 16, nGroups, tables.cap, table.at, levels.at] as const;
    const heights = new Float32Array(545);
    heights.set(tables.growth, 0);
    heights.set(tables.ownHeights, 256);
    heights.set(tables.heights, 512);
    heights[544] = tables.unit;
    const rowOf = (e: number) =>
      made.connections[e]!.map((c) => ({ place: made.placeOf[c.element]!, weight: c.weight }));
    const words = new Uint32Array(8 * m);
    const factors = new Float32Array(words.buffer);
    const factorsInto = createRowFactors(tables);
    const indices: number[] = [];
    const weights: number[] = [];
    for (let i = 0; i < m; i++) {
      const e = made.order[i]!;
      const groups = groupsOf(rowOf(e), m);
      const extent = made.connections[e]!.reduce((s, c) => s + c.weight, 0);
      const own = { nGroups: groups.weights.length, norm: made.norms[e]! };
      factorsInto(factors, 8 * i + 5, own, Float64Array.of(groups.unit, extent), 0);
      const sum = groups.weights.reduce((s, w) => s + w, 0);
      words.set([i, e, weights.length, own.nGroups, sum], 8 * i);
      indices.push(...groups.indices);
      weights.push(...groups.weights);
    }
    const fixed = [
      linear.place(words).at,
      linear.place(Uint32Array.from(indices)).at,
      linear.place(Uint16Array.from(weights)).at,
      levels.at,
      bins.at,
      m * 16,
    ] as const;
    const stated = Array.from({ length: LANES }, (_, lane) =>
      Math.floor(lane / 16) >= nGroups
        ? new Float64Array(m)
        : statedEnhancement({
            bins: Array.from(
              { length: m },
              (_, e) => made.bins[Math.floor(lane / 16) * m * 16 + e * 16 + (lane % 16)]!,
            ),
            ...{ connections: made.connections, norms: made.norms, heightPowers: heightsOf(), extentPower },
            firstElement: 0,
          }),
    );
    return { ...made, ...{ m, tables, levels, given, fixed, stated }, heights: linear.place(heights) };
  };

  describe("u8LevelBins", () => {
    for (const shape of BOUND_CASES) {
      it(shape.name, () => {
        const { m, given, levels, tables, bins, order } = place(shape);
        k.u8LevelBins(0, Math.ceil(m / 2), ...given);
        expect([...levels.view.subarray(Math.ceil(m / 2) * LANES, m * LANES)].every((level) => level === 77)).toBe(
          true,
        );
        k.u8LevelBins(Math.ceil(m / 2), m - Math.ceil(m / 2), ...given);
        const stated = Array.from({ length: (m + 1) * LANES }, (_, at) => {
          const [p, lane] = [Math.floor(at / LANES), at % LANES];
          const group = Math.floor(lane / 16);
          return p === m || group >= shape.nGroups
            ? 0
            : tables.levels[bins[group * m * 16 + order[p]! * 16 + (lane % 16)]!]!;
        });
        expect([...levels.view]).toEqual(stated);
        linear.expectGuardsIntact();
      });
    }
  });

  describe("boundRows", () => {
    for (const shape of BOUND_CASES) {
      for (const share of [0, 0.2, 0.6, 1, 6]) {
        it(`${shape.name}, maxima at ${share} of the largest`, () => {
          const made = place(shape);
          const { m, given, fixed, stated } = made;
          const { extentPower } = shape;
          k.u8LevelBins(0, m, ...given);
          const margin = boundMargin(extentPower, shape.most);
          // lane 2 is not asked for, nor are lanes of groups that there are not
          const isAsked = (lane: number) => lane !== 2 && lane < 16 * shape.nGroups;
          const maxima = stated.map((values, lane) =>
            isAsked(lane) ? Math.fround(share * Math.max(...values)) : Number.NaN,
          );
          const needs = linear.place(Float32Array.from(maxima, (maximum) => needOf(maximum, margin, extentPower)));
          const found = new Map<string, number>();
          const refine = extentPower === 2 ? 1 : 0;
          const run = (kernels: typeof k, room: number) => {
            const candidates = linear.reserve(new Uint32Array(3 * room));
            const bounds = new Float32Array(candidates.view.buffer, candidates.at, 3 * room);
            const scratch = linear.reserve(new Uint8Array(640));
            const all: string[] = [];
            let nPast = 0;
            for (let first = 0; first < m; ) {
              const counts = linear.place(new Uint32Array(2));
              const rows = fixed[0] + first * 32;
              const tail = [needs.at, made.heights.at, refine, room, candidates.at, counts.at, scratch.at] as const;
              const [, ...others] = fixed;
              const done = kernels.boundRows(m - first, rows, ...others, ...tail);
              expect(done).toBeGreaterThan(0);
              for (let c = 0; c < counts.view[0]!; c++) {
                const [i, lane] = [first + candidates.view[3 * c]!, candidates.view[3 * c + 1]!];
                all.push(`${i} ${lane} ${bounds[3 * c + 2]}`);
                found.set(`${i} ${lane}`, bounds[3 * c + 2]!);
              }
              nPast += counts.view[1]!;
              first += done;
            }
            return { all, nPast };
          };
          const got = run(k, 150);
          linear.expectGuardsIntact();
          expect(run(createReferenceKernelSet(linear.memory.buffer), 64 * m)).toEqual(got);
          let nPairs = 0;
          for (const [lane, values] of stated.entries()) {
            for (let i = 0; i < m; i++) {
              const value = values[made.order[i]!]!;
              if (value > 0) nPairs++;
              const bound = found.get(`${i} ${lane}`);
              if (!isAsked(lane)) expect(bound).toBeUndefined();
              else if (value > 0 && value >= maxima[lane]!) expect(bound, `row ${i}, lane ${lane}`).toBeDefined();
              const reached = needOf(value, margin, extentPower);
              if (bound !== undefined) expect(bound).toBeGreaterThanOrEqual(reached);
            }
          }
          if (share === 6) expect(got.all.length, `of ${nPairs} pairs`).toBeLessThan(nPairs / 3 + 2);
        });
      }
    }

    it("finds nothing to refuse in a row that is too long for groups", () => {
      const made = place(BOUND_CASES[0]!);
      k.u8LevelBins(0, made.m, ...made.given);
      const words = new Uint32Array(8);
      words.set([4, made.order[4]!, 0, 0, 0]);
      new Float32Array(words.buffer).set([0, 0, Number.POSITIVE_INFINITY], 5);
      const needs = linear.place(new Float32Array(LANES).fill(3e38));
      const candidates = linear.reserve(new Uint32Array(3 * LANES));
      const counts = linear.place(new Uint32Array(2));
      const [, ...others] = made.fixed;
      const scratch = linear.reserve(new Uint8Array(640));
      const tail = [needs.at, made.heights.at, 1, LANES, candidates.at, counts.at, scratch.at] as const;
      expect(k.boundRows(1, linear.place(words).at, ...others, ...tail)).toBe(1);
      const nTested = Array.from({ length: LANES }, (_, lane) => lane).filter(
        (lane) => made.bins[Math.floor(lane / 16) * made.m * 16 + made.order[4]! * 16 + (lane % 16)]! > 0,
      ).length;
      expect(counts.view[0]).toBe(nTested);
    });
  });

  it("f32EnhanceOne gives the bits of f32EnhanceRows", () => {
    for (const shape of BOUND_CASES) {
      linear.clear();
      const { m, bins, connections, norms } = place(shape);
      const { extentPower } = shape;
      const starts = [0];
      for (const row of connections) starts.push(starts.at(-1)! + row.length);
      const words = new Uint32Array(2 * starts.at(-1)!);
      const weights = new Float32Array(words.buffer);
      for (const [p, { element, weight }] of connections.flat().entries()) {
        words[2 * p] = element;
        weights[2 * p + 1] = weight;
      }
      const pairs = linear.place(words).at;
      const heights = linear.place(heightsOf()).at;
      const group = linear.place(bins.subarray(0, m * 16)).at;
      const histogram = linear.reserve(new Uint8Array(16 * 1024)).at;
      const all = linear.reserve(new Float32Array(m * 16));
      const rows = [
        linear.place(Uint32Array.from(starts)).at,
        pairs,
        linear.place(Float32Array.from(norms)).at,
      ] as const;
      k.f32EnhanceRows(m, 0, 1, 256, extentPower, ...rows, heights, group, all.at, histogram);
      const one = Array.from({ length: m * 16 }, (_, at) => {
        const [e, lane] = [Math.floor(at / 16), at % 16];
        const row = [connections[e]!.length, pairs + 8 * starts[e]!] as const;
        return k.f32EnhanceOne(...row, group + lane, bins[at]!, extentPower, heights, norms[e]!, histogram);
      });
      expect(one).toEqual([...all.view]);
      linear.expectGuardsIntact();
    }
  });
}
