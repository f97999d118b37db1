// Slices, projections and tiles on canvases. Left is left: every picture is marked.
import { type Colour, css, diverging, ofDirection } from "./colours.js";
import type { Values, Volume } from "./volume.js";

export interface Look {
  readonly colour: "effect" | "statistic" | "direction";
  /** Elements below are drawn in full. */
  readonly p: number;
  /** The others are drawn faintly, or not at all. */
  readonly showsOthers: boolean;
  readonly background: "none" | "density" | "mean" | "image";
  /** The value that has the lightest colour. */
  readonly most: number;
}

/** Which axes of the grid go to the right and up, and which is looked along. */
export interface Plane {
  readonly name: "axial" | "coronal" | "sagittal";
  readonly right: number;
  readonly up: number;
  readonly along: number;
  /** Letters at the left, right, top and bottom. */
  readonly marks: readonly [string, string, string, string];
}

export const PLANES: readonly Plane[] = [
  { name: "axial", right: 0, up: 1, along: 2, marks: ["L", "R", "A", "P"] },
  { name: "coronal", right: 0, up: 2, along: 1, marks: ["L", "R", "S", "I"] },
  { name: "sagittal", right: 1, up: 2, along: 0, marks: ["P", "A", "S", "I"] },
];

/** What of a plane is seen, in voxels: the middle, and how many of them go across. */
export interface Frame {
  readonly centre: readonly [right: number, up: number];
  readonly width: number;
  readonly height: number;
}

export function frameOf({ header }: Volume, plane: Plane, zoom: number, at: readonly number[]): Frame {
  const [n, m] = [header.dimensions[plane.right]!, header.dimensions[plane.up]!];
  const [width, height] = [n / zoom, m / zoom];
  const clamp = (value: number, size: number, seen: number) =>
    Math.min(size - seen / 2, Math.max(seen / 2, value)) - 0.5;
  return {
    ...{ width, height },
    centre: [clamp(at[plane.right]! + 0.5, n, width), clamp(at[plane.up]! + 0.5, m, height)],
  };
}

/** From voxels to pixels of a canvas, and back. */
export function pixelsOf(canvas: HTMLCanvasElement, { header }: Volume, plane: Plane, frame: Frame) {
  const [a, b] = [header.voxelSizes[plane.right as 0]!, header.voxelSizes[plane.up as 0]!];
  const scale = Math.min(canvas.width / (frame.width * a), canvas.height / (frame.height * b));
  const [sx, sy] = [scale * a, scale * b];
  return {
    ...{ sx, sy },
    x: (right: number) => canvas.width / 2 + (right - frame.centre[0]) * sx,
    y: (up: number) => canvas.height / 2 - (up - frame.centre[1]) * sy,
    voxel: (x: number, y: number): [number, number] => [
      Math.round(frame.centre[0] + (x - canvas.width / 2) / sx),
      Math.round(frame.centre[1] - (y - canvas.height / 2) / sy),
    ],
  };
}

/** As many pixels as the screen has of it. */
export function fitCanvas(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const ratio = Math.min(2, devicePixelRatio || 1);
  const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = Math.max(1, width);
    canvas.height = Math.max(1, height);
  }
  const context = canvas.getContext("2d")!;
  context.fillStyle = "#0b0e12";
  context.fillRect(0, 0, canvas.width, canvas.height);
  return context;
}

export function colourOf(volume: Volume, values: Values, look: Look, i: number): Colour {
  const { direction } = volume;
  if (look.colour === "direction" && direction !== undefined) {
    // as the scanner has it: the grid may be turned
    const { toMm, voxelSizes } = volume.header;
    const along = toMm.map(
      (row) =>
        [0, 1, 2].reduce((sum, axis) => sum + (row[axis]! / voxelSizes[axis as 0]!) * direction[3 * i + axis]!, 0) /
        127,
    );
    return ofDirection(along[0]!, along[1]!, along[2]!);
  }
  const value = look.colour === "effect" ? values.effect[i]! : values.statistic[i]!;
  return Number.isFinite(value) ? diverging(value / look.most) : [96, 104, 114];
}

type Pixels = ReturnType<typeof pixelsOf>;

function drawBackground(
  context: CanvasRenderingContext2D,
  volume: Volume,
  plane: Plane,
  at: number,
  look: Look,
  pixels: Pixels,
): void {
  const { header, starts, mean, background } = volume;
  const cell = (right: number, up: number, grey: number) => {
    context.fillStyle = `rgb(${grey},${grey},${Math.min(255, grey + 4)})`;
    context.fillRect(pixels.x(right - 0.5), pixels.y(up + 0.5), pixels.sx + 0.6, pixels.sy + 0.6);
  };
  if (look.background === "image" && background !== undefined) {
    const [nx, ny] = header.dimensions;
    const place = [0, 0, 0];
    place[plane.along] = at;
    for (let right = 0; right < header.dimensions[plane.right]!; right++) {
      for (let up = 0; up < header.dimensions[plane.up]!; up++) {
        place[plane.right] = right;
        place[plane.up] = up;
        const grey = background[place[0]! + nx * (place[1]! + ny * place[2]!)]!;
        if (grey > 0) cell(right, up, Math.round(grey * 0.7));
      }
    }
    return;
  }
  if (look.background === "none") return;
  for (const voxel of volume.inSlice(plane.along, at)) {
    const place = volume.at(voxel);
    const grey =
      look.background === "mean" && mean !== undefined
        ? 24 + Math.round((mean[voxel]! * 110) / 255)
        : 22 + 22 * Math.min(5, starts[voxel + 1]! - starts[voxel]!);
    cell(place[plane.right]!, place[plane.up]!, grey);
  }
}

function drawElement(
  context: CanvasRenderingContext2D,
  volume: Volume,
  i: number,
  place: readonly number[],
  plane: Plane,
  pixels: Pixels,
): void {
  const { direction } = volume;
  const [x, y] = [pixels.x(place[plane.right]!), pixels.y(place[plane.up]!)];
  if (direction === undefined) {
    context.fillRect(x - pixels.sx / 2, y - pixels.sy / 2, pixels.sx + 0.4, pixels.sy + 0.4);
    return;
  }
  const dx = (0.47 * pixels.sx * direction[3 * i + plane.right]!) / 127;
  const dy = (0.47 * pixels.sy * direction[3 * i + plane.up]!) / 127;
  context.beginPath();
  context.moveTo(x - dx, y + dy);
  context.lineTo(x + dx + 0.01, y - dy);
  context.stroke();
}

export function drawSlice(
  canvas: HTMLCanvasElement,
  {
    volume,
    values,
    look,
    plane,
    frame,
    at,
  }: { volume: Volume; values: Values; look: Look; plane: Plane; frame: Frame; at: readonly number[] },
  hasCross = true,
): void {
  const context = fitCanvas(canvas);
  const pixels = pixelsOf(canvas, volume, plane, frame);
  const slice = at[plane.along]!;
  drawBackground(context, volume, plane, slice, look, pixels);
  context.lineCap = "round";
  const voxels = volume.inSlice(plane.along, slice);
  for (const isFull of [false, true]) {
    if (!isFull && !look.showsOthers) continue;
    context.lineWidth = Math.max(1, Math.min(pixels.sx, pixels.sy) * (isFull ? 0.22 : 0.1));
    for (const voxel of voxels) {
      const place = volume.at(voxel);
      for (let i = volume.starts[voxel]!; i < volume.starts[voxel + 1]!; i++) {
        if (isShown(values, look, i) !== isFull) continue;
        const colour = css(
          colourOf(volume, values, look, i),
          isFull ? 1 : volume.direction === undefined ? 0.25 : 0.45,
        );
        context.strokeStyle = colour;
        context.fillStyle = colour;
        drawElement(context, volume, i, place, plane, pixels);
      }
    }
  }
  if (hasCross) drawCross(context, canvas, pixels.x(at[plane.right]!), pixels.y(at[plane.up]!));
  drawMarks(context, canvas, plane);
}

/** Where nothing was tested, everything that has a value is. */
export const isShown = (values: Values, look: Look, i: number): boolean =>
  values.hypothesis.hasP ? values.p[i]! <= look.p : Number.isFinite(values.statistic[i]!);

/** All elements below p, whatever their slice, over what lies there at all. */
export function drawGlass(
  canvas: HTMLCanvasElement,
  {
    volume,
    values,
    look,
    plane,
    frame,
    shown,
  }: { volume: Volume; values: Values; look: Look; plane: Plane; frame: Frame; shown: Uint32Array },
): void {
  const context = fitCanvas(canvas);
  const pixels = pixelsOf(canvas, volume, plane, frame);
  const { dimensions } = volume.header;
  const [n, m] = [dimensions[plane.right]!, dimensions[plane.up]!];
  const depth = new Float32Array(n * m);
  for (let voxel = 0; voxel < volume.voxels.length; voxel++) {
    const place = volume.at(voxel);
    depth[place[plane.right]! + n * place[plane.up]!]!++;
  }
  const most = depth.reduce((a, b) => Math.max(a, b), 1);
  for (let up = 0; up < m; up++) {
    for (let right = 0; right < n; right++) {
      const here = depth[right + n * up]!;
      if (here === 0) continue;
      const grey = 22 + Math.round(50 * Math.sqrt(here / most));
      context.fillStyle = `rgb(${grey},${grey},${grey + 4})`;
      context.fillRect(pixels.x(right - 0.5), pixels.y(up + 0.5), pixels.sx + 0.6, pixels.sy + 0.6);
    }
  }
  context.lineCap = "round";
  context.lineWidth = Math.max(1, Math.min(pixels.sx, pixels.sy) * 0.28);
  for (const i of shown) {
    const colour = css(colourOf(volume, values, look, i), 0.85);
    context.strokeStyle = colour;
    context.fillStyle = colour;
    drawElement(context, volume, i, volume.at(volume.voxelOf[i]!), plane, pixels);
  }
  drawMarks(context, canvas, plane);
}

function drawCross(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement, x: number, y: number): void {
  context.strokeStyle = "rgba(255,255,255,.35)";
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, canvas.height);
  context.moveTo(0, y);
  context.lineTo(canvas.width, y);
  context.stroke();
}

export function drawMarks(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement, { marks }: Plane): void {
  const size = 13 * Math.min(2, devicePixelRatio || 1);
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.fillStyle = "#fff";
  context.strokeStyle = "rgba(0,0,0,.8)";
  context.lineWidth = size / 5;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const places = [
    [size * 0.8, canvas.height / 2],
    [canvas.width - size * 0.8, canvas.height / 2],
    [canvas.width / 2, size * 0.8],
    [canvas.width / 2, canvas.height - size * 0.8],
  ] as const;
  for (const [i, [x, y]] of places.entries()) {
    context.strokeText(marks[i]!, x, y);
    context.fillText(marks[i]!, x, y);
  }
}

/** The scale of colours as a strip. */
export function drawLegend(canvas: HTMLCanvasElement): void {
  const context = fitCanvas(canvas);
  for (let x = 0; x < canvas.width; x++) {
    context.fillStyle = css(diverging((2 * x) / canvas.width - 1));
    context.fillRect(x, 0, 1, canvas.height);
  }
}
