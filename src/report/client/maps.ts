// Projected maps of the data: one colour from dark to light, which all eyes order alike.
import type { MapPicture } from "../map-format.js";
import { drawMarks, PLANES } from "./draw.js";
import { readJson } from "./unpack.js";

const DARK = [38, 50, 92] as const;
const LIGHT = [255, 236, 160] as const;

export function startMaps(): void {
  for (const picture of readJson<MapPicture[]>("map-data") ?? []) draw(picture);
}

function draw({ id, width, height, values }: MapPicture): void {
  const canvas = document.getElementById(id) as HTMLCanvasElement | null;
  const context = canvas?.getContext("2d");
  if (!canvas || !context) return;
  const small = document.createElement("canvas");
  small.width = width;
  small.height = height;
  const inSmall = small.getContext("2d")!;
  const pixels = inSmall.createImageData(width, height);
  const bytes = atob(values);
  for (let i = 0; i < bytes.length; i++) {
    const value = bytes.charCodeAt(i);
    if (value === 0) continue;
    for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = DARK[c]! + ((LIGHT[c]! - DARK[c]!) * (value - 1)) / 254;
    pixels.data[4 * i + 3] = 255;
  }
  inSmall.putImageData(pixels, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  const plane = PLANES.find(({ name }) => id.endsWith(name));
  if (plane !== undefined) drawMarks(context, canvas, plane);
}
