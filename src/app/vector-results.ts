// The tables of vectorstats: names, postfixes and contents of MRtrix3 3.0.x. semantics.md section 7.
import { type RunRecord, writeRunRecord } from "../results/run-record.js";
import { createVectorOutput } from "../results/vector-output.js";
import type { NullState } from "../run/null-state.js";
import type { Observed } from "../run/observed.js";
import { combineHypotheses, familyWise, sortNull } from "../stats/inference/family-wise.js";
import { RUN_RECORD_FILE, type Significance } from "./inference-output.js";
import type { VectorStatsOptions } from "./vector-options.js";
import type { VectorPlan } from "./vector-plan.js";

export interface VectorResults {
  /** Results of an earlier run that will be replaced. */
  readonly replaced: readonly string[];
  writeObserved(observed: Observed): { largestZ: number[] };
  writeInference(state: NullState | undefined): Significance[];
  publish(record: RunRecord): void;
  discard(): void;
}

/** Checks that everything can be written. Throws InputError. */
export function createVectorResults(options: VectorStatsOptions, plan: VectorPlan): VectorResults {
  const { hypotheses, nFactors, groups } = plan;
  const postfixes = hypotheses.map(({ name }) => (hypotheses.length > 1 ? `_${name}` : ""));
  // 3.0.x and the development branch differ in one name; the form of the arguments tells which is meant
  const uncorrected = options.contrast === undefined ? "uncorrected_1mpvalue" : "uncorrected_pvalue";
  const output = createVectorOutput({
    prefix: options.prefix,
    tables: countNumbers(options, plan, postfixes, uncorrected),
    record: RUN_RECORD_FILE,
    overwrite: options.force,
    commandHistory: options.command,
  });
  return {
    replaced: output.replaced,
    writeObserved({ image, index }) {
      output.writeRows(
        "betas",
        Array.from({ length: nFactors }, (_, i) => image(index.beta(i))),
      );
      const deviations = Array.from({ length: groups?.count ?? 1 }, (_, g) => image(index.deviation(g)));
      // a row a variance group, with the digits of a matrix
      if (groups === undefined) output.writeRow("std_dev", deviations[0]!);
      else output.writeRows("std_dev", deviations);
      if (index.condition !== undefined) output.writeRow("cond", image(index.condition));
      return {
        largestZ: hypotheses.map(({ kind }, h) => {
          const postfix = postfixes[h]!;
          output.writeColumn(`${kind}value${postfix}`, image(index.statistic(h)));
          output.writeColumn(`Zstat${postfix}`, image(index.z(h)));
          if (kind === "t") {
            output.writeRow(`abs_effect${postfix}`, image(index.effect(h)));
            if (groups === undefined) output.writeRow(`std_effect${postfix}`, image(index.standardisedEffect(h)));
          }
          return Float64Array.from(image(index.z(h))).reduce(
            (largest, z) => Math.max(largest, z),
            Number.NEGATIVE_INFINITY,
          );
        }),
      };
    },
    writeInference(state) {
      if (state === undefined) return hypotheses.map(() => ({ significant: undefined, largestFwe: undefined }));
      const nulls = state.hypotheses;
      const results = { maxima: nulls.map(({ maxima }) => maxima), elements: nulls.map(({ elements }) => elements) };
      const count = results.maxima[0]!.length;
      const strong = options.strong ? combineHypotheses(results.maxima) : undefined;
      if (strong !== undefined) output.writeRow("null_dist", strong.maxima);
      return hypotheses.map((_, h) => {
        const postfix = postfixes[h]!;
        if (strong === undefined) output.writeRow(`null_dist${postfix}`, results.maxima[h]!);
        const sorted = sortNull(strong?.maxima ?? results.maxima[h]!);
        const fwe = Float64Array.from(nulls[h]!.defaults);
        for (const [i, z] of fwe.entries()) fwe[i] = familyWise(z, sorted);
        output.writeRow(`fwe_1mpvalue${postfix}`, fwe);
        output.writeRow(
          `${uncorrected}${postfix}`,
          Float64Array.from(nulls[h]!.counters, (below) => below / count),
        );
        output.writeRow(`null_contributions${postfix}`, contributions(results, strong?.hypotheses, h, fwe.length));
        return {
          significant: fwe.reduce((sum, p) => sum + (p > 0.95 ? 1 : 0), 0),
          largestFwe: fwe.reduce((largest, p) => Math.max(largest, p), 0),
        };
      });
    },
    publish(record) {
      output.writeRecord((path) => writeRunRecord(path, record));
      output.publish();
    },
    discard: () => output.discard(),
  };
}

/** How often each element was the maximum; with -strong only where its hypothesis had the largest of all. */
function contributions(
  results: { readonly elements: readonly Uint32Array[] },
  winners: Uint32Array | undefined,
  h: number,
  nElements: number,
): Uint32Array {
  const counts = new Uint32Array(nElements);
  for (const [shuffle, element] of results.elements[h]!.entries()) {
    if (winners === undefined || winners[shuffle] === h) counts[element]!++;
  }
  return counts;
}

/** All tables by name, with how many numbers each holds. */
function countNumbers(
  options: VectorStatsOptions,
  plan: VectorPlan,
  postfixes: readonly string[],
  uncorrected: string,
): Record<string, number> {
  const { nElements } = plan.input;
  const tables: Record<string, number> = {
    betas: plan.nFactors * nElements,
    std_dev: (plan.groups?.count ?? 1) * nElements,
    // written where values are missing, which is known only when they have been read
    cond: nElements,
  };
  for (const [h, { kind }] of plan.hypotheses.entries()) {
    const names = [`${kind}value`, "Zstat"];
    if (kind === "t") names.push("abs_effect", ...(plan.groups === undefined ? ["std_effect"] : []));
    if (!options.notest) names.push("fwe_1mpvalue", uncorrected, "null_contributions");
    for (const name of names) tables[`${name}${postfixes[h]}`] = nElements;
  }
  if (options.notest) return tables;
  for (const postfix of options.strong ? [""] : postfixes) tables[`null_dist${postfix}`] = plan.shuffles.count;
  return tables;
}
