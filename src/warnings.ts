// Warnings are values: shown on stderr by the CLI and kept in run.json, so that a batch job's warnings are not lost.

export interface Warning {
  /** Stable identifier, e.g. "fixels-without-connections". */
  readonly tag: string;
  /** One or two sentences for the user. */
  readonly message: string;
}
