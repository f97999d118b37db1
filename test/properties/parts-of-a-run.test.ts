// One law of checkpoints and shards: however the shuffles of a plan are cut into runs, whether those are continued or merged, stopped in the middle of a batch,
// with any number of threads and any memory, the bits are those of the undivided run.
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EngineInputs, GraphEnhancement } from "../../src/engine/inputs.js";
import { haveSameDefaults, mergeNullStates } from "../../src/run/merge-null-states.js";
import type { NullState } from "../../src/run/null-state.js";
import type { ShuffleRange } from "../../src/run/shuffle-range.js";
import { planShuffles } from "../../src/stats/shuffle/generated-shuffles.js";
import { withoutIdentity } from "../../src/stats/shuffle/without-identity.js";
import {
  copyState,
  type EngineProblemOptions,
  inLeastMemory,
  makeEngineProblem,
  openProblem,
  runEngine,
  withSearch,
} from "../support/engine-problems.js";
import { graphEnhancement } from "../support/graph-enhancement.js";
import { statedGrid } from "../support/oracle-graph.js";
import { statedEdges } from "../support/oracle-network.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const isMissing = (subject: number, element: number) =>
  element % 40 === 7 ? subject > 2 : element % 4 > 0 && subject % 6 === element % 4;

/** Elements in a box, or the edges of as few nodes as have so many; a maximum needs all of a map, which is a piece of its own. */
const GRAPHS = {
  "every height of a grid": (m: number) => graphEnhancement(boxOf(m), { heights: { kind: "all" } }),
  "steps over a grid": (m: number) => graphEnhancement(boxOf(m)),
  "sizes of components of a network": (m: number) => networkOf(m, { extentPower: 1, heightPower: 0 }),
};
const boxOf = (m: number) =>
  statedGrid([m / (m < 100 ? 6 : 30), m < 100 ? 3 : 6, m < 100 ? 2 : 5], new Array<boolean>(m).fill(true), 26);
const networkOf = (m: number, powers: Pick<GraphEnhancement, "extentPower" | "heightPower">): GraphEnhancement => {
  const nNodes = Math.ceil((Math.sqrt(8 * m + 1) - 1) / 2);
  const edges = statedEdges(nNodes).slice(0, m);
  const endsInto = (ends: Uint32Array) => ends.set(edges.map(({ i, j }) => i + j * 65536));
  const heights = { kind: "one", height: 1.1, strict: false } as const;
  return { kind: "graph", neighbours: { nNodes, endsInto }, heights, ...powers };
};

const ENHANCED = (["cfe", "none"] as const).flatMap((enhancement) => [
  { name: `${enhancement}, one design`, enhancement },
  { name: `${enhancement}, sign flips`, enhancement, errors: "ise" as const },
  ...(enhancement === "cfe"
    ? [
        { name: "cfe, wide bins", enhancement, dh: 0.004 },
        { name: "cfe, 77 uncorrected shuffles", enhancement, counted: 77 },
      ]
    : []),
  { name: `${enhancement}, missing values`, enhancement, isMissing },
  { name: `${enhancement}, variance groups`, enhancement, nGroups: 2, nSubjects: 48, nElements: 24 },
  { name: `${enhancement}, an own column`, enhancement, nColumns: 1, nElements: 120 },
]);
const enhancement = "none" as const;
const CASES: (Partial<EngineProblemOptions> & {
  readonly name: string;
  readonly enhancement: EngineProblemOptions["enhancement"];
  readonly counted?: number;
  readonly graph?: (nElements: number) => GraphEnhancement;
  readonly corrected?: true;
})[] = [
  ...ENHANCED,
  ...Object.entries(GRAPHS).map(([name, graph]) => ({ name, enhancement, graph })),
  { name: "steps over a grid, missing values", enhancement, isMissing, graph: GRAPHS["steps over a grid"] },
  {
    ...{ name: "every height of a grid, variance groups", enhancement, nGroups: 2, nSubjects: 48, nElements: 36 },
    graph: GRAPHS["every height of a grid"],
  },
  {
    ...{ name: "sizes of components, an own column, sign flips", enhancement, nColumns: 1, nElements: 120 },
    ...{ errors: "ise", graph: GRAPHS["sizes of components of a network"] },
  },
  { name: "steps over a grid, not stationary", enhancement, corrected: true, graph: GRAPHS["steps over a grid"] },
  { name: "cfe, not stationary", enhancement: "cfe", corrected: true },
];
const NON_STATIONARITY = { nSubjects: 20, nShuffles: 31, errors: "ee", seed: 9, forEmpirical: true } as const;

interface Piece {
  readonly length: number;
  readonly nThreads: 0 | 2;
  readonly tight: boolean;
  /** Looks at progress until the run is stopped; it is then continued. */
  readonly stopAfter: number;
}

const pieces: fc.Arbitrary<Piece[]> = fc.array(
  fc.record({
    length: fc.nat(100),
    nThreads: fc.constantFrom(0, 2),
    tight: fc.boolean(),
    stopAfter: fc.integer({ min: 1, max: 12 }),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Of two draws it happens that none is stopped where it has done something, and can go on. */
const SOON_STOPPED: Piece[] = ([3, 6, 9, 12] as const).map((stopAfter) => ({
  ...{ length: 100, nThreads: 0, tight: true, stopAfter },
}));

const withRange = (inputs: EngineInputs, range: ShuffleRange): EngineInputs => ({
  ...inputs,
  shuffles: { ...inputs.shuffles, range },
});
const reason = new Error("stopped");

/** Runs until progress was told so often; what it had done then. Undefined: nothing yet. */
async function stopped(inputs: EngineInputs, stopAfter: number, from?: NullState): Promise<NullState | undefined> {
  const controller = new AbortController();
  const engine = await openProblem({ ...inputs, signal: controller.signal });
  let told = 0;
  try {
    await engine.observe();
    const onProgress = () => {
      if (++told >= stopAfter) controller.abort(reason);
    };
    await engine.run({ onProgress }, from).catch((error) => expect(error).toBe(reason));
    const state = engine.underWay();
    return state && copyState(state);
  } finally {
    await engine.close();
  }
}

describe.each(CASES)("$name", ({ name, counted, graph, corrected, ...options }) => {
  const isEnhanced = options.enhancement === "cfe" || graph !== undefined;
  const nShuffles = isEnhanced ? 600 : 1500;
  const wish = { nSubjects: 20, nElements: 300, nShuffles, ...options };
  const problem = makeEngineProblem(join(root, name), { ...wish, tests: ["t", "F"] }).then(
    async (made): Promise<EngineInputs> => {
      const inputs = graph === undefined ? made : { ...made, enhancement: graph(wish.nElements) };
      if (corrected === true) {
        const plan = withoutIdentity(planShuffles(NON_STATIONARITY));
        const range = { first: 0, end: plan.count, leadingIdentity: false };
        return { ...inputs, nonStationarity: { shuffles: { plan, range }, skew: 1 } };
      }
      return counted === undefined ? inputs : await withSearch(inputs, counted);
    },
  );

  test("parts, continued or merged, are the whole", async () => {
    const inputs = await problem;
    const tight = await inLeastMemory({ ...inputs, nThreads: 2 });
    const whole = (await runEngine(inputs)).state;
    let nStopped = 0;
    await fc.assert(
      fc.asyncProperty(pieces, async (wanted) => {
        const total = wanted.reduce((sum, { length }) => sum + length, 0) || 1;
        let first = 0;
        const parts: NullState[] = [];
        let chain: NullState | undefined;
        for (const [i, { length, nThreads, tight: isTight, stopAfter }] of wanted.entries()) {
          const isLast = i === wanted.length - 1;
          const end = isLast ? nShuffles : first + Math.floor((length / total) * (nShuffles - first));
          const own = { ...(isTight ? tight : inputs), nThreads };
          const range = { first, end, leadingIdentity: first > 0 };
          // an empty range at the beginning is the unshuffled data alone
          if (first === end) range.leadingIdentity = true;
          parts.push((await runEngine(withRange(own, range))).state);
          const begin = chain === undefined ? 0 : endOf(chain);
          const rest = { first: begin, end, leadingIdentity: begin > 0 || end === 0 };
          const done = await stopped(withRange(own, rest), stopAfter, chain);
          if (done !== undefined && done.ranges.length > 0) {
            chain = done;
            nStopped++;
          }
          first = end;
        }
        expect(parts.every((part) => haveSameDefaults(part, whole))).toBe(true);
        expect(mergeNullStates(parts)).toEqual(whole);
        const rest = {
          first: chain === undefined ? 0 : endOf(chain),
          end: nShuffles,
          leadingIdentity: chain !== undefined,
        };
        expect((await runEngine(withRange(inputs, rest), {}, chain)).state).toEqual(whole);
      }),
      // not made smaller: that is hundreds of runs, and who waits sees no failure
      { seed: 20_261_129, numRuns: 3, endOnFailure: true, examples: [[SOON_STOPPED]] },
    );
    expect(nStopped).toBeGreaterThan(0);
  });
});

const endOf = (state: NullState) => state.ranges.at(-1)!.end;

test("a run that gets other statistics of the unshuffled data does not continue", async () => {
  const inputs = await makeEngineProblem(join(root, "other"), {
    ...{ nSubjects: 12, nElements: 60, nShuffles: 10, enhancement: "none" },
  });
  const range = { first: 0, end: 4, leadingIdentity: false };
  const done = (await stopped(withRange(inputs, range), Number.POSITIVE_INFINITY))!;
  const rest = withRange(inputs, { first: 4, end: 10, leadingIdentity: true });
  expect((await runEngine(rest, {}, done)).state.ranges).toEqual([{ first: 0, end: 10 }]);
  await expect(runEngine(rest, {}, { ...done, defaultsCrc32: [done.defaultsCrc32![0]! ^ 1] })).rejects.toThrow(
    "Cannot continue the shuffles of an earlier run: expected the statistics of the unshuffled data that it had, got others.",
  );
  for (const other of [
    { ...done, planHash: "another" },
    { ...done, ranges: [{ first: 0, end: 3 }] },
  ])
    await expect(runEngine(rest, {}, other)).rejects.toThrow("A run continues the shuffles of another plan");
});
