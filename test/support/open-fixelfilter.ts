// fixelfilter as a use case, with its defaults.
import { filterFixels } from "../../src/app/filter/fixel-filter.js";
import { FILTER_DEFAULTS, type FilterSummary, type FixelFilterOptions } from "../../src/app/filter/options.js";
import type { Warning } from "../../src/warnings.js";

export type FilterTokens = Pick<FixelFilterOptions, "input" | "filter" | "output" | "matrix"> &
  Partial<FixelFilterOptions>;

export async function runFilter(tokens: FilterTokens): Promise<FilterSummary & { warnings: Warning[] }> {
  const warnings: Warning[] = [];
  const summary = await filterFixels({
    ...FILTER_DEFAULTS,
    ...{ mask: undefined, like: "3.0", scalar: undefined, memoryBytes: 2 ** 28, nThreads: 0, kernels: "auto" },
    ...{
      template: undefined,
      force: false,
      command: "fixelstream fixelfilter ..",
      onWarning: (warning) => warnings.push(warning),
    },
    ...tokens,
  });
  return { ...summary, warnings };
}
