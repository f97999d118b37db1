// The null distribution: what the largest statistic is where there is no effect, and which elements have it.
import { binsOf, histogram } from "../charts.js";
import { mmOf, nameOfEdge } from "../clusters.js";
import { html, type Piece, table } from "../html.js";
import { count, place, share, short } from "../numbers.js";
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
  const critical = criticalValue(nullMaxima);
  const high = Math.max(observed, largest(nullMaxima));
  const what = statisticName(data);
  return html`<figure>${histogram(
    `Histogram of the largest ${what} of ${count(nullMaxima.length)} shuffles; 95 % line at ${short(critical)}, observed ${short(observed)}`,
    binsOf(nullMaxima, 60, [Math.min(0, least(nullMaxima)), high]),
    {
      x: `largest ${what} of a shuffle`,
      y: "shuffles",
      lines: [
        { value: critical, words: `95 %: ${short(critical)}` },
        { value: observed, words: `observed: ${short(observed)}`, isMain: true },
      ],
    },
  )}<figcaption>${h.name}: the largest ${what} of each of ${count(nullMaxima.length)} shuffles, the unshuffled data among them. Elements above the dashed line are significant.</figcaption></figure>
${table(
  `Quantiles of the null of ${h.name}`,
  ["share of shuffles below", `largest ${what}`],
  [0.5, 0.9, 0.95, 0.99, 0.999].map((q) => [share(q), short(quantile(nullMaxima, q), 4)]),
  { numeric: new Set([0, 1]) },
)}${oftenest(h, data)}`;
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
  return html`<p>The ${most.length} ${many} that are most often the maximum are it in ${share(together)} of the shuffles${together > 0.5 ? ": few places decide what is significant everywhere" : ""}.</p>
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
