// Heights of an enhancer over a graph: what is passed, and what a height is worth.

import { InternalError } from "../../errors.js";
import { addedHeights, type BinScale } from "../../stats/glm/bin-scale.js";
import type { Enhancement, GraphEnhancement } from "../inputs.js";

export function scaleOf(
  enhancement: Exclude<Enhancement, { kind: "none" }>,
  dof: number,
): { dh: number; scale: BinScale } {
  if (enhancement.kind === "cfe") return { dh: enhancement.dh, scale: { kind: "steps", dh: enhancement.dh } };
  const { heights } = enhancement;
  if (heights.kind === "all") throw new InternalError("All heights have no scale.");
  const { strict } = heights;
  if (heights.kind === "one") {
    return { dh: heights.height, scale: { kind: "heights", heights: Float64Array.of(0, heights.height), strict } };
  }
  const { dh, rounded } = heights;
  return { dh, scale: { kind: "heights", heights: addedHeights(dh, dof, rounded), strict } };
}

/** Running sums of h^H, from 0. */
export function heightSumsInto(sums: Float64Array, { heights, heightPower }: GraphEnhancement): void {
  if (heights.kind === "all") return;
  const dh = heights.kind === "steps" ? heights.dh : heights.height;
  let height = 0;
  sums[0] = 0;
  for (let h = 1; h < sums.length; h++) {
    height += dh;
    sums[h] = sums[h - 1]! + height ** heightPower;
  }
}
