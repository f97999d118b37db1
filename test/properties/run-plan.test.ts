// The hash of a run's plan, found by running: the same whatever does not decide a number, another whenever something does.
import fs from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type {
  AnalysisOptions,
  EdgeAlgorithm,
  FixelCfeOptions,
  VoxelStatsOptions,
} from "../../src/app/analyse/options.js";
import { ALL_COMMANDS, type EitherRun, newRun, writeColumnFor } from "../support/both-commands.js";
import { rawFixelData } from "../support/make-cohort.js";
import { writeMatrix } from "../support/small-analysis.js";

type Others = Omit<FixelCfeOptions, "connectivity"> & Omit<VoxelStatsOptions, "connectivity">;
type Changes = Partial<AnalysisOptions> &
  Partial<Others> & { connectivity?: string | boolean; algorithm?: EdgeAlgorithm };
const value = (subject: number, element: number) => ((subject * 7 + element * 3) % 13) / 4;
const hashOf = async (run: EitherRun, changes: Changes = {}): Promise<string> => {
  await run.infer({ force: true, nShuffles: 20, ...changes } as Partial<AnalysisOptions>);
  return run.record.runPlan.hash;
};

describe.each(ALL_COMMANDS)("%s", (command) => {
  const run = newRun(command, { value });
  let base: string;
  const write = (name: string, contents: string | Uint8Array): string => {
    fs.writeFileSync(run.at(name), contents);
    return run.at(name);
  };
  beforeAll(async () => {
    base = await hashOf(run);
    expect(base).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, () => Changes]>([
    ["threads", () => ({ nThreads: 2 })],
    ["memory", () => ({ memoryBytes: 2 ** 26 })],
    ["the way of reading", () => ({ io: "read" })],
    ["the cache", () => ({ cache: run.at("elsewhere") })],
    ["the range of shuffles", () => ({ notest: true })],
    ["-strong, which decides what is made of the maxima", () => ({ strong: true })],
    ["the command line as typed", () => ({ command: "another" })],
    ["the name of a file", () => ({ design: write("other.txt", fs.readFileSync(run.at("design.txt"))) })],
    [
      "how its numbers are written",
      () => ({ design: write("same.txt", "# x\n1,0\n".repeat(4) + "1.0\t1e0\n".repeat(4)) }),
    ],
    ["a single variance group", () => ({ variance: write("one.txt", "1 1 1 1 1 1 1 1\n") })],
  ])("does not change with %s", async (_, changes) => expect(await hashOf(run, changes())).toBe(base));

  it("does not change with the place of everything", async () => {
    expect(await hashOf(newRun(command, { value, prefix: "other_" }))).toBe(base);
  });

  const all: [string, () => Changes][] = [
    ["the design", () => ({ design: write("d.txt", "1 0\n1 1\n".repeat(4)) })],
    ["a contrast", () => ({ contrast: write("c.txt", "0 -2\n") })],
    ["another hypothesis", () => ({ contrast: write("c2.txt", "0 -1\n1 0\n") })],
    ["an F-test in place of a t-test", () => ({ ftests: write("f.txt", "1\n"), fonly: true })],
    ["the seed", () => ({ seed: 2 })],
    ["the number of shuffles", () => ({ nShuffles: 21 })],
    ["the errors", () => ({ errors: "ise" })],
    ["all shuffles there are", () => ({ nShuffles: 50_000 })],
    ["blocks within", () => ({ exchangeWithin: write("b.txt", "1 1 1 1 2 2 2 2\n") })],
    ["blocks as wholes", () => ({ exchangeWhole: write("b.txt", "1 1 1 1 2 2 2 2\n") })],
    ["other blocks", () => ({ exchangeWithin: write("b2.txt", "1 2 1 2 1 2 1 2\n") })],
    [
      "permutations",
      () => ({ permutations: write("p.txt", "0 1\n1 0\n2 2\n3 3\n4 4\n5 5\n6 6\n7 7\n"), nShuffles: undefined }),
    ],
    [
      "other permutations",
      () => ({ permutations: write("p2.txt", "1 1\n0 0\n2 2\n3 3\n4 4\n5 5\n6 7\n7 6\n"), nShuffles: undefined }),
    ],
    ["variance groups", () => ({ variance: write("v.txt", "1 1 2 2 1 1 2 2\n") })],
    ["other variance groups", () => ({ variance: write("v2.txt", "1 2 1 2 1 2 1 2\n") })],
    ["the precision", () => ({ precision: "single" })],
    ["the kernels", () => ({ kernels: "reference" })],
    ["a column", () => ({ column: [writeColumnFor(run)], contrast: write("c3.txt", "0 -1 0\n") })],
  ];
  const ofFixels: [string, () => Changes][] = [
    ...(["cfeDh", "cfeE", "cfeH", "cfeC"] as const).map((name): [string, () => Changes] => [
      name,
      () => ({ [name]: 0.25 }),
    ]),
    ["cfeLegacy", () => ({ cfeLegacy: true })],
    ["a mask", () => ({ mask: write("m.mif", rawFixelData(Float32Array.from({ length: 24 }, (_, i) => i % 5))) })],
    [
      "a post-hoc mask",
      () => ({ posthoc: write("m.mif", rawFixelData(Float32Array.from({ length: 24 }, (_, i) => i % 5))) }),
    ],
    [
      "the connectivity",
      () => {
        writeMatrix(run.at("matrix2"), 24, (fixel) => [[fixel, 1]]);
        return { connectivity: run.at("matrix2") };
      },
    ],
  ];

  const ofVoxels: [string, () => Changes][] = [
    ...(["tfceDh", "tfceE", "tfceH", "threshold"] as const).map((name): [string, () => Changes] => [
      name,
      () => ({ [name]: 0.25 }),
    ]),
    ["another threshold", () => ({ threshold: 0.5 })],
    ["every height", () => ({ tfceExact: true })],
    ["26 neighbours", () => ({ connectivity: true })],
    [
      "another mask",
      () => ({ mask: write("m.mif", rawFixelData(Float32Array.from({ length: 24 }, (_, i) => i % 2))) }),
    ],
    [
      "a post-hoc mask",
      () => ({ posthoc: write("h.mif", rawFixelData(Float32Array.from({ length: 24 }, (_, i) => i % 2))) }),
    ],
  ];
  const edges = (name: string, of: (edge: number) => number) => {
    const rows = Array.from({ length: 7 }, (_, i) => Array.from({ length: 7 }, (__, j) => (j < i ? 0 : of(7 * i + j))));
    return write(name, `${rows.map((row) => row.join(",")).join("\n")}\n`);
  };
  const ofEdges: [string, () => Changes][] = [
    ...(["tfceDh", "tfceE", "tfceH"] as const).map((name): [string, () => Changes] => [name, () => ({ [name]: 0.25 })]),
    ["every height", () => ({ tfceExact: true })],
    ["nbs", () => ({ algorithm: "nbs", threshold: 0.25 })],
    ["another threshold", () => ({ algorithm: "nbs", threshold: 0.5 })],
    ["none", () => ({ algorithm: "none" })],
    ["another mask", () => ({ mask: edges("m.csv", (edge) => edge % 2) })],
    ["a post-hoc mask", () => ({ posthoc: edges("h.csv", (edge) => edge % 2) })],
  ];
  const own = { fixelcfestats: ofFixels, mrclusterstats: ofVoxels, vectorstats: [], connectomestats: ofEdges };

  it("changes with every part that decides a number, and each time to another", async () => {
    const seen = new Map([[base, "nothing"]]);
    for (const [name, changes] of [...all, ...own[command]]) {
      const hash = await hashOf(run, changes());
      expect(seen.get(hash), name).toBeUndefined();
      seen.set(hash, name);
    }
  });

  it("changes with one value of one subject, and with the order of subjects", async () => {
    const edited = newRun(command, { value: (i, j) => value(i, j) + (i === 3 && j === 5 ? 1 : 0) });
    const turned = newRun(command, { value: (i, j) => value(7 - i, j) });
    expect(new Set([base, await hashOf(edited), await hashOf(turned)]).size).toBe(3);
  });

  it("of listed permutations without signs has no seed in it", async () => {
    const permutations = write("p.txt", "0 1\n1 0\n2 2\n3 3\n4 4\n5 5\n6 6\n7 7\n");
    const from1 = write("p1.txt", "1 2\n2 1\n3 3\n4 4\n5 5\n6 6\n7 7\n8 8\n");
    const listed = await hashOf(run, { permutations, nShuffles: undefined });
    expect(await hashOf(run, { permutations, nShuffles: undefined, seed: 9 })).toBe(listed);
    expect(await hashOf(run, { permutations: from1, nShuffles: undefined })).toBe(listed);
    const signs = { permutations, nShuffles: undefined, errors: "both" } as const;
    expect(await hashOf(run, { ...signs, seed: 9 })).not.toBe(await hashOf(run, signs));
  });
});
