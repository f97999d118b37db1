// One linear model for all elements, as ModelArray.lm fits it: subjects without a finite value are left out, element by element.
import { createLinearFit, type LinearDesign, type LinearFit, prepareLinear } from "../linear/linear-fit.js";
import {
  COMMON_VALUES,
  type ElementModel,
  type ElementModelSpec,
  MODEL_STATISTICS,
  type Outcome,
  termName,
} from "./model-spec.js";
import { attempt, createPatternDesigns, elementDesign, keyOfPattern, type PatternDesign } from "./pattern-designs.js";
import { smoothColumns } from "./smooth-terms.js";

/** Bytes of designs that are kept for other elements with the same subjects. */
const MOST_KEPT_BYTES = 2 ** 25;

interface Prepared {
  readonly design: LinearDesign;
  readonly rows: Int32Array;
  /** Where each column is in the output. */
  readonly places: Int32Array;
}

const MODEL_VALUES: Readonly<Record<(typeof MODEL_STATISTICS)[number], (fit: LinearFit) => number>> = {
  "r.squared": (fit) => fit.rSquared,
  "adj.r.squared": (fit) => fit.adjRSquared,
  sigma: (fit) => fit.sigma,
  statistic: (fit) => fit.fStatistic,
  "p.value": (fit) => fit.fPValue,
  ...COMMON_VALUES,
};

/** Sets `has` to 1 where all are finite, else 0; how many. */
function lookForValues(given: readonly Float64Array[], has: Uint8Array): number {
  const nRows = has.length;
  has.fill(1);
  let n = nRows;
  for (let s = 0; s < given.length; s++) {
    const values = given[s]!;
    for (let row = 0; row < nRows; row++) {
      // NaN where it is not finite; calls of Number.isFinite take as long as the fit until they are compiled
      if (values[row]! * 0 === 0 || has[row] === 0) continue;
      has[row] = 0;
      n--;
    }
  }
  return n;
}

/** Throws UsageError, DesignError. */
export function createElementLinearModel(spec: ElementModelSpec): ElementModel {
  const { scalars, table, moreThan, termStatistics } = spec;
  const patterns = createPatternDesigns(spec);
  const withSmooths = (pattern: PatternDesign): PatternDesign => {
    const added = smoothColumns(pattern.frame);
    return {
      ...pattern,
      names: [...pattern.names, ...added.map(({ name }) => name)],
      columns: [...pattern.columns, ...added.map(({ values }) => values)],
      elementwise: [...pattern.elementwise, ...added.map(() => [])],
    };
  };
  const complete = withSmooths(patterns.complete);
  const isPlain =
    complete.elementwise.every((parts) => parts.length === 0) &&
    (complete.frame.response === undefined || complete.frame.response.text === scalars[0]);
  const modelStatistics = MODEL_STATISTICS.filter((name) => spec.modelStatistics.includes(name));
  const values = modelStatistics.map((name) => MODEL_VALUES[name]);
  const names = complete.names.map(termName);
  const statistics = [
    ...names.flatMap((name) => termStatistics.map((statistic) => `${name}.${statistic}`)),
    ...modelStatistics.map((name) => `model.${name}`),
  ];
  const wanted = { terms: termStatistics.includes("p.value"), model: modelStatistics.includes("p.value") };
  const nTermStatistics = termStatistics.length;
  const fit = createLinearFit(complete.names.length);
  const termValues = termStatistics.map(
    (name) =>
      ({ estimate: fit.estimate, "std.error": fit.stdError, statistic: fit.statistic, "p.value": fit.pValue })[name]!,
  );
  const placeOf = new Map(complete.names.map((name, i) => [name, i]));
  const placesOf = (found: readonly string[]) => Int32Array.from(found, (name) => placeOf.get(name) ?? -1);

  const prepare = (pattern: PatternDesign): Prepared => ({
    rows: pattern.rows,
    places: placesOf(pattern.names),
    design: prepareLinear(pattern.columns, pattern.rows.length, { ...pattern, wanted }),
  });
  const ofAll = isPlain ? prepare(complete) : undefined;
  const nAll = complete.rows.length;
  const isOfAll = nAll === table.nRows;
  /** A text: why there is none. */
  const kept = new Map<string, Prepared | PatternDesign | string>();
  let keptBytes = 0;
  let firstReason: string | undefined;
  const has = new Uint8Array(table.nRows);
  const taken = new Float64Array(table.nRows);

  function find(): Prepared | PatternDesign | string {
    const key = keyOfPattern(has);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = attempt(() => {
      const pattern = withSmooths(patterns.of(has));
      return isPlain ? prepare(pattern) : pattern;
    });
    const bytes = 8 * table.nRows * (complete.names.length + 8);
    if (keptBytes + bytes > MOST_KEPT_BYTES) {
      kept.clear();
      keptBytes = 0;
    }
    kept.set(key, made);
    keptBytes += bytes;
    return made;
  }

  function write({ places }: Pick<Prepared, "places">, out: Float64Array): Outcome {
    out.fill(Number.NaN);
    for (let column = 0; column < places.length; column++) {
      const at = places[column]! * nTermStatistics;
      if (at < 0) continue;
      for (let s = 0; s < nTermStatistics; s++) out[at + s] = termValues[s]![column]!;
    }
    const at = names.length * nTermStatistics;
    for (let s = 0; s < values.length; s++) out[at + s] = values[s]!(fit);
    return fit.isPerfect ? "perfect" : "fitted";
  }

  function fitPlain({ design, rows, places }: Prepared, response: Float64Array, out: Float64Array): Outcome {
    let given = response;
    if (rows.length < table.nRows) {
      for (let i = 0; i < rows.length; i++) taken[i] = response[rows[i]!]!;
      given = taken.subarray(0, rows.length);
    }
    design.fit(given, fit);
    return write({ places }, out);
  }

  function refuse(reason: string, out: Float64Array): Outcome {
    firstReason ??= reason;
    out.fill(Number.NaN);
    return "unusable";
  }

  return {
    statistics,
    nLast: 0,
    frame: complete.frame,
    complete: ofAll && {
      explained: names.filter((_, column) => !ofAll.design.kept.includes(column)),
      dfResidual: ofAll.design.dfResidual,
    },
    pValues: [
      statistics.flatMap((name, i) => (i < names.length * nTermStatistics && name.endsWith(".p.value") ? [i] : [])),
      statistics.flatMap((name, i) => (i >= names.length * nTermStatistics && name === "model.p.value" ? [i] : [])),
    ],
    fit(given, out) {
      const nFinite = lookForValues(given, has);
      if (nFinite <= moreThan) {
        out.fill(Number.NaN);
        return "tooFew";
      }
      if (ofAll !== undefined && nFinite === table.nRows && isOfAll) return fitPlain(ofAll, given[0]!, out);
      for (let round = 0; round < 4; round++) {
        const found = find();
        if (typeof found === "string") return refuse(found, out);
        if ("design" in found) return fitPlain(found, given[0]!, out);
        const own = attempt(() => elementDesign(found, scalars, given, has));
        if (typeof own === "string" && own !== "again") return refuse(own, out);
        if (typeof own === "string") {
          if (has.reduce((sum, value) => sum + value, 0) > moreThan) continue;
          out.fill(Number.NaN);
          return "tooFew";
        }
        const { hasIntercept } = found;
        prepareLinear(own.columns, own.rows.length, { hasIntercept, weights: own.weights, wanted }).fit(
          own.response,
          fit,
        );
        return write({ places: placesOf(found.names) }, out);
      }
      return refuse("own columns of an element stay without finite values", out);
    },
    get firstReason() {
      return firstReason;
    },
  };
}
