// P-values beside those of every run: asked for with a run they are what `pvalues` makes of its results afterwards, whatever the elements, tests and shuffles.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { AnalysisOptions } from "../../src/app/analyse/options.js";
import {
  ALL_COMMANDS,
  type CommandName,
  type EitherRun,
  edgesOf,
  NAMES,
  newRun,
  writeMaskFor,
} from "../support/both-commands.js";
import { makeConnectomes } from "../support/connectomes.js";
import { runInProcess } from "../support/in-process-cli.js";
import { readNumbers, readSmallImage } from "../support/peer.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const N_SUBJECTS = 14;
const N_ELEMENTS = 30;

/** A fifth of the elements have an effect; one has no variance. */
function newStudy(command: CommandName): EitherRun {
  const { normal } = createRandom(5);
  const noise = Array.from({ length: N_SUBJECTS * N_ELEMENTS }, normal);
  const value = (subject: number, element: number) => {
    if (element === 7) return 0.5;
    const effect = element >= 20 && element < 26 && subject < N_SUBJECTS / 2 ? 2.5 : 0;
    return 10 + noise[subject * N_ELEMENTS + element]! + effect;
  };
  return newRun(command, { nElements: N_ELEMENTS, nSubjects: N_SUBJECTS, value });
}

const outputOf = (run: EitherRun) => (NAMES[run.command].isPrefixed ? `${run.at("out")}/x_` : run.at("out"));

/** Nothing of the other run is told apart by its own texts. */
function valuesOf(run: EitherRun, name: string): number[] {
  const file = run.at("out", `${NAMES[run.command].isPrefixed ? "x_" : ""}${name}`);
  if (/mif$/.test(name)) return Array.from(readSmallImage(file).values);
  const values = readNumbers(file).flat();
  return run.command === "connectomestats" && /csv$/.test(name) ? edgesOf(values, N_ELEMENTS) : values;
}

const OPTIONS = ["--parametric", "--fdr", "bh", "--tail", "--gamma"];
const ASKED = { parametric: true, fdr: "bh", tail: true, gamma: true } as const;

interface Model {
  readonly name: string;
  readonly changes?: Partial<AnalysisOptions>;
  /** Three hypotheses. */
  readonly several?: boolean;
  readonly write?: (run: EitherRun) => Partial<AnalysisOptions>;
}

const groups = (run: EitherRun) => {
  fs.writeFileSync(
    run.at("groups.txt"),
    `${Array.from({ length: N_SUBJECTS }, (_, i) => (i < N_SUBJECTS / 2 ? 0 : 1)).join(" ")}\n`,
  );
  return { variance: run.at("groups.txt") };
};
const three = (run: EitherRun) => {
  fs.writeFileSync(run.at("contrasts.txt"), "1 -1\n-1 1\n");
  fs.writeFileSync(run.at("ftests.txt"), "1 0\n");
  return { contrast: run.at("contrasts.txt"), ftests: run.at("ftests.txt") };
};

const MODELS: readonly Model[] = [
  { name: "one t-test" },
  { name: "t- and F-tests", write: three },
  { name: "-strong", write: three, changes: { strong: true } },
  { name: "-variance", write: groups },
  { name: "sign flips", changes: { errors: "ise" } },
  { name: "--two-tailed", changes: { twoTailed: true } },
  { name: "--two-tailed, t- and F-tests", write: three, changes: { twoTailed: true } },
  { name: "--two-tailed -strong", write: three, changes: { twoTailed: true, strong: true } },
  { name: "--two-tailed -variance", write: groups, changes: { twoTailed: true } },
];

describe.each(ALL_COMMANDS)("%s", (command) => {
  it.each(MODELS)("$name: asked for with the run, or of its results", async ({ changes, write }) => {
    const run = newStudy(command);
    const given = { nShuffles: 300, ...write?.(run), ...changes };
    await run.infer({ ...given, ...ASKED });
    const names = run.results().filter((name) => name !== "run.json");
    const together = new Map(names.map((name) => [name, valuesOf(run, name)]));
    const found = run.record as unknown as { results: { hypotheses: Record<string, unknown>[] } };
    await run.infer({ ...given, force: true });
    const before = run.results();
    expect(before.filter((name) => /parametric|_bh_|tail|gamma/.test(name))).toEqual([]);
    const plain = new Map(before.map((name) => [name, run.result(name)]));
    expect(await runInProcess(["pvalues", outputOf(run), ...OPTIONS, "-quiet"])).toMatchObject({ status: 0 });
    expect(run.results()).toEqual([...names, "run.json"].sort());
    for (const [name, bytes] of plain) if (name !== "run.json") expect(run.result(name), name).toEqual(bytes);
    for (const [name, want] of together) {
      const got = valuesOf(run, name);
      expect(got.length, name).toBe(want.length);
      // texts have ten digits; a fit to numbers of ten digits differs in the ninth
      for (const [i, value] of want.entries()) {
        if (Number.isNaN(value)) expect(got[i], `${name} ${i}`).toBeNaN();
        else expect(Math.abs(got[i]! - value), `${name} ${i}`).toBeLessThan(2e-8);
      }
    }
    const after = run.record as unknown as typeof found & { added: { files: string[] }[] };
    for (const [h, one] of after.results.hypotheses.entries()) {
      expect(Object.keys(one).sort()).toEqual(Object.keys(found.results.hypotheses[h]!).sort());
      for (const key of ["parametric", "tail", "gamma"]) {
        const [got, want] = [one, found.results.hypotheses[h]!].map((of) => of[key] as Record<string, number>);
        for (const of of ["nTests", "nBelow"]) expect(got![of], `${key} ${of}`).toBe(want![of]);
        expect(Math.abs(got!["smallestP"]! / want!["smallestP"]! - 1), key).toBeLessThan(1e-5);
      }
    }
    expect(after.added.flatMap(({ files }) => files).length).toBe(names.length - plain.size + 1);
    expect(await runInProcess(["verify", outputOf(run), "-quiet"])).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  it("what is tested is what is counted; what has no variance is none of it", async () => {
    const run = newStudy(command);
    await run.infer({ ...ASKED, nShuffles: 300 });
    const { ending } = NAMES[command];
    const p = valuesOf(run, `parametric_1mpvalue${ending}`);
    const z = valuesOf(run, `Zstat${ending}`);
    const [one] = (
      run.record as unknown as {
        results: { hypotheses: [{ parametric: { nTests: number }; adjusted: { nTests: number }[] }] };
      }
    ).results.hypotheses;
    expect(one.parametric.nTests).toBe(N_ELEMENTS - 1);
    expect(one.adjusted.map(({ nTests }) => nTests)).toEqual([N_ELEMENTS - 1, N_ELEMENTS]);
    for (const [i, value] of p.entries()) {
      if (i === 7) expect(value).toEqual(command === "mrclusterstats" ? 0 : Number.NaN);
      else expect(Math.abs(value - (1 - upperNormal(z[i]!))), `${i}`).toBeLessThan(1e-6);
    }
    // adjusted by hand, out of the images
    const tested = p.filter((_, i) => i !== 7).map((value) => 1 - value);
    const adjusted = valuesOf(run, `parametric_bh_1mpvalue${ending}`);
    for (const [i, value] of p.entries()) {
      if (i === 7) continue;
      const above = tested.filter((x) => x >= 1 - value - 1e-9);
      const least = Math.min(1, ...above.map((x) => (tested.length * x) / tested.filter((y) => y <= x + 1e-9).length));
      expect(Math.abs(1 - adjusted[i]! - least), `${i}`).toBeLessThan(1e-5);
    }
  });

  it("a fit keeps what is not small; a rejected one is the image of the shuffles, and a warning says why", async () => {
    const run = newStudy(command);
    await run.infer({ nShuffles: 1000, tail: true, gamma: true });
    const { ending } = NAMES[command];
    const [plain, tail] = ["fwe", "fwe_tail"].map((name) => valuesOf(run, `${name}_1mpvalue${ending}`));
    const { distribution, floor } = (
      run.record as unknown as { results: { hypotheses: [{ tail: { distribution: unknown; floor: number } }] } }
    ).results.hypotheses[0].tail;
    expect(distribution).not.toBeNull();
    let nFitted = 0;
    for (const [i, value] of plain!.entries()) {
      if (value < 0.9) expect(tail![i]).toBe(value);
      if (tail![i] !== value) nFitted++;
      expect(tail![i]).toBeLessThanOrEqual(1 - floor + 1e-7);
    }
    expect(nFitted).toBeGreaterThan(0);
    const few = newStudy(command);
    await few.infer({ nShuffles: 30, tail: true });
    expect(valuesOf(few, `fwe_tail_1mpvalue${ending}`)).toEqual(valuesOf(few, `fwe_1mpvalue${ending}`));
    expect(few.record.warnings).toContainEqual({
      tag: "null-not-fitted",
      message:
        "The null distribution of t1 is not fitted (--tail): expected 40 shuffles or more, got 30. fwe_tail_1mpvalue has the p-values of fwe_1mpvalue there.",
    });
  });

  it("is only asked for: without, a run has what it had", async () => {
    const run = newStudy(command);
    await run.infer({ nShuffles: 50 });
    const plain = new Map(run.results().map((name) => [name, run.result(name)]));
    await run.infer({ nShuffles: 50, ...ASKED, force: true });
    for (const [name, bytes] of plain) if (name !== "run.json") expect(run.result(name), name).toEqual(bytes);
  });

  it("-notest --parametric --fdr needs no shuffle", async () => {
    const run = newStudy(command);
    await run.infer({ notest: true, nShuffles: undefined, parametric: true, fdr: "holm" });
    const { ending } = NAMES[command];
    const names = run.results();
    expect(names).toContain(`parametric_holm_1mpvalue${ending}`);
    expect(names.some((name) => /uncorrected|fwe/.test(name))).toBe(false);
    const image = valuesOf(run, `parametric_holm_1mpvalue${ending}`);
    await run.infer({ notest: true, nShuffles: undefined, force: true });
    await runInProcess(["pvalues", outputOf(run), "--parametric", "--fdr", "holm", "-quiet"]);
    const after = valuesOf(run, `parametric_holm_1mpvalue${ending}`);
    // Z went through fifteen digits of text
    if (ending === ".csv") {
      expect(after.map(Number.isNaN)).toEqual(image.map(Number.isNaN));
      for (const [i, value] of image.entries()) expect(Math.abs(after[i]! - value) > 1e-14, `${i}`).toBe(false);
    } else expect(after).toEqual(image);
  });

  it.skipIf(command === "vectorstats")(
    "-mask and -posthoc: nothing is said of what is not tested, with the run and, of fixels, of its results",
    async () => {
      const run = newStudy(command);
      const inside = (name: string, first: number) => writeMaskFor(run, name, (i) => i >= first, N_ELEMENTS);
      const masks = { mask: inside("mask", 3), posthoc: inside("posthoc", 11) };
      await run.infer({ ...masks, nShuffles: 300, ...ASKED } as Partial<AnalysisOptions>);
      const names = run.results().filter((name) => /parametric|_bh_|tail|gamma/.test(name));
      expect(names.length).toBeGreaterThan(4);
      const together = new Map(names.map((name) => [name, valuesOf(run, name)]));
      for (const [name, values] of together) {
        const isSaid = values.map((value) => !Number.isNaN(value) && value !== 0);
        expect(isSaid.slice(0, 11), name).toEqual(new Array(11).fill(false));
        expect(isSaid.slice(11), name).toContain(true);
        // outside of a mask of voxels is 0, of fixels and edges not a number
        const outside = command === "mrclusterstats" ? 0 : Number.NaN;
        expect(values.slice(0, 3), name).toEqual([outside, outside, outside]);
      }
      await run.infer({ ...masks, nShuffles: 300, force: true } as Partial<AnalysisOptions>);
      const added = await runInProcess(["pvalues", outputOf(run), ...OPTIONS, "-quiet"]);
      if (command !== "fixelcfestats") {
        // 0 there, which may be significance too
        expect(added).toMatchObject({ status: 1, stderr: expect.stringContaining("got those of a run with -posthoc") });
        return;
      }
      expect(added.status, added.stderr).toBe(0);
      for (const [name, values] of together) {
        const after = valuesOf(run, name);
        for (const [i, value] of values.entries()) {
          if (Number.isNaN(value)) expect(after[i], `${name} ${i}`).toBeNaN();
          else expect(Math.abs(after[i]! - value), `${name} ${i}`).toBeLessThan(1e-12);
        }
      }
    },
  );
});

/** By quadrature: Simpson's rule on the density. */
function upperNormal(z: number): number {
  const [n, end] = [4000, 12];
  const h = (end - z) / n;
  const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(z) + density(end);
  for (let i = 1; i < n; i++) sum += (i % 2 === 0 ? 2 : 4) * density(z + i * h);
  return (sum * h) / 3;
}

describe("fixelcfestats", () => {
  it("--uncorrected-shuffles: shares of those shuffles are adjusted", async () => {
    const run = newStudy("fixelcfestats");
    await run.infer({ nShuffles: 300, uncorrectedShuffles: 80, fdr: "by" } as Partial<AnalysisOptions>);
    const together = valuesOf(run, "uncorrected_by_1mpvalue.mif");
    await run.infer({ nShuffles: 300, uncorrectedShuffles: 80, force: true } as Partial<AnalysisOptions>);
    await runInProcess(["pvalues", run.at("out"), "--fdr", "by", "-quiet"]);
    expect(valuesOf(run, "uncorrected_by_1mpvalue.mif")).toEqual(together);
  });

  it.each([3, 20])("--negbin %d: p that went through float32 are counts again before they are adjusted", async (n) => {
    const found = (run: EitherRun) =>
      (run.record as unknown as { results: { hypotheses: [{ adjusted: unknown }] } }).results.hypotheses[0].adjusted;
    for (const fdr of ["bh", "holm"] as const) {
      const run = newStudy("fixelcfestats");
      const asked = { nShuffles: 900, negativeBinomial: n };
      await run.infer({ ...asked, fdr });
      const together = found(run);
      await run.infer({ ...asked, force: true });
      await runInProcess(["pvalues", run.at("out"), "--fdr", fdr, "-quiet"]);
      // to the last bit
      expect(found(run)).toEqual(together);
    }
  });

  it("--shard and merge: what was asked of the shards is in the results; the rest can be added", async () => {
    const run = newStudy("fixelcfestats");
    const paths = ["fd", "subjects.txt", "design.txt", "contrast.txt", "matrix", "out"].map((name) => run.at(name));
    const common = ["-nshuffles", "200", "--seed", "1", "-nthreads", "0", "-quiet"];
    const line = (...tokens: string[]) => runInProcess(["fixelcfestats", ...paths, ...common, ...tokens]);
    for (const i of [1, 2]) expect(await line("--shard", `${i}/2`, "--tail")).toMatchObject({ status: 0 });
    expect(await runInProcess(["pvalues", run.at("out"), "--gamma"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("Make the results of "),
    });
    expect(await runInProcess(["merge", run.at("out"), "-quiet", "-nthreads", "0"])).toMatchObject({ status: 0 });
    expect(await runInProcess(["pvalues", run.at("out"), "--gamma", "-quiet"])).toMatchObject({ status: 0 });
    const merged = ["fwe_tail", "fwe_gamma"].map((name) => valuesOf(run, `${name}_1mpvalue.mif`));
    expect(await line("--tail", "--gamma", "-force")).toMatchObject({ status: 0 });
    expect(["fwe_tail", "fwe_gamma"].map((name) => valuesOf(run, `${name}_1mpvalue.mif`))).toEqual(merged);
  });
});

describe("connectomestats", () => {
  it("each edge is one test, whichever triangle", async () => {
    const root = temporaryDirectory();
    const made = makeConnectomes(path.join(root, "c"), { seed: 7, forms: "mixed" });
    fs.mkdirSync(made.at("out"));
    const line = (prefix: string, ...tokens: string[]) =>
      runInProcess([
        ...["connectomestats", made.at("list.txt"), "tfnbs", made.at("design.txt"), made.at("contrast.txt")],
        ...[`${made.at("out")}/${prefix}`, "-nshuffles", "100", "--seed", "3", "-nthreads", "0", "-quiet", ...tokens],
      ]);
    const asked = ["--parametric", "--fdr", "bonferroni", "--tail", "--gamma"];
    expect(await line("a_", ...asked)).toMatchObject({ status: 0 });
    expect(await line("b_")).toMatchObject({ status: 0 });
    expect(await runInProcess(["pvalues", `${made.at("out")}/b_`, ...asked, "-quiet"])).toMatchObject({ status: 0 });
    const files = fs.readdirSync(made.at("out"));
    const own = files.filter((name) => name.startsWith("a_") && name.endsWith(".csv")).map((name) => name.slice(2));
    expect(files.filter((name) => name.startsWith("b_") && name.endsWith(".csv")).map((name) => name.slice(2))).toEqual(
      own,
    );
    for (const name of own) {
      const [want, got] = ["a_", "b_"].map((prefix) => readNumbers(made.at(`out/${prefix}${name}`)).flat());
      for (const [i, value] of want!.entries()) {
        if (Number.isNaN(value)) expect(got![i], `${name} ${i}`).toBeNaN();
        else expect(Math.abs(got![i]! - value), `${name} ${i}`).toBeLessThan(1e-8);
      }
    }
    const record = JSON.parse(fs.readFileSync(made.at("out/b_run.json"), "utf8"));
    const nEdges = (made.nNodes * (made.nNodes + 1)) / 2;
    expect(record.results.hypotheses[0].adjusted.map(({ nTests }: { nTests: number }) => nTests)).toEqual([
      record.results.hypotheses[0].parametric.nTests,
      nEdges,
    ]);
    expect(record.results.hypotheses[0].parametric.nTests).toBeLessThanOrEqual(nEdges);
  });
});
