// Subjects beside each other: who is unlike the others, by name.
import { COLOURS, chart, Plot } from "../charts.js";
import { html, table } from "../html.js";
import { count, share, short } from "../numbers.js";
import { ELEMENTS, type ShownData } from "../report-data.js";
import { mapsHtml } from "./data-maps.js";
import { missing, type Section } from "./section.js";

export function dataCheckSection(data: ShownData): Section {
  const { check, kind, nElements } = data;
  const section = { id: "data", title: "The data" };
  const maps = mapsHtml(data);
  if ("missing" in check) return { ...section, body: html`${missing(check.missing)}${maps}` };
  const { subjects, nLookedAt } = check.found;
  const odd = subjects.filter(({ remarks }) => remarks.length > 0);
  const { many } = ELEMENTS[kind];
  const points = subjects.map(({ name, mean, correlation, remarks }) => ({
    name,
    mean,
    correlation,
    isOdd: remarks.length > 0,
  }));
  return {
    ...section,
    body: html`<p>${nLookedAt === nElements ? `All ${count(nElements)} ${many}` : `${count(nLookedAt)} of ${count(nElements)} ${many}, evenly spaced`}, each subject beside the others. ${odd.length === 0 ? "Nobody is far from the others." : `Far from the others (more than 5 robust standard deviations): ${odd.map(({ name, remarks }) => `${name} (${remarks.join(", ")})`).join("; ")}.`}</p>
<figure>${chart("Subjects: mean and correlation with the mean of the others", {
      ...{ width: 560, height: 260, marginLeft: 60 },
      x: { label: "mean" },
      y: { label: "correlation with the mean of the others", grid: true },
      marks: [
        Plot.dot(points, {
          x: "mean",
          y: "correlation",
          r: 4,
          fillOpacity: 0.75,
          fill: (d) => (d.isOdd ? COLOURS.accent : COLOURS.main),
          title: "name",
        }),
        Plot.text(
          points.filter(({ isOdd }) => isOdd),
          { x: "mean", y: "correlation", text: "name", dy: -10, fill: "currentColor" },
        ),
      ],
    })}<figcaption>One point a subject; who is far from the others is named.</figcaption></figure>
<details><summary>All subjects</summary>${table(
      "Subjects",
      ["subject", "mean", "sd", "missing", "correlation", "remarks"],
      subjects.map((one) => [
        one.name,
        short(one.mean, 4),
        short(one.sd, 4),
        one.missing === 0 ? "0" : share(one.missing),
        short(one.correlation, 4),
        one.remarks.join(", "),
      ]),
      { numeric: new Set([1, 2, 3, 4]) },
    )}</details>${maps}`,
  };
}
