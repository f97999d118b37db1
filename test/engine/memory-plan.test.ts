// The plan of a run is plain data: it is tested without any. Sizes of regions are stated here once more, from what is kept in them.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PlanInputs } from "../../src/engine/plan/inputs.js";
import { CONTROL } from "../../src/engine/plan/job.js";
import { type MemoryPlan, planMemory } from "../../src/engine/plan/memory.js";
import { REGION_WORDS } from "../../src/engine/plan/region-words.js";
import { keptDesigns, type ModelSize, type ProblemSize, positionBytes } from "../../src/engine/plan/size.js";
import { listBlocks, listWindows } from "../../src/engine/plan/work-lists.js";
import { BudgetError } from "../../src/errors.js";
import { PANELS } from "../../src/kernels/kernel-set.js";
import type { PlacedRegion } from "../../src/kernels/memory-regions.js";
import { observedIndex } from "../../src/run/observed.js";
import { MAX_CELLS } from "../../src/stats/glm/bin-table.js";

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const PAGE = 65_536;
const LANES = 16;

interface Sizes {
  readonly nSubjects: number;
  readonly nElements: number;
  readonly hypotheses?: number;
  readonly nCorrections?: number;
}

const BINS = { kind: "bins", dh: 0.1, scale: { kind: "steps", dh: 0.1 }, nBinsNarrow: 256, nBinsWide: 1501 } as const;

/** As real runs have them: rank 4, 100 connections a fixel. */
function planInputs(sizes: Sizes, given: Partial<PlanInputs> = {}): PlanInputs {
  const { nSubjects, nElements, hypotheses = 1, nCorrections = 1 } = sizes;
  const rank = Math.min(4, nSubjects - 1);
  const size: ProblemSize = {
    nSubjects,
    nElements,
    nFactors: rank,
    rank,
    dof: nSubjects - rank,
    sharedRank: Math.max(0, rank - 1 - nCorrections),
    valueBytes: 4,
    hypotheses: Array.from({ length: hypotheses }, (_, h) => ({
      contrastRank: 1 + (h % 2),
      nCorrections,
      signed: h % 2 === 0 ? 1 : 0,
    })),
    nDeviations: 1,
    hasCondition: false,
    model: undefined,
  };
  return {
    size,
    sink: BINS,
    precision: "double",
    screened: false,
    hasSigns: false,
    panels: PANELS,
    nShuffles: 5000,
    nWorkers: 2,
    budgetBytes: GiB,
    storeBlockWidth: Math.min(1024, Math.max(16, Math.floor(2 ** 18 / nSubjects / 16) * 16)),
    nStoreElements: nElements,
    maxRowConnections: 400,
    nConnections: 100 * nElements,
    eligibleMask: false,
    ...given,
  };
}

/** BudgetError of a budget of one byte. */
function refusal(inputs: PlanInputs): BudgetError {
  try {
    planMemory({ ...inputs, budgetBytes: 1 });
  } catch (error) {
    if (error instanceof BudgetError) return error;
    throw error;
  }
  throw new Error("One byte was enough.");
}

interface Extent {
  readonly name: string;
  readonly first: number;
  readonly end: number;
}

const nBinsWide = ({ sink }: PlanInputs) => (sink.kind === "bins" ? sink.nBinsWide : 0);
const panels = (rows: number) => Math.ceil(rows / 4) * 4;
const extent = (name: string, first: number, bytes: number): Extent => ({ name, first, end: first + bytes });

/** Every shared region with exactly the bytes that are written to it. */
function sharedExtents(
  inputs: PlanInputs,
  plan: MemoryPlan,
): { lasting: Extent[]; batches: Extent[]; observed: Extent } {
  const { shared, batchShuffles: batch, tileShuffles: tile } = plan;
  const { nSubjects: n, nElements: m, rank, nFactors, sharedRank, hypotheses } = inputs.size;
  const corrections = hypotheses.reduce((sum, h) => sum + h.nCorrections, 0);
  const product = inputs.precision === "single" ? 4 : 8;
  const columns = Uint32Array.from({ length: m }, (_, i) => i);
  const blocks = listBlocks(columns, { ...inputs, span: plan.blockSpan, blockWidth: plan.blockWidth });
  const lasting = [
    extent("control", shared.control, CONTROL.words * 4),
    extent("basis", shared.basis, rank * n * 8),
    extent("basisPanels", shared.basisPanels, panels(rank) * n * 8),
    extent("sharedNuisance", shared.sharedNuisance, sharedRank * n * 8),
    extent("moments", shared.moments, panels(corrections) * n * 8),
    extent("pinv", shared.pinv, panels(nFactors) * n * 8),
    extent("heightPowers", shared.heightPowers, nBinsWide(inputs) * 4),
    extent("columns", shared.columns, m * 4),
    extent("blocks", shared.blocks, blocks.byteLength),
    extent("windows", shared.windows, plan.maxWindows * 16),
    extent("zCells", shared.zCells, hypotheses.length * MAX_CELLS * 2),
    extent("zThresholds", shared.zThresholds, hypotheses.length * nBinsWide(inputs) * 8),
    ...(inputs.eligibleMask ? [extent("eligible", shared.eligible!, m)] : []),
  ];
  const batches = [
    extent("labels", shared.labels, batch * n * 4),
    extent("signs", shared.signs, batch * n),
    extent("gathered", shared.gathered, (batch / tile) * panels(tile * rank) * n * product),
  ];
  for (const [h, size] of hypotheses.entries()) {
    const regions = shared.hypotheses[h]!;
    lasting.push(
      extent(`contrastBasis ${h}`, regions.contrastBasis, rank * size.contrastRank * 8),
      extent(`defaults ${h}`, regions.defaults, m * 4),
      extent(`counters ${h}`, regions.counters, m * 4),
      extent(`settled ${h}`, regions.settled, m * 4),
    );
    // a batch in one byte, or half of it (but a whole group) in two
    const wideLanes = Math.max(LANES, Math.floor(batch / 2 / LANES) * LANES);
    batches.push(
      extent(`bins ${h}`, regions.bins, m * Math.max(batch, 2 * wideLanes)),
      extent(`corrections ${h}`, regions.corrections, batch * rank * size.nCorrections * 8),
    );
  }
  return { lasting, batches, observed: extent("observed", shared.observed, observedIndex(inputs.size).count * m * 4) };
}

/** Regions of a worker: the two phases may share bytes, the maxima outlive both. */
function workerExtents(inputs: PlanInputs, plan: MemoryPlan): { bin: Extent[]; enhance: Extent[] } {
  const { worker: w, blockWidth: width, batchShuffles: batch, tileShuffles: tile } = plan;
  const { nSubjects: n, rank, nFactors, valueBytes, hypotheses } = inputs.size;
  const corrections = hypotheses.reduce((sum, h) => sum + h.nCorrections, 0);
  // a single-precision product has a region of its own
  const rows = Math.max(inputs.precision === "single" ? 0 : panels(tile * rank), panels(nFactors) + panels(rank));
  const maxima = [
    extent("maxima", w.maxima, hypotheses.length * batch * 4),
    extent("maximaElements", w.maximaElements, hypotheses.length * batch * 4),
  ];
  const bin = [
    ...maxima,
    extent("raw", w.raw, n * width * valueBytes),
    extent("columnIndices", w.columnIndices, width * 4),
    extent("nonFinite", w.nonFinite, width),
    extent("packed", w.packed, n * width * 8),
    extent("rawSums", w.rawSums, width * 8),
    extent("sums", w.sums, width * 8),
    extent("factors", w.factors, width * 8),
    extent("moments", w.moments, panels(corrections) * width * 8),
    extent("hypothesisSums", w.hypothesisSums, width * 8),
    extent("product", w.product, rows * width * 8),
  ];
  if (inputs.precision === "single") {
    bin.push(extent("packed32", w.packed32, n * width * 4));
    bin.push(extent("product32", w.product32, panels(tile * rank) * width * 4));
  }
  const enhance = [
    ...maxima,
    extent("connections", w.connections, plan.windowConnections * 8),
    extent("rowStarts", w.rowStarts, (plan.windowRows + 1) * 4),
    extent("norms", w.norms, plan.windowRows * 4),
    extent("enhanced", w.enhanced, plan.windowRows * LANES * 4),
    extent("histogram", w.histogram, LANES * Math.max(256, nBinsWide(inputs)) * 4),
  ];
  return { bin, enhance };
}

/** Sentences; empty when every extent lies in [first, end), is aligned to 16 bytes, and touches no other. */
function overlaps(extents: readonly Extent[], first: number, end: number): string[] {
  const filled = extents.filter((region) => region.end > region.first).sort((a, b) => a.first - b.first);
  return filled.flatMap((region, i) => {
    const next = filled[i + 1];
    return [
      ...(region.first % 16 === 0 ? [] : [`${region.name} starts at ${region.first}`]),
      ...(region.first >= first && region.end <= end
        ? []
        : [`${region.name} ends outside, at ${region.end} of ${end}`]),
      ...(next === undefined || next.first >= region.end ? [] : [`${region.name} reaches into ${next.name}`]),
    ];
  });
}

const anyInputs: fc.Arbitrary<PlanInputs> = fc
  .record({
    nSubjects: fc.integer({ min: 3, max: 3000 }),
    nElements: fc.integer({ min: 1, max: 5000 }),
    hypotheses: fc.integer({ min: 1, max: 5 }),
    nCorrections: fc.integer({ min: 0, max: 3 }),
    precision: fc.constantFrom("double", "single"),
    nShuffles: fc.integer({ min: 1, max: 6000 }),
    nWorkers: fc.integer({ min: 1, max: 9 }),
    connectionsEach: fc.integer({ min: 0, max: 300 }),
    nBinsWide: fc.constantFrom(40, 1501, 65_535),
    eligibleMask: fc.boolean(),
    // 0: as little as works; 1: plenty
    generosity: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ generosity, nSubjects, nElements, hypotheses, nCorrections, connectionsEach, nBinsWide, ...given }) => {
    const inputs = planInputs(
      { nSubjects, nElements, hypotheses, nCorrections },
      {
        ...given,
        sink: { ...BINS, nBinsWide },
        nConnections: connectionsEach * nElements,
        maxRowConnections: connectionsEach * Math.min(nElements, 3),
      },
    );
    return { ...inputs, budgetBytes: Math.ceil(refusal(inputs).neededBytes * 10 ** generosity) };
  });

const SEED = 20_261_122;

const placed = ({ name, first, bytes }: PlacedRegion): Extent => extent(name, first, bytes);

const anyModel = fc.option(
  fc.record({
    variable: fc.boolean(),
    nElementColumns: fc.integer({ min: 0, max: 2 }),
    nGroups: fc.integer({ min: 1, max: 3 }),
  }),
  { nil: undefined },
);

function modelSizes(size: ProblemSize, model: Pick<ModelSize, "variable" | "nElementColumns" | "nGroups">) {
  const { variable, nElementColumns, nGroups } = model;
  return {
    hypotheses: size.hypotheses.map((hypothesis) => ({ ...hypothesis, nCorrections: 0 })),
    nDeviations: nGroups,
    hasCondition: variable,
    model: {
      ...model,
      sharedRank: size.rank,
      contrastRanks: size.hypotheses.map(({ contrastRank }) => contrastRank),
      columnBytes: Array.from({ length: nElementColumns }, () => 4 as const),
    },
  };
}

test("a position has 16 bits unless subjects are more", () => {
  expect(positionBytes({ nSubjects: 65_536 })).toBe(2);
  expect(positionBytes({ nSubjects: 65_537 })).toBe(4);
});

describe("the memory plan", () => {
  test("regions hold what is kept in them, touch no other, and lie inside the memory", () => {
    const property = fc.property(anyInputs, (inputs) => {
      const plan = planMemory(inputs);
      const { lasting, batches, observed } = sharedExtents(inputs, plan);
      expect(overlaps([...lasting, ...batches], 0, plan.workersStart)).toEqual([]);
      // the observed pass comes before the first batch
      expect(overlaps([...lasting, observed], 0, plan.workersStart)).toEqual([]);
      const { bin, enhance } = workerExtents(inputs, plan);
      expect(overlaps(bin, 0, plan.workerBytes)).toEqual([]);
      expect(overlaps(enhance, 0, plan.workerBytes)).toEqual([]);
      expect(plan.workersStart % 16).toBe(0);
      expect(plan.workerBytes % 16).toBe(0);
      expect(plan.workersStart + inputs.nWorkers * plan.workerBytes).toBeLessThanOrEqual(plan.memoryBytes);
    });
    fc.assert(property, { seed: SEED, numRuns: 150 });
  });

  test("regions that are needed at once are apart, whatever the model and what becomes of its statistics", () => {
    const property = fc.property(anyInputs, anyModel, fc.boolean(), (inputs, model, scores) => {
      const given: PlanInputs = {
        ...inputs,
        ...(scores ? { sink: { kind: "scores", untestable: [] }, nConnections: 0, maxRowConnections: 0 } : {}),
        size: { ...inputs.size, ...(model && modelSizes(inputs.size, model)) },
      };
      const plan = planMemory({ ...given, budgetBytes: 2 * refusal(given).neededBytes });
      for (const [regions, end] of [
        [plan.sharedList, plan.workersStart],
        [plan.workerList, plan.workerBytes],
      ] as const) {
        const lifetimes = new Set(regions.map(({ lifetime }) => lifetime));
        for (const lifetime of lifetimes) {
          const together = regions.filter((region) => region.lifetime === lifetime || region.lifetime === "run");
          expect(overlaps(together.map(placed), 0, end)).toEqual([]);
        }
        // every byte belongs to something, but for padding to whole lines of the cache
        const ends = regions.map(({ first, bytes }) => first + bytes);
        expect(end - Math.max(...ends)).toBeLessThan(64);
      }
    });
    fc.assert(property, { seed: SEED, numRuns: 150 });
  });

  test("keeps to the budget, in whole pages, widths of panels and groups of lanes", () => {
    const property = fc.property(anyInputs, (inputs) => {
      const plan = planMemory(inputs);
      expect(plan.plannedBytes).toBe(plan.memoryBytes + plan.outsideBytes);
      expect(plan.plannedBytes).toBeLessThanOrEqual(inputs.budgetBytes);
      expect(plan.memoryBytes % PAGE).toBe(0);
      expect(plan.blockWidth % 8).toBe(0);
      expect(plan.batchShuffles % LANES).toBe(0);
      expect(LANES % plan.tileShuffles).toBe(0);
      expect(plan.nBatches).toBe(Math.ceil(inputs.nShuffles / plan.batchShuffles));
    });
    fc.assert(property, { seed: SEED, numRuns: 150 });
  });

  test("the list of blocks has room for any mask", () => {
    const property = fc.property(anyInputs, fc.array(fc.boolean(), { maxLength: 5000 }), (inputs, mask) => {
      const { blockSpan: span, blockWidth, maxBlocks } = planMemory(inputs);
      const inside = mask.slice(0, inputs.size.nElements).flatMap((isInside, i) => (isInside ? [i] : []));
      const blocks = listBlocks(Uint32Array.from(inside), { ...inputs, span, blockWidth });
      expect(blocks.length / 4).toBeLessThanOrEqual(maxBlocks);
    });
    fc.assert(property, { seed: SEED, numRuns: 60 });
  });

  test("the list of windows has room for any distribution of connections over rows, and leaves no row out", () => {
    const anyCounts = fc.array(fc.oneof(fc.nat(5), fc.nat(60_000), fc.nat(300_000)), { minLength: 1, maxLength: 400 });
    const property = fc.property(anyCounts, (counts) => {
      const plan = planMemory({
        ...planInputs({ nSubjects: 10, nElements: counts.length }),
        nConnections: counts.reduce((sum, count) => sum + count, 0),
        maxRowConnections: Math.max(...counts),
      });
      const copyCountsInto = (target: Uint32Array, first: number, count: number) =>
        target.set(counts.slice(first, first + count));
      const limits = { connections: plan.windowConnections, rows: plan.windowRows };
      const windows = listWindows(copyCountsInto, counts.length, limits);
      expect(windows.length / 4).toBeLessThanOrEqual(plan.maxWindows);
      let element = 0;
      let connection = 0;
      for (let i = 0; i < windows.length; i += 4) {
        const [firstElement, nRows, low, high] = windows.subarray(i, i + 4);
        expect([firstElement, high! * 2 ** 32 + low!]).toEqual([element, connection]);
        const inWindow = counts.slice(element, element + nRows!).reduce((sum, count) => sum + count, 0);
        expect(inWindow).toBeLessThanOrEqual(plan.windowConnections);
        expect(nRows).toBeLessThanOrEqual(plan.windowRows);
        element += nRows!;
        connection += inWindow;
      }
      expect(element).toBe(counts.length);
    });
    // rows of which no two fit a window together
    const worst = [[new Array(300).fill(70_000)], [Array.from({ length: 300 }, (_, i) => (i % 2 ? 131_072 : 1))]];
    fc.assert(property, { seed: SEED, numRuns: 100, examples: worst as [number[]][] });
  });

  test("a refusal names a budget that then works, and a smaller one does not", () => {
    const property = fc.property(anyInputs, anyModel, (anywhere, model) => {
      const inputs = { ...anywhere, size: { ...anywhere.size, ...(model && modelSizes(anywhere.size, model)) } };
      const { neededBytes, givenBytes, message } = refusal(inputs);
      expect(givenBytes).toBe(1);
      expect(message).toContain("Cannot run in 1 B");
      expect(planMemory({ ...inputs, budgetBytes: neededBytes }).plannedBytes).toBeLessThanOrEqual(neededBytes);
      expect(() => planMemory({ ...inputs, budgetBytes: neededBytes - MiB })).toThrow(BudgetError);
    });
    fc.assert(property, { seed: SEED, numRuns: 60 });
  });

  test("blocks and batches shrink as subjects grow", () => {
    const counts = [30, 100, 300, 1000, 3000, 10_000, 30_000];
    for (const budgetBytes of [256 * MiB, GiB]) {
      const plans = counts.map((nSubjects) =>
        planMemory(planInputs({ nSubjects, nElements: 500_000 }, { budgetBytes })),
      );
      for (const shrinking of [
        plans.map((plan) => plan.blockWidth),
        plans.map((plan) => plan.tileShuffles),
        plans.map((plan) => plan.batchShuffles),
      ]) {
        expect(shrinking).toEqual([...shrinking].sort((a, b) => b - a));
      }
      expect(plans.at(-1)!.blockWidth).toBeLessThan(plans[0]!.blockWidth / 8);
      // the bytes of a block stay, not its width: the packed columns of a block are at most 4 MiB, or the narrowest there is
      for (const [i, { blockWidth }] of plans.entries()) {
        expect(blockWidth === 8 || blockWidth * counts[i]! * 8 <= 4 * MiB).toBe(true);
      }
    }
    const tight = counts.map((nSubjects) =>
      planMemory(planInputs({ nSubjects, nElements: 500_000 }, { budgetBytes: 200 * MiB })),
    );
    expect(tight.at(-1)!.batchShuffles).toBeLessThan(tight[0]!.batchShuffles);
  });

  test("nothing grows with subjects times elements", () => {
    const needed = (nSubjects: number, nElements: number) => refusal(planInputs({ nSubjects, nElements })).neededBytes;
    const [n, m] = [1000, 400_000];
    const together = needed(2 * n, 2 * m) - needed(2 * n, m) - needed(n, 2 * m) + needed(n, m);
    // what would be n x m x 4 B = 1.6 GB if it did; the refusal counts in MiB
    expect(Math.abs(together)).toBeLessThanOrEqual(4 * MiB);
  });

  test("half a million fixels of 10,000 subjects fit where the data, 20 GB, do not", () => {
    const plan = planMemory(
      planInputs({ nSubjects: 10_000, nElements: 500_000, hypotheses: 2 }, { budgetBytes: 512 * MiB }),
    );
    expect(plan.plannedBytes).toBeLessThanOrEqual(512 * MiB);
    expect(plan.batchShuffles).toBeGreaterThanOrEqual(LANES);
  });

  test("what every shuffle leaves is planned: ten million of them are not beside the budget", () => {
    const planned = (nShuffles: number) =>
      planMemory(planInputs({ nSubjects: 50, nElements: 1000, hypotheses: 2 }, { nShuffles })).plannedBytes;
    expect(planned(10_000_000) - planned(1_000_000)).toBe(9_000_000 * (2 * 12 + 16));
  });

  test("designs that threads keep are planned: 8 MiB a thread, or two designs where those are larger", () => {
    const variable = { variable: true, nElementColumns: 0, nGroups: 1 };
    const sizeOf = (nSubjects: number, nFactors: number) => {
      const { size } = planInputs({ nSubjects, nElements: 1000 });
      return { ...size, nFactors, ...modelSizes(size, variable) };
    };
    for (const [n, k] of [
      [100, 3],
      [1000, 10],
      [10_000, 20],
      [100_000, 40],
    ] as const) {
      const { most, least, bytes } = keptDesigns(sizeOf(n, k));
      // Q and the rows of its products, f64
      expect(bytes).toBe(2 * k * n * 8);
      expect(least).toBe(2);
      expect(most).toBeLessThanOrEqual(64);
      if (most > 2) expect(most * bytes).toBeLessThanOrEqual(8 * MiB);
    }
    const outside = (nWorkers: number, size: ProblemSize) =>
      planMemory({ ...planInputs({ nSubjects: 10_000, nElements: 1000 }), size, nWorkers }).outsideBytes;
    const small = sizeOf(10_000, 4);
    const large = sizeOf(10_000, 20);
    const kept = (size: ProblemSize) => keptDesigns(size).most * keptDesigns(size).bytes;
    expect(outside(2, large) - outside(2, small)).toBe(2 * (kept(large) - kept(small)));
  });

  test("more memory never means more passes", () => {
    const budgets = [128, 192, 256, 512, 1024, 2048, 4096].map((count) => count * MiB);
    const passes = budgets.map(
      (budgetBytes) => planMemory(planInputs({ nSubjects: 500, nElements: 700_000 }, { budgetBytes })).nBatches,
    );
    expect(passes).toEqual([...passes].sort((a, b) => b - a));
    expect(passes.at(-1)).toBeLessThan(passes[0]!);
  });

  test("where even 4 GiB are too little, more memory is not what the message asks for", () => {
    const huge = planInputs({ nSubjects: 100, nElements: 3e6, hypotheses: 40 }, { budgetBytes: 16 * GiB });
    expect(() => planMemory(huge)).toThrow(/^Cannot run in 4 GiB: .*more --memory cannot help: test fewer hypotheses/);
  });

  test("without enhancement the same: the limit is named, and what helps", () => {
    const size = planInputs({ nSubjects: 100, nElements: 1.5e8 }).size;
    const scores: PlanInputs = {
      ...planInputs({ nSubjects: 100, nElements: 1.5e8 }, { budgetBytes: 64 * GiB }),
      ...{ size, sink: { kind: "scores", untestable: [] }, nConnections: 0, maxRowConnections: 0 },
    };
    expect(() => planMemory(scores)).toThrow(
      /^Cannot run in 4 GiB: .* need at least \d+\.?\d* GiB. A WebAssembly memory ends at 4 GiB, so more --memory cannot help: test fewer hypotheses at a time, analyse fewer elements or lower -nthreads\.$/,
    );
  });

  test("a memory of WebAssembly ends at 4 GiB: a larger budget saturates and says so", () => {
    const large = planInputs({ nSubjects: 2000, nElements: 3_000_000, hypotheses: 8 });
    const plan = planMemory({ ...large, budgetBytes: 64 * GiB });
    expect(plan.saturated).toBe(true);
    expect(plan.memoryBytes).toBeLessThanOrEqual(4 * GiB - PAGE);
    expect(plan.arithmetic.join("\n")).toMatch(/ends at 4 GiB/);
    const within = planMemory({ ...large, budgetBytes: 4 * GiB - PAGE });
    expect(within.saturated).toBe(false);
    expect(within.arithmetic.join("\n")).not.toMatch(/ends at 4 GiB/);
    expect(within.batchShuffles).toBe(plan.batchShuffles);
  });

  test("the arithmetic is written out with its results", () => {
    const { arithmetic } = planMemory(planInputs({ nSubjects: 1000, nElements: 500_000 }));
    expect(arithmetic[0]).toBe("shuffled statistics  500000 elements x 256 shuffles x 1 B = 122.1 MiB");
    expect(arithmetic.at(-1)).toMatch(/^planned .* MiB of 1 GiB$/);
  });

  test("in words of a reader: every region has some, short enough for its column", () => {
    const source = readFileSync(new URL("../../src/engine/plan/regions.ts", import.meta.url), "utf8");
    const shared = source.slice(source.indexOf("sharedTable("), source.indexOf("workerTable("));
    const kinds = [...shared.matchAll(/\b(\w+): (?:inputs\.\w+ \? )?(?:run|observe|shuffles)[.[]/g)].map(
      ([, kind]) => kind!,
    );
    expect(kinds).toEqual(expect.arrayContaining(["basis", "eligible", "cells", "bins", "observed", "levels"]));
    expect(new Set(kinds)).toEqual(new Set(Object.keys(REGION_WORDS)));
    expect(Object.values(REGION_WORDS).filter((words) => words.length > 20)).toEqual([]);
  });
});
