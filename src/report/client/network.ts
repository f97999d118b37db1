// The pictures of edges: a matrix, a ring, and a table of what is below p.
import type { NetworkPayload } from "../network-format.js";
import { css, diverging } from "./colours.js";
import { drawLegend, fitCanvas } from "./draw.js";
import { limitText, meaningText, percentText, pLimit, pText, shortText } from "./texts.js";
import { readJson } from "./unpack.js";

type Edge = NetworkPayload["hypotheses"][number]["edges"][number];

const get = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const MOST_ROWS = 40;
/** Nodes whose names fit around a ring, or beside a matrix. */
const MOST_NAMED = 64;

export function startNetwork(): void {
  const found = readJson<NetworkPayload>("net-data");
  if (found === undefined) return;
  const { names, hypotheses } = found;
  const inputs = {
    hypothesis: get<HTMLSelectElement>("net-hypothesis"),
    colour: get<HTMLSelectElement>("net-colour"),
    p: get<HTMLInputElement>("net-p"),
  };
  const [matrix, ring] = [get<HTMLCanvasElement>("net-matrix"), get<HTMLCanvasElement>("net-ring")];
  const current = () => hypotheses[Number(inputs.hypothesis.value)]!;
  const pOf = () => pLimit(Number(inputs.p.value));
  const isEffect = () => inputs.colour.value === "effect" && current().effectUnit !== undefined;
  const sizeOf = (edge: Edge) => (isEffect() ? (edge[2] ?? 0) : edge[3]);
  const effectText = (value: number | null) =>
    value === null || current().effectUnit === undefined
      ? "n/a"
      : current().effectUnit === " %"
        ? percentText(value)
        : shortText(value);
  const isShown = (edge: Edge) => !current().hasP || edge[4] <= pOf();

  const drawMatrix = (most: number) => {
    const context = fitCanvas(matrix);
    const margin = names.length <= MOST_NAMED ? matrix.width * 0.2 : 4;
    const cell = (matrix.width - margin - 4) / names.length;
    for (const edge of current().edges) {
      const [i, j] = edge;
      context.fillStyle = css(diverging(sizeOf(edge) / most), isShown(edge) ? 1 : 0.25);
      for (const [row, column] of [
        [i, j],
        [j, i],
      ] as const)
        context.fillRect(margin + column * cell, margin + row * cell, Math.max(1, cell - 0.5), Math.max(1, cell - 0.5));
    }
    if (names.length > MOST_NAMED) return;
    context.fillStyle = "#dfe5ea";
    context.font = `${Math.min(cell * 0.9, 12 * (matrix.width / matrix.clientWidth))}px system-ui, sans-serif`;
    context.textBaseline = "middle";
    for (const [i, name] of names.entries()) {
      context.textAlign = "right";
      context.fillText(name, margin - 4, margin + (i + 0.5) * cell, margin - 6);
      context.save();
      context.translate(margin + (i + 0.5) * cell, margin - 4);
      context.rotate(-Math.PI / 2);
      context.textAlign = "left";
      context.fillText(name, 0, 0, margin - 6);
      context.restore();
    }
  };
  const drawRing = (most: number, shown: readonly Edge[]) => {
    const context = fitCanvas(ring);
    const half = ring.width / 2;
    const radius = half * (names.length <= MOST_NAMED ? 0.66 : 0.94);
    const placeOf = (node: number, r: number): [number, number] => {
      const angle = (2 * Math.PI * (node + 0.5)) / names.length - Math.PI / 2;
      return [half + r * Math.cos(angle), half + r * Math.sin(angle)];
    };
    for (const edge of [...shown].reverse()) {
      const [a, b] = [placeOf(edge[0], radius), placeOf(edge[1], radius)];
      context.strokeStyle = css(diverging(sizeOf(edge) / most), 0.9);
      context.lineWidth = Math.max(1, (ring.width / 200) * Math.min(1, Math.abs(sizeOf(edge)) / most));
      context.beginPath();
      context.moveTo(...a);
      if (edge[0] === edge[1]) context.arc(...placeOf(edge[0], radius * 0.95), radius * 0.05, 0, 2 * Math.PI);
      else context.quadraticCurveTo(half, half, ...b);
      context.stroke();
    }
    const used = new Set([...shown.map(([i]) => i), ...shown.map(([, j]) => j)]);
    context.font = `${11 * (ring.width / ring.clientWidth)}px system-ui, sans-serif`;
    for (const [node, name] of names.entries()) {
      const [x, y] = placeOf(node, radius);
      context.fillStyle = used.has(node) ? "#fff" : "#7b8794";
      context.beginPath();
      context.arc(x, y, ring.width / 160, 0, 2 * Math.PI);
      context.fill();
      if (names.length > MOST_NAMED) continue;
      const angle = (2 * Math.PI * (node + 0.5)) / names.length - Math.PI / 2;
      const isLeft = Math.cos(angle) < 0;
      context.save();
      context.translate(...placeOf(node, radius + ring.width / 60));
      context.rotate(isLeft ? angle + Math.PI : angle);
      context.textAlign = isLeft ? "right" : "left";
      context.textBaseline = "middle";
      context.fillText(name, 0, 0, half - radius - ring.width / 50);
      context.restore();
    }
  };
  const showTable = (shown: readonly Edge[]) => {
    const body = get<HTMLTableElement>("net-table").tBodies[0]!;
    body.replaceChildren();
    for (const edge of shown.slice(0, MOST_ROWS)) {
      const row = body.insertRow();
      row.insertCell().textContent = `${names[edge[0]]} – ${names[edge[1]]}`;
      for (const text of [effectText(edge[2]), shortText(edge[3]), pText(edge[4])]) {
        const cell = row.insertCell();
        cell.className = "number";
        cell.textContent = text;
      }
    }
  };
  const draw = () => {
    const { edges, hasP, effectUnit } = current();
    const shown = edges.filter(isShown).sort((a, b) => a[4] - b[4] || Math.abs(b[3]) - Math.abs(a[3]));
    const most = edges.reduce((size, edge) => Math.max(size, Math.abs(sizeOf(edge))), 0) || 1;
    drawMatrix(most);
    drawRing(most, hasP ? shown : []);
    showTable(shown);
    drawLegend(get("net-legend"));
    const unit = isEffect() ? (effectUnit ?? "") : "";
    get("net-low").textContent = `${shortText(-most)}${unit}`;
    get("net-high").textContent = `${shortText(most)}${unit}`;
    get("net-count").textContent = hasP
      ? `${shown.length} edges with ${limitText(Number(inputs.p.value))}`
      : `${shown.length} edges`;
    get("net-meaning").textContent = meaningText(current().meaning);
    get("net-p-text").textContent = hasP ? pText(pOf()) : "not tested";
    inputs.p.setAttribute("aria-valuetext", limitText(Number(inputs.p.value)));
  };
  for (const input of Object.values(inputs)) input.addEventListener("input", draw);
  matrix.addEventListener("pointermove", (event) => {
    const box = matrix.getBoundingClientRect();
    const margin = names.length <= MOST_NAMED ? box.width * 0.2 : 4;
    const cell = (box.width - margin - 4) / names.length;
    const [column, row] = [event.clientX - box.left, event.clientY - box.top].map((at) =>
      Math.floor((at - margin) / cell),
    ) as [number, number];
    const edge = current().edges.find(([i, j]) => (i === row && j === column) || (i === column && j === row));
    if (edge === undefined) return;
    get("net-hover").textContent =
      `${names[edge[0]]} – ${names[edge[1]]}: effect ${effectText(edge[2])}, ${current().statistic} ${shortText(edge[3])}, p ${current().hasP ? pText(edge[4]) : "not tested"}`;
  });
  for (const button of document.querySelectorAll<HTMLButtonElement>("button.go")) {
    button.addEventListener("click", () => {
      const h = hypotheses.findIndex(({ name }) => name === button.dataset.hypothesis);
      if (h < 0) return;
      inputs.hypothesis.value = String(h);
      draw();
      get("pictures").scrollIntoView();
    });
  }
  new ResizeObserver(draw).observe(matrix);
  draw();
  get("pictures").dataset.ready = "true";
}
