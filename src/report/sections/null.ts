// The null distribution: what the largest statistic is where there is no effect, and which elements have it.
import { gammaP } from "../../stats/inference/gamma-fit.js";
import { paretoP } from "../../stats/inference/pareto-tail.js";
import { type Bins, binsOf, histogram } from "../charts.js";
import { mmOf, nameOfEdge } from "../clusters.js";
import { html, type Piece, table } from "../html.js";
import { type FittedP, fitInWords, fitsOf } from "../more-words.js";
import { count, place, pValue, share, short } from "../numbers.js";
import { ELEMENTS, type HypothesisData, type ReportData } from "../report-data.js";
import { criticalValue, statisticName } from "../verdict.js";
import { missing, type Section } from "./section.js";

const MOST_OFTEN = 10;

export function nullSection(data: ReportData): Section {
  return {
    id: "null",
    title: "Null distribution",
    body: html`${data.hypotheses.map((h) => html`${data.hypotheses.length > 1 ? html`<h3>${h.name}</h3>` : ""}${nullOf(h, data)}`)}`,
  };
}

function nullOf(h: HypothesisData, data: ReportData): Piece {
  const { nullMaxima } = h;
  if (nullMaxima === undefined) return missing("There is none: nothing was tested, or the file is gone.");
  const observed = largest(h.enhanced ?? h.z);
  const critical = criticalValue(h);
  const hasUnshuffled = data.record.warnings.every(({ tag }) => tag !== "unshuffled-not-listed");
  const what = statisticName(data);
  const bins = binsOf(nullMaxima, 60, [Math.min(0, least(nullMaxima)), Math.max(observed, largest(nullMaxima))]);
  const fits = fitsOf(h.summary);
  return html`<figure>${histogram(
    `Histogram of the largest ${what} of ${count(nullMaxima.length)} shuffles${critical === undefined ? "" : `; p = 0.05 at ${short(critical)}`}, observed ${short(observed)}`,
    bins,
    {
      x: `largest ${what} of a shuffle`,
      y: "shuffles",
      lines: [
        ...(critical === undefined ? [] : [{ value: critical, words: `p = 0.05: ${short(critical)}` }]),
        { value: observed, words: `observed: ${short(observed)}`, isMain: true },
      ],
      curves: fits.flatMap((fit) => curveOf(fit, bins, nullMaxima.length)),
    },
  )}<figcaption>${h.name}: the largest ${what} of each of ${count(nullMaxima.length)} shuffles, the unshuffled data ${hasUnshuffled ? "among" : "beside"} them. ${critical === undefined ? "Nothing can be significant: so few shuffles have no value that 5 % of them are above." : "Elements above the dashed line are significant."}${fits.some(({ distribution }) => distribution !== null) ? " Curve: how many shuffles the fitted distribution has in each bar." : ""}</figcaption></figure>
${table(
  `Quantiles of the null of ${h.name}`,
  ["share of shuffles below", `largest ${what}`],
  [0.5, 0.9, 0.95, 0.99, 0.999].map((q) => [share(q), short(quantile(nullMaxima, q), 4)]),
  { numeric: new Set([0, 1]) },
)}${fitsTable(h, fits, data)}${oftenest(h, data)}`;
}

/** Points between which a curve is drawn. */
const CURVE_POINTS = 240;

/** What the fit has in a bar as wide as the histogram's around each point; of a tail only from where it begins. */
function curveOf({ kind, distribution }: FittedP, { edges }: Bins, nShuffles: number) {
  if (distribution === null) return [];
  const [low, high] = [edges[0]!, edges.at(-1)!];
  const width = edges[1]! - low;
  const isTail = "nTail" in distribution;
  const above = (at: number) =>
    isTail ? paretoP(distribution, at, nShuffles) : gammaP(distribution, at, Number.MIN_VALUE);
  const first = isTail ? distribution.threshold + width / 2 : low + width / 2;
  if (!(first < high)) return [];
  const points = Array.from({ length: CURVE_POINTS + 1 }, (_, i) => {
    const x = first + ((high - first) * i) / CURVE_POINTS;
    return { x, y: nShuffles * Math.max(0, above(x - width / 2) - above(x + width / 2)) };
  });
  return [{ words: kind, points }];
}

function fitsTable(h: HypothesisData, fits: readonly FittedP[], data: ReportData): Piece {
  const { name, nullMaxima, summary } = h;
  if (fits.length === 0) return "";
  const { many } = ELEMENTS[data.kind];
  const critical = criticalValue(h);
  const counted = [
    ...["shuffles", "their shares, not fitted", critical === undefined ? "n/a" : short(critical, 4)],
    summary.significant === undefined ? "n/a" : count(summary.significant),
    summary.smallestP === undefined ? "n/a" : pValue(summary.smallestP),
  ];
  return table(
    `Fits of the null of ${name}`,
    ["p from", "what was fitted", "p = 0.05 at", `${many} below 0.05`, "smallest p"],
    [
      ...(nullMaxima === undefined ? [] : [counted]),
      ...fits.map((fit) => [
        fit.kind,
        fitInWords(fit),
        fit.threshold === null ? "n/a" : short(fit.threshold, 4),
        count(fit.nBelow),
        pValue(fit.smallestP),
      ]),
    ],
    { numeric: new Set([2, 3, 4]) },
  );
}

/** Some elements that are the maximum all the time make the test blind elsewhere. */
function oftenest({ contributions, name }: HypothesisData, { kind, geometry, network }: ReportData): Piece {
  if (contributions === undefined) return "";
  const total = sumOf(contributions);
  if (!(total > 0)) return "";
  const indices: number[] = [];
  for (let i = 0; i < contributions.length; i++) if (contributions[i]! > 0) indices.push(i);
  const most = indices.sort((a, b) => contributions[b]! - contributions[a]! || a - b).slice(0, MOST_OFTEN);
  const together = most.reduce((sum, i) => sum + contributions[i]!, 0) / total;
  const { one, many } = ELEMENTS[kind];
  return html`<p>The ${most.length} ${many} that are most often the maximum account for ${share(together)} of the shuffles${together > 0.5 ? ": few places decide what is significant everywhere" : ""}.</p>
${table(
  `Most often the maximum of ${name}`,
  [one, "share of shuffles", ...(geometry === undefined && network === undefined ? [] : ["where"])],
  most.map((i) => [
    String(i),
    share(contributions[i]! / total),
    ...(geometry === undefined ? [] : [`${place(mmOf(geometry, geometry.voxelOf[i]!))} mm`]),
    ...(network === undefined ? [] : [nameOfEdge(network, i)]),
  ]),
  { numeric: new Set([0, 1]) },
)}`;
}

const sumOf = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i]!)) sum += values[i]!;
  return sum;
};

function largest(values: ArrayLike<number>): number {
  let found = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i]! > found) found = values[i]!;
  return found;
}

function least(values: ArrayLike<number>): number {
  let found = Number.POSITIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i]! < found) found = values[i]!;
  return found;
}

function quantile(values: Float64Array, q: number): number {
  const sorted = values.slice().sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}
