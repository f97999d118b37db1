// The frame of the pictures; client/viewer.ts draws in it.
import { Html, html } from "../html.js";
import { capital, place, short } from "../numbers.js";
import type { PackedPayload } from "../payload.js";
import type { Payload } from "../payload-format.js";
import { ELEMENTS, type ShownData } from "../report-data.js";
import type { Section } from "./section.js";

const TILES = 6;

export function picturesSection(data: ShownData, packed: PackedPayload | undefined): Section | undefined {
  if (packed === undefined) return undefined;
  const { header, bytes } = packed;
  const { one, many } = ELEMENTS[data.kind];
  const pWords = data.hypotheses[0]?.pWords ?? "p";
  const planes = ["axial", "coronal", "sagittal"] as const;
  const hasEffect = header.hypotheses.some(({ effectUnit }) => effectUnit !== undefined);
  return {
    id: "pictures",
    title: "Pictures",
    body: html`<div class="controls">
<label>Hypothesis <select id="view-hypothesis">${header.hypotheses.map(({ title }, i) => html`<option value="${i}">${title}</option>`)}</select></label>
<label>Colour <select id="view-colour"><option value="effect"${hasEffect ? "" : html` disabled`}>effect</option><option value="statistic"${hasEffect ? "" : html` selected`}>${header.hypotheses[0]?.statistic ?? "t"}</option>${header.arrays.direction === undefined ? "" : html`<option value="direction">direction</option>`}</select></label>
<label>Background <select id="view-background">${header.arrays.background === undefined ? "" : html`<option value="image">${header.backgroundName ?? "image"}</option>`}${header.arrays.mean === undefined ? "" : html`<option value="mean">fitted mean</option>`}<option value="density">${many} in a voxel</option><option value="none">none</option></select></label>
<label>${capital(pWords)} at most <input type="range" id="view-p" min="0" max="400" step="1" value="130"> <output id="view-p-text">0.05</output></label>
<label><input type="checkbox" id="view-others" checked> the others faintly</label>
<label>Zoom <input type="range" id="view-zoom" min="1" max="10" step="0.5" value="1"></label>
</div>
<p><span id="view-count"></span><span class="legend"><span id="view-low"></span><canvas id="view-legend" role="img" aria-label="Scale of colours: blue below 0, orange above, lighter further away"></canvas><span id="view-high"></span></span><span id="view-directions" hidden>red left–right, green posterior–anterior, blue inferior–superior</span></p>
<p id="view-meaning"></p>
<div class="slices">${planes.map((plane) => sliceOf(plane, header))}</div>
<p id="view-hover" class="hover">Point at a picture for values; click to move the cross. L: the subject's left, on the left.</p>
${hereTable(one, header)}
<h3>All slices at once</h3>
<div class="slices glass">${planes.map((plane) => html`<figure><canvas id="glass-${plane}" ${aspect(plane, header)} role="img" aria-label="Significant ${many} projected, ${plane} view"></canvas><figcaption>${plane}, all ${many} below p projected</figcaption></figure>`)}</div>
${tilesOf(data)}
<script type="application/json" id="view-header">${new Html(JSON.stringify(header).replace(/</g, "\\u003c"))}</script>
<script type="text/plain" id="view-bytes">${new Html(bytes)}</script>`,
  };
}

const AXES = { axial: ["x", "y", "z"], coronal: ["x", "z", "y"], sagittal: ["y", "z", "x"] } as const;

/** Width and height as attributes: no style may be given. */
function aspect(plane: keyof typeof AXES, { dimensions, voxelSizes }: Payload): Html {
  const size = (axis: string) => dimensions["xyz".indexOf(axis) as 0] * voxelSizes["xyz".indexOf(axis) as 0];
  const [right, up] = AXES[plane];
  const width = 380;
  return html`width="${width}" height="${Math.round(Math.min(2 * width, (width * size(up)) / size(right)))}"`;
}

function sliceOf(plane: keyof typeof AXES, header: Payload): Html {
  const axis = AXES[plane][2];
  const last = header.dimensions["xyz".indexOf(axis) as 0] - 1;
  return html`<figure><canvas id="view-${plane}" ${aspect(plane, header)} role="img" aria-label="${plane} slice at the cross"></canvas>
<figcaption><label>${plane}, ${axis} <input type="range" id="view-${axis}" min="0" max="${last}" step="1" value="${Math.floor(last / 2)}"> <output id="view-${axis}-mm"></output> mm</label></figcaption></figure>`;
}

function hereTable(one: string, { hypotheses }: Payload): Html {
  const hasEffect = hypotheses.some(({ effectUnit }) => effectUnit !== undefined);
  const head = [one, ...(hasEffect ? ["effect"] : []), hypotheses[0]?.statistic ?? "t", "p"];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="At the cross"><table id="view-here" aria-live="polite"><caption>At the cross</caption><thead><tr>${head.map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead><tbody><tr><td></td></tr></tbody></table></div>`;
}

/** Of the clusters of the hypothesis that is shown: as many as any has. */
function tilesOf({ hypotheses, kind }: ShownData): Html | string {
  const tiles = hypotheses.flatMap((h) =>
    h.clusters
      .slice(0, TILES)
      .map(
        (one, rank) =>
          html`<button type="button" class="tile" data-hypothesis="${h.name}" data-rank="${rank}"><canvas width="170" height="170" aria-hidden="true"></canvas><span>${h.name}, cluster ${one.id}: z ${short(one.peakMm![2]!)} mm<span class="aside"> (peak at ${place(one.peakMm!)} mm)</span></span></button>`,
      ),
  );
  if (tiles.length === 0) return "";
  return html`<h3>At the peaks</h3><p>Axial slices through the peaks of the largest clusters; a click moves the cross there. Each ${ELEMENTS[kind].one} is drawn where it is${kind === "fixel" ? ", along its direction" : ""}.</p><div class="tiles">${tiles}</div>`;
}
