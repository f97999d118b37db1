// The matrix of streamlines against MRtrix3's published one, and against a slow and plain statement of it.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type MakeConnectivityOptions, makeConnectivity } from "../../src/app/connectivity/make-connectivity.js";
import { generateMatrix } from "../../src/connectivity/generate/generate-matrix.js";
import type { GenerationPlan } from "../../src/connectivity/generate/plan-generation.js";
import { planGrid } from "../../src/connectivity/generate/read-grid.js";
import { runInProcess } from "../support/in-process-cli.js";
import { makeTracks, TRACKS_CASES, type TracksCase, writeTracks } from "../support/make-tracks.js";
import { type OracleOptions, oracleMatrix } from "../support/oracle-connectivity.js";
import { makeTemporaryDirectory, peerDataDirectory, readSmallConnectivity, readSmallImage } from "../support/peer.js";
import { layOutCase, readStored, STORED_STREAMLINES } from "../support/peer-connectivity.js";

const MiB = 2 ** 20;
const DEFAULTS = { memoryBytes: 64 * MiB, nThreads: 0, force: false, command: "fixelstream fixelconnectivity" };
const offsetsOf = (counts: readonly number[]) => {
  let sum = 0;
  return counts.map((count) => {
    sum += count;
    return count === 0 ? 0 : sum - count;
  });
};

interface Laid {
  readonly folder: string;
  readonly made: ReturnType<typeof makeTracks>;
  run(changes?: Partial<MakeConnectivityOptions>): ReturnType<typeof makeConnectivity>;
  readonly matrix: string;
}

function layOut(options: TracksCase): Laid {
  const folder = makeTemporaryDirectory();
  const made = makeTracks(options);
  writeTracks(folder, made, options.step);
  const matrix = path.join(folder, "matrix");
  const inputs = {
    fixelDirectory: path.join(folder, "fixels"),
    tracks: path.join(folder, "tracks.tck"),
    output: matrix,
  };
  return { folder, made, matrix, run: (changes) => makeConnectivity({ ...DEFAULTS, ...inputs, ...changes }) };
}

function expectAsOracle(laid: Laid, options: OracleOptions) {
  const expected = oracleMatrix(laid.made.fixels, laid.made.streamlines, options);
  const got = readSmallConnectivity(laid.matrix);
  expect(Array.from(got.count)).toEqual(expected.counts);
  expect(Array.from(got.offset)).toEqual(offsetsOf(expected.counts));
  expect(Array.from(got.fixels)).toEqual(expected.columns);
  expect(Array.from(got.values)).toEqual(expected.values);
  return expected;
}

describe.skipIf(peerDataDirectory() === undefined)("MRtrix3's published phantom", () => {
  it("comes out bit by bit", async () => {
    const phantom = path.join(peerDataDirectory() ?? "", "SIFT_phantom");
    const output = path.join(makeTemporaryDirectory(), "matrix");
    const inputs = { fixelDirectory: path.join(phantom, "fixels"), tracks: path.join(phantom, "tracks.tck"), output };
    const summary = await makeConnectivity({ ...DEFAULTS, ...inputs, nThreads: 2 });
    expect(readSmallConnectivity(output)).toEqual(readSmallConnectivity(path.join(phantom, "matrix")));
    expect(summary).toMatchObject({
      nStreamlines: 5000,
      nMapped: 5000,
      nConnections: 7712,
      nFixelsWithoutConnection: 0,
    });
  });
});

describe("MRtrix3's stored answers", () => {
  const stored = readStored();
  it.each(TRACKS_CASES)("case $seed", async (options) => {
    const laid = layOutCase(options, STORED_STREAMLINES);
    const { status, stderr } = await runInProcess(["fixelconnectivity", ...laid.tokens("ours"), "-nthreads", "0"]);
    expect(status, stderr).toBe(0);
    expect(readSmallConnectivity(path.join(laid.folder, "ours"))).toEqual(stored.get(options.seed));
  });
});

describe("against the plain statement", () => {
  it.each(TRACKS_CASES)("case $seed", async (options) => {
    const laid = layOut(options);
    const mask = options.masked ? laid.made.fixels.mask : undefined;
    const summary = await laid.run({
      angle: options.angle,
      mask: options.masked ? path.join(laid.folder, "fixels", "mask.mif") : undefined,
    });
    const { step, angle } = options;
    const { visited, counts } = expectAsOracle(laid, { step, angle, mask });
    const { nStreamlines, nMapped, nShort, nOutside, nWithoutFixel, nVisits } = summary;
    expect(nStreamlines).toBe(600);
    expect(nMapped).toBe(visited.filter(({ length }) => length > 0).length);
    expect(nVisits).toBe(visited.flat().length);
    expect(nShort).toBe(laid.made.streamlines.filter(({ length }) => length < 6).length);
    expect(nMapped + nShort + nOutside + nWithoutFixel).toBe(600);
    expect(summary.nFixelsWithoutConnection).toBe(counts.filter((count) => count === 0).length);
  });

  it("with weights, counts, extents and another threshold", async () => {
    const laid = layOut({ ...TRACKS_CASES[3]!, seed: 21 });
    const weights = laid.made.streamlines.map((_, i) => (i % 5 === 0 ? 0 : 0.1 + (i % 11) * 0.37));
    const at = (name: string) => path.join(laid.folder, name);
    fs.writeFileSync(at("weights.csv"), `# of a test\n${weights.join(" ")}\n`);
    const extra = { weights: at("weights.csv"), count: at("count.mif"), extent: at("extent.nii.gz"), threshold: 0.2 };
    const summary = await laid.run({ ...extra, nThreads: 2 });
    const expected = expectAsOracle(laid, { step: 2.3, weights, threshold: 0.2 });
    expect(Array.from(readSmallImage(at("count.mif")).values)).toEqual(expected.counts);
    expect(readSmallImage(at("count.mif")).dim).toEqual([laid.made.fixels.nFixels, 1, 1]);
    expect(summary.nWeightless).toBe(120);
    const again = at("extent.mif");
    fs.rmSync(at("count.mif"));
    await laid.run({ ...extra, extent: again, force: true });
    expect(Array.from(readSmallImage(again).values)).toEqual(expected.extents);
  });
});

describe("the same bytes", () => {
  // long streamlines through few fixels: much to gather
  const laid = layOut({ seed: 33, step: 1, voxelSizes: [1.5, 1.5, 1.5], mostFixels: 2, nStreamlines: 4000 });
  const weights = path.join(laid.folder, "weights.txt");
  fs.writeFileSync(weights, laid.made.streamlines.map((_, i) => `${((i * 7919) % 1000) / 999 + 0.001}\n`).join(""));
  const grid = planGrid(path.join(laid.folder, "fixels"));

  /** What is put out, as one text; and the passes. */
  async function generate(plan: GenerationPlan, nThreads: number, weightsPath: string | undefined) {
    const rows: string[] = [];
    const { nPasses } = await generateMatrix({
      ...{ grid, mask: undefined, angle: 45, threshold: Math.fround(0.01), plan, nThreads, weightsPath },
      hasExtents: true,
      ...{ tracksPath: path.join(laid.folder, "tracks.tck"), visitsPath: makeTemporaryDirectory(), visitsKey: "k" },
      onMapped: () => {},
      take: (first, nRows, { counts, extents, columns, values }, nConnections) => {
        for (let i = 0, at = 0; i < nRows; i++) {
          const of = (array: ArrayLike<number>) => Array.from({ length: counts[i]! }, (_, k) => array[at + k]).join();
          rows.push(`${first + i}: ${of(columns)} ${of(values)} ${extents[i]}`);
          at += counts[i]!;
          if (i === nRows - 1) expect(at).toBe(nConnections);
        }
      },
    });
    return { rows, nPasses };
  }

  it.each([undefined, weights])("for any number of threads, memory and spill (weights: %s)", async (weightsPath) => {
    const { nFixels } = grid;
    const wide = { batchPoints: 2 ** 15, outputConnections: 2 ** 15, gatherBytes: 2 ** 25, plannedBytes: 0 };
    const { rows, nPasses } = await generate(wide, 0, weightsPath);
    expect(rows).toHaveLength(nFixels);
    expect(nPasses).toBe(1);
    const narrow = { ...wide, batchPoints: 64, outputConnections: nFixels };
    for (const [plan, nThreads, least, most] of [
      [wide, 1, 1, 1],
      [wide, 2, 1, 1],
      [narrow, 3, 1, 1],
      [{ ...narrow, gatherBytes: 2 ** 15 }, 2, 2, 20],
      [{ ...narrow, gatherBytes: 2 ** 11 }, 0, 20, nFixels / 2],
      // next to no row fits: most are counted while the streamlines go by
      [{ ...wide, gatherBytes: 128 }, 1, 0.9 * nFixels, nFixels],
    ] as const) {
      const got = await generate(plan, nThreads, weightsPath);
      expect(got.rows).toEqual(rows);
      expect(got.nPasses).toBeGreaterThanOrEqual(least);
      expect(got.nPasses).toBeLessThanOrEqual(most);
    }
  });

  it("for the least memory that is taken", async () => {
    const bytes = () =>
      ["index.mif", "fixels.mif", "values.mif"].map((name) =>
        fs.readFileSync(path.join(laid.matrix, name)).toString("hex"),
      );
    await laid.run({ nThreads: 2 });
    const expected = bytes();
    const needed = await laid.run({ memoryBytes: 1, force: true }).catch((error) => error.neededBytes);
    await laid.run({ memoryBytes: needed, force: true });
    expect(bytes()).toEqual(expected);
    await expect(laid.run({ memoryBytes: needed - 1, force: true })).rejects.toThrow("or more with 1 thread");
  });
});
