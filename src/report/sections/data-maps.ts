// Maps of what the data and the fit are like, projected: where residuals are large, where values are missing, which elements are connected with none.
// client/maps.ts draws them.
import { mmOf, voxelAt } from "../clusters.js";
import { Html, html, table } from "../html.js";
import type { MapPicture } from "../map-format.js";
import { nthSmallest } from "../nth-smallest.js";
import { count, place, short } from "../numbers.js";
import { type DataMap, ELEMENTS, type Geometry, type ShownData } from "../report-data.js";

const PLANES = [
  ["axial", 0, 1],
  ["coronal", 0, 2],
  ["sagittal", 1, 2],
] as const;
/** Pixels of a canvas, so that letters on it are not coarse. */
const LEAST_WIDTH = 380;
/** Rows of a table of places. */
const MOST_PLACES = 10;

export function mapsHtml({ maps, geometry, kind }: Pick<ShownData, "maps" | "geometry" | "kind">): Html | string {
  if (maps.length === 0) return "";
  const pictures: MapPicture[] = [];
  const { many } = ELEMENTS[kind];
  const parts = maps.map((map, m) => {
    const facts = factsOf(map);
    const hasPicture = geometry !== undefined && facts.n > 0 && facts.most > 0;
    const canvases = !hasPicture
      ? ""
      : html`<div class="slices maps">${PLANES.map(([plane, u, v], i) => {
          const id = `map-${m}-${plane}`;
          const picture = project(map, geometry, [u, v], facts.most);
          pictures.push({ id, ...picture });
          const width = Math.max(3, Math.ceil(LEAST_WIDTH / picture.width)) * picture.width;
          const ratio = (picture.height * geometry.voxelSizes[v]) / (picture.width * geometry.voxelSizes[u]);
          return html`<figure><canvas id="${id}" width="${width}" height="${Math.max(1, Math.round(width * ratio))}" role="img" aria-label="${map.title}, ${plane} projection"></canvas><figcaption>${plane}${i === 0 ? `: dark 0, light ${short(facts.most)}` : ""}</figcaption></figure>`;
        })}</div>`;
    // nothing more than its sentence says
    if (map.isRare && facts.nAbove === 0) return html`<h3>${map.title}</h3><p>${map.words}</p>`;
    return html`<h3>${map.title}</h3><p>${map.words}</p>${canvases}${table(
      map.title,
      ["least", "middle", "95 % are below", "most", `${many} above 0`],
      [[short(facts.least), short(facts.middle), short(facts.high), short(facts.most), count(facts.nAbove)]],
      { numeric: new Set([0, 1, 2, 3, 4]) },
    )}${placesOf(map, { geometry, kind })}`;
  });
  return html`${parts}${pictures.length === 0 ? "" : html`<script type="application/json" id="map-data">${new Html(JSON.stringify(pictures))}</script>`}`;
}

function factsOf({ values }: DataMap) {
  const finite = new Float64Array(values.length);
  let [n, nAbove, least, most] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    finite[n++] = value;
    if (value > 0) nAbove++;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (n === 0) return { n, nAbove, least: Number.NaN, middle: Number.NaN, high: Number.NaN, most: Number.NaN };
  const found = finite.subarray(0, n);
  const at = (share: number) => nthSmallest(found, Math.min(n - 1, Math.floor(share * n)));
  return { n, nAbove, least, most, middle: at(0.5), high: at(0.95) };
}

/** The elements that have most, where few have any. */
function placesOf(
  { title, values, isRare }: DataMap,
  { geometry, kind }: Pick<ShownData, "geometry" | "kind">,
): Html | string {
  if (!isRare) return "";
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) if (values[i]! > 0) found.push(i);
  if (found.length === 0) return "";
  const most = found.sort((a, b) => values[b]! - values[a]! || a - b).slice(0, MOST_PLACES);
  return table(
    `${title}: ${most.length < found.length ? "the first of them" : "all of them"}`,
    [ELEMENTS[kind].one, "value", ...(geometry === undefined ? [] : ["mm (x, y, z)"])],
    most.map((i) => [
      String(i),
      short(values[i]!),
      ...(geometry === undefined ? [] : [place(mmOf(geometry, geometry.voxelOf[i]!))]),
    ]),
    { numeric: new Set([0, 1]) },
  );
}

/** Along the third axis: the mean over elements, or the largest where few have any; 0: no element, else 1 to 255. */
function project({ values, isRare }: DataMap, geometry: Geometry, [u, v]: readonly [number, number], most: number) {
  const [width, height] = [geometry.dimensions[u as 0], geometry.dimensions[v as 0]];
  const sums = new Float64Array(width * height);
  const counts = new Uint32Array(width * height);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    const at = voxelAt(geometry, geometry.voxelOf[i]!);
    // rows from the top down
    const pixel = at[u]! + width * (height - 1 - at[v]!);
    counts[pixel]!++;
    sums[pixel] = isRare ? Math.max(sums[pixel]!, value) : sums[pixel]! + value;
  }
  const bytes = Uint8Array.from(sums, (sum, pixel) => {
    if (counts[pixel] === 0) return 0;
    const value = isRare ? sum : sum / counts[pixel]!;
    return 1 + Math.max(0, Math.min(254, Math.round((254 * value) / most)));
  });
  return { width, height, values: Buffer.from(bytes).toString("base64") };
}
