// The model: the design as a picture, what is tested of it, and how well its columns can be told apart.
import { conditionOf } from "../../stats/design/design-condition.js";
import { frameOf } from "../../stats/design/design-frame.js";
import { matrixOf } from "../../stats/design/matrix.js";
import { chart, Plot } from "../charts.js";
import { type Html, html, type Piece, table } from "../html.js";
import { dot, fitLinear } from "../linear-fit.js";
import { count, short } from "../numbers.js";
import type { ModelData, ReportData } from "../report-data.js";
import { titleOf } from "../verdict.js";
import { isConstant, meanOf, twoValues } from "../words.js";
import { missing, type Section } from "./section.js";

/** Rows of the picture: more subjects are taken together. */
const MOST_ROWS = 120;

export function designSection(data: ReportData): Section {
  const { model } = data;
  const section = { id: "design", title: "Design" };
  if ("missing" in model) return { ...section, body: missing(model.missing) };
  const { factors, varianceGroups } = model.found;
  return {
    ...section,
    body: html`${modelHtml(model.found)}
${table(
  "Hypotheses",
  ["hypothesis", "row", ...factors],
  data.hypotheses.flatMap((h) =>
    (h.contrast ?? []).map((row, i) => [
      titleOf(h, undefined).split(":")[0]!,
      String(i + 1),
      ...factors.map((_, j) => short(row[j] ?? 0)),
    ]),
  ),
  { numeric: new Set(factors.map((_, j) => j + 2)) },
)}
${correlations(model.found)}
${blocksOf(data)}${variancesOf(varianceGroups, data)}`,
  };
}

/** Sizes, condition and the picture. */
export function modelHtml(model: ModelData): Html {
  const { design, factors, nElementColumns } = model;
  // the number that the commands print
  const frame = frameOf(matrixOf(design.length, factors.length, (i, j) => design[i]![j]!));
  const { number: condition } = conditionOf(frame);
  const of = `of columns that are ${frame.hasConstant ? "centred and " : ""}scaled`;
  const groups = factors.flatMap((name, j) => {
    const two = twoValues(model, j);
    return two === undefined
      ? []
      : [
          `${name}: ${two.map((value) => `${count(design.filter((row) => row[j] === value).length)} × ${short(value)}`).join(", ")}`,
        ];
  });
  return html`<p>${count(design.length)} subjects, ${factors.length} columns${nElementColumns > 0 ? ` and ${nElementColumns} that each element brings` : ""}; condition number ${short(condition, 4)} (${of})${condition > 100 ? ": columns nearly depend on each other" : ""}. ${groups.length === 0 ? "" : `Sizes of groups: ${groups.join("; ")}.`}</p>
<figure>${picture(model)}<figcaption>The design: a row a subject${design.length > MOST_ROWS ? ", neighbours taken together" : ""}; each column from its smallest value (light) to its largest (dark).</figcaption></figure>`;
}

const namesOf = (rows: readonly number[], { subjects }: ReportData): string =>
  rows.map((row) => subjects[row] ?? `subject ${row + 1}`).join(", ");

/** Who is exchanged with whom. */
function blocksOf(data: ReportData): Piece {
  const { blocks } = data;
  if (blocks === undefined) return "";
  const { option, path, lines, permutations, signFlips } = blocks;
  const how = {
    "-exchange_within": "Subjects are exchanged within their block only.",
    "-exchange_whole": "Blocks are exchanged as wholes; the subjects of one stay together, in their order.",
  }[option];
  const counts =
    permutations === undefined ? "" : ` They allow ${permutations} permutations and ${signFlips} sign flips.`;
  const members =
    blocks.blocks === undefined
      ? missing(`Who is in which block is not told: ${path} is not there as the run read it.`)
      : table(
          "Blocks",
          ["block", "subjects", "who"],
          blocks.blocks.map(({ name, subjects }) => [name, count(subjects.length), namesOf(subjects, data)]),
          { numeric: new Set([1]) },
        );
  return html`<h3>Exchangeability blocks</h3><p>${how ?? "Subjects are exchanged as the tree of blocks allows."} From ${option} <code>${path}</code>.${counts}</p>
${lines.length === 0 ? "" : html`<pre tabindex="0">${lines.join("\n")}</pre>`}${members}`;
}

function variancesOf(groups: readonly number[] | undefined, data: ReportData): Piece {
  if (groups === undefined) return "";
  const { variance } = data.record.inputs as { variance?: { path?: string } };
  const rowsOf = (group: number) => groups.flatMap((one, row) => (one === group ? [row] : []));
  const numbers = [...new Set(groups)].sort((a, b) => a - b);
  return html`<h3>Variance groups</h3><p>Subjects of a group share a residual variance, which is estimated apart from the other groups'${variance?.path === undefined ? "" : html`; from <code>${variance.path}</code>`}.</p>
${table(
  "Variance groups",
  ["group", "subjects", "who"],
  numbers.map((group) => [String(group), count(rowsOf(group).length), namesOf(rowsOf(group), data)]),
  { numeric: new Set([1]) },
)}`;
}

function picture({ design, factors }: ModelData): Piece {
  const together = Math.ceil(design.length / MOST_ROWS);
  const nRows = Math.ceil(design.length / together);
  const cells = factors.flatMap((_, j) => {
    const values = design.map((row) => row[j]!);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return Array.from({ length: nRows }, (__, i) => {
      const part = values.slice(i * together, (i + 1) * together);
      const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
      return { column: j, row: i, share: high > low ? (mean - low) / (high - low) : 0.5 };
    });
  });
  return chart(`The design as a heat map: ${design.length} rows, ${factors.length} columns`, {
    ...{
      width: Math.min(760, 140 + 70 * factors.length),
      height: Math.min(460, 90 + 4 * nRows),
      marginTop: 40,
      marginLeft: 40,
      padding: 0,
    },
    x: { axis: "top", label: null, type: "band", tickFormat: (j: number) => shorten(factors[j]!) },
    y: { axis: null, type: "band" },
    color: { type: "linear", domain: [0, 1], scheme: "viridis", reverse: true },
    marks: [Plot.cell(cells, { x: "column", y: "row", fill: "share", inset: 0 })],
  });
}

const shorten = (name: string): string => (name.length > 14 ? `${name.slice(0, 13)}…` : name);

export function correlations(model: ModelData): Piece {
  const varying = model.factors.flatMap((_, j) => (isConstant(model, j) ? [] : [j]));
  if (varying.length < 2) return "";
  const columns = varying.map((j) => centred(model, j));
  return table(
    "Correlations of columns, and variance inflation (above 5: the others explain most of it)",
    ["column", ...varying.map((j) => model.factors[j]!), "VIF"],
    varying.map((j, a) => [
      model.factors[j]!,
      ...columns.map((column, b) => (a === b ? "1" : short(correlation(columns[a]!, column), 2))),
      short(inflation(model, j, varying)),
    ]),
    { numeric: new Set([...varying.map((_, i) => i + 1), varying.length + 1]) },
  );
}

function centred(model: ModelData, j: number): number[] {
  const mean = meanOf(model, j);
  return model.design.map((row) => row[j]! - mean);
}

const correlation = (a: readonly number[], b: readonly number[]): number =>
  dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

/** 1 / (1 - R2) of a column by the others with an intercept. */
function inflation(model: ModelData, j: number, varying: readonly number[]): number {
  const others = model.design.map((row) => [1, ...varying.filter((k) => k !== j).map((k) => row[k]!)]);
  const own = centred(model, j);
  const { sd, degreesOfFreedom } = fitLinear(others, own);
  const left = sd ** 2 * degreesOfFreedom;
  return left > 1e-12 * dot(own, own) ? dot(own, own) / left : Number.POSITIVE_INFINITY;
}
