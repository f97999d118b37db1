// In whom: values of subjects in the largest clusters, by group or against the covariate, and all of them as a table.
import { type Adjusted, adjust } from "../adjusted.js";
import { COLOURS, chart, GROUP_COLOURS, Plot } from "../charts.js";
import { folded, type Html, html, type Piece, table } from "../html.js";
import { cell, count, short } from "../numbers.js";
import { type EffectData, ELEMENTS, type HypothesisData, type ModelData, type ShownData } from "../report-data.js";
import { missing, type Section } from "./section.js";

/** Of a hypothesis; the others are folded. */
const OPEN_FIGURES = 2;

export function effectsSection(data: ShownData): Section {
  return { id: "effects", title: "Effects in subjects", body: bodyOf(data) };
}

function bodyOf(data: ShownData): Html {
  const { effects, model } = data;
  if ("missing" in effects) return missing(effects.missing);
  if ("missing" in model) return missing(model.missing);
  if (effects.found.length === 0)
    return missing(
      `${data.hypotheses.every(({ p }) => p === undefined) ? `Nothing was tested for all ${ELEMENTS[data.kind].many} together` : "Nothing is significant"}: there is no cluster to show.`,
    );
  return html`<p>Values ${data.scalar === "the value" ? "" : `of ${data.scalar} `}of each subject, mean over a cluster; adjusted: what the columns that the contrast leaves out explain is taken away, about their means. Bars and bands: the fit and its 95 % interval (least squares of the cluster's means). The clusters were chosen because of these data: the effects are larger here than new subjects would show.</p>
${data.hypotheses.map((h) => ofHypothesis(h, data, model.found, effects.found))}`;
}

function ofHypothesis(h: HypothesisData, data: ShownData, model: ModelData, all: readonly EffectData[]): Piece {
  const own = all.filter(({ hypothesis }) => hypothesis === h.name);
  if (own.length === 0 || h.contrast === undefined) return "";
  const shown = own.map((effect) => ({ effect, adjusted: adjust(model, h.contrast!, effect.values) }));
  const id = `effects-${h.name}`;
  const figures = shown.flatMap(({ effect, adjusted }) =>
    effect.isPeak || adjusted === undefined ? [] : [{ effect, html: figureOf(effect, adjusted, data) }],
  );
  const charts = (some: typeof figures) => html`<div class="charts">${some.map((one) => one.html)}</div>`;
  const others = figures.slice(OPEN_FIGURES);
  const name = `${h.name}${h.label === undefined ? "" : ` (${h.label})`}`;
  const body = html`${charts(figures.slice(0, OPEN_FIGURES))}
${others.length === 0 ? "" : folded(`Of ${h.name}: ${others.map(({ effect }) => effect.what).join(", ")}`, charts(others))}
<details><summary>Values as a table (tabs between)</summary><button type="button" class="copy" data-copies="${id}">Copy</button><pre id="${id}" tabindex="0">${asTsv(shown, data)}</pre></details>`;
  return h.isAside === true
    ? folded(`Effects of ${name}`, body)
    : html`<h3>${name}</h3>
${body}`;
}

function figureOf({ cluster, what }: EffectData, { values, by }: Adjusted, { subjects, scalar }: ShownData): Html {
  const nameOf = (i: number) => subjects[i] ?? `subject ${i + 1}`;
  const y = { label: scalar === "the value" ? "adjusted value" : `adjusted ${scalar}`, grid: true };
  const size = { width: 440, height: 280, marginLeft: 60 };
  if (by.kind === "covariate") {
    const points = values.flatMap((value, i) =>
      Number.isFinite(value) ? [{ x: by.x[i]!, y: value, name: nameOf(i) }] : [],
    );
    const picture = chart(`Cluster ${cluster}: values against ${by.name} with fit`, {
      ...{ ...size, y },
      x: { label: by.name },
      marks: [
        Plot.areaY([...by.line], { x: "x", y1: "low", y2: "high", fill: COLOURS.accent, fillOpacity: 0.2 }),
        Plot.lineY([...by.line], { x: "x", y: "y", stroke: COLOURS.accent, strokeWidth: 2 }),
        Plot.dot(points, { x: "x", y: "y", fill: COLOURS.main, r: 3, fillOpacity: 0.8, title: "name" }),
      ],
    });
    const [first, last] = [by.line[0]!, by.line.at(-1)!];
    return html`<figure>${picture}<figcaption>${what}: fitted from ${short(first.y)} (${by.name} ${short(first.x)}) to ${short(last.y)} (${by.name} ${short(last.x)}).</figcaption></figure>`;
  }
  const points = values.flatMap((value, i) =>
    Number.isFinite(value) ? [{ group: by.groups[i]!, y: value, x: spread(i), name: nameOf(i) }] : [],
  );
  const order = by.means.map(({ group }) => group);
  const picture = chart(`Cluster ${cluster}: values by group with means`, {
    ...{ ...size, y },
    x: { axis: null, domain: [-1, 1] },
    fx: { label: null, domain: order },
    color: { domain: order, range: GROUP_COLOURS.slice(0, order.length) },
    marks: [
      Plot.dot(points, { fx: "group", x: "x", y: "y", fill: "group", r: 3, fillOpacity: 0.7, title: "name" }),
      Plot.ruleX([...by.means], {
        fx: "group",
        x: () => 0.7,
        y1: (d) => d.mean - d.half,
        y2: (d) => d.mean + d.half,
        stroke: "currentColor",
        strokeWidth: 2,
      }),
      Plot.tickY([...by.means], { fx: "group", y: "mean", stroke: "currentColor", strokeWidth: 2 }),
    ],
  });
  return html`<figure>${picture}<figcaption>${what}.</figcaption>${table(
    `${what}: fitted means`,
    ["group", "subjects", "mean", "95 % interval"],
    by.means.map(({ group, size: n, mean, half }) => [
      group,
      count(n),
      short(mean),
      `${short(mean - half)} to ${short(mean + half)}`,
    ]),
    { numeric: new Set([1, 2, 3]) },
  )}</figure>`;
}

/** The same for the same subject in every picture. */
const spread = (i: number): number => ((((i + 1) * 0.618034) % 1) - 0.5) * 0.8;

function asTsv(
  shown: readonly { effect: EffectData; adjusted: Adjusted | undefined }[],
  { subjects }: ShownData,
): string {
  const head = [
    "subject",
    ...shown.flatMap(({ effect: { what }, adjusted }) => [
      what,
      ...(adjusted === undefined ? [] : [`${what}, adjusted`]),
    ]),
  ];
  const n = shown[0]!.effect.values.length;
  const rows = Array.from({ length: n }, (_, i) => [
    (subjects[i] ?? `subject ${i + 1}`).replace(/[\t\r\n]+/g, " "),
    ...shown.flatMap(({ effect, adjusted }) => [
      cell(effect.values[i]!),
      ...(adjusted === undefined ? [] : [cell(adjusted.values[i]!)]),
    ]),
  ]);
  return [head, ...rows].map((row) => row.join("\t")).join("\n");
}
