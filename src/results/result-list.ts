// Which results a run has, whatever files they become: names of MRtrix3 3.0.x.
import type { HypothesisNull } from "../run/null-state.js";
import { familiesOf, isMirrored, testName } from "../stats/inference/families.js";
import {
  type AdjustedOf,
  adjustedName,
  fitsOf,
  fittedName,
  type MorePValues,
  PARAMETRIC_NAME,
} from "./more-p-values.js";

/** What an enhanced statistic is called, of each kind of enhancement: a run has one of them at most. */
export const ENHANCED = ["cfe", "tfce", "clustersize", "enhanced"] as const;

export interface ResultSpec {
  readonly hypotheses: readonly {
    readonly name: string;
    readonly kind: "t" | "F";
    /** Of a direction of a t-test (stats/inference/families.ts). */
    readonly test?: string;
    readonly direction?: "positive" | "negative";
  }[];
  /** Columns of the design and element-wise ones. */
  readonly nFactors: number;
  /** Variance groups; undefined: one variance for all. */
  readonly nGroups: number | undefined;
  /** What the enhanced statistic is called; undefined where nothing is enhanced. */
  readonly enhanced: (typeof ENHANCED)[number] | undefined;
  /** What it was divided by; undefined: by nothing. */
  readonly empirical?: "cfe_empirical" | "empirical" | undefined;
  /** 1 - p in both forms of the command line; the development branch says so. */
  readonly uncorrected: "uncorrected_1mpvalue" | "uncorrected_pvalue";
  /** p-values are float64 whatever the statistic is: text shows their digits. Default: as the statistic. */
  readonly inDouble?: boolean;
  /** Significant elements are listed, for kinds whose elements have names. */
  readonly listsSignificant?: boolean;
  readonly nShuffles: number;
  /** Every shuffle that exists is one of them. Default: some were drawn. */
  readonly isExhaustive?: boolean;
  /** Shuffles that uncorrected p-values are made of; 0: there are none. Undefined: all. */
  readonly uncorrectedShuffles?: number | undefined;
  /** Exceedances after which an element stopped: uncorrected p are all that there is. Undefined: all shuffles count. */
  readonly negativeBinomial?: number | undefined;
  readonly strong: boolean;
  readonly notest: boolean;
  /** Beside the p-values of every run. Default: none. */
  readonly more?: MorePValues;
  /** u8 [nElements]: 1 where an element is tested; undefined: all are. */
  readonly eligible: Uint8Array | undefined;
}

/**
 * factor     effect sizes, one image a factor          statistic  depends on the statistic
 * deviation  one image, or one a variance group        tested     of the inference, where it was made
 * effect     one image                                 null       a value a shuffle
 */
export type ResultRole = "factor" | "deviation" | "effect" | "statistic" | "tested" | "null";

export interface Result {
  readonly role: ResultRole;
  /** With the postfix of its hypothesis. */
  readonly name: string;
  /** Images. */
  readonly count: number;
  /** One a variance group. */
  readonly grouped: boolean;
}

export type ResultValues = Float32Array | Float64Array | Uint32Array;

const one = (role: ResultRole, name: string): Result => ({ role, name, count: 1, grouped: false });

/** Names have a postfix where there is more than one hypothesis. */
export const postfixOf = ({ hypotheses }: Pick<ResultSpec, "hypotheses">, h: number): string =>
  hypotheses.length > 1 ? `_${hypotheses[h]!.name}` : "";

/** Of what the directions of a test share. */
export const sharedPostfixOf = ({ hypotheses }: Pick<ResultSpec, "hypotheses">, h: number): string =>
  hypotheses.length > 1 ? `_${testName(hypotheses[h]!)}` : "";

/** Of a hypothesis; undefined: it has none of its own. */
interface ObservedOfHypothesis {
  readonly statistic?: Result | undefined;
  readonly z?: Result | undefined;
  readonly effect?: Result | undefined;
  readonly standardisedEffect?: Result | undefined;
}

export function observedResults(spec: ResultSpec) {
  const { nFactors, nGroups } = spec;
  return {
    factors: { role: "factor", name: "beta", count: nFactors, grouped: false } satisfies Result as Result,
    deviations: { role: "deviation", name: "std_dev", count: nGroups ?? 1, grouped: nGroups !== undefined } as Result,
    condition: one("effect", "cond"),
    hypotheses: spec.hypotheses.map(({ kind }, h): ObservedOfHypothesis => {
      const postfix = sharedPostfixOf(spec, h);
      const parametric = spec.more?.parametric === true ? parametricResults(spec, postfixOf(spec, h)) : {};
      // statistics are the negatives of those in front of it
      if (isMirrored(spec.hypotheses, h)) return parametric;
      return {
        ...parametric,
        statistic: one("statistic", `${kind}value${postfix}`),
        z: one("statistic", `Zstat${postfix}`),
        effect: kind === "t" ? one("effect", `abs_effect${postfix}`) : undefined,
        // one deviation for all is what it is divided by
        standardisedEffect: kind === "t" && nGroups === undefined ? one("effect", `std_effect${postfix}`) : undefined,
      };
    }),
  };
}

/** What adjusting makes of one kind of p-values, where it was asked for. */
const adjustedResult = ({ more }: ResultSpec, of: AdjustedOf, postfix: string) =>
  more?.adjust === undefined ? {} : { [of + more.adjust]: one("tested", `${adjustedName(of, more.adjust)}${postfix}`) };

/** One-sided: each direction has its own. */
const parametricResults = (spec: ResultSpec, postfix: string) => ({
  parametric: one("tested", `${PARAMETRIC_NAME}${postfix}`),
  ...adjustedResult(spec, "parametric", postfix),
});

export function inferenceResults(spec: ResultSpec) {
  const { strong, notest, enhanced, empirical, uncorrected, uncorrectedShuffles } = spec;
  const hasNull = !notest && spec.negativeBinomial === undefined;
  const families = familiesOf(spec.hypotheses, strong);
  return {
    families,
    strong: strong && hasNull ? one("null", "null_dist") : undefined,
    hypotheses: spec.hypotheses.map((_, h) => {
      const postfix = postfixOf(spec, h);
      return {
        empirical: empirical === undefined ? undefined : one("statistic", `${empirical}${postfix}`),
        enhanced: enhanced === undefined ? undefined : one("statistic", `${enhanced}${postfix}`),
        // one of a family
        null:
          !hasNull || strong || families.every(([first]) => first !== h)
            ? undefined
            : one("null", `null_dist${sharedPostfixOf(spec, h)}`),
        familyWise: !hasNull ? undefined : one("tested", `fwe_1mpvalue${postfix}`),
        uncorrected: notest || uncorrectedShuffles === 0 ? undefined : one("tested", `${uncorrected}${postfix}`),
        contributions: !hasNull ? undefined : one("tested", `null_contributions${postfix}`),
        ...(notest || uncorrectedShuffles === 0 ? {} : adjustedResult(spec, "uncorrected", postfix)),
        ...Object.fromEntries(
          (!hasNull ? [] : fitsOf(spec.more ?? {})).map((kind) => [
            kind,
            one("tested", `${fittedName(kind)}${postfix}`),
          ]),
        ),
      };
    }),
  };
}

/** All that may be written: whether `cond` is, is known only when the data have been read. */
export function listResults(spec: ResultSpec): Result[] {
  const observed = observedResults(spec);
  const inference = inferenceResults(spec);
  const found = [
    ...[observed.factors, observed.deviations, observed.condition],
    ...spec.hypotheses.flatMap((_, h) => [
      ...Object.values(observed.hypotheses[h]!),
      ...Object.values(inference.hypotheses[h]!),
    ]),
    inference.strong,
  ];
  return found.filter((result) => result !== undefined);
}

/** For what is computed of the statistic's values: of their class, unless the results ask for float64. */
export const valuesLike = (
  { inDouble }: ResultSpec,
  { defaults }: HypothesisNull,
  length: number,
): Float32Array | Float64Array =>
  defaults instanceof Float32Array && inDouble !== true ? new Float32Array(length) : new Float64Array(length);
