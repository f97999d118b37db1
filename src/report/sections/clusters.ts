// Clusters as a table a hypothesis; a row moves the pictures to its peak.
import { axisInWords } from "../clusters.js";
import { folded, html, type Piece, table } from "../html.js";
import { meaningOf } from "../hypothesis-head.js";
import { count, percent, place, pValue, share, short } from "../numbers.js";
import { type Cluster, ELEMENTS, type HypothesisData, type ShownData } from "../report-data.js";
import { missing, type Section } from "./section.js";

/** Rows shown; the file beside the page has all. */
const MOST_ROWS = 50;
/** Of these the first; the others are folded. */
const OPEN_ROWS = 10;

export function clustersSection(data: ShownData): Section {
  return {
    id: "clusters",
    title: data.kind === "vector" ? "Significant elements" : "Clusters",
    body: html`<p>Significant ${ELEMENTS[data.kind].many}, ${data.clustersBy}. ${percentInWords(data)}</p>
${data.hypotheses.map((h) => clustersOf(h, data))}`,
  };
}

/** Exactly what percent is a share of. */
function percentInWords({ hypotheses }: ShownData): string {
  const said = hypotheses.flatMap(({ name, percent: found, reference }) =>
    found === undefined || reference === undefined
      ? []
      : [`for ${name} 100 × effect${reference.per} / ${reference.words}`],
  );
  if (hypotheses.every(({ kind }) => kind === "F")) return "No effect in percent: F-tests have no direction.";
  if (said.length === 0) return "No effect in percent: no group or intercept to relate it to is known.";
  return `Percent effect: ${said.join("; ")}; of a cluster, mean effect / mean of that.`;
}

function clustersOf(h: HypothesisData, data: ShownData): Piece {
  const { kind } = data;
  const { clusters } = h;
  const { many } = ELEMENTS[kind];
  const file = `${data.tableBase}${clustersFileName(h.name)}`;
  const name = `${h.name}${h.label === undefined ? "" : ` (${h.label})`}`;
  const title = html`<h3>${name}</h3>`;
  if (h.p === undefined) return html`${title}${missing(`Nothing was tested for all ${many} together.`)}`;
  if (clusters.length === 0) return html`${title}${missing(`No ${ELEMENTS[kind].one} is significant.`)}`;
  const columns: readonly (readonly [string, (one: Cluster) => Piece, isNumber: boolean])[] = [
    [
      "cluster",
      (one) =>
        kind === "fixel" || kind === "voxel" || kind === "edge"
          ? html`<button type="button" class="go" data-hypothesis="${h.name}" data-rank="${one.id - 1}">${one.id}</button>`
          : one.id,
      true,
    ],
    [many, (one) => count(one.members.length), true],
    ...(data.geometry === undefined ? [] : [["mm³", (one: Cluster) => short(one.volume!), true] as const]),
    ...(data.geometry === undefined
      ? []
      : [["peak, mm (x, y, z)", (one: Cluster) => place(one.peakMm!), true] as const]),
    [
      "peak",
      (one) =>
        one.peakName ??
        (one.peakVoxel === undefined
          ? String(one.peak)
          : `${ELEMENTS[kind].one} ${one.peak}, voxel ${one.peakVoxel.join(" ")}`),
      false,
    ],
    [h.kind, (one) => short(one.statistic), true],
    ...(clusters.some(({ z }) => Number.isFinite(z)) ? [["Z", (one: Cluster) => short(one.z), true] as const] : []),
    ["p", (one) => pValue(one.p), true],
    ...(h.effect === undefined
      ? []
      : ([
          ["mean effect", (one: Cluster) => short(one.meanEffect), true],
          ["largest", (one: Cluster) => short(one.largestEffect), true],
        ] as const)),
    ...(h.percent === undefined
      ? []
      : ([
          ["mean, %", (one: Cluster) => percent(one.meanPercent), true],
          ["largest, %", (one: Cluster) => percent(one.largestPercent), true],
        ] as const)),
    ...(data.geometry?.directions === undefined
      ? []
      : [["runs", (one: Cluster) => axisInWords(one.direction!), false] as const]),
    ...(clusters.some(({ labels }) => labels.length > 0)
      ? [
          [
            "in",
            (one: Cluster) =>
              one.labels
                .slice(0, 3)
                .map(({ name, share: part }) => `${name} (${share(part)})`)
                .join(", "),
            false,
          ] as const,
        ]
      : []),
  ];
  const shown = clusters.slice(0, MOST_ROWS);
  const more = clusters.length > shown.length ? `The ${MOST_ROWS} largest of ${count(clusters.length)}. ` : "";
  const meaning = meaningOf(h, data);
  const tableOf = (caption: string, rows: readonly Cluster[]) =>
    table(
      caption,
      columns.map(([head]) => head),
      rows.map((one) => columns.map(([, cellOf]) => cellOf(one))),
      { className: "clusters", numeric: new Set(columns.flatMap(([, , isNumber], i) => (isNumber ? [i] : []))) },
    );
  const others = shown.slice(OPEN_ROWS);
  const body = html`<p>${meaning === undefined ? "" : `An effect above 0: ${meaning}. `}${more}All of them, with indices counted from 0, in <code>${file}</code> beside this page.</p>
${tableOf(`Clusters of ${h.name}`, shown.slice(0, OPEN_ROWS))}${others.length === 0 ? "" : folded(`${spanOf(others)} of ${h.name}`, tableOf(`Clusters of ${h.name}, continued`, others))}`;
  return h.isAside === true ? folded(`Clusters of ${name}`, body) : html`${title}${body}`;
}

const spanOf = (rows: readonly Cluster[]): string =>
  rows.length === 1 ? `Cluster ${rows[0]!.id}` : `Clusters ${rows[0]!.id} to ${rows.at(-1)!.id}`;

/** Without the base of the results. */
export const clustersFileName = (name: string): string => `clusters_${name}.tsv`;
