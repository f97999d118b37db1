// One additive model for all elements, as ModelArray.gam fits it: subjects without a finite value are left out, element by element, and the bases of the smooths
// are those of the subjects that are left.
import { DesignError, UsageError } from "../../errors.js";
import { type AdditiveDesign, type AdditiveFit, createAdditiveFit } from "../additive/additive-design.js";
import { prepareAdditive } from "../additive/additive-fit.js";
import { twoSidedT } from "../functions/t-tails.js";
import {
  COMMON_VALUES,
  type ElementModel,
  type ElementModelSpec,
  GAM_MODEL_STATISTICS,
  type Outcome,
  termName,
} from "./model-spec.js";
import { attempt, createPatternDesigns, keyOfPattern, type PatternDesign } from "./pattern-designs.js";
import { withoutTerm } from "./reduced-formula.js";
import { type Smooth, smoothsOf } from "./smooth-terms.js";

const MOST_KEPT_BYTES = 2 ** 25;

const MODEL_VALUES: Readonly<Record<(typeof GAM_MODEL_STATISTICS)[number], (fit: AdditiveFit) => number>> = {
  "adj.r.squared": (fit) => fit.rSquared,
  "dev.expl": (fit) => fit.devExpl,
  "sp.criterion": (fit) => fit.criterion,
  scale: (fit) => fit.scale,
  ...COMMON_VALUES,
};

interface Prepared {
  readonly design: AdditiveDesign;
  readonly rows: Int32Array;
  /** Where each parametric column, and each smooth, is in the output. */
  readonly terms: Int32Array;
  readonly smooths: Int32Array;
}

/** ModelArray's name of a smooth, of what stands between its parentheses: `s(age):sexM` is s_age_BYsexM, `s(log(age))` s_log_age. */
function smoothName(label: string): string {
  if (!label.startsWith("s(")) return label.replace(":", "_BY");
  const [, inside, ...rest] = label.split(/[()]/);
  const behind = rest.join("");
  return `s_${inside}${behind === "" ? "" : `_${behind}`}`.replaceAll(":", "BY");
}

/** Throws UsageError, DesignError. */
export function createElementAdditiveModel(spec: ElementModelSpec): ElementModel {
  const { table, scalars, moreThan, termStatistics, smoothStatistics, method } = spec;
  const patterns = createPatternDesigns(spec);
  const { complete } = patterns;
  if (
    complete.elementwise.some((parts) => parts.length > 0) ||
    (complete.frame.response ?? { text: scalars[0] }).text !== scalars[0]
  )
    throw new UsageError(
      `Cannot fit '${spec.formula}' by gam: expected the scalar itself on the left and columns of the table on the right, got a function of it or another scalar. Use fixelstream lm, with fx = TRUE in smooths.`,
    );
  const modelStatistics = GAM_MODEL_STATISTICS.filter((name) => spec.modelStatistics.includes(name));
  const all = smoothsOf(complete.frame);
  const names = complete.names.map(termName);
  const smoothNames = all.map(({ label }) => smoothName(label));
  const reduced = spec.changedRsq.map((term) => {
    const { formula, label } = withoutTerm(spec.formula, table, spec, term);
    const some = { ...spec, formula, changedRsq: [], termStatistics: [], smoothStatistics: [] };
    return {
      name: smoothName(label),
      model: createElementAdditiveModel({ ...some, modelStatistics: ["adj.r.squared", "deviance"] }),
    };
  });
  const statistics = [
    ...smoothNames.flatMap((name) => smoothStatistics.map((statistic) => `${name}.${statistic}`)),
    ...names.flatMap((name) => termStatistics.map((statistic) => `${name}.${statistic}`)),
    ...modelStatistics.map((name) => `model.${name}`),
    ...reduced.flatMap(({ name }) => [`${name}.delta.adj.rsq`, `${name}.partial.rsq`]),
  ];
  const firstTerm = smoothNames.length * smoothStatistics.length;
  const firstModel = firstTerm + names.length * termStatistics.length;
  const firstReduced = firstModel + modelStatistics.length;
  const withInformation = modelStatistics.includes("AIC") || modelStatistics.includes("BIC");
  const isTested = smoothStatistics.some((name) => name === "statistic" || name === "p.value");
  const fit = createAdditiveFit(
    complete.names.length + all.reduce((sum, { basis }) => sum + basis.columns.length, 0),
    all.length,
  );
  const placesOf = (wanted: readonly string[], found: readonly string[]) =>
    Int32Array.from(found, (name) => wanted.indexOf(name));

  const prepare = (pattern: PatternDesign, smooths: readonly Smooth[]): Prepared => {
    const nParametric = pattern.columns.length;
    let next = nParametric;
    const blocks = smooths.map(({ term, label, basis }) => {
      const first = next;
      next += basis.columns.length;
      return { label, first, count: basis.columns.length, penalty: term.fx ? undefined : basis.penalty };
    });
    if (next >= pattern.rows.length)
      throw new DesignError([
        `Cannot fit an additive model of ${next} columns: expected more subjects than columns, got ${pattern.rows.length}. Write a smaller k, or leave a term out.`,
      ]);
    const columns = [...pattern.columns, ...smooths.flatMap(({ basis }) => basis.columns)];
    return {
      design: prepareAdditive(columns, pattern.rows.length, blocks, {
        weights: pattern.weights,
        method,
        withInformation,
      }),
      rows: pattern.rows,
      terms: placesOf(complete.names, pattern.names),
      smooths: placesOf(
        all.map(({ label }) => label),
        smooths.map(({ label }) => label),
      ),
    };
  };
  const ofAll = prepare(complete, all);
  const kept = new Map<string, Prepared | string>();
  let keptBytes = 0;
  let firstReason: string | undefined;
  const has = new Uint8Array(table.nRows);
  const taken = new Float64Array(table.nRows);
  const reducedOut = reduced.map(({ model }) => new Float64Array(model.statistics.length));

  function find(): Prepared | string {
    const key = keyOfPattern(has);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = attempt(() => {
      const pattern = patterns.of(has);
      return prepare(pattern, smoothsOf(pattern.frame));
    });
    const bytes = 8 * (table.nRows * (fit.estimate.length + 4) + 4 * fit.estimate.length ** 2);
    if (keptBytes + bytes > MOST_KEPT_BYTES) {
      kept.clear();
      keptBytes = 0;
    }
    kept.set(key, made);
    keptBytes += bytes;
    return made;
  }

  function write({ design, terms, smooths }: Prepared, out: Float64Array): void {
    out.fill(Number.NaN);
    for (const [i, place] of smooths.entries()) {
      if (place < 0) continue;
      const test = isTested ? design.test(i, fit) : undefined;
      for (const [s, name] of smoothStatistics.entries()) {
        const value =
          name === "edf"
            ? fit.edf[i]!
            : name === "ref.df"
              ? fit.refDf[i]!
              : name === "statistic"
                ? test!.statistic
                : test!.pValue;
        out[place * smoothStatistics.length + s] = value;
      }
    }
    for (const [j, place] of terms.entries()) {
      if (place < 0) continue;
      const [estimate, stdError] = [fit.estimate[j]!, fit.stdError[j]!];
      for (const [s, name] of termStatistics.entries()) {
        const at = firstTerm + place * termStatistics.length + s;
        if (name === "estimate") out[at] = estimate;
        else if (name === "std.error") out[at] = stdError;
        else if (name === "statistic") out[at] = estimate / stdError;
        else out[at] = twoSidedT(estimate / stdError, fit.dfResidual);
      }
    }
    for (const [s, name] of modelStatistics.entries()) out[firstModel + s] = MODEL_VALUES[name](fit);
  }

  const isPValue = (i: number, from: number, to: number) => i >= from && i < to && statistics[i]!.endsWith(".p.value");
  const placesBetween = (from: number, to: number) =>
    Array.from(statistics.keys()).filter((i) => isPValue(i, from, to));
  return {
    statistics,
    nLast: 2 * reduced.length,
    frame: complete.frame,
    pValues: [placesBetween(0, firstTerm), placesBetween(firstTerm, firstModel)],
    fit(given, out): Outcome {
      const [response] = given;
      let nFinite = 0;
      for (let row = 0; row < has.length; row++) {
        const isThere = Number(Number.isFinite(response![row]!));
        has[row] = isThere;
        nFinite += isThere;
      }
      if (nFinite <= moreThan) {
        out.fill(Number.NaN);
        return "tooFew";
      }
      const found = nFinite === has.length ? ofAll : find();
      if (typeof found === "string") {
        firstReason ??= found;
        out.fill(Number.NaN);
        return "unusable";
      }
      let values = response!;
      if (found.rows.length < table.nRows) {
        for (let i = 0; i < found.rows.length; i++) taken[i] = response![found.rows[i]!]!;
        values = taken.subarray(0, found.rows.length);
      }
      found.design.fit(values, fit);
      write(found, out);
      for (const [i, { model }] of reduced.entries()) {
        const own = reducedOut[i]!;
        model.fit(given, own);
        out[firstReduced + 2 * i] = fit.rSquared - own[0]!;
        out[firstReduced + 2 * i + 1] = (own[1]! - fit.deviance) / own[1]!;
      }
      return fit.isPerfect ? "perfect" : "fitted";
    },
    get firstReason() {
      return firstReason;
    },
  };
}
