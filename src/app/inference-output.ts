// The result images and texts of fixelcfestats: names, postfixes and contents of MRtrix3 3.0.x. semantics.md section 7.
import type { ImageHeader } from "../formats/image-header.js";
import { createFixelOutput, type FixelOutput } from "../results/fixel-output.js";
import { type RunRecord, writeRunRecord } from "../results/run-record.js";
import { NO_ELEMENT, type NullState } from "../run/null-state.js";
import type { Observed } from "../run/observed.js";
import { combineHypotheses, familyWise, sortNull } from "../stats/inference/family-wise.js";
import { VERSION } from "../version.js";
import type { FixelCfeOptions } from "./fixel-cfe-options.js";
import type { InferencePlan } from "./plan/resolve-inference.js";

export const RUN_RECORD_FILE = "run.json";

export interface Significance {
  /** Fixels with fwe_1mpvalue above 0.95; undefined with -notest. */
  readonly significant: number | undefined;
  readonly largestFwe: number | undefined;
}

export interface InferenceOutput {
  /** Results of an earlier run that will be replaced. */
  readonly replaced: readonly string[];
  /** Of all images together. */
  readonly bytes: number;
  /** Keys and geometry of the first subject's file. */
  describeInput(header: Pick<ImageHeader, "transform" | "voxelSizes" | "entries">): void;
  writeObserved(observed: Observed): { largestZ: number[] };
  writeInference(state: NullState): Significance[];
  publish(record: RunRecord): void;
  discard(): void;
}

/** Creates the directory and checks that everything can be written. Throws InputError. */
export function createInferenceOutput(options: FixelCfeOptions, plan: InferencePlan): InferenceOutput {
  const { hypotheses } = plan;
  const names = outputNames(options, plan);
  const header: { current: Parameters<InferenceOutput["describeInput"]>[0] } = {
    current: { transform: undefined, voxelSizes: [1, 1, 1], entries: [] },
  };
  const output: FixelOutput = createFixelOutput({
    path: options.output,
    template: { ...plan.input.template, nFixels: plan.input.nFixels },
    images: names.images,
    texts: [...names.texts, RUN_RECORD_FILE],
    overwrite: options.force,
    ending: plan.input.ending,
    get header() {
      return header.current;
    },
    entries: [
      ["cfe_c", String(options.cfeC)],
      ["cfe_dh", String(options.cfeDh)],
      ["cfe_e", String(options.cfeE)],
      ["cfe_h", String(options.cfeH)],
      ["cfe_legacy", options.cfeLegacy ? "1" : "0"],
    ],
    commandHistory: `${options.command}  (version=${VERSION})`,
  });
  const write = (name: string, values: Float32Array | Float64Array) =>
    output.writeImage(name, Float32Array.from(values), plan.elementOfFixel);
  /** Images that depend on the statistic say whether it was adjusted, as the peer's do. */
  const writeTest = (name: string, values: Float32Array | Float64Array) =>
    output.writeImage(name, Float32Array.from(values), plan.elementOfFixel, [["nonstationarity_adjustment", "0"]]);
  /** Images of the inference: NaN outside the post-hoc mask. `values` is changed. */
  const writeTested = (name: string, values: Float32Array) => {
    const { eligible } = plan.posthoc;
    if (eligible !== undefined) for (const [i, tested] of eligible.entries()) if (tested === 0) values[i] = Number.NaN;
    writeTest(name, values);
  };

  return {
    replaced: output.replaced,
    bytes: names.images.length * plan.input.nFixels * 4,
    describeInput(found) {
      header.current = found;
    },
    writeObserved({ image, index }) {
      for (let i = 0; i < plan.nFactors; i++) write(`beta${i}`, image(index.beta(i)));
      for (const [g, name] of names.deviations.entries()) write(name, image(index.deviation(g)));
      if (index.condition !== undefined) write("cond", image(index.condition));
      return {
        largestZ: hypotheses.map(({ kind }, h) => {
          const postfix = names.postfix[h]!;
          writeTest(`${kind}value${postfix}`, image(index.statistic(h)));
          writeTest(`Zstat${postfix}`, image(index.z(h)));
          if (kind === "t") {
            write(`abs_effect${postfix}`, image(index.effect(h)));
            if (plan.groups === undefined) write(`std_effect${postfix}`, image(index.standardisedEffect(h)));
          }
          return Float32Array.from(image(index.z(h))).reduce(
            (largest, z) => Math.max(largest, z),
            Number.NEGATIVE_INFINITY,
          );
        }),
      };
    },
    writeInference({ hypotheses: nulls }) {
      const results = { maxima: nulls.map(({ maxima }) => maxima), elements: nulls.map(({ elements }) => elements) };
      const nElements = plan.columns.length;
      const count = results.maxima[0]!.length;
      const strong = options.strong && !options.notest ? combineHypotheses(results.maxima) : undefined;
      if (strong !== undefined) output.writeLine("null_dist.txt", strong.maxima);
      return hypotheses.map((_, h) => {
        const postfix = names.postfix[h]!;
        const enhanced = Float32Array.from(nulls[h]!.defaults);
        writeTest(`cfe${postfix}`, enhanced);
        if (options.notest) return { significant: undefined, largestFwe: undefined };
        if (strong === undefined) output.writeLine(`null_dist${postfix}.txt`, results.maxima[h]!);
        const sorted = sortNull(strong?.maxima ?? results.maxima[h]!);
        const fwe = enhanced.map((value) => familyWise(value, sorted));
        writeTested(`fwe_1mpvalue${postfix}`, fwe);
        writeTested(
          `${names.uncorrected}${postfix}`,
          Float32Array.from(nulls[h]!.counters, (below) => below / count),
        );
        writeTested(`null_contributions${postfix}`, contributions(results, strong?.hypotheses, h, nElements));
        return {
          significant: fwe.reduce((sum, p) => sum + (p > 0.95 ? 1 : 0), 0),
          // NaN: not tested.
          largestFwe: fwe.reduce((largest, p) => Math.max(largest, Number.isNaN(p) ? 0 : p), 0),
        };
      });
    },
    publish(record) {
      output.writeText(RUN_RECORD_FILE, (path) => writeRunRecord(path, record));
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
): Float32Array {
  const counts = new Float32Array(nElements);
  for (const [shuffle, element] of results.elements[h]!.entries()) {
    if (element === NO_ELEMENT || (winners !== undefined && winners[shuffle] !== h)) continue;
    counts[element]!++;
  }
  return counts;
}

function outputNames(options: FixelCfeOptions, plan: InferencePlan) {
  const { hypotheses, nFactors, groups } = plan;
  const postfix = hypotheses.map(({ name }) => (hypotheses.length > 1 ? `_${name}` : ""));
  // It is 1 - p in both; the development branch says so.
  const uncorrected = options.contrast === undefined ? "uncorrected_1mpvalue" : "uncorrected_pvalue";
  const images = Array.from({ length: nFactors }, (_, i) => `beta${i}`);
  const deviations = groups === undefined ? ["std_dev"] : Array.from({ length: groups.count }, (_, g) => `std_dev${g}`);
  // whether values are missing is known only when they have been read
  images.push(...deviations, "cond");
  for (const [h, { kind }] of hypotheses.entries()) {
    const results = [`${kind}value`, "Zstat", "cfe"];
    if (kind === "t") results.push("abs_effect", ...(groups === undefined ? ["std_effect"] : []));
    if (!options.notest) results.push("fwe_1mpvalue", uncorrected, "null_contributions");
    images.push(...results.map((name) => name + postfix[h]!));
  }
  const texts = options.notest ? [] : options.strong ? ["null_dist.txt"] : postfix.map((p) => `null_dist${p}.txt`);
  return { postfix, uncorrected, deviations, images, texts };
}
