// The always-complete set: plain TypeScript over views of the linear memory. The fast set starts from this table.
import { type KernelSet, PANELS } from "../kernel-set.js";
import { enhancementKernels } from "./enhancement-kernels.js";
import { linearKernels } from "./linear-kernels.js";
import { viewsOf } from "./memory-views.js";
import { modelKernels } from "./model-kernels.js";
import { smoothingKernels } from "./smoothing-kernels.js";
import { statisticKernels } from "./statistic-kernels.js";
import { streamlineKernels } from "./streamline-kernels.js";

/** `buffer`: the whole linear memory; it must not grow afterwards. */
export function createReferenceKernelSet(buffer: ArrayBufferLike): KernelSet {
  const views = viewsOf(buffer);
  return {
    ...{ variant: "reference", panels: PANELS, rowProduct: undefined },
    ...linearKernels(views),
    ...statisticKernels(views),
    ...modelKernels(views),
    ...enhancementKernels(views),
    ...smoothingKernels(views),
    ...streamlineKernels(views),
  };
}
