// What is said of options of threshold-free enhancement that have no effect.
import type { Warning } from "../../../warnings.js";

export const STEPS_IGNORED: Warning = {
  tag: "ignored-option",
  message: "-tfce_dh has no effect with --tfce-exact: the integral takes every height.",
};
