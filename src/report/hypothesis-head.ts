// What the pictures of all kinds say of a hypothesis.
import type { HypothesisHead } from "./payload-format.js";
import type { HypothesisData } from "./report-data.js";

export const headOf = ({ name, label, kind, percent, effect, p }: HypothesisData): HypothesisHead => ({
  name,
  title: label === undefined ? name : `${name} (${label})`,
  statistic: kind,
  ...(percent === undefined && effect === undefined ? {} : { effectUnit: percent === undefined ? "" : " %" }),
  hasP: p !== undefined,
});
