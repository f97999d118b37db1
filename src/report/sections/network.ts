// The frame of the pictures of edges; client/network.ts draws in it.
import { nodesOfEdge } from "../clusters.js";
import { Html, html } from "../html.js";
import { headOf } from "../hypothesis-head.js";
import type { NetworkHypothesis, NetworkPayload } from "../network-format.js";
import { capital } from "../numbers.js";
import type { HypothesisData, ShownData } from "../report-data.js";
import type { Section } from "./section.js";

/** Edges that are given to the pictures: of more those with the smallest p. */
const MOST_EDGES = 60_000;

export function networkSection(data: ShownData): Section | undefined {
  const { network } = data;
  if (network === undefined) return undefined;
  const payload: NetworkPayload = {
    names: network.names,
    hypotheses: data.hypotheses.map((h) => packHypothesis(h, data, network.nNodes)),
  };
  return {
    id: "pictures",
    title: "Pictures",
    body: html`<div class="controls">
<label>Hypothesis <select id="net-hypothesis">${payload.hypotheses.map(({ title }, i) => html`<option value="${i}">${title}</option>`)}</select></label>
<label>Colour <select id="net-colour"><option value="effect">effect</option><option value="statistic">${payload.hypotheses[0]?.statistic ?? "t"}</option></select></label>
<label>${capital(data.hypotheses[0]?.pWords ?? "p")} at most <input type="range" id="net-p" min="0" max="400" step="1" value="130"> <output id="net-p-text">0.05</output></label>
</div>
<p><span id="net-count"></span><span class="legend"><span id="net-low"></span><canvas id="net-legend" role="img" aria-label="Scale of colours: blue below 0, orange above, lighter further away"></canvas><span id="net-high"></span></span></p>
<div class="networks"><figure><canvas id="net-matrix" width="520" height="520" role="img" aria-label="Matrix of edges"></canvas><figcaption>A row and a column a node; in full what is below p, faint what is not.</figcaption></figure>
<figure><canvas id="net-ring" width="520" height="520" role="img" aria-label="Ring of nodes with the edges below p"></canvas><figcaption>Edges below p between their nodes.</figcaption></figure></div>
<p id="net-meaning"></p>
<p id="net-hover" class="hover">Point at the matrix for values.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Edges below p"><table id="net-table"><caption>Edges below p, the clearest first</caption><thead><tr><th scope="col">edge</th><th scope="col" class="number">effect</th><th scope="col" class="number">${payload.hypotheses[0]?.statistic ?? "t"}</th><th scope="col" class="number">p</th></tr></thead><tbody><tr><td></td></tr></tbody></table></div>
<script type="application/json" id="net-data">${new Html(JSON.stringify(payload).replace(/</g, "\\u003c"))}</script>`,
  };
}

function packHypothesis(h: HypothesisData, data: ShownData, nNodes: number): NetworkHypothesis {
  const effect = h.percent ?? h.effect;
  // no number is null: in JSON there is no NaN
  const round = (value: number | undefined) =>
    value !== undefined && Number.isFinite(value) ? Number(value.toPrecision(4)) : null;
  const chosen: number[] = [];
  for (let edge = 0; edge < h.statistic.length; edge++) if (Number.isFinite(h.statistic[edge]!)) chosen.push(edge);
  const keyOf = (edge: number) => h.p?.[edge] ?? -Math.abs(h.statistic[edge]!);
  if (chosen.length > MOST_EDGES) chosen.sort((a, b) => keyOf(a) - keyOf(b)).splice(MOST_EDGES);
  return {
    ...headOf(h, data),
    edges: chosen.map(
      (edge) =>
        [
          ...nodesOfEdge(edge, nNodes),
          round(effect?.[edge]),
          round(h.statistic[edge])!,
          round(h.p?.[edge]) ?? 1,
        ] as const,
    ),
  };
}
