// Charts as SVG in the page's text: Observable Plot draws into a document of ours when the page is built; nothing of either is in the page.
import { areaY, cell, dot, lineY, type PlotOptions, plot, rectY, ruleX, ruleY, text, tickY } from "@observablehq/plot";
import { Html } from "./html.js";
import { SvgDocument, type SvgElement } from "./svg-document.js";

/** In both themes, and told apart by those who do not see red and green: blue, orange, grey. */
export const COLOURS = { main: "#3f7fc1", accent: "#d2691e", quiet: "#8a8f98" } as const;
/** Of groups: Okabe & Ito, without yellow and black. */
export const GROUP_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"] as const;

/** `label`: what a reader who does not see it is told. */
export function chart(label: string, options: PlotOptions): Html {
  const svg = plot({
    document: new SvgDocument() as unknown as NonNullable<PlotOptions["document"]>,
    ...options,
  }) as unknown as SvgElement;
  svg.setAttribute("class", "chart");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  return new Html(svg.toText(isLeftOut));
}

/** The page's sheet has the rules that Plot brings, and the chart is told as a whole. */
const isLeftOut = (element: string, attribute: string | undefined): boolean =>
  attribute === undefined ? element === "style" : attribute === "aria-label";

/** The marks that the page has, by name: of the whole namespace the program would hold every mark there is. */
export const Plot = { areaY, cell, dot, lineY, rectY, ruleX, ruleY, text, tickY };

export interface Bins {
  /** [n + 1], ascending. */
  readonly edges: readonly number[];
  /** [n] */
  readonly counts: readonly number[];
}

/** Of finite values. */
export function binsOf(values: ArrayLike<number>, nBins: number, range?: readonly [number, number]): Bins {
  let [low, high] = range ?? [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  if (range === undefined) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (!(high > low)) [low, high] = Number.isFinite(low) ? [low - 0.5, low + 0.5] : [0, 1];
  const counts = new Array<number>(nBins).fill(0);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(((values[i]! - low) / (high - low)) * nBins);
    if (Number.isNaN(at)) continue;
    const bin = values[i] === high ? nBins - 1 : at;
    if (bin >= 0 && bin < nBins) counts[bin]!++;
  }
  return { edges: Array.from({ length: nBins + 1 }, (_, i) => low + ((high - low) * i) / nBins), counts };
}

export interface Curve {
  readonly words: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** `lines`: values marked across, with their words; `curves`: over the bars. */
export function histogram(
  label: string,
  { edges, counts }: Bins,
  {
    x,
    y,
    lines = [],
    curves = [],
  }: {
    x: string;
    y: string;
    lines?: readonly { value: number; words: string; isMain?: boolean }[];
    curves?: readonly Curve[];
  },
): Html {
  const bars = counts.map((n, i) => ({ from: edges[i]!, to: edges[i + 1]!, n }));
  return chart(label, {
    ...{ width: 560, height: 220, marginLeft: 56, marginTop: 34, marginRight: 20 },
    x: { label: x },
    y: { label: y, grid: true },
    marks: [
      Plot.rectY(bars, { x1: "from", x2: "to", y: "n", fill: COLOURS.main, fillOpacity: 0.75 }),
      Plot.ruleY([0]),
      ...curves.flatMap(({ words, points }, i) => [
        Plot.lineY(points, { x: "x", y: "y", stroke: GROUP_COLOURS[2 + i]!, strokeWidth: 2.5 }),
        // half way along, where neither bars nor the other curve are near
        Plot.text([points[Math.floor(points.length / (3 + i))]!], {
          ...{ x: "x", y: "y", dy: -12, dx: 20, text: () => words, fill: "currentColor" },
        }),
      ]),
      ...lines.flatMap(({ value, words, isMain = false }, i) => [
        Plot.ruleX([value], {
          stroke: isMain ? COLOURS.accent : "currentColor",
          strokeWidth: 2,
          ...(isMain ? {} : { strokeDasharray: "4 3" }),
        }),
        Plot.text([{ value }], {
          x: "value",
          frameAnchor: "top",
          dy: -12 - 12 * i,
          text: () => words,
          fill: "currentColor",
        }),
      ]),
    ],
  });
}
