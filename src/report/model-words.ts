// What a model of one formula says of a term, and of itself for the methods section: coefficients in words, with the correction that was asked for.
import { volumeOf } from "./clusters.js";
import type { Methods } from "./methods.js";
import { beginning, count, percent, place, pValue, share, short } from "./numbers.js";
import { REFERENCES, type Reference } from "./references.js";
import { ELEMENTS, type ModelReportData, type ModelTerm } from "./report-data.js";
import { directionsOf } from "./words.js";

export interface TermVerdict {
  readonly title: string;
  readonly headline: string;
  /** Undefined: nothing was tested. */
  readonly nSignificant: number | undefined;
  readonly sentences: readonly string[];
}

export function termVerdict(term: ModelTerm, data: ModelReportData): TermVerdict {
  const { one, many } = ELEMENTS[data.kind];
  const { p, significant, pWords, singleP } = term;
  const nSignificant = p === undefined ? undefined : significant.length;
  const nTested = p === undefined ? 0 : countFinite(p);
  const question = questionOf(term, data);
  const sentences = [
    signsOf(term, data),
    effectOf(term, data),
    p === undefined || nTested === 0
      ? undefined
      : `The smallest ${pWords} is ${pValue(smallestOf(p))}${singleP === undefined ? "" : `; not corrected, ${count(countBelow(singleP))} ${many} have p below 0.05, where ${count(nTested / 20)} are expected if nothing depends on it`}.`,
    ...term.others.map(({ words, nBelow }) => `By ${words} ${count(nBelow)} ${many} are below 0.05.`),
    term.isCorrectedHere ? `The analysis has no corrected p: the ${pWords} was computed for this page.` : undefined,
    term.medianEdf === undefined
      ? undefined
      : `The curve has ${short(term.medianEdf)} effective degrees of freedom in the middle ${one}; 1 is a straight line.`,
    term.of === "coefficient" ? "The test is two-sided: it asks for both directions." : undefined,
  ].filter((sentence) => sentence !== undefined);
  return {
    title: term.term,
    nSignificant,
    sentences,
    headline: headlineOf(term, data, { question, nSignificant, nTested }),
  };
}

function headlineOf(
  { clusters, significant, pWords }: ModelTerm,
  data: ModelReportData,
  found: { question: string; nSignificant: number | undefined; nTested: number },
): string {
  const { many } = ELEMENTS[data.kind];
  const { question, nSignificant, nTested } = found;
  if (nSignificant === undefined) return `Whether ${question} was not tested: the analysis has no p-values of it.`;
  if (nTested === 0) return `Whether ${question} could not be tested in any of the ${many}.`;
  if (nSignificant === 0)
    return `No evidence that ${question}: none of ${count(nTested)} ${many} has a ${pWords} below 0.05.`;
  const { geometry } = data;
  const volume = geometry === undefined ? "" : `, ${short(volumeOf(geometry, significant))} mm³`;
  const groups =
    geometry === undefined ? "" : ` in ${count(clusters.length)} ${clusters.length === 1 ? "cluster" : "clusters"}`;
  return `${beginning(question, data.scalar)} in ${count(nSignificant)} of ${count(nTested)} ${many} (${share(nSignificant / nTested)}${volume})${groups}, ${pWords} < 0.05.`;
}

function questionOf({ of, term }: ModelTerm, { scalar, fitted }: ModelReportData): string {
  if (of === "model") return `the model${fitted === undefined ? "" : ` ${fitted.formula}`} explains ${scalar}`;
  if (isIntercept(term)) return `the intercept of ${scalar} is not 0`;
  return `${scalar} depends on ${term}`;
}

/** As R or ModelArray has it. */
export const isIntercept = (term: string): boolean => /^\(?Intercept\)?$/.test(term);

/** How many significant coefficients are above and below 0, and what that means. */
function signsOf({ of, term, effect, statistic, significant, contrast }: ModelTerm, data: ModelReportData) {
  if (of !== "coefficient" || significant.length === 0) return undefined;
  const values = effect ?? statistic;
  const nAbove = significant.reduce((n, element) => n + (values[element]! > 0 ? 1 : 0), 0);
  const model = "found" in data.model ? data.model.found : undefined;
  const row = contrast?.[0];
  const means = (sign: 1 | -1): string => {
    if (isIntercept(term)) return "";
    if (row === undefined || model === undefined)
      return ` (${data.scalar} ${sign > 0 ? "rises" : "falls"} with ${term})`;
    return ` (${data.scalar} ${
      directionsOf(
        row.map((weight) => sign * weight),
        model,
      ).tested
    })`;
  };
  const nBelow = significant.length - nAbove;
  const parts = [
    ...(nAbove > 0 ? [`above 0 in ${count(nAbove)} of them${means(1)}`] : []),
    ...(nBelow > 0 ? [`below 0 in ${count(nBelow)}${nAbove > 0 ? "" : " of them"}${means(-1)}`] : []),
  ];
  return `The coefficient is ${parts.join(" and ")}.`;
}

function effectOf(h: ModelTerm, { scalar, kind }: ModelReportData): string | undefined {
  const [largest] = h.clusters;
  if (largest === undefined || !Number.isFinite(largest.meanEffect)) return undefined;
  const { one, many } = ELEMENTS[kind];
  const where = largest.peakMm === undefined ? `${one} ${largest.peak}` : `peak at ${place(largest.peakMm)} mm`;
  const size = largest.members.length;
  const hasPercent = Number.isFinite(largest.meanPercent) && h.reference !== undefined;
  const per = h.reference?.per ?? "";
  const mean = hasPercent ? `, ${percent(largest.meanPercent)} of ${h.reference!.words}` : "";
  const most = Number.isFinite(largest.largestPercent) ? ` (${percent(largest.largestPercent)})` : "";
  const labels = largest.labels.slice(0, 3).map(({ name, share: part }) => `${name} (${share(part)} of it)`);
  const tract = labels.length === 0 ? "" : ` It lies in ${labels.join(", ")}.`;
  const isOne = size === 1;
  const what =
    kind === "vector"
      ? `Where it is clearest (${where})`
      : `In the largest cluster (${count(size)} ${isOne ? one : many}, ${where})`;
  return `${what} the ${isOne ? "" : "mean "}coefficient is ${short(largest.meanEffect)} ${scalar}${per}${mean}${isOne ? "" : `; the largest ${short(largest.largestEffect)}${most}`}.${tract}`;
}

export function modelMethods(data: ModelReportData): Methods {
  const { fitted, kind, scalar, hypotheses, analysis } = data;
  const { many } = ELEMENTS[kind];
  const isAdditive = hypotheses.some(({ of }) => of === "smooth") || fitted?.method !== undefined;
  const tested = hypotheses.filter(({ p }) => p !== undefined);
  const corrections = [...new Set(tested.map(({ pWords }) => pWords))];
  const cited = corrections.flatMap((words): Reference[] =>
    /Yekutieli/.test(words)
      ? [REFERENCES.by]
      : /Hochberg\)/.test(words) && /discovery/.test(words)
        ? [REFERENCES.bh]
        : /Holm/.test(words)
          ? [REFERENCES.holm]
          : [],
  );
  const what =
    fitted === undefined
      ? `The analysis ${analysis} of ${scalar} in ${count(data.nElements)} ${many} was made by another program, whose settings are not known here.`
      : `${scalar} of ${count(fitted.nSubjects)} subjects in ${count(fitted.nElements)} ${many} was fitted, ${ELEMENTS[kind].one} by ${ELEMENTS[kind].one}, by ${isAdditive ? "an additive model" : "a linear model"} (${fitted.formula}${fitted.weights === undefined ? "" : `; weights ${fitted.weights}`}${fitted.subset === undefined ? "" : `; subjects with ${fitted.subset}`})${isAdditive ? `, with thin-plate regression splines (Wood 2003) whose smoothness was chosen by ${fitted.method ?? "their dimension"}, and tested as in Wood (2013)` : ""}.${fitted.nFitted < fitted.nElements ? ` ${count(fitted.nElements - fitted.nFitted)} ${many} could not be fitted.` : ""}`;
  const howTested =
    tested.length === 0
      ? "No p-values are reported."
      : `Coefficients were tested two-sidedly against 0; p-values were corrected over ${many} for each term separately (${corrections.join("; ")}${cited.map(({ key }) => ` – ${CITED[key]}`).join("")}), at 0.05.`;
  const results = hypotheses
    .filter(({ term, of }) => of !== "model" && !isIntercept(term))
    .map((term) => {
      const { headline } = termVerdict(term, data);
      return [headline, signsOf(term, data), effectOf(term, data)].filter((said) => said !== undefined).join(" ");
    });
  const by =
    fitted === undefined
      ? ""
      : `The analysis was done with ${fitted.program}, which fits the models of ModelArray (Zhao et al. 2023).`;
  return {
    paragraphs: [what, howTested, by, `Results. ${results.join(" ")}`].filter((text) => text !== ""),
    references: [
      ...(fitted === undefined ? [] : [REFERENCES.modelArray]),
      ...(isAdditive ? [REFERENCES.thinPlate, REFERENCES.smoothTest] : []),
      ...cited,
    ],
  };
}

const CITED: Readonly<Record<string, string>> = {
  benjamini1995: "Benjamini & Hochberg 1995",
  benjamini2001: "Benjamini & Yekutieli 2001",
  holm1979: "Holm 1979",
};

const countFinite = (values: ArrayLike<number>): number => {
  let n = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i]!)) n++;
  return n;
};

const countBelow = (values: ArrayLike<number>): number => {
  let n = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! < 0.05) n++;
  return n;
};

const smallestOf = (values: ArrayLike<number>): number => {
  let least = 1;
  for (let i = 0; i < values.length; i++) if (values[i]! < least) least = values[i]!;
  return least;
};
