// Warnings are values: shown on stderr by the CLI and kept in run.json, so that a batch job's warnings are not lost.

/** Stable identifiers of warnings: in run.json, and each with what to do in docs/troubleshooting.md. */
export const WARNING_TAGS = [
  "all-shuffles-used",
  "bounds-not-used",
  "cache-not-marked",
  "cache-of-another-user",
  "checkpoint-damaged",
  "checkpoint-not-kept",
  "checkpoint-of-another",
  "checkpoint-of-other-inputs",
  "column-order",
  "connections-too-weak",
  "design-conditioning",
  "design-rank",
  "elements-not-fitted",
  "f-test-rank",
  "fixels-without-connections",
  "header-repaired",
  "ignored-option",
  "io-fallback",
  "joint-designs",
  "listed-sign-flips",
  "mask-values",
  "memory-limit",
  "missing-integers",
  "native-kernels",
  "nonstationarity-not-asked-for",
  "null-not-fitted",
  "overwrite",
  "place-unknown",
  "posthoc-outside-mask",
  "posthoc-without-test",
  "precision-double",
  "repeated-relabellings",
  "repeated-subjects",
  "single-variance-group",
  "streamlines-file",
  "streamlines-outside",
  "subjects-dropped",
  "too-few-shuffles",
  "too-many-threads",
  "touched-inputs",
  "unchanged-by-shuffles",
  "unchecked",
  "unlike-r",
  "unshuffled-not-listed",
  "untestable-elements",
  "voxels-not-known",
  "waiting-for-cache",
] as const;

export type WarningTag = (typeof WARNING_TAGS)[number];

export interface Warning {
  readonly tag: WarningTag;
  /** One or two sentences for the user. */
  readonly message: string;
}
