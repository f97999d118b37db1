// Maxima by bounds are those of the whole enhancement, bit for bit, element for element; counters are those of the shuffles that count.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EngineInputs } from "../../src/engine/inputs.js";
import { countCountedShuffles, type NullState } from "../../src/run/null-state.js";
import {
  type EngineProblemOptions,
  inLeastMemory,
  makeEngineProblem,
  runEngine,
  withSearch,
} from "../support/engine-problems.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
let nProblems = 0;

interface Variant {
  readonly problem?: Partial<EngineProblemOptions>;
  readonly inputs?: Partial<EngineInputs>;
  readonly enhancement?: { extentPower?: number; heightPower?: number; legacy?: boolean };
  /** Whether a search takes place; default true. */
  readonly searches?: boolean;
}

const M = 400;

/** Bundles of 40 elements: all of one are connected, the nearer the more. */
const bundlesOf = (m: number) => (e: number) => {
  const first = e - (e % 40);
  return Array.from({ length: 40 }, (_, i) => first + i)
    .filter((to) => to < m)
    .map((to) => [to, to === e ? 1 : Math.fround(1 / (1 + Math.abs(to - e)))] as const);
};

/** Every element twice: each maximum is a tie. */
const doubled: Partial<EngineProblemOptions> = {
  connections: (e) => {
    const half = M / 2;
    const from = e < half ? 0 : half;
    return [-2, -1, 0, 1, 2]
      .map((step) => [from + ((e - from + step + half) % half), 0.5] as const)
      .sort((a, b) => a[0] - b[0]);
  },
  value: (i, e) => createRandom(i * 1009 + (e % (M / 2))).normal(),
};

const VARIANTS: Readonly<Record<string, Variant>> = {
  "t, effect": {},
  "t, no effect": { problem: { value: (_i, _e, normal) => normal } },
  "t and F": { problem: { tests: ["t", "F"] } },
  "sign flips": { problem: { errors: "ise" } },
  "missing observations": { problem: { isMissing: (i, e) => (i * 7 + e * 3) % 31 === 0 } },
  "own columns": { problem: { nColumns: 1 } },
  "variance groups": { problem: { nGroups: 2, tests: ["t", "F"] } },
  "one bin": { problem: { dh: 1.5 } },
  "fine heights": { problem: { dh: 0.03 } },
  "two-byte bins": { problem: { dh: 0.01 } },
  "every maximum doubled": { problem: doubled },
  "constant data": { problem: { value: () => 3 } },
  legacy: { enhancement: { legacy: true } },
  "E 1": { enhancement: { extentPower: 1 } },
  "E 3, H 1": { enhancement: { extentPower: 3, heightPower: 1 } },
  "E 1.3, legacy": { enhancement: { extentPower: 1.3, legacy: true } },
  "H 0": { enhancement: { heightPower: 0 } },
  "H 6": { enhancement: { heightPower: 6 } },
  "E 0.5": { enhancement: { extentPower: 0.5 }, searches: false },
  "few eligible": { inputs: { eligible: Uint8Array.from({ length: M }, (_, e) => Number(e % 37 === 5)) } },
  "none eligible": { inputs: { eligible: new Uint8Array(M) } },
  reference: { inputs: { kernels: "reference" } },
  single: { inputs: { precision: "single" } },
  "elements without connections": { problem: { connections: (e) => (e % 3 === 0 ? [] : bundlesOf(M)(e)) } },
};

async function problemOf({ problem, inputs, enhancement }: Variant): Promise<EngineInputs> {
  const sizes = {
    nSubjects: 14,
    nElements: M,
    nShuffles: 150,
    connections: bundlesOf(problem?.nElements ?? M),
  } as const;
  const made = await makeEngineProblem(join(root, `problem-${nProblems++}`), {
    ...{ ...sizes, enhancement: "cfe" },
    ...problem,
  });
  if (made.enhancement.kind === "none") throw new Error("No enhancement.");
  return { ...made, ...inputs, enhancement: { ...made.enhancement, ...enhancement } };
}

const nullsOf = ({ hypotheses }: NullState) => hypotheses.map(({ maxima, elements }) => ({ maxima, elements }));
const defaultsOf = ({ hypotheses }: NullState) => hypotheses.map(({ defaults }) => defaults);
const countersOf = ({ hypotheses }: NullState) => hypotheses.map(({ counters }) => counters);

/** Counters of the first `count` shuffles, by a run of those alone. */
async function countersOfFirst(inputs: EngineInputs, count: number): Promise<Uint32Array[]> {
  const { plan, range } = inputs.shuffles;
  return countersOf((await runEngine({ ...inputs, shuffles: { plan, range: { ...range, end: count } } })).state);
}

describe("maxima by bounds", () => {
  for (const [name, variant] of Object.entries(VARIANTS)) {
    test(name, async () => {
      const inputs = await problemOf(variant);
      const whole = await runEngine(inputs);
      expect(whole.cost.search).toBeUndefined();
      for (const count of [0, 1, 40, 149, 150]) {
        const found = await runEngine(await withSearch(inputs, count));
        expect(nullsOf(found.state), `${count} counted`).toEqual(nullsOf(whole.state));
        expect(defaultsOf(found.state)).toEqual(defaultsOf(whole.state));
        expect(countersOf(found.state)).toEqual(await countersOfFirst(inputs, Math.max(count, 1)));
        expect(found.state.uncorrectedShuffles).toBe(count);
        const searches = variant.searches !== false && count < 150;
        expect(found.cost.search !== undefined).toBe(searches);
        expect(found.plan.search.obstacle).toBe(variant.searches === false && count < 150 ? "extent" : undefined);
        if (!searches) continue;
        const nOpen = (150 - Math.max(count, 1)) * inputs.model!.hypotheses.length;
        const { nFound, nEnhanced } = found.cost.search!;
        expect(nFound + nEnhanced).toBe(nOpen);
        if (found.cost.wideBatches === 0) expect(nFound).toBe(nOpen);
      }
    });
  }

  test("the same for any threads and memory, and where the search is given up on the way", async () => {
    const inputs = await problemOf({ problem: { tests: ["t", "F"], nShuffles: 700, nElements: 4000 } });
    const whole = await runEngine(inputs);
    const wanted = nullsOf(whole.state);
    const counters = await countersOfFirst(inputs, 300);
    const searching = await withSearch(inputs, 300);
    const least = await inLeastMemory(searching);
    const met = new Set<number>();
    for (const layout of [
      { nThreads: 2 },
      { nThreads: 0, memoryBytes: least.memoryBytes },
      { nThreads: 0, memoryBytes: 2 * least.memoryBytes },
      { nThreads: 3, memoryBytes: 3 * least.memoryBytes },
    ]) {
      const { state, plan, cost } = await runEngine({ ...searching, ...layout });
      expect(nullsOf(state), JSON.stringify(layout)).toEqual(wanted);
      expect(countersOf(state)).toEqual(counters);
      met.add(plan.memory.batchShuffles);
      if (plan.memory.search === undefined) expect(plan.search.obstacle).toBe("memory");
      else expect(cost.search!.nFound).toBe(800);
    }
    expect(met.size).toBeGreaterThan(2);
    for (const nThreads of [0, 2]) {
      const { state, cost } = await runEngine({ ...(await withSearch(inputs, 0, 0)), nThreads });
      expect(nullsOf(state)).toEqual(wanted);
      expect(cost.search!.gaveUp).toEqual([0, 1]);
      // one batch was tried, the others were not
      expect(cost.search!.nFound).toBe(0);
      expect(cost.search!.nEnhanced).toBe(2 * 699);
    }
  });

  test("a part of the shuffles, with the unshuffled data in front", async () => {
    const inputs = await problemOf({});
    const whole = await runEngine(inputs);
    for (const count of [0, 30, 60]) {
      const { plan } = inputs.shuffles;
      const shuffles = { plan, range: { first: 50, end: 140, leadingIdentity: true } };
      const part = await runEngine({ ...(await withSearch(inputs, count)), shuffles });
      for (const [h, { maxima, elements, defaults, counters }] of part.state.hypotheses.entries()) {
        const { hypotheses } = whole.state;
        expect(maxima).toEqual(hypotheses[h]!.maxima.slice(50, 140));
        expect(elements).toEqual(hypotheses[h]!.elements.slice(50, 140));
        expect(defaults).toEqual(hypotheses[h]!.defaults);
        const [before, after] = [await countersOfFirst(inputs, 50), await countersOfFirst(inputs, Math.max(50, count))];
        expect(counters).toEqual(after[h]!.map((after_, e) => after_ - before[h]![e]!));
      }
      expect(countCountedShuffles(part.state)).toBe(Math.max(0, count - 50));
    }
  });

  test("bounds spare most pairs of bundles with an effect", async () => {
    const inputs = await problemOf({});
    const { cost } = await runEngine(await withSearch(inputs, 0, 0.25));
    const { pairs, pairsPast, pairsEnhanced, gaveUp } = cost.search!;
    expect(gaveUp).toEqual([]);
    expect(pairs).toBe(149 * M);
    expect(pairsPast).toBeLessThan(pairs / 5);
    expect(pairsEnhanced).toBeLessThan(pairs / 10);
  });
});
