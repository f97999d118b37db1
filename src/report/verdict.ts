// What a run says of a hypothesis: numbers first, sentences of them.
import { volumeOf } from "./clusters.js";
import { moreInWords } from "./more-words.js";
import { beginning, count, percent, place, pValue, share, short } from "./numbers.js";
import { ELEMENTS, type HypothesisData, type ModelData, type ReportData } from "./report-data.js";
import { contrastInWords, directionsOf, FAMILY_WISE_P, JOINT_P } from "./words.js";

export interface Verdict {
  readonly name: string;
  /** `t1 (patients): −column 2` */
  readonly title: string;
  /** Undefined: no test was made. */
  readonly nSignificant: number | undefined;
  readonly nTested: number;
  /** mm3 of distinct voxels; undefined where elements are none. */
  readonly volume: number | undefined;
  readonly smallestP: number | undefined;
  /** 95 %; undefined: every relabelling was done, or there is no test. */
  readonly interval: { readonly low: number; readonly high: number } | undefined;
  /** A larger statistic is significant; undefined: not known. */
  readonly critical: number | undefined;
  /** Sentences: what was found, how sure that is, how large it is where it is largest, what the test was, which direction it did not ask for. */
  readonly headline: string;
  readonly p: string | undefined;
  /** By other p-values: a sentence each. */
  readonly more: readonly string[];
  readonly effect: string | undefined;
  readonly facts: string;
  readonly direction: string;
}

export function verdictOf(h: HypothesisData, data: ReportData): Verdict {
  const { record, kind } = data;
  const { many } = ELEMENTS[kind];
  const model = "found" in data.model ? data.model.found : undefined;
  const nTested = countFinite(h.p ?? h.statistic);
  const nShuffles = Number(record.problem.nShuffles);
  const isFamilyWise = nShuffles > 0 && [FAMILY_WISE_P, JOINT_P].includes(h.pWords);
  const smallestP =
    h.p === undefined ? undefined : ((isFamilyWise ? h.summary.smallestP : undefined) ?? smallestOf(h.p));
  const { monteCarlo } = h.summary;
  const [low, high] = (monteCarlo?.isExact === false && monteCarlo.smallestP) || [];
  const interval = low === undefined || high === undefined ? undefined : { low, high };
  const critical = criticalValue(h);
  const nSignificant = h.p === undefined ? undefined : h.significant.length;
  const volume = data.geometry && volumeOf(data.geometry, h.significant);
  const found = { nTested, nSignificant, volume, smallestP, interval, critical };
  return {
    ...{ name: h.name, title: titleOf(h, model), ...found },
    headline: headlineOf(h, data, model, found, many),
    p: sentenceOfP(found, {
      nShuffles: isFamilyWise ? nShuffles : 0,
      many,
      exhaustive: record.problem.exhaustive === true,
      pWords: h.pWords,
    }),
    more: moreInWords(h.summary, many),
    effect: sentenceOfEffect(h, data, model),
    facts: `${count(Number(record.problem.nSubjects))} subjects, ${short(Number(record.problem.degreesOfFreedom))} degrees of freedom, ${h.kind === "t" ? "a t-test" : `an F-test of ${h.rank === 1 ? "1 row" : `${h.rank} rows`}`}${critical === undefined ? "" : `; the critical value of ${statisticName(data)} is ${short(critical, 4)} (p is below 0.05 above it)`}.`,
    direction: sentenceOfDirection(h, data, model),
  };
}

export function titleOf(h: HypothesisData, model: ModelData | undefined): string {
  const label = h.label === undefined ? "" : ` (${h.label})`;
  const rows = h.contrast?.map((row) => contrastInWords(row, model?.factors ?? [])).join("; ");
  return `${h.name}${label}${rows === undefined ? "" : `: ${rows}`}`;
}

/** `CFE`, as it is written about. */
export function statisticName({ record }: Pick<ReportData, "record">): string {
  const { kind } = record.runPlan.enhancement as { kind: string };
  return (
    { cfe: "CFE", tfce: "TFCE", cluster: "the cluster's size", tfnbs: "the TFNBS score", nbs: "the network's size" }[
      kind
    ] ?? "Z"
  );
}

/** What a value must be above for its p to be below 0.05, as the run recorded it; undefined: none can be, or there is no null. */
export function criticalValue({
  nullMaxima,
  summary,
}: Pick<HypothesisData, "nullMaxima" | "summary">): number | undefined {
  if (nullMaxima === undefined) return undefined;
  if (summary.monteCarlo !== undefined) return summary.monteCarlo.threshold.at ?? undefined;
  // records of the first versions do not have it: #{max >= x} is below 5 % of the shuffles from there on
  const sorted = nullMaxima.slice().sort();
  const most = Math.ceil(sorted.length / 20) - 1;
  return sorted[sorted.length - 1 - most]!;
}

const countFinite = (values: ArrayLike<number>): number => {
  let n = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i]!)) n++;
  return n;
};

const smallestOf = (values: ArrayLike<number>): number => {
  let least = 1;
  for (let i = 0; i < values.length; i++) if (values[i]! < least) least = values[i]!;
  return least;
};

type Found = Pick<Verdict, "nTested" | "nSignificant" | "volume" | "smallestP" | "interval" | "critical">;

function headlineOf(
  h: HypothesisData,
  data: ReportData,
  model: ModelData | undefined,
  found: Found,
  many: string,
): string {
  const { nSignificant, nTested, volume } = found;
  const question = questionOf(h, data, model);
  if (nSignificant === undefined && data.record.negativeBinomial !== undefined)
    return `Whether ${question} was not tested for all ${many} together (--negbin): there are p-values of single ones, not corrected.`;
  if (nSignificant === undefined)
    return `Whether ${question} was not tested (-notest): effects and statistics only${h.summary.parametric === undefined ? "" : ", and p-values that are not corrected"}.`;
  if (nTested === 0) return `Whether ${question} could not be tested in any of the ${many}.`;
  if (nSignificant === 0)
    return `No evidence that ${question}: none of ${count(nTested)} ${many} has a ${h.pWords} below 0.05.`;
  const size = volume === undefined ? "" : `, ${short(volume)} mm³`;
  const groups =
    data.kind === "vector"
      ? ""
      : ` in ${h.clusters.length === 1 ? "1 cluster" : `${count(h.clusters.length)} clusters`}`;
  const verb = beginning(question, data.scalar);
  return `${verb} in ${count(nSignificant)} of ${count(nTested)} ${many} (${share(nSignificant / nTested)}${size})${groups}, ${h.pWords} < 0.05.`;
}

/** An F-test of one column has neither its sign nor its size. */
const unsigned = (row: readonly number[]): readonly number[] =>
  row.filter((weight) => weight !== 0).length === 1 ? row.map((weight) => (weight === 0 ? 0 : 1)) : row;

function questionOf(h: HypothesisData, { scalar }: ReportData, model: ModelData | undefined): string {
  const row = h.contrast?.[0];
  if (h.kind === "F")
    return `${scalar} depends on ${h.contrast?.map((r) => contrastInWords(unsigned(r), model?.factors ?? [])).join(" or ") ?? h.name}`;
  if (row === undefined || model === undefined) return `${h.name} is above 0`;
  return `${scalar} ${directionsOf(row, model).tested}`;
}

function sentenceOfP(
  { smallestP, interval }: Found,
  { nShuffles, many, exhaustive, pWords }: { nShuffles: number; many: string; exhaustive: boolean; pWords: string },
): string | undefined {
  if (smallestP === undefined) return undefined;
  if (nShuffles === 0) return `The smallest ${pWords} of all ${many} is ${pValue(smallestP)}.`;
  const of = exhaustive
    ? ` (all ${count(nShuffles)} relabellings: exact)`
    : interval === undefined
      ? ` (${count(nShuffles)} shuffles)`
      : ` (${count(Math.round(smallestP * nShuffles))} of ${count(nShuffles)} shuffles; 95 % Monte-Carlo interval ${pValue(interval.low)} to ${pValue(interval.high)})`;
  return `The smallest ${pWords} of all ${many} is ${pValue(smallestP)}${of}.`;
}

function sentenceOfEffect(
  h: HypothesisData,
  { scalar, kind }: ReportData,
  model: ModelData | undefined,
): string | undefined {
  const [largest] = h.clusters;
  if (largest === undefined || !Number.isFinite(largest.meanEffect)) return undefined;
  const { one, many } = ELEMENTS[kind];
  const where =
    largest.peakName ?? (largest.peakMm === undefined ? `${one} ${largest.peak}` : `${place(largest.peakMm)} mm`);
  const row = h.contrast?.[0];
  const comparative = row && model && directionsOf(row, model).comparative;
  const hasPercent = Number.isFinite(largest.meanPercent) && h.reference !== undefined;
  const inPercent = (value: number) => (comparative === undefined ? percent(value) : share(value / 100));
  const mean = hasPercent ? `, ${inPercent(largest.meanPercent)} of ${h.reference.words}` : "";
  const most = Number.isFinite(largest.largestPercent) ? ` (${inPercent(largest.largestPercent)})` : "";
  const n = largest.members.length;
  const isOne = n === 1;
  const size =
    isOne && (kind === "vector" || kind === "edge")
      ? where
      : `${count(n)} ${isOne ? one : many}, ${isOne ? "" : "peak "}at ${where}`;
  const per = h.reference?.per ?? "";
  const effect =
    comparative === undefined
      ? `the ${isOne ? "" : "mean "}effect on ${scalar} is ${short(largest.meanEffect)}${per}${mean}${isOne ? "" : `; the largest ${short(largest.largestEffect)}${most}`}`
      : `${scalar} is ${comparative} by ${short(largest.meanEffect)}${per}${isOne ? mean : ` on average${mean}; by at most ${short(largest.largestEffect)}${most}`}`;
  const labels = largest.labels.slice(0, 3).map(({ name, share: part }) => `${name} (${share(part)} of it)`);
  const tract = labels.length === 0 ? "" : ` It lies in ${labels.join(", ")}.`;
  return `${placeInWords(kind)} (${size}) ${effect}.${tract}`;
}

const placeInWords = (kind: ReportData["kind"]): string =>
  kind === "vector" ? "Where it is clearest" : "In the largest cluster";

/** Which direction was not asked for: p-values are of one side. */
function sentenceOfDirection(h: HypothesisData, data: ReportData, model: ModelData | undefined): string {
  if (h.kind === "F") return "An F-test has no direction: look at the signs of the effects.";
  const row = h.contrast?.[0];
  if (row === undefined || model === undefined)
    return "The test is one-sided: the other direction was not tested by it.";
  const { opposite } = directionsOf(row, model);
  const other = data.hypotheses.find(
    ({ kind, contrast }) =>
      kind === "t" && contrast?.[0]?.every((weight, i) => weight === -row[i]! || (weight === 0 && row[i] === 0)),
  );
  return other === undefined
    ? `Not tested: whether ${data.scalar} ${opposite}. A t-test asks for one direction; the contrast with its signs turned asks for the other.`
    : `The other direction, whether ${data.scalar} ${opposite}, is ${other.name}.`;
}
