// connectomestats where MRtrix3 has no answer: forms of files, stores, masks, missing values, names of nodes, plans.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeConnectomes } from "../support/connectomes.js";
import { runInProcess } from "../support/in-process-cli.js";
import { statedIntegral } from "../support/oracle-graph.js";
import { statedEdges, statedNbs, statedNetwork } from "../support/oracle-network.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const made = makeConnectomes(join(root, "c"), { seed: 7, forms: "mixed" });
const { at, nNodes, nSubjects, matrices } = made;
const COMMON = ["-nshuffles", "30", "--seed", "3", "-nthreads", "0", "-quiet"];
const edges = statedEdges(nNodes);

const run = (input: string, algorithm: string, prefix: string, ...tokens: string[]) =>
  runInProcess([
    "connectomestats",
    at(input),
    algorithm,
    at("design.txt"),
    at("contrast.txt"),
    prefix,
    ...COMMON,
    ...tokens,
  ]);
const nbs = (input: string, prefix: string, ...tokens: string[]) =>
  run(input, "nbs", prefix, "-threshold", "1.5", ...tokens);

function out(name: string): string {
  mkdirSync(at(name), { recursive: true });
  return `${at(name)}/`;
}
const matrixOf = (path: string): number[][] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(",").map(Number));
/** Of both triangles, which are equal. */
function edgesIn(path: string): number[] {
  const matrix = matrixOf(path);
  expect(matrix.map((row) => row.length)).toEqual(new Array(nNodes).fill(nNodes));
  for (const { i, j } of edges) expect(matrix[j]![i]).toEqual(matrix[i]![j]);
  return edges.map(({ i, j }) => matrix[i]![j]!);
}
const RESULTS = [
  "enhanced_t1",
  "fwe_1mpvalue_t1",
  "uncorrected_1mpvalue_t2",
  "null_contributions_t2",
  "beta_1",
  "Zstat_t1",
];
const rows = (values: readonly (readonly number[])[]) => `${values.map((row) => row.join(" ")).join("\n")}\n`;

describe("connectomestats", () => {
  test("a list of all forms, its second run from the cache, and a store give the same; any memory and io", async () => {
    for (const [algorithm, tokens] of [
      ["nbs", ["-threshold", "1.5"]],
      ["tfnbs", []],
      ["none", []],
    ] as const) {
      const first = await run("list.txt", algorithm, out(algorithm), ...tokens);
      expect(first.status, first.stderr).toBe(0);
      const store = at(`${algorithm}.fxs`);
      const converted = await runInProcess(["convert", "edges", at("list.txt"), store, "-quiet"]);
      expect(converted).toMatchObject({ status: 0, stderr: "" });
      for (const [name, input, more] of [
        ["again", "list.txt", ["--io", "read"]],
        ["store", `${algorithm}.fxs`, []],
        ["memory", `${algorithm}.fxs`, ["--memory", "24MiB"]],
      ] as const) {
        expect(await run(input, algorithm, out(`${algorithm}-${name}`), ...tokens, ...more)).toMatchObject({
          status: 0,
        });
        for (const result of RESULTS)
          expect(edgesIn(at(`${algorithm}-${name}/${result}.csv`))).toEqual(edgesIn(at(`${algorithm}/${result}.csv`)));
      }
      const hashOf = (name: string) => JSON.parse(readFileSync(at(`${name}/run.json`), "utf8")).runPlan.hash;
      expect(hashOf(`${algorithm}-store`)).toBe(hashOf(algorithm));
    }
    const { runPlan } = JSON.parse(readFileSync(at("nbs/run.json"), "utf8"));
    expect(runPlan).toMatchObject({ kind: "edge", enhancement: { kind: "nbs", threshold: 1.5, nNodes } });
  });

  test("sizes are those of the components, by Z as it is written", async () => {
    const z = edgesIn(at("nbs/Zstat_t1.csv"));
    expect(edgesIn(at("nbs/enhanced_t1.csv"))).toEqual(statedNbs(statedNetwork(edges), z, 1.5));
    expect(Math.max(...z)).toBeGreaterThan(2);
  });

  test("--nodes: names in the summary and in run.json", async () => {
    const tokens = ["connectomestats", at("list.txt"), "tfnbs", at("design.txt"), at("contrast.txt"), out("named")];
    const shuffles = ["-nshuffles", "100", "--seed", "1", "-nthreads", "0"];
    const { status, stderr } = await runInProcess([...tokens, ...shuffles, "--nodes", at("nodes.txt")]);
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /t1: largest Z \d\.\d\d \(Region \d - Region \d\), [1-9]\d* edges? with family-wise p < 0\.05 \(.*\) between [2-9] nodes: Region /,
    );
    const record = JSON.parse(readFileSync(at("named/run.json"), "utf8"));
    expect(record.problem).toMatchObject({
      nNodes,
      nodes: Array.from({ length: nNodes }, (_, i) => `Region ${i + 1}`),
    });
    expect(record.results.hypotheses[0].largestAt).toMatch(/^Region \d - Region \d$/);
    expect(record.results.hypotheses[0].significantNodes.length).toBeGreaterThan(1);
    expect(record.results.hypotheses[0]).not.toHaveProperty("significantElements");
    expect(record.inputs.nodes.sha256).toHaveLength(64);
  });

  test("-mask: the other edges are as if they were not there", async () => {
    const mask = matrices[0]!.map((_, i) => matrices[0]!.map((__, j) => Number(i <= j && (i + j) % 3 !== 0)));
    writeFileSync(at("mask.csv"), rows(mask));
    const kept = edges.filter(({ i, j }) => (i + j) % 3 !== 0);
    for (const [algorithm, tokens] of [
      ["nbs", ["-threshold", "0.8"]],
      ["none", []],
    ] as const) {
      const prefix = out(`mask-${algorithm}`);
      expect(await run("list.txt", algorithm, prefix, ...tokens, "-mask", at("mask.csv"))).toMatchObject({ status: 0 });
      const z = edgesIn(`${prefix}Zstat_t1.csv`);
      for (const [e, { i, j }] of edges.entries()) expect(Number.isNaN(z[e])).toBe((i + j) % 3 === 0);
      const inside = z.filter((value) => !Number.isNaN(value));
      expect(inside).toHaveLength(kept.length);
      const enhanced = edgesIn(`${prefix}enhanced_t1.csv`).filter((value) => !Number.isNaN(value));
      const stated = algorithm === "none" ? inside : statedNbs(statedNetwork(kept), inside, 0.8);
      // what is compared is rounded to 40 bits, for ties to be ties
      for (const [e, value] of stated.entries()) expect(enhanced[e]).toBeCloseTo(value, 9);
      expect(Math.max(...enhanced)).toBeGreaterThan(0);
    }
  });

  test("-posthoc: p-values inside alone, enhanced by all", async () => {
    const tested = matrices[0]!.map((_, i) => matrices[0]!.map((__, j) => Number(j <= i && j % 2 === 0)));
    writeFileSync(at("tested.csv"), rows(tested));
    for (const [algorithm, tokens] of [
      ["nbs", ["-threshold", "0.8"]],
      ["tfnbs", []],
      ["none", []],
    ] as const) {
      const [all, some] = [out(`all-${algorithm}`), out(`posthoc-${algorithm}`)];
      expect(await run("list.txt", algorithm, all, ...tokens)).toMatchObject({ status: 0 });
      expect(await run("list.txt", algorithm, some, ...tokens, "-posthoc", at("tested.csv"))).toMatchObject({
        status: 0,
      });
      const read = (prefix: string, name: string) => edgesIn(`${prefix}${name}_t1.csv`);
      expect(read(some, "enhanced")).toEqual(read(all, "enhanced"));
      const [p, uncorrected, counts] = ["fwe_1mpvalue", "uncorrected_1mpvalue", "null_contributions"].map((name) =>
        read(some, name),
      );
      for (const [e, { i }] of edges.entries())
        if (i % 2 === 1) expect([p![e], uncorrected![e], counts![e]]).toEqual([0, 0, 0]);
      for (const [e, { i }] of edges.entries())
        if (i % 2 === 0) expect(uncorrected![e]).toBe(read(all, "uncorrected_1mpvalue")[e]);
      expect(Math.max(...p!)).toBeGreaterThan(0.5);
      const largest = readFileSync(`${some}null_dist_t1.txt`, "utf8").split("\n")[1]!.split(" ").map(Number);
      const inside = read(some, "enhanced").filter((_, e) => edges[e]!.i % 2 === 0);
      expect(largest[0]).toBeCloseTo(Math.max(...inside), 6);
    }
  });

  test("-posthoc with missing values, none: as the same edges alone", async () => {
    const names = matrices.map((matrix, s) => {
      const own = matrix.map((row, i) => row.map((value, j) => (s === 4 && i + j === 5 ? Number.NaN : value)));
      writeFileSync(at(`m${s}.txt`), rows(own));
      return `m${s}.txt`;
    });
    writeFileSync(at("missing.txt"), `${names.join("\n")}\n`);
    for (const more of [[], ["-variance", at("groups.txt")]]) {
      const [masked, posthoc] = [out(`mm${more.length}`), out(`mp${more.length}`)];
      expect(await run("missing.txt", "none", masked, "-mask", at("tested.csv"), ...more)).toMatchObject({ status: 0 });
      expect(await run("missing.txt", "none", posthoc, "-posthoc", at("tested.csv"), ...more)).toMatchObject({
        status: 0,
      });
      expect(readFileSync(`${posthoc}null_dist_t1.txt`, "utf8").split("\n")[1]).toBe(
        readFileSync(`${masked}null_dist_t1.txt`, "utf8").split("\n")[1],
      );
      const [one, other] = [masked, posthoc].map((prefix) => edgesIn(`${prefix}fwe_1mpvalue_t1.csv`));
      for (const [e, value] of one!.entries()) expect(other![e]).toBe(Number.isNaN(value) ? 0 : value);
    }
  });

  test("a pair of NaN is a missing observation of its edge alone", async () => {
    expect(await nbs("missing.txt", out("missing"))).toMatchObject({ status: 0 });
    const [ours, whole] = [edgesIn(at("missing/tvalue_t1.csv")), edgesIn(at("nbs/tvalue_t1.csv"))];
    for (const [e, { i, j }] of edges.entries()) {
      if (i + j === 5) expect(ours[e]).not.toBe(whole[e]);
      else expect(ours[e]).toBeCloseTo(whole[e]!, 10);
    }
    expect(edgesIn(at("missing/cond.csv")).every((value) => value >= 1 || value === 0)).toBe(true);
  });

  test("-column: a list of connectomes", async () => {
    const names = matrices.map((matrix, s) => {
      writeFileSync(at(`r${s}.txt`), rows(matrix.map((row, i) => row.map((_, j) => ((s * 7 + i * j) % 11) / 4))));
      return `r${s}.txt`;
    });
    writeFileSync(at("column.txt"), `${names.join("\n")}\n`);
    writeFileSync(at("contrast4.txt"), "0 1 0 0\n");
    const tokens = ["connectomestats", at("list.txt"), "tfnbs", at("design.txt"), at("contrast4.txt"), out("column")];
    expect(await runInProcess([...tokens, ...COMMON, "-column", at("column.txt")])).toMatchObject({ status: 0 });
    expect(edgesIn(at("column/beta_3.csv")).some((value) => value !== 0)).toBe(true);
  });

  test("the form of the development branch, variance groups and -strong", async () => {
    const tokens = [
      "connectomestats",
      at("list.txt"),
      "tfnbs",
      at("design.txt"),
      out("dev"),
      "-ttests",
      at("contrast.txt"),
    ];
    expect(await runInProcess([...tokens, ...COMMON, "-variance", at("groups.txt"), "-strong"])).toMatchObject({
      status: 0,
    });
    expect(edgesIn(at("dev/std_dev1.csv"))[5]).toBeGreaterThan(0);
    expect(edgesIn(at("dev/uncorrected_1mpvalue_t2.csv"))).toHaveLength(edges.length);
    expect(readFileSync(at("dev/null_dist.txt"), "utf8").split("\n")[1]!.split(" ")).toHaveLength(30);
  });

  test("--tfce-exact of tfnbs: the integral over every height", async () => {
    expect(await run("list.txt", "tfnbs", out("exact"), "--tfce-exact")).toMatchObject({ status: 0 });
    const stated = statedIntegral(statedNetwork(edges), edgesIn(at("exact/Zstat_t1.csv")), {
      extentPower: 0.4,
      heightPower: 3,
    });
    for (const [e, value] of edgesIn(at("exact/enhanced_t1.csv")).entries()) {
      expect(Math.abs(value - stated[e]!)).toBeLessThanOrEqual(1e-6 * stated[e]!);
    }
    const of = async (algorithm: string, ...tokens: string[]) =>
      (await run("list.txt", algorithm, out(`exact-${algorithm}`), "--tfce-exact", ...tokens)).stderr;
    expect(await of("tfnbs", "-tfce_dh", "0.2")).toContain("-tfce_dh has no effect with --tfce-exact");
    expect(await of("none")).toContain("--tfce-exact has no effect with none: it is an option of tfnbs.");
  });

  test("options that have no effect are said to have none", async () => {
    const { stderr } = await run("list.txt", "tfnbs", out("ignored"), "-threshold", "3");
    expect(stderr).toContain("fixelstream: warning: -threshold has no effect with tfnbs: it is an option of nbs.\n");
    const { warnings } = JSON.parse(readFileSync(at("ignored/run.json"), "utf8"));
    expect(warnings[0]).toEqual({
      tag: "ignored-option",
      message: "-threshold has no effect with tfnbs: it is an option of nbs.",
    });
  });

  test("-threshold 0: every edge with a Z above 0", async () => {
    expect(await run("list.txt", "nbs", out("zero"), "-threshold", "0")).toMatchObject({ status: 0 });
    const z = edgesIn(at("zero/Zstat_t1.csv"));
    expect(z.filter((value) => value === 0).length).toBeGreaterThan(0);
    expect(edgesIn(at("zero/enhanced_t1.csv"))).toEqual(statedNbs(statedNetwork(edges), z, Number.MIN_VALUE));
  });

  test("the plan, and nothing left behind", async () => {
    const { stdout, status } = await nbs("list.txt", out("plan"), "--dry-run");
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${edges.length} edges, ${nSubjects} subjects, 2 hypotheses, 30 shuffles`));
  });

  test("one node, and two", async () => {
    for (const few of [1, 2]) {
      const small = makeConnectomes(join(root, `few${few}`), { nNodes: few, nSubjects: 10 });
      writeFileSync(
        small.at("list.txt"),
        matrices
          .slice(0, 10)
          .map((_, s) => `v${s}.txt\n`)
          .join(""),
      );
      for (let s = 0; s < 10; s++)
        writeFileSync(small.at(`v${s}.txt`), rows(matrices[s]!.slice(2, 2 + few).map((row) => row.slice(2, 2 + few))));
      mkdirSync(small.at("o"));
      const paths = [small.at("list.txt"), "tfnbs", small.at("design.txt"), small.at("contrast.txt"), small.at("o/")];
      const { status, stderr } = await runInProcess(["connectomestats", ...paths, ...COMMON]);
      expect(status, stderr).toBe(0);
      expect(matrixOf(small.at("o/tvalue_t1.csv"))).toHaveLength(few);
    }
  });
});

test("none -notest: statistics, and no p-values; what enhances nothing is Z", async () => {
  const prefix = out("none-notest");
  expect(await run("list.txt", "none", prefix, "-notest")).toMatchObject({ status: 0 });
  // one from the data, one from the product that shuffles go through
  const [enhanced, z] = ["enhanced_t1", "Zstat_t1"].map((name) => matrixOf(`${prefix}${name}.csv`).flat());
  for (const [i, value] of enhanced!.entries()) expect(Math.abs(value - z![i]!)).toBeLessThan(1e-10);
  expect(enhanced!.length).toBe(z!.length);
});
