// What the pictures of all kinds say of a hypothesis.
import type { HypothesisHead } from "./payload-format.js";
import type { HypothesisData, ShownData } from "./report-data.js";
import { directionsOf } from "./words.js";

export const headOf = (h: HypothesisData, data: Pick<ShownData, "model" | "scalar">): HypothesisHead => ({
  ...{ name: h.name, title: h.label === undefined ? h.name : `${h.name} (${h.label})` },
  ...{ statistic: h.kind, meaning: meaningOf(h, data) },
  ...partsOf(h),
});

/** What an effect above 0 means: `FD is lower where patient is 1 than where it is 0`. Undefined: an F-test, or not known. */
export function meaningOf(
  { kind, contrast, effect, measure }: HypothesisData,
  { model, scalar }: Pick<ShownData, "model" | "scalar">,
): string | undefined {
  const row = contrast?.[0];
  if (kind === "F" || row === undefined || effect === undefined || !("found" in model)) return undefined;
  return `${measure ?? scalar} ${directionsOf(row, model.found).tested}`;
}

const partsOf = ({ percent, effect, p }: HypothesisData) => ({
  ...(percent === undefined && effect === undefined ? {} : { effectUnit: percent === undefined ? "" : " %" }),
  hasP: p !== undefined,
});
