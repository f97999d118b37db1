// What is said where --uncorrected-shuffles cannot save what it promises. Results are the same in any case.

import type { SearchPlan } from "../../../engine/search/plan-search.js";
import type { SearchCost } from "../../../engine/shuffle-loop.js";
import { formatBytes } from "../../../units.js";
import type { Warning } from "../../../warnings.js";

const warningOf = (message: string): Warning => ({ tag: "bounds-not-used", message });
const SAME = "Results are the same.";

/** The sketch of a prepared matrix cannot be kept beside it. */
export const noSketchWarning = (path: string, reason: string): Warning =>
  warningOf(
    `--uncorrected-shuffles saves no time: what bounds are made of cannot be kept in ${path} (${reason}), so every fixel of every shuffle is enhanced. ${SAME} Make room, or choose another place with --cache.`,
  );

/** Of the plan of a run; undefined: nothing is in the way. */
export function obstacleWarning(
  { obstacle }: Pick<SearchPlan, "obstacle">,
  { cfeE, memoryBytes }: { readonly cfeE: number; readonly memoryBytes: number },
): Warning | undefined {
  const enhanced = `so every fixel of every shuffle is enhanced. ${SAME}`;
  if (obstacle === "extent")
    return warningOf(
      `--uncorrected-shuffles saves no time: a maximum has bounds with a -cfe_e of 1 or more, got ${cfeE}, ${enhanced}`,
    );
  if (obstacle === "nonstationarity")
    return warningOf(
      `--uncorrected-shuffles saves no time: with -nonstationarity a maximum has no bounds, ${enhanced}`,
    );
  if (obstacle === "heights")
    return warningOf(
      `--uncorrected-shuffles saves no time: with this -cfe_dh, -cfe_e and -cfe_h bounds leave float32, ${enhanced}`,
    );
  if (obstacle === "memory")
    return warningOf(
      `--uncorrected-shuffles saves no time: there is no room for bounds in ${formatBytes(memoryBytes)}, ${enhanced} Raise --memory.`,
    );
  return undefined;
}

/** Of a run that is done. `names` of the hypotheses. */
export function searchWarnings(
  { search, wideBatches }: { readonly search: SearchCost | undefined; readonly wideBatches: number },
  names: readonly string[],
): Warning[] {
  if (search === undefined) return [];
  const warnings: Warning[] = [];
  if (search.gaveUp.length > 0) {
    const of = search.gaveUp.map((h) => names[h]!).join(" ");
    warnings.push(
      warningOf(
        `--uncorrected-shuffles saved less than it could: bounds decided too few fixels of ${of}, so every fixel of every shuffle was enhanced. ${SAME}`,
      ),
    );
  }
  if (wideBatches > 0) {
    warnings.push(
      warningOf(
        `--uncorrected-shuffles saved less than it could: in ${wideBatches} ${wideBatches === 1 ? "batch" : "batches"} of shuffles statistics reach more than 255 heights, which have no bounds, so every fixel was enhanced there. ${SAME} A larger -cfe_dh has fewer heights.`,
      ),
    );
  }
  return warnings;
}
