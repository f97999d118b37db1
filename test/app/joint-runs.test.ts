// fixelstream joint over runs of every kind of element and every way to their shuffles, beside the plain words: the null is the larger of the two maxima,
// and p the share of it that is not above.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { AnalysisOptions, FixelCfeOptions } from "../../src/app/analyse/options.js";
import { joinRuns } from "../../src/app/joint/joint.js";
import { ALL_COMMANDS, type CommandName, type EitherRun, NAMES, newRun } from "../support/both-commands.js";
import { runInProcess } from "../support/in-process-cli.js";
import { readNumbers, readSmallImage } from "../support/peer.js";
import { createRandom } from "../support/seeded-random.js";

const N_SUBJECTS = 14;
const N_ELEMENTS = 24;
const N_SHUFFLES = 90;

/** The second measure has the larger errors, and the effect in other elements. */
function newMeasure(command: CommandName, measure: number, effect = 2.5): EitherRun {
  const { normal } = createRandom(40 + measure);
  const noise = Array.from({ length: N_SUBJECTS * N_ELEMENTS }, normal);
  const value = (i: number, e: number) =>
    10 + (1 + measure) * (noise[i * N_ELEMENTS + e]! + (i < 7 && e >= 8 * measure && e < 8 * measure + 5 ? effect : 0));
  return newRun(command, { nElements: N_ELEMENTS, nSubjects: N_SUBJECTS, value, prefix: `m${measure}_` });
}

type Changes = Partial<AnalysisOptions & FixelCfeOptions>;

const folderOf = (run: EitherRun, measure: number) =>
  NAMES[run.command].isPrefixed ? `${run.at("out")}/m${measure}_` : run.at(`m${measure}`);

const valuesOf = (file: string) =>
  file.endsWith(".mif") ? Array.from(readSmallImage(file).values) : readNumbers(file).flat();

function valuesIn(output: string, name: string): number[] {
  const file = [".mif", ".csv", ".txt"]
    .map((ending) => (output.endsWith("_") ? `${output}${name}${ending}` : path.join(output, `${name}${ending}`)))
    .find((found) => fs.existsSync(found));
  expect(file, `${output} ${name}`).toBeDefined();
  return valuesOf(file!);
}

interface Variant {
  readonly name: string;
  readonly changes: Changes;
  readonly kinds: readonly CommandName[];
  /** Of the directions; `""` alone: there is one. */
  readonly postfixes: readonly string[];
  readonly isSharded?: boolean;
}

const ENHANCED = ALL_COMMANDS.filter((kind) => kind !== "vectorstats");
const VARIANTS: readonly Variant[] = [
  { name: "plain", changes: {}, kinds: ALL_COMMANDS, postfixes: [""] },
  {
    name: "--two-tailed",
    changes: { twoTailed: true },
    kinds: ALL_COMMANDS,
    postfixes: ["_t1_positive", "_t1_negative"],
  },
  { name: "merged shards", changes: {}, kinds: ALL_COMMANDS, postfixes: [""], isSharded: true },
  {
    ...{ name: "-nonstationarity", kinds: ENHANCED, postfixes: [""] },
    changes: { nonstationarity: true, nShufflesNonstationarity: 30 },
  },
];

async function analyse(run: EitherRun, measure: number, { changes, isSharded }: Variant): Promise<string> {
  const output = folderOf(run, measure);
  const asked = { ...(NAMES[run.command].isPrefixed ? {} : { output }), nShuffles: N_SHUFFLES, seed: 6, ...changes };
  if (!isSharded) {
    await run.infer(asked);
    return output;
  }
  for (const index of [2, 1]) await run.infer({ ...asked, shard: { index, of: 2 } });
  const { status, stderr } = await runInProcess(["merge", output, "-quiet", "--no-report"]);
  expect(status, stderr).toBe(0);
  return output;
}

describe.each(VARIANTS)("$name", (variant) => {
  it.each(variant.kinds)("%s", async (command) => {
    const outputs: string[] = [];
    for (const measure of [0, 1]) outputs.push(await analyse(newMeasure(command, measure), measure, variant));
    const joint = path.join(path.dirname(outputs[0]!), "joint");
    const summary = await joinRuns({ runs: outputs, output: joint, force: false, command: "joint" });
    const nullName = variant.postfixes.length > 1 ? "null_dist_t1" : "null_dist";
    const nulls = outputs.map((output) => valuesIn(output, nullName));
    const largest = nulls[0]!.map((value, i) => Math.max(value, nulls[1]![i]!));
    expect(valuesIn(joint, "null_dist")).toEqual(largest);
    expect(largest).toHaveLength(N_SHUFFLES);
    let nTold = 0;
    for (const [measure, output] of outputs.entries()) {
      for (const postfix of variant.postfixes) {
        const { enhanced } = NAMES[command];
        const shared = variant.postfixes.length > 1 ? "_t1" : "";
        const sign = postfix.endsWith("negative") ? -1 : 1;
        const statistic =
          enhanced === undefined
            ? valuesIn(output, `Zstat${shared}`).map((z) => sign * z)
            : valuesIn(output, `${enhanced}${postfix}`);
        const own = valuesIn(output, `fwe_1mpvalue${postfix}`);
        const p = valuesIn(joint, `fwe_1mpvalue_m${measure}${postfix}`);
        expect(p).toHaveLength(own.length);
        for (const [i, x] of statistic.entries()) {
          if (!(own[i]! > 0)) {
            expect(p[i]).toEqual(own[i]);
            continue;
          }
          const share = largest.filter((value) => value <= x * (1 + 1e-7)).length / N_SHUFFLES;
          expect(Math.abs(p[i]! - share), `${measure}${postfix} ${i}`).toBeLessThan(1e-6);
          expect(p[i]).toBeLessThanOrEqual(own[i]! + 1e-6);
          if (share > 0.5 && share < own[i]!) nTold++;
        }
      }
    }
    // one measure takes something from the other
    expect(nTold).toBeGreaterThan(0);
    expect(summary.runs.map(({ hypotheses }) => hypotheses.length)).toEqual(
      outputs.map(() => variant.postfixes.length),
    );
  });
});

it("runs that settled after different numbers of shuffles are refused by name", async () => {
  const outputs: string[] = [];
  const asked = { changes: { nShuffles: 600, stopWhenSettled: true }, name: "", kinds: [], postfixes: [] } as Variant;
  const [one, two] = [newMeasure("vectorstats", 0, 0), newMeasure("vectorstats", 1)];
  outputs.push(await analyse(one, 0, asked));
  outputs.push(await analyse(two, 1, { ...asked, changes: { nShuffles: 600 } }));
  const { nShuffles } = JSON.parse(fs.readFileSync(`${outputs[0]}run.json`, "utf8")).problem;
  expect(nShuffles).toBe(500);
  await expect(joinRuns({ runs: outputs, output: one.at("joint"), force: false, command: "joint" })).rejects.toThrow(
    "expected 500 shuffles done, got 600. Run all to the end of the same shuffles, without --stop-when-settled.",
  );
});
