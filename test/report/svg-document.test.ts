// Charts as a browser's document would give them: linkedom's, which knows far more than Plot asks for.
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { expect, it } from "vitest";
import { binsOf, chart, histogram } from "../../src/report/charts.js";
import { fc } from "../support/seeded-check.js";

interface LinkedElement {
  readonly outerHTML: string;
  querySelectorAll(selector: string): Iterable<LinkedElement>;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  remove(): void;
}

/** The same chart by linkedom, without what the page does not take. */
function byLinkedom(label: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML("<html><body></body></html>");
  const given = document as unknown as NonNullable<Plot.PlotOptions["document"]>;
  const svg = Plot.plot({ document: given, ...options }) as unknown as LinkedElement;
  for (const style of Array.from(svg.querySelectorAll("style"))) style.remove();
  for (const name of ["style", "aria-label"])
    for (const one of Array.from(svg.querySelectorAll(`[${name}]`))) one.removeAttribute(name);
  svg.removeAttribute("style");
  svg.setAttribute("class", "chart");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  return svg.outerHTML;
}

const text = fc.string({ maxLength: 12, unit: fc.constantFrom(..."ab <>&\"'\u00a0é1\n") });
// ticks of Plot do not take ranges of some 1e-300
const value = fc.oneof(
  fc.integer({ min: -9999, max: 9999 }).map((n) => n / 64),
  fc.constant(Number.NaN),
);
const points = fc.array(fc.record({ x: value, y: value, name: text, group: fc.constantFrom("one", "two", "<3>") }), {
  minLength: 1,
  maxLength: 8,
});

it("every mark that the page has is the same", () => {
  fc.assert(
    fc.property(points, text, fc.boolean(), (data, label, isFaceted) => {
      const options: Plot.PlotOptions = {
        ...{ width: 440, height: 280, marginLeft: 60 },
        x: { label: "x" },
        y: { label: label === "" ? null : label, grid: true },
        color: { legend: false, domain: ["one", "two", "<3>"], range: ["#000", "#111", "#222"] },
        ...(isFaceted && { fx: { label: null } }),
        marks: [
          Plot.dot(data, {
            ...{ x: "x", y: "y", r: 3, fillOpacity: 0.7, title: "name", ...(isFaceted && { fx: "group" }) },
            fill: (d: { group: string }) => (d.group === "one" ? "red" : "blue"),
          }),
          Plot.text(data, { x: "x", y: "y", text: "name", dy: -10, fill: "currentColor" }),
          Plot.lineY(data, { x: "x", y: "y", stroke: "group", z: "group", strokeWidth: 2 }),
          Plot.areaY(data, { x: "x", y1: "y", y2: 0, z: null, fillOpacity: 0.2 }),
          Plot.ruleX([1], { stroke: "currentColor", strokeDasharray: "4 3" }),
          Plot.ruleY([0]),
          Plot.tickY(data, { y: "y", stroke: "group" }),
        ],
      };
      expect(chart('points "p"', options).text).toBe(byLinkedom('points "p"', options));
    }),
  );
});

it("heat maps and histograms are the same", () => {
  const cells = Array.from({ length: 12 }, (_, i) => ({ row: i % 4, column: Math.floor(i / 4), value: i }));
  const options: Plot.PlotOptions = {
    ...{ width: 300, height: 200, padding: 0, axis: null },
    x: { axis: "top", tickFormat: (i: number) => `<${i}>` },
    color: { scheme: "RdBu", type: "diverging" },
    marks: [
      Plot.cell(cells, { x: "column", y: "row", fill: "value", title: (d: { value: number }) => `${d.value} "a"` }),
    ],
  };
  expect(chart("cells", options).text).toBe(byLinkedom("cells", options));
  const bins = binsOf([1, 2, 2, 3, 7], 5);
  const bars = bins.counts.map((n, i) => ({ from: bins.edges[i]!, to: bins.edges[i + 1]!, n }));
  const marks = [
    Plot.rectY(bars, { x1: "from", x2: "to", y: "n", fill: "#3f7fc1", fillOpacity: 0.75 }),
    Plot.ruleY([0]),
  ];
  const shape = { width: 560, height: 220, marginLeft: 56, marginTop: 34, marginRight: 20 };
  const same = { ...shape, x: { label: "Z" }, y: { label: "n", grid: true }, marks };
  expect(histogram("bars", bins, { x: "Z", y: "n" }).text).toBe(byLinkedom("bars", same));
});

it("a label is what it says, whatever is in it", () => {
  const { text: svg } = chart('a<b & "c" &lt;', { marks: [Plot.ruleX([1])] });
  expect(svg).toContain('aria-label="a&lt;b &amp; &quot;c&quot; &amp;lt;"');
});

it("what would turn the direction of writing is shown in a chart too", () => {
  const { text: svg } = chart("a\u202eb", {
    marks: [Plot.text([{ x: 1, y: 1 }], { x: "x", y: "y", text: () => "c\u202ed\u0007", title: () => "e\u2066f" })],
  });
  expect(svg).toContain('aria-label="a\\u202eb"');
  expect(svg).toContain("c\\u202ed\\u0007");
  expect(svg).toContain("<title>e\\u2066f</title>");
});
