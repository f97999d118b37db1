// Which runs compute scores from products in float32 first: those of which most need not be known exactly, being compared with one of the unshuffled data and with
// the largest of their shuffle. mathematics M20.
import { errorOfSingleProducts } from "../../stats/glm/screening.js";
import type { EngineInputs } from "../inputs.js";
import type { PlanInputs, SinkJob } from "./inputs.js";
import type { ProblemSize } from "./size.js";

/** Subjects whose products are summed for themselves where a library multiplies: the bound of a sum grows with its terms. */
const SLICE = 128;
/** Subjects, where all are one sum: with them grows what has to be computed twice (stats/glm/screening.ts). */
const MOST_SUBJECTS = 4096;

/** Columns of a block: an entry has 16 bits for them (kernels/CONTRACTS.md, f64ScreenScores). */
const MOST_COLUMNS = 2 ** 16;

export function isScreened(
  { precision, mayScreen = true, negativeBinomial, eligible, native, source }: EngineInputs,
  { model, nSubjects, hypotheses }: Pick<ProblemSize, "model" | "nSubjects" | "hypotheses">,
  sink: SinkJob,
): boolean {
  if (!mayScreen || sink.kind !== "scores") return false;
  // float32 products are the results there, and only scores are saved; of models too little
  if (precision === "single" && model !== undefined) return false;
  // one product for all hypotheses, and one number of degrees of freedom a pattern
  if (model !== undefined && (model.nGroups > 1 || model.nElementColumns > 0)) return false;
  if (source.blockWidth > MOST_COLUMNS) return false;
  // every score counts there, or some are no maximum
  if (negativeBinomial !== undefined || eligible !== undefined) return false;
  const isOneSum = native?.tile.sumsSlices !== true;
  return hypotheses.length > 0 && (precision === "single" || !isOneSum || nSubjects <= MOST_SUBJECTS);
}

/** Of a job, what sums of products hang on. */
type Screened = Pick<PlanInputs, "screened" | "precision"> & {
  readonly size: Pick<ProblemSize, "nSubjects">;
  readonly native: EngineInputs["native"];
};

/** Whether results are float64, and products in float32 only say which of them matter. */
export const isNear = ({ screened, precision }: Pick<PlanInputs, "screened" | "precision">): boolean =>
  screened && precision === "double";

/** Subjects whose products are summed for themselves: not every library does so. */
export const sumSlice = (job: Screened, isNative: boolean): number =>
  isNear(job) && isNative && job.native?.tile.sumsSlices === true ? SLICE : job.size.nSubjects;

/** Of products of columns of unit length with the rows, f64 [.][n], in any order of their entries: what they may be away from those that results are made of. */
export const productError = (job: Screened, isNative: boolean, rows: Float64Array): number =>
  isNear(job) ? errorOfSingleProducts(rows, job.size.nSubjects, sumSlice(job, isNative)) : 0;
