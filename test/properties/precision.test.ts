// --precision single: the null from a float32 product stays within 1e-4 of the double one, of every model; images are float64's in both.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EngineInputs } from "../../src/engine/inputs.js";
import {
  type EngineProblemOptions,
  inLeastMemory,
  makeEngineProblem,
  openProblem,
  runEngine,
} from "../support/engine-problems.js";
import { differences, layOutPeerCase, readNullDistribution, readSmallImage } from "../support/peer.js";
import { runCli } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

describe.each(["fixelcfestats-demo", "fixelcfestats-large-means"])("%s", (name) => {
  test("single beside double", () => {
    const { directory, manifest } = layOutPeerCase(name);
    const inputs = manifest.arguments.filter((token) => token !== "output");
    for (const precision of ["double", "single"]) {
      const tokens = [...inputs.slice(0, 5), precision, ...inputs.slice(5), "--precision", precision, "-quiet"];
      const { status, stderr } = runCli(["fixelcfestats", ...tokens], directory);
      expect(status, stderr).toBe(0);
    }
    // the two may well agree to the last bin: so ask the record which product was taken
    const record = JSON.parse(readFileSync(join(directory, "single", "run.json"), "utf8")) as { precision: string };
    expect(record.precision).toBe("single");
    const outputs = Object.keys(manifest.outputs);
    const nulls = outputs.filter((output) => output.startsWith("null_dist"));
    expect(nulls.length).toBeGreaterThan(0);
    for (const output of nulls) {
      const [double, single] = ["double", "single"].map((kind) => readNullDistribution(join(directory, kind, output)));
      expect(single).toHaveLength(double!.length);
      for (const [i, value] of double!.entries())
        expect(Math.abs(single![i]! - value)).toBeLessThanOrEqual(1e-4 * value + 1e-6);
    }
    for (const output of outputs.filter((output) => /^(Zstat|tvalue|Fvalue|beta|std_dev|abs_effect)/.test(output))) {
      const [double, single] = ["double", "single"].map((kind) => readSmallImage(join(directory, kind, output)).values);
      expect(differences(single!, double!, { relative: 1e-7, absolute: 0, reason: "" }), output).toEqual([]);
    }
  });
});

const isMissing = (subject: number, element: number) =>
  element % 40 === 7 ? subject > 40 : element % 4 > 0 && subject % 7 === element % 4;

const MODELS: readonly (Partial<EngineProblemOptions> & { readonly name: string })[] = [
  { name: "one design" },
  { name: "missing values", isMissing },
  { name: "missing values, sign flips", isMissing, errors: "ise" },
  { name: "variance groups", nGroups: 2 },
  { name: "missing values and variance groups", nGroups: 3, isMissing },
  { name: "own columns", nColumns: 2 },
  { name: "own columns, missing values", nColumns: 1, isMissing, errors: "ise" },
  { name: "own columns and variance groups", nColumns: 1, nGroups: 2 },
  { name: "all of them", nColumns: 2, nGroups: 2, isMissing },
];

/** Values around 1e18 and 1e-18: their squares are beyond float32, and products must not be. */
const SCALES = [1, 2 ** 60, 2 ** -60];

describe.each(MODELS)("$name", ({ name, ...model }) => {
  const root = temporaryDirectory();
  const problemOf = (enhancement: "none" | "cfe", scale = 1): Promise<EngineInputs> =>
    makeEngineProblem(join(root, `${name} ${enhancement} ${scale}`), {
      ...{ nSubjects: 60, nElements: 80, nShuffles: 64, tests: ["t", "F"], enhancement, ...model },
      value: (i, e, normal) => scale * (300 + (e < 12 ? 1.5 * (i % 2) : 0) + normal),
    });
  const single = (inputs: EngineInputs): EngineInputs => ({ ...inputs, precision: "single" });
  /** Of what is enhanced, or of Z. */
  const expectNear = (ours: ArrayLike<number>, theirs: ArrayLike<number>, absolute: number) => {
    for (let i = 0; i < theirs.length; i++) {
      const limit = 1e-4 * Math.abs(theirs[i]!) + absolute;
      expect(Math.abs(ours[i]! - theirs[i]!), `${ours[i]} for ${theirs[i]}`).toBeLessThanOrEqual(limit);
    }
  };

  test.each(SCALES)("scores within 1e-4 of the double ones, data times %d", async (scale) => {
    const inputs = await problemOf("none", scale);
    const [rounded, double] = [await runEngine(single(inputs)), await runEngine(inputs)];
    for (const [h, { maxima, defaults, counters }] of double.state.hypotheses.entries()) {
      const ours = rounded.state.hypotheses[h]!;
      // not the same numbers, or it was not computed in single
      expect([...ours.maxima]).not.toEqual([...maxima]);
      expectNear(ours.maxima, maxima, 1e-6);
      expectNear(ours.defaults, defaults, 1e-6);
      const moved = counters.filter((count, e) => Math.abs(count - ours.counters[e]!) > 1).length;
      expect(moved).toBe(0);
    }
  });

  test("enhanced maxima within 1e-4 of the double ones, by either kernels", async () => {
    const inputs = await problemOf("cfe");
    const double = await runEngine(inputs);
    for (const kernels of ["simd", "reference"] as const) {
      const rounded = await runEngine({ ...single(inputs), kernels });
      for (const [h, { maxima, defaults }] of double.state.hypotheses.entries()) {
        expectNear(rounded.state.hypotheses[h]!.maxima, maxima, 1e-6);
        expectNear(rounded.state.hypotheses[h]!.defaults, defaults, 1e-6);
      }
    }
  });

  test.each(["none", "cfe"] as const)("the same bits for any threads, memory and blocks: %s", async (enhancement) => {
    const inputs = single(await problemOf(enhancement));
    const whole = await runEngine(inputs);
    const cut = (source: EngineInputs["source"]) => ({ ...source, blockWidth: 24 });
    for (const layout of [{ nThreads: 3 }, await inLeastMemory({ ...inputs, nThreads: 2 })]) {
      const { state, plan } = await runEngine({
        ...inputs,
        ...layout,
        source: cut(inputs.source),
        columnSources: inputs.columnSources!.map(cut),
      });
      expect(plan.memory.blockWidth).toBeLessThan(whole.plan.memory.blockWidth);
      expect(state.hypotheses).toEqual(whole.state.hypotheses);
    }
  });

  test("tiles of half the bytes", async () => {
    const inputs = await problemOf("cfe");
    const regionsOf = async (given: EngineInputs) => {
      const engine = await openProblem(given);
      await engine.close();
      const { workerList, sharedList, tileShuffles } = engine.plan.memory;
      return { tileShuffles, bytes: new Map([...workerList, ...sharedList].map((region) => [region.name, region])) };
    };
    const [rounded, double] = [await regionsOf(single(inputs)), await regionsOf(inputs)];
    expect(rounded.tileShuffles).toBe(double.tileShuffles);
    const isFixed = Object.keys(model).length === 0;
    for (const region of isFixed ? ["gathered"] : ["model.gathered", "model.product", "model.squareProduct"]) {
      expect(2 * rounded.bytes.get(region)!.bytes, region).toBe(double.bytes.get(region)!.bytes);
    }
  });
});
