// The pictures of fixels and voxels: what is chosen, where the cross is, and what is drawn of it.
import type { Payload } from "../payload-format.js";
import { drawGlass, drawLegend, drawSlice, type Frame, frameOf, isShown, type Look, PLANES, pixelsOf } from "./draw.js";
import { limitText, meaningText, percentText, pLimit, placeText, pText, shortText } from "./texts.js";
import { readJson } from "./unpack.js";
import { openVolume, type Values, type Volume } from "./volume.js";

const get = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
/** Tiles across, in voxels, at peaks. */
const TILE_VOXELS = 26;

export async function startViewer(): Promise<void> {
  const header = readJson<Payload>("view-header");
  if (header === undefined) return;
  const volume = await openVolume(header, "view-bytes");
  const at = header.dimensions.map((n) => Math.floor(n / 2));
  const inputs = {
    hypothesis: get<HTMLSelectElement>("view-hypothesis"),
    colour: get<HTMLSelectElement>("view-colour"),
    background: get<HTMLSelectElement>("view-background"),
    p: get<HTMLInputElement>("view-p"),
    others: get<HTMLInputElement>("view-others"),
    zoom: get<HTMLInputElement>("view-zoom"),
  };
  const sliders = ["x", "y", "z"].map((axis) => get<HTMLInputElement>(`view-${axis}`));
  const slices = PLANES.map((plane) => get<HTMLCanvasElement>(`view-${plane.name}`));
  const glasses = PLANES.map((plane) => get<HTMLCanvasElement>(`glass-${plane.name}`));
  const tiles = [...document.querySelectorAll<HTMLButtonElement>("button.tile")];
  let values = volume.values(0);
  let most = new Map<string, number>();

  const look = (): Look => {
    const colour = inputs.colour.value as Look["colour"];
    return {
      ...{ colour, p: pLimit(Number(inputs.p.value)), showsOthers: inputs.others.checked },
      background: inputs.background.value as Look["background"],
      most: most.get(colour) ?? 1,
    };
  };
  const frames = (): Frame[] => PLANES.map((plane) => frameOf(volume, plane, Number(inputs.zoom.value), at));

  const drawSlices = () => {
    const now = look();
    for (const [i, plane] of PLANES.entries())
      drawSlice(slices[i]!, { volume, values, look: now, plane, frame: frames()[i]!, at });
    for (const [axis, slider] of sliders.entries()) {
      slider.value = String(at[axis]);
      const text = placeText(volume.mm(at[0]!, at[1]!, at[2]!)[axis]!);
      slider.setAttribute("aria-valuetext", text);
      get(`view-${"xyz"[axis]}-mm`).textContent = text;
    }
    showHere();
  };
  const drawFar = () => {
    const now = look();
    const shown = shownOf(volume, values, now);
    for (const [i, plane] of PLANES.entries())
      drawGlass(glasses[i]!, { volume, values, look: now, plane, frame: frameOf(volume, plane, 1, at), shown });
    for (const tile of tiles) {
      const element = elementOf(values, Number(tile.dataset.rank), tile.dataset.hypothesis);
      const place = element === undefined ? undefined : volume.at(volume.voxelOf[element]!);
      tile.hidden = place === undefined;
      if (place === undefined) continue;
      const plane = PLANES[0]!;
      const zoom = Math.max(1, Math.max(header.dimensions[0], header.dimensions[1]) / TILE_VOXELS);
      drawSlice(
        tile.querySelector("canvas")!,
        { volume, values, look: now, plane, frame: frameOf(volume, plane, zoom, place), at: place },
        false,
      );
    }
    const legend = get<HTMLCanvasElement>("view-legend");
    legend.parentElement!.hidden = now.colour === "direction";
    get("view-directions").hidden = now.colour !== "direction";
    if (now.colour !== "direction") {
      drawLegend(legend);
      const unit = now.colour === "effect" ? (values.hypothesis.effectUnit ?? "") : "";
      get("view-low").textContent = `${shortText(-now.most)}${unit}`;
      get("view-high").textContent = `${shortText(now.most)}${unit}`;
    }
    const isTested = values.hypothesis.hasP;
    const limit = limitText(Number(inputs.p.value));
    const { length: nHeld } = values.hypothesis.arrays.of ?? { length: header.nElements };
    const held =
      nHeld < header.nElements ? ` (the page has the ${nHeld.toLocaleString("en")} nearest to significance)` : "";
    get("view-count").textContent =
      `${shown.length.toLocaleString("en")} ${header.kind}s ${isTested ? `with ${limit}` : "have a value"}${held}`;
    get("view-meaning").textContent = now.colour === "direction" ? "" : meaningText(values.hypothesis.meaning);
    get("view-p-text").textContent = isTested ? pText(now.p) : "not tested";
    inputs.p.setAttribute("aria-valuetext", limit);
  };
  const draw = () => {
    drawSlices();
    drawFar();
  };

  const describe = (i: number): string[] => {
    const { hypothesis } = values;
    const effect =
      hypothesis.effectUnit === undefined
        ? []
        : [hypothesis.effectUnit === " %" ? percentText(values.effect[i]!) : shortText(values.effect[i]!)];
    return [`${volume.numberOf(i)}`, ...effect, shortText(values.statistic[i]!), pText(values.p[i]!)];
  };
  /** As a table: what the cross is on. */
  const showHere = () => {
    const body = get<HTMLTableElement>("view-here").tBodies[0]!;
    body.replaceChildren();
    const voxel = volume.find(at[0]!, at[1]!, at[2]!);
    for (let i = voxel < 0 ? 0 : volume.starts[voxel]!; i < (voxel < 0 ? 0 : volume.starts[voxel + 1]!); i++) {
      const row = body.insertRow();
      for (const text of describe(i)) {
        const cell = row.insertCell();
        cell.className = "number";
        cell.textContent = text;
      }
    }
    if (body.rows.length === 0) {
      const cell = body.insertRow().insertCell();
      cell.colSpan = 4;
      cell.textContent = `no ${header.kind} here`;
    }
  };
  const goTo = (element: number) => {
    const place = volume.at(volume.voxelOf[element]!);
    for (let axis = 0; axis < 3; axis++) at[axis] = place[axis]!;
    if (Number(inputs.zoom.value) === 1 && Math.max(...header.dimensions) > 2 * TILE_VOXELS) inputs.zoom.value = "3";
    drawSlices();
  };
  const choose = (h: number) => {
    values = volume.values(h);
    most = new Map([
      ["effect", largestOf(values.effect)],
      ["statistic", largestOf(values.statistic)],
    ]);
    const hasEffect = values.hypothesis.effectUnit !== undefined;
    const option = inputs.colour.querySelector<HTMLOptionElement>('option[value="effect"]')!;
    option.disabled = !hasEffect;
    option.textContent = values.hypothesis.effectUnit === " %" ? "percent effect" : "effect";
    if (!hasEffect && inputs.colour.value === "effect") inputs.colour.value = "statistic";
    inputs.p.disabled = !values.hypothesis.hasP;
    const [first] = values.hypothesis.peaks;
    if (first !== undefined) goTo(first.element);
    draw();
  };

  for (const input of [inputs.colour, inputs.background, inputs.others]) input.addEventListener("input", draw);
  inputs.zoom.addEventListener("input", drawSlices);
  inputs.p.addEventListener("input", () => requestAnimationFrame(draw));
  inputs.hypothesis.addEventListener("input", () => choose(Number(inputs.hypothesis.value)));
  for (const [axis, slider] of sliders.entries()) {
    slider.addEventListener("input", () => {
      at[axis] = Number(slider.value);
      drawSlices();
    });
  }
  for (const [i, canvas] of slices.entries()) {
    const plane = PLANES[i]!;
    const voxelUnder = (event: PointerEvent): number[] => {
      const box = canvas.getBoundingClientRect();
      const ratio = canvas.width / box.width;
      const pixels = pixelsOf(canvas, volume, plane, frames()[i]!);
      const [right, up] = pixels.voxel((event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio);
      const place = [...at];
      place[plane.right] = right;
      place[plane.up] = up;
      return place;
    };
    canvas.addEventListener("pointermove", (event) => {
      const [x, y, z] = voxelUnder(event) as [number, number, number];
      const voxel = volume.find(x, y, z);
      const mm = volume.mm(x, y, z).map(placeText).join(", ");
      const lines =
        voxel < 0
          ? []
          : range(volume.starts[voxel]!, volume.starts[voxel + 1]!).map((j) => sentence(volume, values, j));
      get("view-hover").textContent = `${mm} mm: ${lines.length === 0 ? `no ${header.kind}` : lines.join("; ")}`;
    });
    canvas.addEventListener("pointerdown", (event) => {
      const place = voxelUnder(event);
      for (let axis = 0; axis < 3; axis++) at[axis] = Math.max(0, Math.min(header.dimensions[axis]! - 1, place[axis]!));
      drawSlices();
    });
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("button.go, button.tile")) {
    button.addEventListener("click", () => {
      const h = header.hypotheses.findIndex(({ name }) => name === button.dataset.hypothesis);
      if (h < 0) return;
      if (String(h) !== inputs.hypothesis.value) {
        inputs.hypothesis.value = String(h);
        choose(h);
      }
      const element = elementOf(values, Number(button.dataset.rank), button.dataset.hypothesis);
      if (element === undefined) return;
      goTo(element);
      for (const row of document.querySelectorAll("tr.here")) row.classList.remove("here");
      button.closest("tr")?.classList.add("here");
      if (button.classList.contains("go")) get("pictures").scrollIntoView();
    });
  }
  new ResizeObserver(draw).observe(slices[0]!);
  addEventListener("beforeprint", draw);
  choose(0);
  get("pictures").dataset.ready = "true";
}

const range = (first: number, end: number): number[] => Array.from({ length: end - first }, (_, i) => first + i);

function sentence(volume: Volume, { hypothesis, effect, statistic, p }: Values, i: number): string {
  const unit = hypothesis.effectUnit;
  const size = unit === undefined ? "" : `, effect ${unit === " %" ? percentText(effect[i]!) : shortText(effect[i]!)}`;
  const tested = hypothesis.hasP ? `, p ${pText(p[i]!)}` : "";
  return `${volume.header.kind} ${volume.numberOf(i)}${size}, ${hypothesis.statistic} ${shortText(statistic[i]!)}${tested}`;
}

/** Of the cluster with this rank, in the hypothesis that is shown. */
function elementOf({ hypothesis }: Values, rank: number, name: string | undefined): number | undefined {
  return name === undefined || name === hypothesis.name ? hypothesis.peaks[rank]?.element : undefined;
}

/** The clearest last, so that they lie on top. */
function shownOf(volume: Volume, values: Values, look: Look): Uint32Array {
  const found: number[] = [];
  for (let i = 0; i < volume.header.nElements; i++) if (isShown(values, look, i)) found.push(i);
  const size = look.colour === "effect" ? values.effect : values.statistic;
  return Uint32Array.from(found).sort((a, b) => Math.abs(size[a]!) - Math.abs(size[b]!));
}

/** Nearly: one that is far out would make all others dark. */
function largestOf(values: Float32Array): number {
  const sizes = Float32Array.from(values, (value) => (Number.isFinite(value) ? Math.abs(value) : 0)).sort();
  return sizes[Math.floor(0.999 * (sizes.length - 1))] || sizes[sizes.length - 1] || 1;
}
