// What checking anything but a store found: in words, because what can be damaged differs from kind to kind.

export interface CheckReport {
  /** As typed. */
  readonly path: string;
  /** What is as it was written, when nothing is damaged: `all 3 files`. */
  readonly checked: string;
  /** One a thing that is not as it was written. */
  readonly damaged: readonly string[];
  /** What has no checksum to be compared with. */
  readonly unchecked: readonly string[];
  /** False: nothing could be compared. */
  readonly isChecked: boolean;
  /** What to do about damage. */
  readonly remedy: string;
}

export interface VerifyEvents {
  /** Of the same unit. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}
