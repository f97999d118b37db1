// Into how many parts the segments of streamlines are cut before they are followed.
import { InputError } from "../../errors.js";

/** Parts of a segment that there is memory for: millimetres of the header that are micrometres make thousands. */
export const MOST_RATIO = 4096;

const f = Math.fround;

/** Parts into which each segment is cut. `stepSize`: millimetres, undefined: unknown. Peer: missing means 1. */
export function upsamplingRatio(stepSize: number | undefined, leastVoxelSize: number): number {
  if (stepSize === undefined) return 1;
  return Math.max(1, Math.ceil(f(stepSize) / (leastVoxelSize * f(0.333))));
}

/** Throws InputError for a step that no streamline has. */
export function assertStep(stepSize: number | undefined, leastVoxelSize: number, path: string): void {
  if (upsamplingRatio(stepSize, leastVoxelSize) <= MOST_RATIO) return;
  const most = Math.floor(MOST_RATIO * leastVoxelSize * 0.333);
  throw new InputError(
    `Cannot map ${path}: expected a step between points of at most ${most} mm in its header, ${MOST_RATIO} times a third of a voxel, got \`step_size: ${stepSize}\`. Correct the header: steps are in millimetres.`,
    { path },
  );
}
