// Colours on the dark ground of the pictures. Blue and orange are told apart by everybody; light means more in both.
export type Colour = readonly [red: number, green: number, blue: number];

const ABOVE: readonly Colour[] = [
  [166, 74, 22],
  [236, 138, 38],
  [255, 205, 110],
  [255, 246, 214],
];
const BELOW: readonly Colour[] = [
  [34, 84, 160],
  [62, 144, 224],
  [126, 202, 250],
  [224, 246, 255],
];

/** `share` -1 to 1. */
export function diverging(share: number): Colour {
  const stops = share < 0 ? BELOW : ABOVE;
  const at = Math.min(1, Math.abs(share)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(at));
  const part = at - i;
  return [0, 1, 2].map((c) => Math.round(stops[i]![c]! * (1 - part) + stops[i + 1]![c]! * part)) as unknown as Colour;
}

/** Red along x, green along y, blue along z; never too dark to be seen. */
export function ofDirection(x: number, y: number, z: number): Colour {
  return [x, y, z].map((value) => Math.round(40 + 215 * Math.min(1, Math.abs(value)))) as unknown as Colour;
}

export const css = ([red, green, blue]: Colour, alpha = 1): string => `rgba(${red},${green},${blue},${alpha})`;
